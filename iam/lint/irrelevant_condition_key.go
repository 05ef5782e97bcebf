package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func irrelevantConditionKey() Rule {
	return Rule{
		Code: "irrelevant-condition-key", Severity: Warning,
		Checks:  []string{"IRRELEVANT_CONDITION_KEY_IN_POLICY"},
		Explain: "aws:SourceArn, aws:SourceAccount, aws:SourceOrgID and aws:SourceOrgPaths say on whose behalf an AWS service calls, and only calls of service principals carry them. They belong into trust policies and policies of resources; in a role's own policy they are always absent. Source: IAM User Guide, \"AWS global condition context keys\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("StringEquals", "aws:SourceAccount", "123456789012")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("StringEquals", "aws:ResourceAccount", "123456789012")),
		Statement: func(p *Pass) {
			if p.options.Kind != Identity && p.options.Kind != Boundary {
				return
			}
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				switch policy.Lower(c.Key) {
				case "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths":
				default:
					continue
				}
				switch c.absent() {
				case absentFails:
					p.key(c, "Only calls of AWS services carry %q, so no request of a role satisfies the condition.", c.Key).Way = "Compare aws:ResourceAccount or aws:PrincipalArn, or delete the condition."
				case absentPasses:
					p.key(c, "Only calls of AWS services carry %q, so the condition limits no request of a role.", c.Key).Way = "Delete the condition."
				}
			}
		},
	}
}
