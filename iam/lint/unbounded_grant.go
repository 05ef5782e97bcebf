package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func unboundedGrant() Rule {
	return Rule{
		Code: "unbounded-grant", Severity: Warning,
		Checks:  []string{"SMR_KMS_GRANT_UNBOUNDED"},
		Explain: "kms:CreateGrant gives others the use of a key, and without a condition to anybody. SageMaker needs it so that EBS can attach encrypted volumes; the condition kms:GrantIsForAWSResource, or kms:ViaService, limits it to that. Source: AWS KMS Developer Guide, \"Grants in AWS KMS\"; Amazon SageMaker Developer Guide, \"SageMaker roles\".",
		Bad:     allow(act("kms:CreateGrant"), on(aKey)),
		Good:    allow(act("kms:CreateGrant"), on(aKey), when("Bool", "kms:GrantIsForAWSResource", "true")),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind.principals() || conditioned(p.Statement, "kms:GrantIsForAWSResource", "kms:ViaService", "kms:GranteePrincipal", "kms:GrantConstraintType", "kms:GrantOperations") {
				return
			}
			for i, name := range p.Actions {
				if low := policy.Lower(name); low == "kms:creategrant" || low == "kms:create*" || low == "kms:*grant" || low == "kms:*grant*" {
					p.action(i, "%q lets the role give the use of the key to anybody.", name).Way = "Add the condition Bool kms:GrantIsForAWSResource \"true\"."
				}
			}
		},
	}
}
