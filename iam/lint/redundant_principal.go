package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func redundantPrincipal() Rule {
	return Rule{
		Code: "redundant-principal", Severity: Notice,
		Checks:  []string{"REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY"},
		Explain: "A principal is named twice, or beside its whole account, or beside everybody. In a trust policy an account lets in whomever of its people it allows, so naming a role beside it changes little. Source: IAM Access Analyzer policy check reference, \"Redundant principal\".",
		Bad:     Example{Trust, []string{one("Allow", []string{`"Principal":{"AWS":["arn:aws:iam::123456789012:role/ci","arn:aws:iam::123456789012:role/ci"]}`, act("sts:AssumeRole")})}},
		Good:    trust(by("AWS", "arn:aws:iam::123456789012:role/ci"), act("sts:AssumeRole")),
		Statement: func(p *Pass) {
			if p.Principal == nil {
				return
			}
			for _, list := range []struct {
				name   string
				values []string
			}{{"Principal/AWS", p.Principal.AWS}, {"Principal/Service", p.Principal.Service}, {"Principal/Federated", p.Principal.Federated}} {
				needless(list.values, wholeAccount, samePrincipal, func(i int, other string) {
					p.at(list.name, list.values, i, "%q is let in by %q already.", list.values[i], other).Way = "Delete one of the two."
				})
			}
		},
	}
}

// samePrincipal reports whether w lets in whomever v does.
func samePrincipal(w, v string) bool {
	if w == v || w == "*" {
		return true
	}
	a, ok := policy.RootAccount(w)
	if !ok {
		return false
	}
	b, ok := policy.RootAccount(v)
	return ok && a == b
}

// wholeAccount writes an account as a principal in one of its two forms.
func wholeAccount(s string) string {
	if account, ok := policy.RootAccount(s); ok {
		return account
	}
	return s
}
