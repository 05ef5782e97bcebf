package lint

import (
	"fmt"
	"slices"

	"github.com/sagemaker-roles/smr/iam/facts"
)

func missingPassRole() Rule {
	return Rule{
		Code: "missing-pass-role", Severity: Notice,
		Checks:  []string{"SMR_PASSROLE_MISSING"},
		Explain: "A call takes the role that its job or resource runs as, and the role is not allowed iam:PassRole on any: the call is refused. Allow iam:PassRole on the execution role, with the condition iam:PassedToService. Source: AWS Service Authorization Reference, dependent actions (data of " + facts.DependentsDate + ").",
		Bad:     allow(act("sagemaker:CreateModel", "sagemaker:DescribeModel", "sagemaker:AddTags"), on("arn:aws:sagemaker:eu-west-1:123456789012:model/*")),
		Good:    allow(act("sagemaker:DescribeModel"), on("arn:aws:sagemaker:eu-west-1:123456789012:model/*")),
		Role: func(p *RolePass) {
			p.lacking(func(a *facts.Action) string { return dependent(a, "iam:PassRole") }, func(names []string, _ string) (string, string) {
				return fmt.Sprintf("%s %s a role, and the role is not allowed iam:PassRole.", listed(names), does(names, "passes", "pass")), "Allow iam:PassRole on the execution role."
			})
		},
	}
}

// dependent is the action if another one needs it, else "".
func dependent(a *facts.Action, action string) string {
	if a.Service == "sagemaker" && a.Level >= facts.Write && slices.Contains(a.Dependents, action) {
		return action
	}
	return ""
}
