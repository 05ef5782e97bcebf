package check

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidQuota() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-quota", Severity: hcl.DiagError,
			Explain: "An account's quotas block says a number that the account cannot have: less than one, or more than a quota that AWS raises for nobody. Sizes of policies are such. What AWS can raise is listed with its highest value; beyond that there is the warning excessive-quota.",
			Bad:     quotaExample("managed_policy_size = 10000"), Good: quotaExample("attached_policies_per_role = 20"),
		},
		Program: func(p *ProgramPass) {
			for _, t := range p.Targets {
				for _, name := range slices.Sorted(maps.Keys(t.Quotas)) {
					given, q := t.Quotas[name], quotas()[name]
					if q.Name == "" {
						continue
					}
					least := max(1, q.Minimum)
					fixed := !q.Adjustable() && given.Value > q.Default
					if given.Value >= least && !fixed {
						continue
					}
					f := p.at(nil, given.Range, name)
					if f == nil {
						continue
					}
					if fixed {
						f.errorf("%s = %d, and AWS raises this quota for nobody: %s may have %d %s (%s, %s).", name, given.Value, lowerFirst(q.Title), q.Default, q.Unit, q.Source, q.Date).
							wayOut("Delete the line.")
					} else {
						f.errorf("%s = %d is too small: the least is %d.", name, given.Value, least)
					}
				}
			}
		},
	}
}

func quotaExample(line string) string {
	return "account \"prod\" {\n  id     = \"123456789012\"\n  region = \"eu-west-1\"\n  quotas { " + line + " }\n}\nrole \"r\" {\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n"
}

// lowerFirst writes a title inside a sentence, leaving acronyms as they are.
func lowerFirst(s string) string {
	if len(s) < 2 || s[1] >= 'A' && s[1] <= 'Z' || s[0] < 'A' || s[0] > 'Z' {
		return s
	}
	return string(s[0]+'a'-'A') + s[1:]
}
