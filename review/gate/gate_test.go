package gate

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review"
)

func pass(to string) review.Escalation {
	g := review.Grant{Actions: []string{"iam:PassRole"}, Resources: []string{"arn:aws:iam::*:role/" + to}, Level: access.LevelWrite, Escalation: true}
	r := review.Role{Role: "r", Account: "any"}
	e := r.Seal(g)
	e.Kind = review.EscalationPassRole
	return e
}

// diff makes the diff of one role with escalations and other new access.
func diff(escalations []review.Escalation, gained ...review.Grant) *review.Diff {
	r := review.Role{Role: "r", Account: "any", Change: review.Changed, NewAccess: access.Yes, Escalations: escalations, Gained: gained, Escalation: len(escalations) > 0}
	r.Trust.NewAccess = access.No
	for _, e := range escalations {
		r.Gained = append(r.Gained, e.Grants...)
	}
	return &review.Diff{Roles: []review.Role{r}, EscalationDigest: review.SetDigest(escalations)}
}

func approve(digests ...string) []Approval {
	var out []Approval
	for _, d := range digests {
		out = append(out, Approval{Digits: Short(d), By: "test"})
	}
	return out
}

func TestApprovals(t *testing.T) {
	a, b, c := pass("a"), pass("b"), pass("c")
	set := func(list ...review.Escalation) string { return review.SetDigest(list) }
	tests := []struct {
		name      string
		now       []review.Escalation
		approvals []Approval
		want      string
	}{
		{"nothing approved", []review.Escalation{a}, nil, "fail"},
		{"the set", []review.Escalation{a, b}, approve(set(a, b)), "pass"},
		{"the set in another order", []review.Escalation{b, a}, approve(set(a, b)), "pass"},
		{"growth asks again", []review.Escalation{a, b, c}, approve(set(a, b)), "fail"},
		{"growth of approved ones asks again", []review.Escalation{a, b}, approve(a.Digest), "fail"},
		{"each approved", []review.Escalation{a, b}, approve(a.Digest, b.Digest), "pass"},
		{"a subset stays approved", []review.Escalation{b}, approve(a.Digest, b.Digest), "pass"},
		{"another one of the same size", []review.Escalation{c}, approve(set(a), a.Digest), "fail"},
		{"two that were approved one by one", []review.Escalation{a, b}, approve(set(a), set(b)), "pass"},
		{"one of two that were approved together", []review.Escalation{a}, approve(set(a, b)), "fail"},
		{"twelve digits", []review.Escalation{a}, []Approval{{Digits: Short(set(a))[:12]}}, "pass"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := diff(tt.now)
			v := Judge(d, Rules{FailOn: Escalation}, tt.approvals, 0)
			if v.Result() != tt.want {
				t.Errorf("got %s, want %s: %+v", v.Result(), tt.want, v)
			}
			if v.Digest != d.EscalationDigest {
				t.Errorf("digest %s, the diff says %s", v.Digest, d.EscalationDigest)
			}
			if len(v.Findings) != len(v.Open()) {
				t.Errorf("findings: %+v", v.Findings)
			}
		})
	}
}

func TestLevels(t *testing.T) {
	grant := func(l access.Level) review.Grant {
		return review.Grant{Actions: []string{"x:y"}, Resources: []string{"*"}, Level: l}
	}
	tests := []struct {
		failOn Level
		level  access.Level
		want   string
	}{
		{Escalation, access.LevelWrite, "pass"},
		{Write, access.LevelWrite, "fail"},
		{Write, access.LevelTagging, "pass"},
		{Write, access.LevelRead, "pass"},
		{Read, access.LevelWrite, "fail"},
		{List, access.LevelList, "fail"},
		{Any, access.LevelList, "fail"},
		{Never, access.LevelWrite, "pass"},
		{Write, "", "fail"},
	}
	for _, tt := range tests {
		d := diff(nil, grant(tt.level))
		v := Judge(d, Rules{FailOn: tt.failOn}, nil, 0)
		if v.Result() != tt.want {
			t.Errorf("fail_on %s, new %q: got %s, want %s", tt.failOn, tt.level, v.Result(), tt.want)
		}
		if v := Judge(d, Rules{FailOn: tt.failOn}, approve(v.Digest), 0); v.Result() != "pass" {
			t.Errorf("fail_on %s, new %q: not passed though approved", tt.failOn, tt.level)
		}
	}
	if v := Judge(diff([]review.Escalation{pass("a")}), Rules{FailOn: Never}, nil, 0); v.Result() != "pass" || v.Highest != Escalation {
		t.Errorf("%+v", v)
	}
	if v := Judge(diff(nil), Rules{FailOn: Escalation}, nil, 1); v.Result() != "fail" {
		t.Error("passed with errors of the configuration")
	}
}

