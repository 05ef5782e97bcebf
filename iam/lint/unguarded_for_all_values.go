package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func unguardedForAllValues() Rule {
	return Rule{
		Code: "unguarded-for-all-values", Severity: Warning,
		Checks:  []string{"SMR_FORALLVALUES_NO_NULL"},
		Explain: "ForAllValues is true of a request that does not carry the key at all, so an allow limited to certain subnets also allows a job without a VPC. A second condition, Null with the value \"false\", asks for the key to be there. SageMaker Role Manager writes the two together. aws:TagKeys is let pass: a request without tags is what is meant there; so is kms:GrantOperations, which every request for a grant carries. Source: IAM User Guide, \"Set operators for multivalued context keys\".",
		Bad:     allow(act("sagemaker:CreateTrainingJob"), on(aJob), when("ForAllValues:StringEquals", "sagemaker:VpcSubnets", "subnet-0a1b2c3d4e5f60718")),
		Good:    allow(act("sagemaker:CreateTrainingJob"), on(aJob), `"Condition":{"ForAllValues:StringEquals":{"sagemaker:VpcSubnets":"subnet-0a1b2c3d4e5f60718"},"Null":{"sagemaker:VpcSubnets":"false"}}`),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if p.Effect != policy.Allow || c.key == nil || !c.key.Type.Array() || c.op.Set != policy.ForAllValues || c.op.IfExists {
					continue
				}
				if strings.HasSuffix(policy.Lower(c.Key), ":tagkeys") || strings.EqualFold(c.Key, "kms:GrantOperations") || p.demanded(c.Key) || !p.carried(c.Key) {
					continue
				}
				p.key(c, "ForAllValues is true of a request without %q, so the statement also allows where the key is absent.", c.Key).Way = "Add a condition Null on the key with the value \"false\"."
			}
		},
	}
}

// carried reports whether some action of the statement supports the key; where
// none does, unsupported-condition-key says so.
func (p *Pass) carried(key string) bool {
	for i := range p.actions {
		a := &p.actions[i]
		if len(a.known) == 0 || !a.all(func(one *facts.Action) bool { return one.SupportsKey(key) == facts.KeyUnlisted }) {
			return true
		}
	}
	return len(p.actions) == 0
}
