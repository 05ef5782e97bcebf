package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func presenceOnly() Rule {
	return Rule{
		Code: "presence-only", Severity: Notice,
		Checks:  []string{"EQUIVALENT_TO_NULL_FALSE", "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION", "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION"},
		Explain: "The value is * alone, which matches every value: the condition asks only whether the key is there. Null with the value \"false\" says so plainly; with IfExists it says nothing at all, and negated it is true only where the key is absent. Source: IAM Access Analyzer policy check reference, \"Equivalent to null false\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("StringLike", "aws:PrincipalTag/team", "*")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("Null", "aws:PrincipalTag/team", "false")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if positive := c.op.Comparison.Positive(); positive != policy.StringLike && positive != policy.ARNLike && positive != policy.ARNEquals {
					continue
				}
				for j, v := range c.Values {
					if !stars(v) {
						continue
					}
					switch {
					case c.op.Set != policy.SingleValue:
					case c.op.Comparison.Negated():
						p.value(c, j, "No value differs from *, so the condition is true only where %q is absent.", c.Key).Way = "Write Null with the value \"true\"."
					case c.op.IfExists:
						p.value(c, j, "Every value is like *, so the condition on %q is always true.", c.Key).Way = "Delete it."
					default:
						p.value(c, j, "Every value is like *, so the condition asks only whether %q is there.", c.Key).Way = "Write Null with the value \"false\"."
					}
					break
				}
			}
		},
	}
}
