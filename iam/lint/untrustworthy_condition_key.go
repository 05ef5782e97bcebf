package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func untrustworthyConditionKey() Rule {
	return Rule{
		Code: "untrustworthy-condition-key", Severity: Warning,
		Checks:  []string{"UNTRUSTWORTHY_CONDITION_KEY"},
		Explain: "The caller chooses what the key holds: aws:UserAgent and aws:referer are headers of the request that anybody can set. An allow that rests on one is open to whoever guesses the value. Source: IAM User Guide, \"AWS global condition context keys\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("StringLike", "aws:UserAgent", "acme-*")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("StringEquals", "aws:SourceVpc", "vpc-0a1b2c3d4e5f60718")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if p.Effect == policy.Allow && (strings.EqualFold(c.Key, "aws:UserAgent") || strings.EqualFold(c.Key, "aws:referer")) {
					p.key(c, "The caller sets %q as it likes, so the condition keeps nobody out.", c.Key).Way = "Compare a key that AWS sets, such as aws:SourceVpc or aws:PrincipalTag."
				}
			}
		},
	}
}
