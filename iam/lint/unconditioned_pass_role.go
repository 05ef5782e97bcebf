package lint

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

const sagemaker = "sagemaker.amazonaws.com"

func unconditionedPassRole() Rule {
	return Rule{
		Code: "unconditioned-pass-role", Severity: Warning,
		Checks:  []string{"SMR_PASSROLE_NO_SERVICE"},
		Explain: "A statement allows iam:PassRole without saying to which service. The role can then be passed to any service that it trusts, such as Lambda or EC2, and its rights used there. A condition on iam:PassedToService limits that. Source: IAM User Guide, \"Grant a user permissions to pass a role to an AWS service\".",
		Bad:     allow(act("iam:PassRole"), on(aRole)),
		Good:    allow(act("iam:PassRole"), on(aRole), when("StringEquals", "iam:PassedToService", sagemaker)),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind == Trust || conditioned(p.Statement, "iam:PassedToService") {
				return
			}
			for i, name := range p.Actions {
				if strings.HasPrefix(policy.Lower(name), "iam:") && policy.MatchFold(name, "iam:PassRole") {
					p.action(i, "%q lets the role be passed to every service that the passed role trusts.", name).Way = fmt.Sprintf("Add condition { operator = \"StringEquals\", key = \"iam:PassedToService\", values = [%q] }.", sagemaker)
				}
			}
		},
	}
}
