package check_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/check"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// codesOf compiles one file and returns the codes of what is found, without
// notices and repetitions.
func codesOf(t *testing.T, source string) map[string]*hcl.Diagnostic {
	t.Helper()
	result := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(source)}}})
	codes := map[string]*hcl.Diagnostic{}
	for _, d := range result.Report().Diags {
		codes[diag.InfoOf(d).Code] = d
	}
	return codes
}

// TestExamples runs the examples that the rules are documented with: Bad
// raises the code and, besides quirks of the catalogue, nothing else; Good
// raises nothing.
func TestExamples(t *testing.T) {
	for _, rule := range slices.Concat(check.Rules(), check.Policies()) {
		t.Run(rule.Code, func(t *testing.T) {
			bad := codesOf(t, rule.Bad)
			own := false
			for code, d := range bad {
				switch {
				case code == rule.Code || rule.Code == "quirk" && strings.HasPrefix(code, check.QuirkPrefix):
					own = true
					if d.Severity != rule.Severity {
						t.Errorf("Bad: severity %v, the entry says %v", d.Severity, rule.Severity)
					}
				case strings.HasPrefix(code, check.QuirkPrefix) || code == "empty-statement" || beside(rule, code):
				default:
					t.Errorf("Bad raises %s as well: %s", code, d.Detail)
				}
			}
			if !own {
				t.Errorf("Bad does not raise the code but %v", keys(bad))
			}
			for code, d := range codesOf(t, rule.Good) {
				if !strings.HasPrefix(code, check.QuirkPrefix) && code != "empty-statement" && !beside(rule, code) || rule.Code == "quirk" {
					t.Errorf("Good raises %s: %s", code, d.Detail)
				}
			}
		})
	}
}

// beside reports whether an example may raise a code besides its own: what a
// role lacks that consists of one statement, and that a role with rights over
// IAM, which some examples need, has them.
func beside(rule check.Rule, code string) bool {
	switch code {
	case "missing-pass-role", "missing-add-tags", "missing-counterpart":
		return true
	case "compute-trust", "unsourced-service-trust":
		return rule.Code == "missing-sagemaker-trust"
	case "privilege-escalation":
		return rule.Code == "escalation-path"
	case "broad-managed-policy":
		return rule.Code == "escalating-pass-role" || rule.Code == "unscoped-pass-role"
	}
	return false
}

func keys(m map[string]*hcl.Diagnostic) []string {
	var out []string
	for k, d := range m {
		out = append(out, k+": "+d.Detail)
	}
	return out
}
