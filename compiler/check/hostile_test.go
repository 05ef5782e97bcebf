package check_test

import (
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/check"
)

// TestManyBadValues holds that many roles with many wrong values are reported in
// findings that can be read.
func TestManyBadValues(t *testing.T) {
	source := `locals {
  names = flatten([for i in range(50) : [for j in range(50) : "Bad/${i}-${j}"]])
  arns  = flatten([for i in range(30) : [for j in range(30) : "arn:aws:sqs:Ireland:${i}:${j}"]])
}
activity "x" {
  parameter "buckets" { type = list(bucket_name) }
  parameter "arns" { type = list(arn) }
  statement "S" {
    actions   = ["sqs:SendMessages"]
    resources = arns
  }
}
role "r" {
  for_each = toset([for i in range(20) : "t${i}"])
  activity "x" {
    buckets = local.names
    arns    = local.arns
  }
}
`
	result := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(source)}}})
	check.Program(result.Program)
	check.Stack(result.Program, result.Stack)
	report := result.Report()
	if report.Errors < 3000 || len(report.Diags) > 200 {
		t.Errorf("%d errors, %d shown; want at least 3000 and at most 200 shown", report.Errors, len(report.Diags))
	}
}
