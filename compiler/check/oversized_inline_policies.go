package check

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func oversizedInlinePolicies() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "oversized-inline-policies", Severity: hcl.DiagError,
			Explain: "All inline policies of a role together take 10,240 characters, and AWS raises that for nobody. Managed policies take 6,144 each, ten to a role, so the other layouts hold more. Source: IAM User Guide, \"IAM and AWS STS quotas\".",
			Bad:     sizeExample("inline", 300), Good: sizeExample("inline", 200),
		},
		Stack: func(p *StackPass) {
			for _, role := range p.Roles {
				if len(role.Inline) == 0 {
					continue
				}
				sum := 0
				for i := range role.Inline {
					sum += p.shared.size(role.Inline[i].Document)
				}
				most, _ := limit(role.Target, inlinePoliciesSize)
				if sum <= most {
					continue
				}
				if f := p.at(role.Role, p.placeOf(role.Role, labelOf(role.Role)), ""); f != nil {
					f.errorf("The inline policies of the role %q have %d characters together, and IAM takes %d.", named(role), sum, most).
						wayOut("%s", p.layouts(role))
				}
			}
		},
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
