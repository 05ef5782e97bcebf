package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func crossAccountTrust() Rule {
	return Rule{
		Code: "cross-account-trust", Severity: Notice,
		Checks:  []string{"ASSUMABLE_BY_CROSS_ACCOUNT"},
		Explain: "Another account may assume the role, and decides alone who of its people does. Name a role of that account rather than the whole of it, and ask for sts:ExternalId where the account belongs to somebody else. Source: IAM User Guide, \"Access to AWS accounts owned by third parties\".",
		Bad:     Example{Trust, []string{one("Allow", []string{by("AWS", "arn:aws:iam::210987654321:root"), act("sts:AssumeRole")})}},
		Good:    trust(by("AWS", "arn:aws:iam::210987654321:role/ci"), act("sts:AssumeRole")),
		Statement: func(p *Pass) {
			own := p.options.Account
			if p.options.Kind != Trust || p.Principal == nil || p.Effect != policy.Allow || len(own) != policy.AccountLength || len(p.Conditions) > 0 {
				return
			}
			for i, who := range p.Principal.AWS {
				if account, ok := policy.RootAccount(who); ok && account != own {
					p.at("Principal/AWS", p.Principal.AWS, i, "Everybody in the account %s whom it lets may assume the role.", account).Way = "Name a role of that account, or ask for sts:ExternalId."
				}
			}
		},
	}
}
