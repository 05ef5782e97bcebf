package check_test

import (
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/check"
	"github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// excused says which quirk of an activity tells of a finding of the rules, by
// edition, activity and code. The statements of the catalogue are not judged
// when users compile; this table is why that is right.
func excused() map[string]string {
	return map[string]string{
		"role-manager-2024 access_required_aws_services wildcard-resource":    "batch-put-star", // and ec2-star in the VPC form
		"role-manager-2024 hyperpod_cluster_instance wildcard-resource":       "ec2-star",
		"role-manager-2024 manage_endpoints deprecated-condition-key":         "kms-condition-keys",
		"role-manager-2024 manage_glue_tables unmatched-action":               "glue-acl",
		"role-manager-2024 manage_ml_jobs deprecated-condition-key":           "kms-condition-keys",
		"role-manager-2024 manage_ml_jobs unsupported-condition-key":          "vpc-transform",
		"role-manager-2024 manage_model_monitoring deprecated-condition-key":  "kms-condition-keys",
		"role-manager-2024 search_and_visualize_experiments unmatched-action": "lineage-resource",
		"role-manager-2024 use_mlflow wildcard-resource":                      "mlflow-star",
		"role-manager-2024 use_mlflow service-wildcard":                       "mlflow-star",
		"role-manager-2024 s3_full_access unscoped-data-read":                 "s3-all",
		// Creating tracking servers and their addresses on "*" is as AWS wrote it;
		// the activity's other quirk is the one that stops its users first.
		"role-manager-2024 manage_mlflow_tracking_servers wildcard-resource": "mlflow-pass-role",
		// Network interfaces on "*" are the default there, since AWS asks for it.
		"2026 access_required_aws_services wildcard-resource": "ec2-star",
	}
}

// meant says why a warning about the catalogue is what its activity is for.
func meant() map[string]string {
	return map[string]string{
		"2026 manage_endpoints unguarded-for-all-values": "EDITIONS.md, quirk-endpoint-vpc: where the model carries the VPC the request names none",
		"2026 manage_pipelines privilege-escalation":     "whoever changes a pipeline runs it as the role that it has; the parameter pass_roles says so",
		"2026 use_mlflow privilege-escalation":           "opening the MLflow UI is what the activity is for",
	}
}

// TestCatalogFindings judges every statement of both editions, in every form,
// as if a user had written it: each warning must be told by a quirk that the
// same role raises. Notices are no faults and are not shown to users, who cannot
// mend the catalogue; noticesFile has those that were looked at.
func TestCatalogFindings(t *testing.T) {
	used, notices := map[string]bool{}, map[string]bool{}
	for _, edition := range catalog.Editions() {
		for _, name := range catalog.Names(edition) {
			for _, form := range []string{"", vpc, kms, vpc + kms} {
				judge(t, edition, name, form, used, notices)
			}
		}
	}
	for key := range meant() {
		if !used[key] {
			t.Errorf("meant %s: no such finding", key)
		}
	}
	for key := range excused() {
		if !used[key] {
			t.Errorf("excused %s: no such finding", key)
		}
	}
	compareNotices(t, notices)
}

const noticesFile = "../../testdata/check/catalog_notices.txt"

// compareNotices holds the notices about the catalogue to those looked at.
func compareNotices(t *testing.T, notices map[string]bool) {
	t.Helper()
	got := strings.Join(slices.Sorted(maps.Keys(notices)), "\n") + "\n"
	if *update {
		if err := os.WriteFile(noticesFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(noticesFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("notices about the catalogue (-want +got):\n%s", diff)
	}
}

const (
	vpc = "  vpc {\n    subnets         = [\"subnet-0a1b2c3d4e5f60718\"]\n    security_groups = [\"sg-0a1b2c3d4e5f60718\"]\n  }\n"
	kms = "  kms {\n    data_keys   = [\"arn:aws:kms:ap-northeast-1:123456789012:key/11111111-1111-1111-1111-111111111111\"]\n    volume_keys = [\"arn:aws:kms:ap-northeast-1:123456789012:key/22222222-2222-2222-2222-222222222222\"]\n  }\n"
)

func judge(t *testing.T, edition, name, form string, used, notices map[string]bool) {
	t.Helper()
	source := fmt.Sprintf("smr { edition = %q }\nrole \"r\" {\n  pass_roles = [\"arn:aws:iam::123456789012:role/train\"]\n%s  activity %q {\n%s  }\n}\n", edition, form, name, arguments(name))
	result := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(source)}}})
	raised := map[string]bool{}
	for _, d := range result.Diags {
		code := diag.InfoOf(d).Code
		raised[code] = true
		if d.Severity == 1 && code != "missing-activity" {
			t.Fatalf("%s\n%s: %s", source, code, d.Detail)
		}
	}
	for _, d := range check.StackOfCatalog(result.Program, result.Stack) {
		if !strings.HasPrefix(d.Subject.Filename, edition+"/") {
			continue
		}
		activity := strings.TrimSuffix(path.Base(d.Subject.Filename), ".smr")
		key := edition + " " + activity + " " + diag.InfoOf(d).Code
		if diag.InfoOf(d).Notice {
			notices[key] = true
			continue
		}
		if meant()[key] != "" {
			used[key] = true
			continue
		}
		quirk, ok := excused()[key]
		used[key] = true
		if !ok || !raised[check.QuirkPrefix+quirk] {
			t.Errorf("%s, %s: %s:%d: %s (quirk %q)", edition, formName(form), d.Subject.Filename, d.Subject.Start.Line, diag.InfoOf(d).Code+": "+d.Detail, quirk)
		}
	}
}

func formName(form string) string {
	names := []string{}
	for _, f := range []string{"vpc", "kms"} {
		if strings.Contains(form, "  "+f+" {") {
			names = append(names, f)
		}
	}
	return strings.Join(append(names, "form"), " ")
}

// arguments gives what an activity asks for.
func arguments(name string) string {
	lists := map[string][]string{
		"access_required_aws_services": {`s3_buckets = ["acme"]`, `ecr_repositories = ["arn:aws:ecr:ap-northeast-1:123456789012:repository/train"]`},
		"s3_bucket_access":             {`buckets = ["acme"]`},
		"query_athena_workgroups":      {`workgroups = ["forecast"]`},
		"manage_glue_tables":           {`s3_buckets = ["acme"]`, `glue_databases = ["forecast"]`},
		"canvas_kendra_access":         {`index_ids = ["12345678-1234-1234-1234-123456789012"]`},
	}
	lines := slices.Clone(lists[name])
	for i := range lines {
		lines[i] = "    " + lines[i] + "\n"
	}
	return strings.Join(lines, "")
}
