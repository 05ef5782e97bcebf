package gate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/gate"
)

// TestOwners are the examples of GitHub Docs, "About code owners", and others.
func TestOwners(t *testing.T) {
	t.Parallel()
	const path = "ml/roles/smr.approvals"
	for file, want := range map[string]string{
		"":                                "",
		"* @a":                            "@a",
		"* @a # all":                      "@a",
		"# * @a":                          "",
		"*.js @a":                         "",
		"*.approvals @a":                  "@a",
		"smr.approvals @a @b":             "@a @b",
		"/smr.approvals @a":               "",
		"roles/smr.approvals @a":          "",
		"/ml/roles/smr.approvals @a":      "@a",
		"ml/roles/smr.approvals @a":       "@a",
		"/ml/ @a":                         "@a",
		"ml/ @a":                          "@a",
		"roles/ @a":                       "@a",
		"/roles/ @a":                      "",
		"/ml @a":                          "@a",
		"ml/* @a":                         "",
		"ml/roles/* @a":                   "@a",
		"ml/** @a":                        "@a",
		"**/roles @a":                     "@a",
		"**/smr.approvals @a":             "@a",
		"ml/**/smr.approvals @a":          "@a",
		"ml/*/smr.approvals @a":           "@a",
		"m?/roles @a":                     "@a",
		"* @a\nml/ @b":                    "@b",
		"* @a\nml/roles/smr.approvals\n":  "",
		"ml/ @b\r\n* @a\r\n":              "@a",
		"!ml/ @a":                         "",
		"[m]l/ @a":                        "",
		"smr.approvalsx @a":               "",
		"xsmr.approvals @a":               "",
		"\xff @a":                         "",
		"* @acme/ml-security a@b.example": "@acme/ml-security a@b.example",
	} {
		if got := strings.Join(gate.Owners([]byte(file), path), " "); got != want {
			t.Errorf("%q: owners %q, want %q", file, got, want)
		}
	}
}

// TestUnowned: only a line that the change adds, that approves something, and
// whose file nobody owns, is told of.
func TestUnowned(t *testing.T) {
	t.Parallel()
	line := gate.Approval{Digits: strings.Repeat("a", 32), By: "smr.approvals line 3", Line: 3}
	used := &gate.Verdict{Items: []gate.Item{{Approved: true, By: line.By}}}
	for name, tt := range map[string]struct {
		v          *gate.Verdict
		head, base []gate.Approval
		owners     []string
		want       int
	}{
		"new":         {used, []gate.Approval{line}, nil, nil, 1},
		"old":         {used, []gate.Approval{line}, []gate.Approval{line}, nil, 0},
		"owned":       {used, []gate.Approval{line}, nil, []string{"@a"}, 0},
		"of no use":   {&gate.Verdict{Items: []gate.Item{{Approved: false}}}, []gate.Approval{line}, nil, nil, 0},
		"by a review": {&gate.Verdict{Items: []gate.Item{{Approved: true, By: "review of @alice"}}}, []gate.Approval{line}, nil, nil, 0},
	} {
		got := gate.Unowned(tt.v, tt.head, tt.base, tt.owners)
		if len(got) != tt.want || slices.ContainsFunc(got, func(f review.Finding) bool { return f.Line != 3 || f.Severity != "warning" }) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
