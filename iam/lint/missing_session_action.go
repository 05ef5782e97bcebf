package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func missingSessionAction() Rule {
	return Rule{
		Code: "missing-session-action", Severity: Warning,
		Checks:  []string{"MISSING_ACTION_FOR_CONDITION_KEY"},
		Explain: "A trust policy asks something of session tags or of the source identity, and does not allow the action by which a caller sets them: sts:TagSession, sts:SetSourceIdentity. Such a call to assume the role is refused. Source: IAM User Guide, \"Pass session tags in AWS STS\" and \"Monitor and control actions taken with assumed roles\".",
		Bad:     trust(by("AWS", "123456789012"), act("sts:AssumeRole"), when("StringEquals", "aws:RequestTag/team", "forecast")),
		Good:    trust(by("AWS", "123456789012"), act("sts:AssumeRole", "sts:TagSession"), when("StringEquals", "aws:RequestTag/team", "forecast")),
		Statement: func(p *Pass) {
			if p.options.Kind != Trust || p.Effect != policy.Allow {
				return
			}
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				needs := ""
				switch key := policy.Lower(c.Key); {
				case strings.HasPrefix(key, "aws:requesttag/"), key == "aws:tagkeys", key == "sts:transitivetagkeys":
					needs = "sts:TagSession"
				case key == "sts:sourceidentity":
					needs = "sts:SetSourceIdentity"
				}
				if needs != "" && c.absent() == absentFails && !matches(p.Statement, needs) {
					p.key(c, "Only a call that is allowed %s carries %q, and the statement does not allow it.", needs, c.Key).Way = "Add " + needs + " to the actions."
				}
			}
		},
	}
}
