package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func tooManyRoles() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "too-many-roles", Severity: hcl.DiagWarning,
			Explain: "The configuration has more roles than an account may have. IAM admits 1,000 roles by default and raises that to 10,000 on request; roles made elsewhere count too, and deployment stops half-way (LimitExceeded). It is a warning, since only the account knows its quota: say it in the account block to silence this.",
			Bad:     manyExample("77", "1000"), Good: manyExample("77", "5000"),
		},
		Program: func(p *ProgramPass) {
			count := map[*ir.Target]int{}
			for _, role := range p.Roles {
				count[role.Target]++
			}
			for _, t := range p.Targets {
				most, _ := limit(t, rolesPerAccount)
				if count[t] <= most {
					continue
				}
				if f := p.at(nil, p.targetPlace(t, rolesPerAccount), t.Name); f != nil {
					f.warnf("%d roles go to the account %q, whose quota is %d.", count[t], t.Name, most).wayOut("%s", raiseOrDivide(t, rolesPerAccount))
				}
			}
		},
	}
}

// targetPlace is where an account says the quota, else the account block, else
// the first role.
func (r *reporter) targetPlace(t *ir.Target, quota string) hcl.Range {
	if q, ok := t.Quotas[quota]; ok {
		return q.Range
	}
	if t.Range.Filename != "" || len(r.program.Roles) == 0 {
		return t.Range
	}
	return labelOf(r.program.Roles[0])
}

func raiseOrDivide(t *ir.Target, name string) string {
	if way := raise(t, name); way != "" {
		return way
	}
	return "Divide the roles among accounts."
}

func manyExample(keys, quota string) string {
	return "account \"prod\" {\n  id     = \"123456789012\"\n  region = \"eu-west-1\"\n  quotas { roles_per_account = " + quota + " }\n}\nrole \"r\" {\n  for_each         = toset(flatten([for i in range(13) : [for j in range(" + keys + ") : \"t${i}-${j}\"]]))\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n"
}