func TestAllow(t *testing.T) {
	tests := []struct {
		allow Allow
		want  bool
	}{
		{Allow{}, true},
		{Allow{Roles: []string{"r*"}, Actions: []string{"iam:passrole"}, Resources: []string{"arn:aws:iam::*:role/a*"}}, true},
		{Allow{Roles: []string{"s"}}, false},
		{Allow{Actions: []string{"iam:Get*"}}, false},
		{Allow{Resources: []string{"arn:aws:iam::1:role/a"}}, false},
		{Allow{Resources: []string{"arn:aws:iam::?:role/a"}}, false}, // the new access has a * there
	}
	for _, tt := range tests {
		v := Judge(diff([]review.Escalation{pass("a")}), Rules{FailOn: Escalation, Allow: []Allow{tt.allow}}, nil, 0)
		if v.Approved() != tt.want {
			t.Errorf("%+v: approved %v", tt.allow, v.Approved())
		}
	}
	boundary := review.Escalation{Kind: review.EscalationBoundary, Summary: "gone", Digest: "sha256:00"}
	if v := Judge(diff([]review.Escalation{boundary}), Rules{FailOn: Escalation, Allow: []Allow{{}}}, nil, 0); v.Approved() {
		t.Error("an allow block accepts that a boundary goes")
	}
}

func TestParseApprovals(t *testing.T) {
	long := strings.Repeat("0123456789ABCDEF", 2)
	list, findings := ParseApprovals([]byte("# why\r\n\n// who\napprove \"" + long + "\" # ours\napprove \"9f31ab6c08de\"\n" +
		"approve \"9f31\"\napprove 9f31ab6c08de\napprove \"9f31ab6c08dg\"\napproved \"9f31ab6c08de\"\napprove \"9f31ab6c08de\" and more\n\x00\xff\n"))
	want := []Approval{{strings.ToLower(long), "smr.approvals line 4", 4}, {"9f31ab6c08de", "smr.approvals line 5", 5}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.Code)
	}
	if want := []string{"short-approval", "unread-approval", "unread-approval", "unread-approval", "unread-approval", "unread-approval", "unread-approval"}; !cmp.Equal(want, got) {
		t.Errorf("findings %q", got)
	}
}

func FuzzParseApprovals(f *testing.F) {
	f.Add([]byte("approve \"9f31ab6c08de\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _ := ParseApprovals(data)
		for _, a := range list {
			if len(a.Digits) < MinDigits || strings.Trim(a.Digits, "0123456789abcdef") != "" {
				t.Errorf("%q", a.Digits)
			}
		}
	})
}

func TestByReview(t *testing.T) {
	approvers := []string{"alice", "bob"}
	tests := []struct {
		name    string
		reviews []Review
		want    int
	}{
		{"an approver", []Review{{"Alice", "APPROVED", "h"}}, 1},
		{"an older head", []Review{{"alice", "APPROVED", "old"}}, 0},
		{"not an approver", []Review{{"eve", "APPROVED", "h"}}, 0},
		{"the author", []Review{{"BOB", "APPROVED", "h"}}, 0},
		{"taken back", []Review{{"alice", "APPROVED", "h"}, {"alice", "CHANGES_REQUESTED", "h"}}, 0},
		{"dismissed", []Review{{"alice", "APPROVED", "h"}, {"alice", "DISMISSED", "h"}}, 0},
		{"commented after", []Review{{"alice", "APPROVED", "h"}, {"alice", "COMMENTED", "h"}}, 1},
	}
	for _, tt := range tests {
		if got := ByReview(tt.reviews, approvers, "bob", "h"); len(got) != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if got := ByReview([]Review{{"alice", "APPROVED", ""}}, approvers, "bob", ""); len(got) != 0 {
		t.Error("approved no head at all")
	}
}

func TestByLabel(t *testing.T) {
	set := pass("a")
	on := func(label, actor string) []Approval {
		return ByLabel([]Labeling{{label, actor}}, []string{"alice", "bob"}, "bob")
	}
	label := LabelPrefix + Short(set.Digest)
	if len(label) > 50 {
		t.Errorf("%q is longer than a label may be", label)
	}
	for _, tt := range []struct {
		label, actor string
		want         int
	}{{label, "alice", 1}, {label, "bob", 0}, {label, "eve", 0}, {label, "", 0}, {LabelPrefix + "9f31", "alice", 0}, {"smr-approve", "alice", 0}, {LabelPrefix + "ABCDEFABCDEF", "alice", 0}} {
		if got := on(tt.label, tt.actor); len(got) != tt.want {
			t.Errorf("%s by %s: %v", tt.label, tt.actor, got)
		}
	}
	if v := Judge(diff([]review.Escalation{set}), Rules{FailOn: Escalation}, on(label, "alice"), 0); !v.Passed() {
		t.Error("the label does not approve")
	}
}

func TestReadRules(t *testing.T) {
	compile := func(text string) *compiler.Result {
		return compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(text)}}})
	}
	got, err := ReadRules(compile(`
review {
  fail_on   = "write"
  approvers = ["@Alice", "bob"]
  allow {
    reason    = "jobs"
    roles     = ["ds-*"]
    actions   = ["iam:PassRole"]
    resources = ["arn:*:iam::*:role/jobs"]
  }
}`), Escalation)
	want := Rules{defaultFailOn: Escalation, FailOn: Write, Approvers: []string{"alice", "bob"}, Allow: []Allow{{
		Reason: "jobs", Roles: []string{"ds-*"}, Actions: []string{"iam:PassRole"}, Resources: []string{"arn:*:iam::*:role/jobs"},
	}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Rules{})); diff != "" || err != nil {
		t.Errorf("%v -want +got\n%s", err, diff)
	}
	if got, err := ReadRules(compile(""), Read); err != nil || got.FailOn != Read {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{`review { fail_on = "all" }`, `review { approvers = 1 > 0 ? null : [] }`, `review { approvers = {} }`} {
		if _, err := ReadRules(compile(bad), Escalation); err == nil {
			t.Errorf("%s: read", bad)
		}
	}
}

