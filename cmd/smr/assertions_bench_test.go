package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkAssertions measures a whole run of smr validate on a thousand roles
// with 20 guardrails, each about every role, and 200 expectations that a
// training job works, for its execution role and its caller.
func BenchmarkAssertions(b *testing.B) {
	bin := filepath.Join(b.TempDir(), "smr")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	dir := configuration(b, 1000)
	var s strings.Builder
	for i := range 20 {
		fmt.Fprintf(&s, "guardrail \"g%d\" {\n  roles = [\"*\"]\n  never {\n    actions   = [\"s3:DeleteBucket\", \"s3:Put*\", \"iam:PassRole\"]\n    resources = [\"arn:aws:s3:::ledger-%d\", \"arn:aws:s3:::ledger-%d/*\", \"arn:aws:iam::*:role/admin-%d\"]\n  }\n}\n", i, i, i, i)
	}
	for i := range 200 {
		fmt.Fprintf(&s, "expect \"e%d\" {\n  role = role.train\n  can \"CreateTrainingJob\" {\n    input_buckets     = [\"acme-data/%d/\"]\n    output_bucket     = \"acme-data/out/\"\n    images            = [\"123456789012.dkr.ecr.eu-west-1.amazonaws.com/train:1\"]\n    training_job_name = \"forecast\"\n    caller            = role.team-%d\n  }\n}\n", i, i, i*4)
	}
	if err := os.WriteFile(filepath.Join(dir, "assertions.smr"), []byte(s.String()), 0o644); err != nil {
		b.Fatal(err)
	}
	peak := int64(0)
	for b.Loop() {
		run := exec.Command(bin, "validate", "--format", "compact", dir)
		if out, err := run.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%.2000s", err, out)
		}
		peak = max(peak, peakMemory(run.ProcessState))
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}
