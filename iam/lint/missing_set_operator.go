package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func missingSetOperator() Rule {
	return Rule{
		Code: "missing-set-operator", Severity: Warning,
		Checks:  []string{"MISSING_QUALIFIER"},
		Explain: "The condition key can have several values in one request, and the operator does not say whether all of them or any must match. IAM leaves the result of that open to each service. Write ForAllValues: or ForAnyValue: before the operator. Source: IAM User Guide, \"Set operators for multivalued context keys\".",
		Bad:     allow(act("sagemaker:CreateTrainingJob"), on(aJob), when("StringEquals", "sagemaker:VpcSubnets", "subnet-0a1b2c3d4e5f60718")),
		Good:    allow(act("sagemaker:CreateTrainingJob"), on(aJob), when("ForAnyValue:StringEquals", "sagemaker:VpcSubnets", "subnet-0a1b2c3d4e5f60718")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if c.key != nil && c.key.Type.Array() && c.op.Set == policy.SingleValue && c.op.Comparison != policy.Null {
					p.key(c, "%q can have several values in one request, and %s does not say whether all or any must match.", c.Key, c.Operator).Way = "Write ForAnyValue:" + c.Operator + ", or ForAllValues: with a Null condition beside it."
				}
			}
		},
	}
}
