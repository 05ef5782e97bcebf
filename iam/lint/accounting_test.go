package lint_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/sagemaker-roles/smr/iam/lint"
)

// A check is one check of other tools, or smr's own, and where it is found: by
// a rule of this package, by a code of the compiler, or nowhere for a reason.
type check struct {
	ID     string          `json:"id"`
	Rule   string          `json:"rule"`
	Code   string          `json:"code"` // that the compiler raises; compiler/check holds that there is such a one
	Reason string          `json:"reason"`
	Kind   string          `json:"kind"`
	Policy json.RawMessage `json:"policy"` // that raises the rule, where its own example shows another check
}

// TestAccounting holds that every check is accounted for: its rule exists, says
// so itself, and finds the check's own example.
func TestAccounting(t *testing.T) {
	data, err := os.ReadFile("testdata/checks.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Checks []check `json:"checks"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Checks) != 188 {
		t.Errorf("%d checks, want 188", len(file.Checks))
	}
	stands := map[string]string{}
	shared := map[string]int{}
	for _, r := range lint.Rules() {
		for _, id := range r.Checks {
			stands[id] = r.Code
			shared[r.Code]++
		}
	}
	seen := map[string]bool{}
	for _, c := range file.Checks {
		if seen[c.ID] {
			t.Errorf("%s: twice", c.ID)
		}
		seen[c.ID] = true
		c.judge(t, stands[c.ID], shared[c.Rule])
	}
	for id, code := range stands {
		if !seen[id] {
			t.Errorf("%s stands for %s, which is no check", code, id)
		}
	}
}

// judge holds one check to what stands for it: the rule that says so, and how
// many checks that one stands for.
func (c check) judge(t *testing.T, rule string, shared int) {
	t.Helper()
	said := 0
	for _, s := range []string{c.Rule, c.Code, c.Reason} {
		if s != "" {
			said++
		}
	}
	switch {
	case said != 1:
		t.Errorf("%s: accounted for %d times, want once", c.ID, said)
	case c.Rule != rule:
		t.Errorf("%s: the rule %q stands for it, the file says %q", c.ID, rule, c.Rule)
	case c.Rule != "" && c.Policy == nil && shared > 1:
		t.Errorf("%s: no example, and %s stands for %d checks", c.ID, c.Rule, shared)
	case c.Policy != nil:
		kinds := map[string]lint.Kind{"identity": lint.Identity, "trust": lint.Trust, "resource": lint.Resource}
		kind, ok := kinds[c.Kind]
		if !ok {
			t.Fatalf("%s: no kind %q", c.ID, c.Kind)
		}
		list := lint.Document(parse(t, string(c.Policy)), lint.Options{Kind: kind, Account: account})
		if !slices.Contains(codes(list), c.Rule) {
			t.Errorf("%s: %s does not find %s but %v", c.ID, c.Rule, c.Policy, codes(list))
		}
	}
}
