package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func unspecificSubject() Rule {
	return Rule{
		Code: "unspecific-github-subject", Severity: Warning,
		Checks:  []string{"SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED"},
		Explain: "The trust policy lets GitHub workflows in by a subject that does not say which repository, or which branch or environment of it: repo:ORG/* is every repository of the organization, repo:ORG/REPO:* every branch and pull request. Name the repository and the branch or environment. Source: GitHub Docs, \"Configuring OpenID Connect in Amazon Web Services\"; IAM Access Analyzer policy check reference.",
		Bad:     trust(by("Federated", "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"), act("sts:AssumeRoleWithWebIdentity"), when("StringLike", "token.actions.githubusercontent.com:sub", "repo:acme/*")),
		Good:    trust(by("Federated", "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"), act("sts:AssumeRoleWithWebIdentity"), when("StringEquals", "token.actions.githubusercontent.com:sub", "repo:acme/ml:environment:prod")),
		Statement: func(p *Pass) {
			if p.options.Kind != Trust || p.Effect != policy.Allow {
				return
			}
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if !strings.EqualFold(c.Key, "token.actions.githubusercontent.com:sub") || c.op.Comparison.Negated() {
					continue
				}
				for j, v := range c.Values {
					repository, rest, _ := strings.Cut(strings.TrimPrefix(v, "repo:"), ":")
					environment, named := strings.CutPrefix(rest, "environment:")
					ref, branch := strings.CutPrefix(rest, "ref:")
					switch {
					case v == "*" || v == "repo:*": // open-trust
					case policy.HasWildcard(repository):
						p.value(c, j, "%q stands for more than one repository.", v).Way = "Name the repository, and its branch or environment."
					case named && stars(environment):
						p.value(c, j, "%q stands for every environment, which a workflow of any branch may name.", v).Way = "Name the environment, and protect it on GitHub."
					case branch && (stars(ref) || stars(strings.TrimPrefix(ref, "refs/heads/"))):
						p.value(c, j, "%q stands for every branch of the repository.", v).Way = "Name the branch, or an environment that is protected on GitHub."
					case stars(rest):
						p.value(c, j, "%q stands for every branch, tag, pull request and environment of the repository.", v).Way = "Name the branch or environment, such as \"repo:" + repository + ":environment:prod\"."
					}
				}
			}
		},
	}
}
