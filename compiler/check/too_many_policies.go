package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func tooManyPolicies() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "too-many-policies", Severity: hcl.DiagWarning,
			Explain: "The configuration makes more customer managed policies than an account may have: 1,500 by default, up to 10,000 on request; policies made elsewhere count too, and deployment stops half-way (LimitExceeded). The layouts packed and inline make fewer. It is a warning, since only the account knows its quota: say it in the account block to silence this.",
			Bad:     manyPoliciesExample("1500"), Good: manyPoliciesExample("5000"),
		},
		Stack: func(p *StackPass) {
			count := map[*ir.Target]int{}
			for _, role := range p.Roles {
				count[role.Target] += len(role.Managed)
			}
			for _, t := range p.Stack.Targets {
				most, _ := limit(t, managedPoliciesPerAccount)
				if count[t] <= most {
					continue
				}
				if f := p.at(nil, p.targetPlace(t, managedPoliciesPerAccount), t.Name); f != nil {
					f.warnf("%d managed policies go to the account %q, whose quota is %d.", count[t], t.Name, most).
						wayOut("layout = \"packed\" or \"inline\" makes fewer. %s", raiseOrDivide(t, managedPoliciesPerAccount))
				}
			}
		},
	}
}

func manyPoliciesExample(quota string) string {
	return "account \"prod\" {\n  id     = \"123456789012\"\n  region = \"eu-west-1\"\n  quotas {\n    roles_per_account            = 5000\n    managed_policies_per_account = " + quota + "\n  }\n}\nrole \"r\" {\n  for_each = toset(flatten([for i in range(19) : [for j in range(79) : \"t${i}-${j}\"]]))\n  statement \"Read\" {\n    actions   = [\"s3:GetObject\"]\n    resources = [\"arn:aws:s3:::acme/${each.key}/*\"]\n  }\n}\n"
}
