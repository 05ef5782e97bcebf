package lint_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/escalation"
	"github.com/sagemaker-roles/smr/iam/lint"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// account owns the roles of all examples.
const account = "123456789012"

const sagemakerTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// parse reads a policy of an example.
func parse(t *testing.T, text string) *policy.Document {
	t.Helper()
	d, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return d
}

// findings judges an example with every rule: of documents and, where they are
// identity-based, of roles.
func findings(t *testing.T, e lint.Example) []lint.Finding {
	t.Helper()
	var list []lint.Finding
	r := lint.Role{Complete: true, Trust: parse(t, sagemakerTrust), Judge: escalation.NewJudge(access.Options{Facts: access.ServiceFacts()})}
	for _, text := range e.Policies {
		d := parse(t, text)
		list = append(list, lint.Document(d, lint.Options{Kind: e.Kind, Account: account})...)
		r.Policies = append(r.Policies, d)
	}
	if e.Kind == lint.Identity {
		for _, f := range lint.Policies(r) {
			list = append(list, f.Finding)
		}
	}
	return list
}

func codes(list []lint.Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, f.Code)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// beside are the codes that the example of a rule about documents may raise
// besides its own: what a role lacks that consists of the one statement.
var beside = []string{"missing-pass-role", "missing-add-tags", "missing-counterpart"}

// TestExamples holds every rule to its examples: Bad raises the rule and
// nothing else, Good raises nothing.
func TestExamples(t *testing.T) {
	for _, r := range lint.Rules() {
		t.Run(r.Code, func(t *testing.T) {
			lacks := func(code string) bool { return r.Role == nil && slices.Contains(beside, code) }
			bad := slices.DeleteFunc(codes(findings(t, r.Bad)), lacks)
			if !slices.Equal(bad, []string{r.Code}) {
				t.Errorf("Bad raises %v:\n%s", bad, strings.Join(r.Bad.Policies, "\n"))
			}
			if good := slices.DeleteFunc(codes(findings(t, r.Good)), lacks); len(good) > 0 {
				t.Errorf("Good raises %v:\n%s", good, strings.Join(r.Good.Policies, "\n"))
			}
			for _, f := range findings(t, r.Bad) {
				if f.Code == r.Code && f.Severity != r.Severity {
					t.Errorf("severity %d, the rule says %d", f.Severity, r.Severity)
				}
			}
		})
	}
}

// TestRules holds the shape of the list.
func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range lint.Rules() {
		n := 0
		for _, has := range []bool{r.Statement != nil, r.Document != nil, r.Role != nil} {
			if has {
				n++
			}
		}
		switch {
		case seen[r.Code]:
			t.Errorf("%s: twice", r.Code)
		case n != 1:
			t.Errorf("%s: the rule reads %d things, want one", r.Code, n)
		case r.Explain == "" || !strings.Contains(r.Explain, "Source"):
			t.Errorf("%s: no text, or no source", r.Code)
		case len(r.Bad.Policies) == 0 || len(r.Good.Policies) == 0:
			t.Errorf("%s: no examples", r.Code)
		}
		seen[r.Code] = true
		if _, err := os.Stat(strings.ReplaceAll(r.Code, "-", "_") + ".go"); err != nil {
			t.Errorf("%s: no file of that name", r.Code)
		}
	}
	if len(seen) < 70 {
		t.Errorf("found only %d rules", len(seen))
	}
}

// TestPointers holds that a pointer leads to the text of its finding.
func TestPointers(t *testing.T) {
	for _, r := range lint.Rules() {
		for _, text := range r.Bad.Policies {
			d := parse(t, text)
			for _, f := range lint.Document(d, lint.Options{Kind: r.Bad.Kind, Account: account}) {
				if f.Text != "" && !strings.Contains(fmt.Sprint(at(d, f.Pointer)), f.Text) {
					t.Errorf("%s: %s leads to %v, the finding is about %q", f.Code, f.Pointer, at(d, f.Pointer), f.Text)
				}
			}
		}
	}
}

// at is what a pointer leads to in a document.
func at(d *policy.Document, pointer string) any {
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	if len(parts) < 3 {
		return d
	}
	var i, n int
	fmt.Sscan(parts[1], &i)
	fmt.Sscan(parts[len(parts)-1], &n)
	s := d.Statements[i]
	switch parts[2] {
	case "Action":
		return s.Actions[n]
	case "NotAction":
		return s.NotActions[n]
	case "Resource":
		return s.Resources[n]
	case "NotResource":
		return s.NotResources[n]
	case "Principal":
		switch parts[3] {
		case "AWS":
			return s.Principal.AWS[n]
		case "Service":
			return s.Principal.Service[n]
		}
		return s.Principal.Federated[n]
	}
	for _, c := range s.Conditions {
		if c.Operator == parts[3] && c.Key == strings.ReplaceAll(parts[4], "~1", "/") {
			if len(parts) == 6 {
				return c.Values[n]
			}
			return c.Key
		}
	}
	return nil
}
