package check_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler/check"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func TestRulesDocument(t *testing.T) {
	var got bytes.Buffer
	if err := check.WriteRules(&got); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("RULES.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("RULES.md is not what the rules say; run go generate ./compiler/check (-have +want):\n%s", diff)
	}
}

// TestRules holds the shape of the list: a rule a file, codes unique, everything said.
func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range check.Rules() {
		if seen[r.Code] {
			t.Errorf("%s: twice", r.Code)
		}
		seen[r.Code] = true
		if r.Program == nil && r.Stack == nil {
			t.Errorf("%s: the rule reads nothing", r.Code)
		}
		if r.Severity == 0 || r.Explain == "" || r.Bad == "" || r.Good == "" {
			t.Errorf("%s: the entry is not complete", r.Code)
		}
		if _, err := os.Stat(strings.ReplaceAll(r.Code, "-", "_") + ".go"); err != nil {
			t.Errorf("%s: no file of that name", r.Code)
		}
	}
	if !slices.IsSortedFunc(check.Rules(), func(a, b check.Rule) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("the rules are not in the order of their codes")
	}
}

// TestExamplesFormatted holds that examples are in the canonical layout.
func TestExamplesFormatted(t *testing.T) {
	for _, r := range slices.Concat(check.Rules(), check.Policies()) {
		for what, text := range map[string]string{"Bad": r.Bad, "Good": r.Good} {
			got, diags := dsl.Format(dsl.File{Name: "example.smr", Bytes: []byte(text)})
			if diags.HasErrors() || string(got) != text {
				t.Errorf("%s, %s (-have +want):\n%s", r.Code, what, cmp.Diff(text, string(got)))
			}
		}
	}
}

// TestAccountedCodes holds that the codes exist by which checks of other tools
// are found that are no rules of iam/lint.
func TestAccountedCodes(t *testing.T) {
	data, err := os.ReadFile("../../iam/lint/testdata/checks.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Checks []struct {
			ID   string `json:"id"`
			Code string `json:"code"`
		} `json:"checks"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, e := range slices.Concat(check.Entries(), diag.Codes()) {
		known[e.Code] = true
	}
	found := 0
	for _, c := range file.Checks {
		if c.Code == "" {
			continue
		}
		found++
		if !known[c.Code] {
			t.Errorf("%s: no code %q", c.ID, c.Code)
		}
	}
	if found < 30 {
		t.Errorf("found only %d codes", found)
	}
}
