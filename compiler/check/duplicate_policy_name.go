package check

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func duplicatePolicyName() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "duplicate-policy-name", Severity: hcl.DiagError,
			Explain: "Two managed policies of one account would have the same name. IAM compares names without regard to case, and the path makes no difference, so the second one cannot be created (EntityAlreadyExists). Two activities with the same policy_name in one role, or roles whose names differ in SageMaker- alone, lead to it.",
			Bad:     duplicateExample("Queue", "queue"), Good: duplicateExample("QueueSend", "QueueRead"),
		},
		Stack: func(p *StackPass) {
			type name struct{ target, folded string }
			type owner struct {
				role   *ir.StackRole
				policy *ir.Policy
			}
			seen := make(map[name]owner, 2*len(p.Roles))
			for _, role := range p.Roles {
				for i := range role.Managed {
					m := &role.Managed[i]
					key := name{role.Target.Name, strings.ToLower(m.Name)}
					first, dup := seen[key]
					if !dup {
						seen[key] = owner{role, m}
						continue
					}
					if first.role != role && first.role.Address() == role.Address() {
						continue // told by duplicate-name
					}
					place := p.policyPlace(role, m)
					if f := p.at(role.Role, place, m.Name); f != nil {
						f.errorf("Two managed policies of one account would be named %q: one of the role %q and one of %q. IAM compares names without regard to case.", m.Name, named(first.role), named(role)).
							wayOut("Change the policy_name of an activity or the name of a role.")
						if other := p.policyPlace(first.role, first.policy); other != place {
							f.relate(other, "the first one")
						}
					}
				}
			}
		},
	}
}

func duplicateExample(a, b string) string {
	one := func(name, policy string) string {
		return "activity \"" + name + "\" {\n  policy_name = \"" + policy + "\"\n  statement \"Use\" {\n    actions   = [\"sqs:SendMessage\"]\n    resources = [\"arn:${partition}:sqs:${region}:${account_id}:" + name + "\"]\n  }\n}\n"
	}
	return one("a", a) + one("b", b) + "role \"r\" {\n  activity \"a\" {}\n  activity \"b\" {}\n}\n"
}
