package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func wildcardPassRole() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "wildcard-pass-role", Severity: hcl.DiagWarning,
			Explain: "A pattern in pass_roles lets the role pass every role that matches and trusts SageMaker, also those made later. Whoever passes a role gains what it may do: one broad role among them makes everybody an administrator. Name the roles.",
			Bad:     passExample(`"arn:${partition}:iam::${account_id}:role/*"`), Good: passExample(`"arn:${partition}:iam::${account_id}:role/smr/SageMaker-train"`),
		},
		Program: func(p *ProgramPass) {
			for _, role := range p.Roles {
				for _, text := range role.PassRoles {
					if !policy.HasWildcard(text) {
						continue
					}
					if f := p.atText(role, p.placeOf(role, role.PassRange), text); f != nil {
						f.warnf("%q lets the role start jobs as any role that matches and trusts SageMaker, and so gain what those may do.", text).
							wayOut("Name the roles: pass_roles = [role.LABEL.arn].")
					}
				}
			}
		},
	}
}
