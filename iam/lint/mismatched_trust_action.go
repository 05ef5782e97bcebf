package lint

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func mismatchedTrustAction() Rule {
	return Rule{
		Code: "mismatched-trust-action", Severity: Warning,
		Checks:  []string{"MISMATCHED_ACTION_FOR_PRINCIPAL", "UNSUPPORTED_ACTION_IN_POLICY"},
		Explain: "A trust policy lets principals assume the role by an action that they cannot use: roles, accounts and services call sts:AssumeRole, an OpenID Connect provider's users sts:AssumeRoleWithWebIdentity, a SAML provider's sts:AssumeRoleWithSAML. Other actions have no meaning in a trust policy. Source: IAM User Guide, \"AWS JSON policy elements: Principal\".",
		Bad:     trust(by("Service", "sagemaker.amazonaws.com"), act("sts:AssumeRoleWithWebIdentity"), when("StringEquals", "aws:SourceAccount", "123456789012")),
		Good:    trust(by("Service", "sagemaker.amazonaws.com"), act("sts:AssumeRole"), when("StringEquals", "aws:SourceAccount", "123456789012")),
		Statement: func(p *Pass) {
			if p.options.Kind != Trust || p.Principal == nil {
				return
			}
			for i, name := range p.Actions {
				low := policy.Lower(name)
				prefix, _, _ := strings.Cut(low, ":")
				switch {
				case stars(name) || policy.HasWildcard(low) && prefix == "sts":
				case prefix != "sts":
					p.action(i, "%q has no meaning in a trust policy.", name).Way = "Write sts:AssumeRole."
				case low == "sts:assumerolewithwebidentity" && !p.federated(":oidc-provider/"), low == "sts:assumerolewithsaml" && !p.federated(":saml-provider/"),
					low == "sts:assumerole" && len(p.Principal.Federated) > 0 && len(p.Principal.AWS)+len(p.Principal.Service) == 0 && !p.Principal.Any:
					p.action(i, "None of the principals can call %q.", name).Way = "Write the action of these principals: sts:AssumeRole, sts:AssumeRoleWithWebIdentity or sts:AssumeRoleWithSAML."
				}
			}
		},
	}
}

// federated reports whether a principal is a provider of the kind, or may be.
func (p *Pass) federated(kind string) bool {
	return p.Principal.Any || slices.Contains(p.Principal.AWS, "*") || slices.ContainsFunc(p.Principal.Federated, func(s string) bool {
		return strings.Contains(s, kind) || !strings.HasPrefix(s, "arn:") && kind == ":oidc-provider/"
	})
}
