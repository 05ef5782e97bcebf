package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func selfPassRole() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "self-pass-role", Severity: hcl.DiagWarning,
			Explain: "The role may pass itself to SageMaker, so its jobs run with the rights of the person who starts them and the split between user role and execution role is lost. SageMaker's domain wizard made roles like that. Give jobs a role of their own (persona compute) and pass that one.",
			Bad:     "smr { edition = \"2026\" }\nrole \"ds\" {\n  activity \"manage_models\" {}\n  pass_roles = [\"arn:${partition}:iam::${account_id}:role/smr/SageMaker-ds\"]\n}\n",
			Good:    "smr { edition = \"2026\" }\nrole \"ds\" {\n  activity \"manage_models\" {}\n  pass_roles = [\"arn:${partition}:iam::${account_id}:role/smr/SageMaker-train\"]\n}\n",
		},
		Program: func(p *ProgramPass) {
			for _, role := range p.Roles {
				if len(role.PassRoles) == 0 {
					continue
				}
				arn := role.ARN()
				for _, text := range role.PassRoles {
					if text != arn {
						continue
					}
					if f := p.at(role, p.within(p.placeOf(role, role.PassRange), text), "self"); f != nil {
						f.warnf("The role %q may pass itself, so jobs run with the rights of whoever starts them.", named(role)).
							wayOut("Pass a role with the persona \"compute\" instead.")
					}
				}
			}
		},
	}
}
