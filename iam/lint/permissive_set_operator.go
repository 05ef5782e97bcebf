package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func permissiveSetOperator() Rule {
	return Rule{
		Code: "permissive-set-operator", Severity: Warning,
		Checks:  []string{"FORALLVALUES_WITH_SINGLE_VALUED_KEY"},
		Explain: "ForAllValues stands before a key that has one value. A request without the key satisfies ForAllValues, so an allow is granted where the key is absent. Write the operator without ForAllValues. Source: IAM Access Analyzer policy check reference, \"ForAllValues with single valued key\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if p.Effect == policy.Allow && c.key != nil && !c.key.Type.Array() && c.op.Set == policy.ForAllValues && !p.demanded(c.Key) {
					p.key(c, "%q has one value, and ForAllValues is true of a request without it, so this allows where the key is absent.", c.Key).Way = "Delete ForAllValues:."
				}
			}
		},
	}
}
