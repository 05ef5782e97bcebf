package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func bypassableMFA() Rule {
	return Rule{
		Code: "bypassable-mfa", Severity: Warning,
		Checks:  []string{"BAD_PATTERN_FOR_MFA"},
		Explain: "A deny where aws:MultiFactorAuthPresent is \"false\" lets requests pass that carry no such key, and requests signed with long-term access keys carry none. Write BoolIfExists, so that absence is denied too. Source: IAM User Guide, \"AWS global condition context keys\", aws:MultiFactorAuthPresent.",
		Bad:     deny(act("s3:DeleteObject"), on(anObject), when("Bool", "aws:MultiFactorAuthPresent", "false")),
		Good:    deny(act("s3:DeleteObject"), on(anObject), when("BoolIfExists", "aws:MultiFactorAuthPresent", "false")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if c.op.Comparison != policy.Bool || !strings.EqualFold(c.Key, "aws:MultiFactorAuthPresent") || len(c.Values) != 1 || !strings.EqualFold(c.Values[0], "false") {
					continue
				}
				switch {
				case p.Effect == policy.Deny && !c.op.IfExists:
					p.key(c, "Requests with long-term access keys carry no %q, so they are not denied.", c.Key).Way = "Write BoolIfExists."
				case p.Effect == policy.Allow:
					p.key(c, "This allows those who have not authenticated with a second factor.").Way = "Write the value \"true\"."
				}
			}
		},
	}
}
