package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// configuration writes n roles of one persona to files of a thousand.
func configuration(b *testing.B, n int) string {
	b.Helper()
	dir := b.TempDir()
	var s strings.Builder
	s.WriteString("smr {\n  project = \"bench\"\n  edition = \"2026\"\n}\n\naccount \"prod\" {\n  id     = \"123456789012\"\n  region = \"eu-west-1\"\n  quotas {\n    roles_per_account            = 10000\n    managed_policies_per_account = 10000\n  }\n}\n\n")
	s.WriteString("role \"train\" {\n  persona = \"compute\"\n  activity \"access_required_aws_services\" {\n    s3_buckets       = [\"acme-data\"]\n    ecr_repositories = [\"arn:aws:ecr:eu-west-1:123456789012:repository/train\"]\n  }\n}\n\n")
	for i := range n {
		if i%1000 == 0 && i > 0 || i == n-1 {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("roles-%04d.smr", i/1000)), []byte(s.String()), 0o644); err != nil {
				b.Fatal(err)
			}
			s.Reset()
		}
		if i == n-1 {
			break // role "train" is one of them
		}
		fmt.Fprintf(&s, "role \"team-%d\" {\n  persona    = \"data_scientist\"\n  layout     = \"packed\"\n  pass_roles = [role.train.arn]\n  activity \"s3_bucket_access\" {\n    buckets = [\"team-%d-data\", \"team-%d-out\"]\n  }\n  tags = { team = \"team-%d\" }\n}\n\n", i, i, i, i)
	}
	return dir
}

// BenchmarkProcess measures whole runs of the program, start to exit, and the
// memory that they take at most.
func BenchmarkProcess(b *testing.B) {
	bin := filepath.Join(b.TempDir(), "smr")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, n := range []int{1, 1000, 10000} {
		dir := configuration(b, n)
		for _, args := range [][]string{{"validate", "--format", "compact"}, {"compile", "-t", "json"}} {
			b.Run(fmt.Sprintf("%s/roles=%d", args[0], n), func(b *testing.B) {
				peak := int64(0)
				for i := 0; b.Loop(); i++ {
					run := exec.Command(bin, args...)
					if args[0] == "compile" {
						run.Args = append(run.Args, "-o", filepath.Join(b.TempDir(), fmt.Sprint("out", i)))
					}
					run.Args = append(run.Args, dir)
					if out, err := run.CombinedOutput(); err != nil {
						b.Fatalf("%v\n%.2000s", err, out)
					}
					peak = max(peak, peakMemory(run.ProcessState))
				}
				b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
			})
		}
	}
}
