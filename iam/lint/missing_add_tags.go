package lint

import (
	"fmt"

	"github.com/sagemaker-roles/smr/iam/facts"
)

func missingAddTags() Rule {
	return Rule{
		Code: "missing-add-tags", Severity: Notice,
		Checks:  []string{"SMR_ADDTAGS_MISSING"},
		Explain: "A call that makes something with tags needs sagemaker:AddTags as well, and Studio, pipelines and many SDKs tag whatever they make: without it such calls are refused. Source: AWS Service Authorization Reference, dependent actions (data of " + facts.DependentsDate + ").",
		Bad:     allow(act("sagemaker:CreateHubContentReference", "sagemaker:DescribeHubContent"), on("arn:aws:sagemaker:eu-west-1:123456789012:hub-content/*")),
		Good:    allow(act("sagemaker:CreateHubContentReference", "sagemaker:AddTags"), on("arn:aws:sagemaker:eu-west-1:123456789012:hub-content/*")),
		Role: func(p *RolePass) {
			p.lacking(func(a *facts.Action) string { return dependent(a, "sagemaker:AddTags") }, func(names []string, _ string) (string, string) {
				return fmt.Sprintf("%s %s sagemaker:AddTags as soon as tags are given, and the role is not allowed it.", listed(names), does(names, "needs", "need")), "Add sagemaker:AddTags to the statement."
			})
		},
	}
}
