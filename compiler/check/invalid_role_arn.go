package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidRoleARN() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-role-arn", Severity: hcl.DiagError,
			Explain: "pass_roles lists the ARNs of IAM roles; they become the resources of iam:PassRole. A role's name alone, or the ARN of a session or an instance profile, matches no role. Roles of the same configuration are best referred to: role.LABEL.arn.",
			Bad:     passExample(`"SageMaker-train"`), Good: passExample(`"arn:${partition}:iam::${account_id}:role/smr/SageMaker-train"`),
		},
		Program: func(p *ProgramPass) {
			for _, role := range p.Roles {
				for _, text := range role.PassRoles {
					if text == "*" {
						continue // wildcard-pass-role
					}
					fault := iamFault(text, "role")
					if fault == "" {
						continue
					}
					if f := p.atText(role, p.placeOf(role, role.PassRange), text); f != nil {
						f.errorf("%s", fault).wayOut("Refer to a role of this configuration with role.LABEL.arn, or write arn:${partition}:iam::${account_id}:role/PATH/NAME.")
					}
				}
			}
		},
	}
}

func passExample(role string) string {
	return "smr { edition = \"2026\" }\nrole \"r\" {\n  activity \"manage_models\" {}\n  pass_roles = [" + role + "]\n}\n"
}
