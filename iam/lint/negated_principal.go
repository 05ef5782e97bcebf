package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func negatedPrincipal() Rule {
	return Rule{
		Code: "negated-principal", Severity: Warning,
		Checks:  []string{"ALLOW_WITH_NOT_PRINCIPAL", "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL"},
		Explain: "An allow with NotPrincipal lets in everybody but those it names, anonymous callers included, and IAM refuses NotPrincipal in a trust policy. Name who is allowed. Source: IAM User Guide, \"AWS JSON policy elements: NotPrincipal\".",
		Bad:     Example{Resource, []string{one("Allow", []string{`"NotPrincipal":{"AWS":"arn:aws:iam::123456789012:root"}`, act("s3:GetObject"), on(anObject)})}},
		Good:    Example{Resource, []string{one("Allow", []string{by("AWS", "arn:aws:iam::123456789012:root"), act("s3:GetObject"), on(anObject)})}},
		Statement: func(p *Pass) {
			if p.NotPrincipal != nil && (p.Effect == policy.Allow || p.options.Kind == Trust) {
				p.add(Finding{Statement: p.Index, Pointer: pointer(p.Index, "NotPrincipal"), Message: "NotPrincipal lets in everybody but those it names.", Way: "Name who is allowed, with Principal."})
			}
		},
	}
}
