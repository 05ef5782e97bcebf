package check

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func invalidPrincipal() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-principal", Severity: hcl.DiagError,
			Explain: "A trust policy names somebody in a form that IAM refuses (MalformedPolicyDocument: Invalid principal in policy). principals takes account ids, ARNs of accounts, roles, users and sessions, and \"*\"; a pattern is not possible, a condition on aws:PrincipalArn is. services takes names such as sagemaker.amazonaws.com, federated the ARN of a provider. Source: IAM User Guide, \"AWS JSON policy elements: Principal\".",
			Bad:     principalExample("arn:aws:iam::123456789012:role/team-*"), Good: principalExample("arn:aws:iam::123456789012:role/team-a"),
		},
		Stack: func(p *StackPass) {
			p.eachWritten(func(role *ir.Role, w *written) {
				if !w.trust {
					return
				}
				for _, pr := range []*policy.Principal{w.Principal, w.NotPrincipal} {
					if pr != nil {
						p.principal(role, w, pr)
					}
				}
			})
		},
	}
}

func (p *StackPass) principal(role *ir.Role, w *written, pr *policy.Principal) {
	look := func(list []string, fault func(string) string) {
		for _, text := range list {
			what := fault(text)
			if what == "" {
				continue
			}
			place, _ := p.spot(w, text)
			if f := p.at(role, place, text); f != nil {
				f.errorf("IAM refuses the principal %q: %s.", text, what)
			}
		}
	}
	look(pr.AWS, awsPrincipalFault)
	look(pr.Service, servicePrincipalFault)
	look(pr.Federated, federatedFault)
}

// awsPrincipalFault says what is wrong with a principal of AWS.
func awsPrincipalFault(s string) string {
	if s == "*" || policy.IsAccountID(s) || uniqueID(s) {
		return ""
	}
	arn, ok := policy.ParseARN(s)
	switch {
	case !ok:
		return "it is neither an account id nor an ARN"
	case partitionFault(arn.Partition) != "":
		return strings.TrimSuffix(partitionFault(arn.Partition), ".")
	case policy.HasWildcard(s):
		return "a pattern names nobody; name the account and add a condition ArnLike on aws:PrincipalArn"
	case arn.Service != "iam" && arn.Service != "sts":
		return fmt.Sprintf("it is an ARN of %q, and a principal is one of IAM or STS", arn.Service)
	case arn.Region != "" || !policy.IsAccountID(arn.Account):
		return "its Region is empty and its account id has 12 digits"
	case !principalKind(arn):
		return "it names no account (root), role, user or session"
	}
	return ""
}

func principalKind(arn policy.ARN) bool {
	if arn.Service == "iam" && arn.Resource == "root" {
		return true
	}
	kinds := []string{"role/", "user/"}
	if arn.Service == "sts" {
		kinds = []string{"assumed-role/", "federated-user/"}
	}
	for _, k := range kinds {
		if name, ok := strings.CutPrefix(arn.Resource, k); ok && name != "" {
			return true
		}
	}
	return false
}

// uniqueID reports whether s is the id of a role or user, as IAM shows it for
// principals that were deleted (IAM User Guide, "IAM identifiers").
func uniqueID(s string) bool {
	return len(s) >= 16 && (strings.HasPrefix(s, "AROA") || strings.HasPrefix(s, "AIDA")) && only(s, "")
}

func servicePrincipalFault(s string) string {
	name, domain, ok := strings.Cut(s, ".")
	if s == "*" || !ok || name == "" || domain == "" || !only(s, ".-") || strings.ToLower(s) != s {
		return "a service is named such as \"sagemaker.amazonaws.com\""
	}
	return ""
}

func federatedFault(s string) string {
	if policy.HasWildcard(s) {
		return "a pattern names no provider"
	}
	if arn, ok := policy.ParseARN(s); ok {
		if arn.Service != "iam" || !strings.HasPrefix(arn.Resource, "oidc-provider/") && !strings.HasPrefix(arn.Resource, "saml-provider/") {
			return "it is no ARN of an OpenID Connect or SAML provider"
		}
		return ""
	}
	if !strings.Contains(s, ".") || !only(s, ".-") {
		return "a provider is named by its ARN, such as \"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com\""
	}
	return "" // cognito-identity.amazonaws.com, accounts.google.com and the like
}

func principalExample(principal string) string {
	return "role \"r\" {\n  trust { principals = [\"" + principal + "\"] }\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n"
}
