package check

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func excessiveQuota() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "excessive-quota", Severity: hcl.DiagWarning,
			Explain: "An account's quotas block says more than AWS is known to grant. AWS raises its highest values now and then (several in May and June 2026), so this is a warning: if the account really has the quota, ignore it with a reason; otherwise deployment stops half-way with LimitExceeded.",
			Bad:     quotaExample("attached_policies_per_role = 26"), Good: quotaExample("attached_policies_per_role = 25"),
		},
		Program: func(p *ProgramPass) {
			for _, t := range p.Targets {
				for _, name := range slices.Sorted(maps.Keys(t.Quotas)) {
					given, q := t.Quotas[name], quotas()[name]
					if q.Max <= q.Default || given.Value <= q.Max {
						continue
					}
					if f := p.at(nil, given.Range, name); f != nil {
						f.warnf("%s = %d, and the most that AWS is known to grant is %d (%s, %s).", name, given.Value, q.Max, q.Source, q.Date).
							wayOut("Look it up in the account: aws iam get-account-summary, or Service Quotas %s.", q.Code)
					}
				}
			}
		},
	}
}
