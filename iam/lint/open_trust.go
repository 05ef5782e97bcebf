package lint

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func openTrust() Rule {
	return Rule{
		Code: "open-trust", Severity: Warning,
		Checks:  []string{"ASSUMABLE_BY_ANY", "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL", "MISSING_GITHUB_REPO_CONDITION_KEY", "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL"},
		Explain: "The trust policy lets people in that nobody chose: \"*\" without a condition is every AWS account in the world, and a federated provider without a condition on its subject is every user of that provider; for GitHub that means every repository there is. Source: IAM User Guide, \"AWS JSON policy elements: Principal\" and \"Create a role for OpenID Connect federation\".",
		Bad:     trust(by("AWS", "*"), act("sts:AssumeRole")),
		Good:    trust(by("AWS", "123456789012"), act("sts:AssumeRole")),
		Statement: func(p *Pass) {
			if p.options.Kind != Trust || p.Effect != policy.Allow || p.Principal == nil {
				return
			}
			if who, way := openTo(p.Statement); who != "" {
				p.whole("This lets %s assume the role.", who).Way = way
			}
		},
	}
}

// openTo says who is let in that nobody chose, "" when nobody is.
func openTo(s *policy.Statement) (who, way string) {
	anyone := s.Principal.Any || slices.Contains(s.Principal.AWS, "*")
	if anyone && len(s.Conditions) == 0 {
		return "every AWS account in the world", "Name accounts or roles, or add a condition such as aws:PrincipalOrgID."
	}
	for _, provider := range s.Principal.Federated {
		_, host, ok := strings.Cut(provider, ":oidc-provider/")
		if !ok {
			continue // SAML and web identities are limited by other keys
		}
		if !slices.ContainsFunc(s.Conditions, func(c policy.Condition) bool { return limitsSubject(c, host) }) {
			return "every user of " + host, "Add a condition on " + host + ":sub, or write a github or oidc block."
		}
	}
	return "", ""
}

// limitsSubject reports whether a condition asks something of a token's
// subject or of another claim than the audience.
func limitsSubject(c policy.Condition, host string) bool {
	claim, ok := strings.CutPrefix(policy.Lower(c.Key), policy.Lower(host)+":")
	return ok && claim != "aud" && !slices.ContainsFunc(c.Values, func(v string) bool { return v == "*" || v == "repo:*" })
}