func TestGuardrailsOfTheBase(t *testing.T) {
	compile := func(text string) *compiler.Result {
		r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(text)}}})
		for _, d := range r.Diags.Errs() {
			t.Log(d)
		}
		return r
	}
	guardrail := func(on string) string {
		return "guardrail \"buckets\" {\n  reason = \"nobody deletes\"\n  roles = [\"*\"]\n  never {\n    actions = [\"s3:DeleteBucket\"]\n    resources = [" + on + "]\n  }\n}\n"
	}
	role := "role \"r\" {\n  statement \"S\" {\n    actions = [\"s3:DeleteBucket\"]\n    resources = [\"arn:aws:s3:::b\"]\n  }\n}\n"
	codes := func(base, head string) []string {
		findings, err := Guardrails(compile(base), compile(head))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range findings {
			out = append(out, f.Severity+" "+f.Code)
		}
		return out
	}
	all := guardrail(`"*"`)
	for _, tt := range []struct {
		name, base, head string
		want             []string
	}{
		{"kept", all, all, nil},
		{"kept and broken, which head's own check says", all, all + role, nil},
		{"removed and broken", all, role, []string{"warning changed-guardrail", "error broken-guardrail"}},
		{"narrowed and broken", all, guardrail(`"arn:aws:s3:::c"`) + role, []string{"warning changed-guardrail", "error broken-guardrail"}},
		{"removed", all, "", []string{"warning changed-guardrail"}},
		{"new", "", all, nil},
		{"loosened by a local", "locals {\n  on = \"*\"\n}\n" + guardrail("local.on"), "locals {\n  on = \"arn:aws:s3:::c\"\n}\n" + guardrail("local.on") + role, []string{"error broken-guardrail"}},
		{
			"loosened by a local, in a new account", "locals {\n  on = \"*\"\n}\n" + guardrail("local.on"),
			"locals {\n  on = \"arn:aws:s3:::c\"\n}\naccount \"new\" {\n  id = \"123456789012\"\n  region = \"eu-west-1\"\n}\n" + guardrail("local.on") + role,
			[]string{"error broken-guardrail"},
		},
	} {
		if diff := cmp.Diff(tt.want, codes(tt.base, tt.head)); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, diff)
		}
	}
}

func TestRulesChanged(t *testing.T) {
	compile := func(text string) *compiler.Result {
		return compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(text)}}})
	}
	rules, err := ReadRules(compile(`review { approvers = ["alice"] }`), Escalation)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		`review { approvers = ["alice"] }`: 0, "review {\n  approvers = [\"Alice\"]\n  fail_on = \"escalation\"\n}": 0,
		`review { approvers = ["alice", "eve"] }`: 1, "": 1, `review { approvers = 1 }`: 1, "role \"cut\" {": 0,
	} {
		if got := RulesChanged(rules, compile(text)); len(got) != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
