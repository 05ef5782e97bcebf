package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func oversizedTrustPolicy() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "oversized-trust-policy", Severity: hcl.DiagError,
			Explain: "A trust policy takes 2,048 characters; AWS raises that up to 8,192 on request. Many principals or subjects are the usual cause: a condition with a pattern, or on aws:PrincipalOrgID or aws:PrincipalTag, says the same in one line. Source: IAM User Guide, \"IAM and AWS STS quotas\".",
			Bad:     trustExample(60), Good: trustExample(20),
		},
		Stack: func(p *StackPass) {
			for _, role := range p.Roles {
				if role.Role.Trust == nil || role.Trust.Document == nil {
					continue // SageMaker's default is short
				}
				most, _ := limit(role.Target, trustPolicySize)
				n := p.shared.size(role.Trust.Document)
				if n <= most {
					continue
				}
				if f := p.at(role.Role, p.placeOf(role.Role, role.Role.Trust.Range), ""); f != nil {
					f.errorf("The trust policy of the role %q has %d characters, and the account admits %d.", named(role), n, most).
						wayOut("%s", raise(role.Target, trustPolicySize))
				}
			}
		},
	}
}

func trustExample(n int) string {
	return "role \"r\" {\n  trust {\n    principals = [for i in range(" + itoa(n) + ") : \"arn:aws:iam::123456789012:role/team-${i}\"]\n  }\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n"
}
