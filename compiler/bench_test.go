package compiler_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
)

// roles writes a configuration of n roles of one persona, each with buckets,
// tags and an override of its own, in files of a thousand.
func roles(n int) fstest.MapFS {
	files := fstest.MapFS{}
	var b strings.Builder
	b.WriteString("smr {\n  project = \"bench\"\n  edition = \"2026\"\n}\naccount \"prod\" {\n  id = \"123456789012\"\n  region = \"eu-west-1\"\n  quotas { roles_per_account = 10000 }\n}\n")
	b.WriteString("role \"train\" {\n  persona = \"compute\"\n  activity \"access_required_aws_services\" {\n    s3_buckets = [\"acme-data\"]\n    ecr_repositories = [\"arn:aws:ecr:eu-west-1:123456789012:repository/train\"]\n  }\n}\n")
	for i := range n - 1 {
		fmt.Fprintf(&b, "role \"team-%d\" {\n  persona = \"data_scientist\"\n  pass_roles = [role.train.arn]\n", i)
		fmt.Fprintf(&b, "  activity \"s3_bucket_access\" {\n    buckets = [\"team-%d-data\", \"team-%d-out\"]\n  }\n  tags = { team = \"team-%d\" }\n", i, i, i)
		b.WriteString("  override \"manage_ml_jobs\" {\n    reason = \"No tuning for this team\"\n    remove_actions = [\"sagemaker:CreateHyperParameterTuningJob\"]\n  }\n}\n")
		if i%1000 == 999 {
			files[fmt.Sprintf("roles-%04d.smr", i/1000)] = &fstest.MapFile{Data: []byte(b.String())}
			b.Reset()
		}
	}
	files["roles-last.smr"] = &fstest.MapFile{Data: []byte(b.String())}
	return files
}

func compileAll(b *testing.B, files fstest.MapFS) *compiler.Result {
	b.Helper()
	r := compiler.Compile(compiler.Options{FS: files})
	for _, d := range r.Report().Diags {
		if d.Severity == hcl.DiagError {
			b.Fatal(d.Summary, d.Detail)
		}
	}
	return r
}

// BenchmarkCompile measures load to check, and BenchmarkEmit what follows.
func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{1, 1000, 10000} {
		files := roles(n)
		b.Run(fmt.Sprint("roles=", n), func(b *testing.B) {
			for b.Loop() {
				compileAll(b, files)
			}
		})
	}
}

func BenchmarkEmit(b *testing.B) {
	r := compileAll(b, roles(1000))
	for _, target := range []string{"json", "cloudformation", "terraform"} {
		b.Run(target, func(b *testing.B) {
			for b.Loop() {
				if _, diags := compiler.Emit(r.Stack, target, emit.Options{Split: true}); diags.HasErrors() {
					b.Fatal(diags)
				}
			}
		})
	}
}

// BenchmarkFloor is what no compiler can avoid for 1,000 roles: hcl's bare
// parse of the input, and encoding/json reading the output.
func BenchmarkFloor(b *testing.B) {
	input := roles(1000)
	r := compileAll(b, input)
	output, diags := compiler.Emit(r.Stack, "json", emit.Options{})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	for b.Loop() {
		for name, f := range input {
			if _, diags := hclsyntax.ParseConfig(f.Data, name, hcl.InitialPos); diags.HasErrors() {
				b.Fatal(diags)
			}
		}
		for _, f := range output {
			var v any
			if err := json.Unmarshal(f.Data, &v); err != nil {
				b.Fatal(err)
			}
		}
	}
}
