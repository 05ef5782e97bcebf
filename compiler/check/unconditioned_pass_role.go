package check

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func unconditionedPassRole() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "unconditioned-pass-role", Severity: hcl.DiagWarning,
			Explain: "A statement allows iam:PassRole without saying to which service. The role can then be passed to any service that it trusts, such as Lambda or EC2, and its rights used there. A condition on iam:PassedToService limits that. Source: IAM User Guide, \"Grant a user permissions to pass a role to an AWS service\".",
			Bad:     passConditionExample(""),
			Good:    passConditionExample("    condition {\n      operator = \"StringEquals\"\n      key      = \"iam:PassedToService\"\n      values   = [\"sagemaker.amazonaws.com\"]\n    }\n"),
		},
		Stack: func(p *StackPass) {
			p.eachWritten(func(role *ir.Role, w *written) {
				if w.trust || w.Effect != policy.Allow || slices.ContainsFunc(w.Conditions, func(c policy.Condition) bool { return strings.EqualFold(c.Key, "iam:PassedToService") }) {
					return
				}
				for _, action := range w.Actions {
					if !strings.HasPrefix(policy.Lower(action), "iam:") || !policy.MatchFold(action, "iam:PassRole") {
						continue
					}
					place, ok := p.spot(w, action)
					if !ok {
						continue
					}
					if f := p.at(role, place, action); f != nil {
						f.warnf("%q lets the role be passed to every service that the passed role trusts.", action).
							wayOut("Add condition { operator = \"StringEquals\", key = \"iam:PassedToService\", values = [%q] }.", sagemaker)
					}
				}
			})
		},
	}
}

func passConditionExample(condition string) string {
	return "role \"r\" {\n  statement \"Pass\" {\n    actions   = [\"iam:PassRole\"]\n    resources = [\"arn:${partition}:iam::${account_id}:role/SageMaker-train\"]\n" + condition + "  }\n}\n"
}
