package check_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/check"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// thousand is a configuration of n roles with eight activities each, a statement
// of their own and a bucket apiece.
func thousand(n int) fstest.MapFS {
	source := fmt.Sprintf(`smr { project = "bench" }
locals {
  teams = toset(flatten([for i in range(%d) : [for j in range(50) : "t${i}-${j}"]]))
}
role "train" {
  persona = "compute"
  activity "access_required_aws_services" {
    s3_buckets       = ["acme"]
    ecr_repositories = ["arn:aws:ecr:eu-west-1:123456789012:repository/train"]
  }
}
role "team" {
  for_each   = local.teams
  persona    = "data_scientist"
  pass_roles = [role.train.arn]
  activity "s3_bucket_access" { buckets = ["acme-${each.key}"] }
  activity "manage_pipelines" {}
  statement "Queue" {
    actions   = ["sqs:SendMessage", "sqs:ReceiveMessage"]
    resources = ["arn:${partition}:sqs:${region}:${account_id}:${each.key}"]
  }
}
`, n/50)
	return fstest.MapFS{"roles.smr": {Data: []byte(source)}}
}

func BenchmarkCheck1000(b *testing.B) {
	result := compiler.Compile(compiler.Options{FS: thousand(1000)})
	if result.Report().Errors > 0 {
		b.Fatal(result.Report().Diags)
	}
	for b.Loop() {
		check.Program(result.Program)
		check.Stack(result.Program, result.Stack)
	}
}

// TestThousandRoles holds that findings stay few and checking stays cheap.
func TestThousandRoles(t *testing.T) {
	result := compiler.Compile(compiler.Options{FS: thousand(1000)})
	report := result.Report()
	if report.Errors > 0 || len(report.Diags) > 40 {
		t.Fatalf("%d errors, %d findings, want no error and at most 40: %v", report.Errors, len(report.Diags), report.Diags)
	}
	counted := false
	for _, d := range report.Diags {
		counted = counted || diag.InfoOf(d).Code == "quirk-region-wildcard" && diag.InfoOf(d).Count == 1000
	}
	if !counted {
		t.Error("no finding counts 1000 roles")
	}
}
