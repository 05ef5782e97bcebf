package compiler_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

const catalogData = "../testdata/catalog"

// params are the values that the documents in testdata/catalog were made with.
type params struct {
	Partition, Region string
	AccountID         string `json:"account_id"`
	VPC               map[string][]string
	KMS               map[string][]string
	PassRoles         []string `json:"pass_roles"`
	Activities        map[string]map[string][]string
	ManagedPolicies   map[string]string `json:"managed_policies"`
}

func readParams(t *testing.T) params {
	t.Helper()
	var p params
	data, err := os.ReadFile(filepath.Join(catalogData, "params.json"))
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// configuration writes a role with one activity in one form.
func (p params) configuration(edition, activity, form string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "smr {\n  edition = %q\n}\n", edition)
	fmt.Fprintf(&b, "account \"test\" {\n  id = %q\n  region = %q\n}\n", p.AccountID, p.Region)
	fmt.Fprintf(&b, "role \"x\" {\n  pass_roles = %s\n", hclList(p.PassRoles))
	if strings.Contains(form, "vpc") {
		fmt.Fprintf(&b, "  vpc {\n    subnets = %s\n    security_groups = %s\n  }\n", hclList(p.VPC["subnets"]), hclList(p.VPC["security_groups"]))
	}
	if strings.Contains(form, "kms") {
		fmt.Fprintf(&b, "  kms {\n    data_keys = %s\n    volume_keys = %s\n  }\n", hclList(p.KMS["data_keys"]), hclList(p.KMS["volume_keys"]))
	}
	fmt.Fprintf(&b, "  activity %q {\n", activity)
	for name, list := range p.Activities[activity] {
		fmt.Fprintf(&b, "    %s = %s\n", name, hclList(list))
	}
	fmt.Fprintf(&b, "  }\n}\n")
	return b.String()
}

func hclList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = fmt.Sprintf("%q", s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// compileOne compiles a configuration in which a role "x" is looked at; only
// the diagnostics of lowering matter here, so errors of checks about what the
// role lacks beside the activity are left to their own tests.
func compileOne(t *testing.T, source string) *ir.StackRole {
	t.Helper()
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(source)}}})
	for _, d := range r.Report().Diags {
		if d.Severity == 1 && !strings.Contains(d.Summary, "Missing activity") {
			t.Fatalf("%s: %s\n%s", d.Summary, d.Detail, source)
		}
	}
	if len(r.Stack.Roles) != 1 {
		t.Fatalf("%d roles, want 1", len(r.Stack.Roles))
	}
	return r.Stack.Roles[0]
}

// group is the document that an activity became.
func group(t *testing.T, role *ir.StackRole, activity string) *policy.Document {
	t.Helper()
	for _, g := range role.Groups {
		if g.Activity == activity {
			return g.Document
		}
	}
	t.Fatalf("the activity %s gave no policy", activity)
	return nil
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// equalJSON compares documents as JSON: arrays ordered, a scalar equal to a
// list of one.
func equalJSON(t *testing.T, want, got []byte) string {
	t.Helper()
	var w, g any
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatal(err)
	}
	return cmp.Diff(scalars(w), scalars(g))
}

func scalars(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = scalars(e)
		}
	case []any:
		if _, object := v[0].(map[string]any); len(v) == 1 && !object {
			return v[0]
		}
		for i, e := range v {
			v[i] = scalars(e)
		}
	}
	return v
}

// TestCatalog2024 holds edition role-manager-2024 to the printed documents,
// statement for statement, in every form.
func TestCatalog2024(t *testing.T) {
	p := readParams(t)
	files, err := filepath.Glob(filepath.Join(catalogData, "role-manager-2024", "*.json"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			want := readFile(t, file)
			activity, form, _ := strings.Cut(name, ".")
			source := p.configuration("role-manager-2024", activity, form)
			if activity == "domain-creation" {
				activity, source = "access_required_aws_services", readFile(t, filepath.Join(catalogData, "domain-creation.smr"))
			}
			role := compileOne(t, source)
			got := policy.AppendIndent(nil, group(t, role, activity))
			if diff := equalJSON(t, []byte(want), got); diff != "" {
				t.Errorf("document differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestManagedActivities holds the activities that stand for a policy of AWS's
// to attaching exactly its ARN.
func TestManagedActivities(t *testing.T) {
	p := readParams(t)
	if len(p.ManagedPolicies) != 5 {
		t.Fatalf("%d managed activities, want 5", len(p.ManagedPolicies))
	}
	for _, edition := range []string{"role-manager-2024", "2026"} {
		for activity, arn := range p.ManagedPolicies {
			role := compileOne(t, p.configuration(edition, activity, ""))
			if len(role.Attached) != 1 || role.Attached[0].Text != arn || len(role.Groups) != 0 {
				t.Errorf("%s in %s: attached %v and %d documents, want only %s", activity, edition, role.Attached, len(role.Groups), arn)
			}
		}
	}
}
