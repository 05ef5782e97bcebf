package lint

import (
	"slices"
	"strings"
)

func wildcardServiceLinkedRole() Rule {
	return Rule{
		Code: "wildcard-service-linked-role", Severity: Warning,
		Checks:  []string{"CREATE_SLR_WITH_NOT_RESOURCE", "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE", "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE", "CREATE_SLR_WITH_STAR_IN_RESOURCE", "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE", "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION"},
		Explain: "The statement allows making the service-linked role of every service, with the rights that AWS gives each. Name the service by a condition on iam:AWSServiceName, or the role's ARN under role/aws-service-role/. Source: IAM Access Analyzer policy check reference, \"Create SLR with star in resource\"; IAM User Guide, \"Create a service-linked role\".",
		Bad:     allow(act("iam:CreateServiceLinkedRole"), on("arn:aws:iam::123456789012:role/aws-service-role/*")),
		Good:    allow(act("iam:CreateServiceLinkedRole"), on("arn:aws:iam::123456789012:role/aws-service-role/*"), when("StringEquals", "iam:AWSServiceName", sagemaker)),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind.principals() || conditioned(p.Statement, "iam:AWSServiceName") || !matches(p.Statement, "iam:CreateServiceLinkedRole") {
				return
			}
			p.look()
			if _, everything := p.writing(); everything && starIn(p.Resources) >= 0 && len(p.Conditions) == 0 {
				return // wildcard-resource says it of everything
			}
			if len(p.NotResources) > 0 {
				p.at("NotResource", p.NotResources, 0, "This allows making the service-linked roles of all other services.").Way = "Add a condition on iam:AWSServiceName."
				return
			}
			if i := slices.IndexFunc(p.Resources, func(r string) bool { return anyRole(r) || strings.HasSuffix(r, ":role/aws-service-role/*") }); i >= 0 {
				p.resource(i, "This allows making the service-linked role of every service.").Way = "Add a condition on iam:AWSServiceName."
			}
		},
	}
}
