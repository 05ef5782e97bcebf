package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// TestQuestionExitCodes: those of simulate and diff.
func TestQuestionExitCodes(t *testing.T) {
	dir := repository(t)
	wide := strings.Replace(good, `"acme-forecast"`, `"acme-*"`, 1)
	write(t, dir, "same/roles.smr", "# a comment\n"+good)
	write(t, dir, "wide/roles.smr", wide)
	write(t, dir, "bad/roles.smr", "role \"x\" {\n  persona = \"nobody\"\n}\n")
	write(t, dir, "unknown/roles.smr", strings.Replace(good, `persona = "compute"`, "persona = \"compute\"\n  permissions_boundary = \"arn:aws:iam::123456789012:policy/p\"", 1))
	write(t, dir, "broken.jsonl", "{\n")
	write(t, dir, "bad.json", "{")
	for _, tt := range []struct {
		args string
		want int
	}{
		{"simulate train s3:GetObject arn:aws:s3:::acme-forecast/x", 0},
		{"simulate train s3:GetObject arn:aws:s3:::other/x", 0},
		{"simulate -C unknown train s3:GetObject arn:aws:s3:::acme-forecast/x", 1},
		{"simulate -C bad x s3:GetObject *", 1},
		{"simulate --cases broken.jsonl", 1},
		{"simulate nobody s3:GetObject *", 2},
		{"simulate train s3:GetObject", 2},
		{"simulate train S3 *", 2},
		{"simulate -C missing train s3:GetObject *", 3},
		{"simulate --cases missing.jsonl", 3},

		{"diff", 0},
		{"diff v1.2.0 HEAD --exit-code", 0},
		{"diff same --exit-code", 0},
		{"diff wide", 0},
		{"diff old.json new.json --exit-code", 0},
		{"diff wide --exit-code", 1},
		{"diff same unknown --exit-code", 1},
		{"diff same bad", 1},
		{"diff --cases broken.jsonl", 1},
		{"diff nothing", 2},
		{"diff -- -p", 2},
		{"diff a b c", 2},
		{"diff old.json", 2},
		{"diff old.json bad.json", 2},
		{"diff --format xml", 2},
		{"diff --cases missing.jsonl", 3},
	} {
		stdout, stderr, code := run(t, dir, "", nil, strings.Fields(tt.args)...)
		if code != tt.want {
			t.Errorf("smr %s: exit code %d, want %d\n%s%s", tt.args, code, tt.want, stdout, stderr)
		}
		if strings.TrimSpace(stdout+stderr) == "" {
			t.Errorf("smr %s: exit code %d and not a word", tt.args, code)
		}
	}
}

// TestFaults: a mistake of smr that a target tells of is no finding.
func TestFaults(t *testing.T) {
	diags := hcl.Diagnostics{diag.Warnf("a-b", hcl.Range{}, "x"), diag.Errorf("internal-error", hcl.Range{}, "The template cannot be written.")}
	if err := faultOf(diags); err == nil || err.Error() != diags[1].Detail {
		t.Errorf("%v", err)
	}
	if err := faultOf(diags[:1]); err != nil {
		t.Errorf("%v", err)
	}
	c := &configuration{Result: &compiler.Result{Fault: faultOf(diags)}}
	if err := verdict(c, reportOf(diags, nil)); err == nil || errors.Is(err, findings()) || !strings.Contains(err.Error(), "could not be judged") {
		t.Errorf("%v", err)
	}
}
