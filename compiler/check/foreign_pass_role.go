package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func foreignPassRole() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "foreign-pass-role", Severity: hcl.DiagWarning,
			Explain: "A role of another account cannot be passed: the role that a job runs as must be in the account of the job, whatever the policy says. Source: IAM User Guide, \"Grant a user permissions to pass a role to an AWS service\".",
			Bad:     foreignExample("210987654321"), Good: foreignExample("${account_id}"),
		},
		Program: func(p *ProgramPass) {
			for _, role := range p.Roles {
				if role.Target.AccountID == policy.PseudoAccount {
					continue
				}
				for _, text := range role.PassRoles {
					arn, ok := policy.ParseARN(text)
					if !ok || !policy.IsAccountID(arn.Account) || arn.Account == role.Target.AccountID {
						continue
					}
					if f := p.atTextIn(role, p.placeOf(role, role.PassRange), text, role.Target.Name); f != nil {
						f.warnf("%q is a role of the account %s, and in the account %q (%s) only roles of that account can be passed.", text, arn.Account, role.Target.Name, role.Target.AccountID).
							wayOut("Write ${account_id}, or refer to a role of this configuration with role.LABEL.arn.")
					}
				}
			}
		},
	}
}

func foreignExample(account string) string {
	return "smr { edition = \"2026\" }\naccount \"prod\" {\n  id     = \"123456789012\"\n  region = \"eu-west-1\"\n}\nrole \"r\" {\n  activity \"manage_models\" {}\n  pass_roles = [\"arn:aws:iam::" + account + ":role/SageMaker-train\"]\n}\n"
}
