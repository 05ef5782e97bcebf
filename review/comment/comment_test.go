package comment

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/gate"
)

var update = flag.Bool("update", false, "write golden files anew")

// reviewed compares two configurations of testdata and judges the change.
func reviewed(t *testing.T, name string, approvals ...gate.Approval) *Input {
	t.Helper()
	side := func(dir string) *compiler.Result {
		data, err := os.ReadFile(filepath.Join("testdata", name, dir+".smr"))
		if err != nil {
			t.Fatal(err)
		}
		return compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: data}}})
	}
	base, head := side("base"), side("head")
	for _, d := range append(base.Diags.Errs(), head.Diags.Errs()...) {
		t.Error(d)
	}
	d, err := review.Compare(base, head, review.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rules, err := gate.ReadRules(base, gate.Escalation)
	if err != nil {
		t.Fatal(err)
	}
	return &Input{
		Diff: d, Verdict: gate.Judge(d, rules, approvals, 0),
		Server: "https://github.com", Repository: "acme/ml-roles", Head: "8652a4ed339b201de2da2cb7259e53bedf8413a0",
		Base: "2bbe9a8f0c1d4e5a6b7c8d9e0f1a2b3c4d5e6f70", Branch: "main", Directory: "iam/roles",
		Report: "https://github.com/acme/ml-roles/actions/runs/17", Owners: "@acme/ml-security",
	}
}

func TestGolden(t *testing.T) {
	in := reviewed(t, "forecast")
	approved := reviewed(t, "forecast", gate.Approval{Digits: gate.Short(in.Verdict.Digest), By: "smr.approvals line 3"})
	invalid := *in
	invalid.Diff = &review.Diff{}
	invalid.Verdict = gate.Judge(invalid.Diff, gate.Rules{FailOn: gate.Escalation}, nil, 1)
	invalid.Invalid = []review.Finding{{Severity: "error", Code: "unknown-activity", Summary: "Unknown activity", Detail: `There is no activity "s3_bucket_acess". Did you mean "s3_bucket_access"?`, File: "roles.smr", Line: 7}}
	for name, text := range map[string]string{
		"forecast": Markdown(in, MaxComment), "approved": Markdown(approved, MaxComment), "invalid": Markdown(&invalid, MaxComment), "gone": Gone(in),
	} {
		file := filepath.Join("testdata", name+".golden.md")
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), text); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestQuiet(t *testing.T) {
	in := &Input{Diff: &review.Diff{}, Verdict: gate.Judge(&review.Diff{}, gate.Rules{FailOn: gate.Escalation}, nil, 0)}
	if text := Markdown(in, MaxComment); text != "" {
		t.Errorf("said %q of nothing", text)
	}
	if text := Summary(in, MaxSummary); !strings.Contains(text, "no access changes") {
		t.Errorf("summary %q", text)
	}
}

// many makes a change of n roles of which each gains an escalation and other
// access.
func many(n, grants int) *Input {
	d := &review.Diff{}
	for i := range n {
		r := review.Role{Role: fmt.Sprintf("scientist[%q]", fmt.Sprintf("team-%04d", i)), Account: "ml", Change: review.Changed, NewAccess: access.Yes, LostAccess: access.No}
		r.Trust.NewAccess, r.Trust.LostAccess = access.No, access.No
		pass := review.Grant{Actions: []string{"iam:PassRole"}, Resources: []string{fmt.Sprintf("arn:aws:iam::123456789012:role/team-%04d-*", i)}, Level: access.LevelWrite, Escalation: true}
		e := r.Seal(pass)
		e.Kind = review.EscalationPassRole
		r.Gained, r.Escalations, r.Escalation = []review.Grant{pass}, []review.Escalation{e}, true
		for j := range grants {
			r.Gained = append(r.Gained, review.Grant{Actions: []string{"s3:PutObject"}, Resources: []string{fmt.Sprintf("arn:aws:s3:::team-%04d-%d/*", i, j)}, Level: access.LevelWrite})
		}
		d.Roles = append(d.Roles, r)
	}
	return &Input{Diff: d, Verdict: gate.Judge(d, gate.Rules{FailOn: gate.Escalation}, nil, 0), Server: "https://github.com", Repository: "acme/ml-roles", Head: strings.Repeat("a", 40), Base: strings.Repeat("b", 40)}
}

func TestThousandRoles(t *testing.T) {
	in := many(1000, 3)
	text := Markdown(in, MaxComment)
	if n := utf8.RuneCountInString(text); n > MaxComment || n < MaxComment/4 {
		t.Errorf("%d characters", n)
	}
	for i := range in.Diff.Roles {
		if role := in.Diff.Roles[i].Role; !strings.Contains(text, role) {
			t.Fatalf("the escalation of %s is not there:\n%.3000s", role, text)
		}
	}
	if !strings.Contains(text, "Left out here") || !strings.Contains(text, gate.Short(in.Verdict.Digest)) {
		t.Errorf("what is cut is not said, or how to approve:\n%.2000s", text)
	}
	if text := Summary(in, MaxSummary); len(text) > MaxSummary || !strings.Contains(text, "team-0999-2") {
		t.Errorf("summary of %d bytes", len(text))
	}
}

func TestLadder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := many(rapid.IntRange(0, 60).Draw(t, "roles"), rapid.IntRange(0, 8).Draw(t, "grants"))
		limit := rapid.IntRange(600, 20000).Draw(t, "limit")
		text := Markdown(in, limit)
		if n := utf8.RuneCountInString(text); n > limit {
			t.Fatalf("%d characters, limit %d", n, limit)
		}
		if limit < 5000 {
			return // 60 escalations alone may be more
		}
		for i := range in.Diff.Roles {
			if !strings.Contains(text, in.Diff.Roles[i].Role) {
				t.Fatalf("no %s in\n%s", in.Diff.Roles[i].Role, text)
			}
		}
	})
}
