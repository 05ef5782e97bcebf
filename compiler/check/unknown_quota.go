package check

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func unknownQuota() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "unknown-quota", Severity: hcl.DiagError,
			Explain: "The quotas block of an account names what no quota is called, so it would change nothing.\n\n" + quotaTable(),
			Bad:     quotaExample("attached_policies = 20"), Good: quotaExample("attached_policies_per_role = 20"),
		},
		Program: func(p *ProgramPass) {
			names := adjustable()
			for _, t := range p.Targets {
				for _, name := range slices.Sorted(maps.Keys(t.Quotas)) {
					if quotas()[name].Name != "" {
						continue
					}
					if f := p.at(nil, t.Quotas[name].Range, name); f != nil {
						f.errorf("There is no quota %q.%s", name, nearQuota(name, names))
					}
				}
			}
		},
	}
}

// nearQuota suggests the quota that was meant, also for a part of its name.
func nearQuota(given string, names []string) string {
	var holding []string
	for _, name := range slices.Sorted(maps.Keys(quotas())) {
		if given != "" && strings.Contains(name, given) {
			holding = append(holding, name)
		}
	}
	if len(holding) > 0 && len(holding) <= 3 {
		return " Did you mean " + quoteAny(holding) + "?"
	}
	return diag.DidYouMean(given, slices.Sorted(maps.Keys(quotas())), "AWS can raise "+diag.Quote(names)+".")
}

// adjustable are the quotas looked at that an account can have more of.
func adjustable() []string {
	var names []string
	for _, name := range slices.Sorted(slices.Values(looked())) {
		if quotas()[name].Adjustable() {
			names = append(names, name)
		}
	}
	return names
}
