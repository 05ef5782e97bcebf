package lint

import (
	"slices"
	"strings"
)

func unownedSpace() Rule {
	return Rule{
		Code: "unowned-space", Severity: Notice,
		Checks:  []string{"SMR_SPACE_OWNER"},
		Explain: "Whoever may make spaces and apps without a condition may make them for the profiles of others, or shared ones. Conditions on sagemaker:OwnerUserProfileArn and sagemaker:SpaceSharingType keep everybody to his own. Source: Amazon SageMaker Developer Guide, \"Set up Studio spaces and apps permissions\", data of the Service Authorization Reference.",
		Bad:     allow(act("sagemaker:CreateSpace"), on("arn:aws:sagemaker:eu-west-1:123456789012:space/*")),
		Good:    allow(act("sagemaker:CreateSpace"), on("arn:aws:sagemaker:eu-west-1:123456789012:space/*"), when("StringEquals", "sagemaker:SpaceSharingType", "Private")),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind.principals() || len(p.Conditions) > 0 || !slices.ContainsFunc(p.Resources, ofEverybody) {
				return
			}
			for i, name := range p.Actions {
				if strings.EqualFold(name, "sagemaker:CreateSpace") || strings.EqualFold(name, "sagemaker:CreateApp") {
					p.action(i, "%q without a condition also makes spaces and apps of others.", name).Way = "Add a condition on sagemaker:OwnerUserProfileArn or sagemaker:SpaceSharingType."
				}
			}
		},
	}
}
