package lint

import (
	"slices"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func unlimitedPassRole() Rule {
	return Rule{
		Code: "unlimited-pass-role", Severity: Warning,
		Checks:  []string{"PASS_ROLE_WITH_NOT_RESOURCE", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE", "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE", "PASS_ROLE_WITH_STAR_IN_RESOURCE", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE", "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION"},
		Explain: "The statement allows iam:PassRole on every role, also on those made later. Whoever passes a role gains what it may do: one broad role in the account makes everybody with this statement an administrator. Name the roles. Source: IAM Access Analyzer policy check reference, \"Pass role with star in resource\"; IAM User Guide, \"Grant a user permissions to pass a role to an AWS service\".",
		Bad:     allow(act("iam:PassRole"), on("arn:aws:iam::123456789012:role/*"), when("StringEquals", "iam:PassedToService", sagemaker)),
		Good:    allow(act("iam:PassRole"), on(aRole), when("StringEquals", "iam:PassedToService", sagemaker)),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind.principals() || !matches(p.Statement, "iam:PassRole") {
				return
			}
			text, way := "This allows iam:PassRole on every role, and whoever passes a role gains what it may do.", "Name the roles that may be passed."
			if len(p.NotResources) > 0 {
				if !slices.ContainsFunc(p.NotResources, anyRole) {
					p.at("NotResource", p.NotResources, 0, "%s", text).Way = way
				}
				return
			}
			p.look()
			if _, everything := p.writing(); everything && starIn(p.Resources) >= 0 && len(p.Conditions) == 0 {
				return // wildcard-resource says it of everything
			}
			if i := slices.IndexFunc(p.Resources, anyRole); i >= 0 {
				p.resource(i, "%s", text).Way = way
			}
		},
	}
}

// anyRole reports whether a resource pattern matches roles of whatever name.
func anyRole(r string) bool {
	if stars(r) {
		return true
	}
	a, ok := policy.ParseARN(r)
	if !ok {
		return policy.Match(r, "arn:aws:iam::123456789012:role/some-role")
	}
	return policy.Match(a.Service, "iam") && (stars(a.Resource) || a.Resource == "role*" || a.Resource == "role/*")
}
