package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// reviewed is a repository whose last commit gives a thousand roles another
// bucket, and every tenth a role that it may pass and could not.
func reviewed(b *testing.B) string {
	b.Helper()
	dir := configuration(b, 1000)
	git := func(args ...string) {
		b.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "-b", "main")
	git("add", "-A")
	git("commit", "-q", "-m", "base")
	file := filepath.Join(dir, "roles-0000.smr")
	data, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	text := string(data)
	for i := range 999 {
		out := fmt.Sprintf("\"team-%d-out\"", i)
		more := ""
		if i%10 == 0 {
			more = fmt.Sprintf("  statement \"More\" {\n    actions   = [\"iam:PassRole\"]\n    resources = [\"arn:aws:iam::123456789012:role/team-%d-*\"]\n    condition {\n      operator = \"StringEquals\"\n      key      = \"iam:PassedToService\"\n      values   = [\"sagemaker.amazonaws.com\"]\n    }\n  }\n", i)
		}
		tags := fmt.Sprintf("  tags = { team = \"team-%d\" }\n", i)
		text = strings.Replace(text, out+"]", out+", \"shared-new\"]", 1)
		text = strings.Replace(text, tags, more+tags, 1)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	git("commit", "-q", "-a", "-m", "head")
	return dir
}

// BenchmarkReview measures the review of a change to a thousand roles, as a whole
// process without a network: its time, the seconds of processors and the memory
// that it takes at most, and the length of the comment, which has to name each of
// the hundred escalations.
func BenchmarkReview(b *testing.B) {
	if _, err := exec.LookPath("git"); err != nil {
		b.Skip("git is not installed")
	}
	bin := filepath.Join(b.TempDir(), "smr")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	dir := reviewed(b)
	peak, seconds, runs := int64(0), 0.0, 0
	var comment []byte
	for b.Loop() {
		out := b.TempDir()
		run := exec.Command(bin, "review", "--base", "HEAD~1", "--dry-run", out, dir)
		run.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + out}
		if said, err := run.CombinedOutput(); run.ProcessState.ExitCode() != 1 {
			b.Fatalf("%v: want exit code 1, for nothing is approved\n%.2000s", err, said)
		}
		peak = max(peak, peakMemory(run.ProcessState))
		seconds += (run.ProcessState.UserTime() + run.ProcessState.SystemTime()).Seconds()
		runs++
		var err error
		if comment, err = os.ReadFile(filepath.Join(out, "comment.md")); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
	b.ReportMetric(seconds/float64(runs), "cpu-s/op")
	b.ReportMetric(float64(utf8.RuneCount(comment)), "characters")
	if n := utf8.RuneCount(comment); n > 60000 {
		b.Errorf("the comment has %d characters", n)
	}
	for i := 0; i < 999; i += 10 {
		if !bytes.Contains(comment, fmt.Appendf(nil, "role/team-%d-*", i)) {
			b.Errorf("the escalation of team-%d is not in the comment", i)
		}
	}
}
