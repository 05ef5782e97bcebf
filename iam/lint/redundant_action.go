package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func redundantAction() Rule {
	return Rule{
		Code: "redundant-action", Severity: Notice,
		Checks:  []string{"REDUNDANT_ACTION"},
		Explain: "An action is in the list twice, or a pattern of the list covers it. It changes nothing and takes characters of the quota. Source: IAM Access Analyzer policy check reference, \"Redundant action\".",
		Bad:     allow(act("s3:GetObject", "s3:Get*"), on(anObject)),
		Good:    allow(act("s3:Get*"), on(anObject)),
		Statement: func(p *Pass) {
			needless(p.Actions, policy.Lower, coversAction, func(i int, other string) {
				p.action(i, "%q is covered by %q.", p.Actions[i], other).Way = "Delete it."
			})
		},
	}
}
