package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidPolicyName() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-policy-name", Severity: hcl.DiagError,
			Explain: "IAM refuses the name of a policy that smr would make (ValidationError): it has 1 to 128 letters, digits and _ + = , . @ -. It is made of the activity's policy_name and the role's name. Source: IAM API Reference, CreatePolicy.",
			Bad:     policyNameExample("Queue access"), Good: policyNameExample("QueueAccess"),
		},
		Stack: func(p *StackPass) {
			for _, role := range p.Roles {
				most, _ := limit(role.Target, policyNameLength)
				for _, list := range [][]ir.Policy{role.Managed, role.Inline} {
					for i := range list {
						fault := nameFault(list[i].Name, most)
						if fault == "" {
							continue
						}
						if f := p.at(role.Role, p.policyPlace(role, &list[i]), list[i].Activity); f != nil {
							f.errorf("IAM refuses the policy name %q: %s.", brief(list[i].Name), fault).
								wayOut("Shorten or change the policy_name of the activity, or the name of the role.")
						}
					}
				}
			}
		},
	}
}

func policyNameExample(name string) string {
	return "activity \"queue\" {\n  policy_name = \"" + name + "\"\n  statement \"Send\" {\n    actions   = [\"sqs:SendMessage\"]\n    resources = [\"arn:${partition}:sqs:${region}:${account_id}:jobs\"]\n  }\n}\nrole \"r\" {\n  activity \"queue\" {}\n}\n"
}
