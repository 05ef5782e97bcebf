package compiler_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// everything is a role with all activities that have documents, in one layout.
func everything(t *testing.T, edition, form, layout string) *ir.StackRole {
	t.Helper()
	p := readParams(t)
	source := p.configuration(edition, "access_required_aws_services", form)
	var extra strings.Builder
	fmt.Fprintf(&extra, "  layout = %q\n", layout)
	for _, a := range []string{"run_studio_applications", "manage_ml_jobs", "manage_models", "manage_endpoints", "manage_pipelines", "manage_experiments", "search_and_visualize_experiments", "manage_model_monitoring", "query_athena_workgroups", "manage_glue_tables", "s3_bucket_access"} {
		fmt.Fprintf(&extra, "  activity %q {\n", a)
		for name, list := range p.Activities[a] {
			fmt.Fprintf(&extra, "    %s = %s\n", name, hclList(list))
		}
		extra.WriteString("  }\n")
	}
	source = source[:len(source)-2] + extra.String() + "}\n"
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(source)}}})
	if r.Stack == nil || len(r.Stack.Roles) != 1 {
		t.Fatalf("%v", r.Diags)
	}
	return r.Stack.Roles[0]
}

// TestPackedKeepsAccess compares the packed layout with the policies of each
// activity, in both editions and all forms, and holds it to the quota.
func TestPackedKeepsAccess(t *testing.T) {
	for _, edition := range []string{"role-manager-2024", "2026"} {
		for _, form := range []string{"", "vpc", "kms", "vpc-kms"} {
			role := everything(t, edition, form, "packed")
			before, after := access.Side{}, access.Side{}
			total := 0
			for _, g := range role.Groups {
				before.Identity = append(before.Identity, g.Document)
			}
			for i, p := range role.Managed {
				after.Identity = append(after.Identity, p.Document)
				size := policy.Size(p.Document)
				total += size
				if size > 6144 {
					t.Errorf("%s %s: policy %d has %d characters", edition, form, i+1, size)
				}
				if want := fmt.Sprintf("x_%d", i+1); p.Name != want {
					t.Errorf("policy %d is named %s, want %s", i+1, p.Name, want)
				}
				if len(p.Origins) != len(p.Document.Statements) {
					t.Errorf("policy %d: %d origins for %d statements", i+1, len(p.Origins), len(p.Document.Statements))
				}
			}
			if n := (total + 6143) / 6144; len(role.Managed) > n+1 || len(role.Managed) >= len(role.Groups) {
				t.Errorf("%s %s: %d policies for %d characters of %d activities", edition, form, len(role.Managed), total, len(role.Groups))
			}
			r, err := access.Compare(before, after, access.Options{Facts: access.ServiceFacts()})
			if err != nil || !r.Empty() {
				t.Errorf("%s %s: packing changed access: %+v %v", edition, form, r, err)
			}
		}
	}
}
