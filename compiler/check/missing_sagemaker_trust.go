package check

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

const sagemaker = "sagemaker.amazonaws.com"

func missingSageMakerTrust() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "missing-sagemaker-trust", Severity: hcl.DiagWarning,
			Explain: "A role is passed to SageMaker whose trust policy does not let sagemaker.amazonaws.com assume it, so every job with it is refused (ValidationException: Could not assume role). A trust block replaces the default; name the service in it.",
			Bad:     trustedExample("ec2.amazonaws.com"), Good: trustedExample(sagemaker),
		},
		Stack: func(p *StackPass) {
			for _, x := range p.passings() {
				if x.target.Role.Trust == nil || trustsSageMaker(x.target.Trust.Document) {
					continue
				}
				if f := p.at(x.passer.Role, p.placeOf(x.passer.Role, x.passer.PassRange), x.target.Address()); f != nil {
					f.warnf("The role %q may pass %q to SageMaker, but that role does not trust %q, so SageMaker cannot assume it.", named(x.passer), named(x.target), sagemaker).
						wayOut("Add services = [%q] to its trust block, or do not pass it.", sagemaker).
						relate(p.placeOf(x.target.Role, x.target.Role.Trust.Range), "its trust block")
				}
			}
		},
	}
}

// trustsSageMaker reports whether a trust policy lets SageMaker assume the
// role, whatever its conditions.
func trustsSageMaker(d *policy.Document) bool {
	if d == nil {
		return true
	}
	return slices.ContainsFunc(d.Statements, func(s policy.Statement) bool {
		return s.Effect == policy.Allow && s.Principal != nil && allowsAction(&s, "sts:AssumeRole") &&
			(s.Principal.Any || slices.Contains(s.Principal.AWS, "*") || slices.Contains(s.Principal.Service, sagemaker))
	})
}

func trustedExample(service string) string {
	return "smr { edition = \"2026\" }\nrole \"train\" {\n  trust { services = [\"" + service + "\"] }\n  statement \"Read\" {\n    actions   = [\"s3:GetObject\"]\n    resources = [\"arn:${partition}:s3:::acme/*\"]\n  }\n}\nrole \"ds\" {\n  activity \"manage_models\" {}\n  pass_roles = [role.train.arn]\n}\n"
}

// lackedBy says which actions a role is not allowed at all; ok is false when
// that cannot be told, because a policy is attached whose text is not known.
func (x *stackIndex) lackedBy(role *ir.StackRole, actions []string) (lacked []string, ok bool) {
	statements, complete := x.granting(role)
	for _, a := range actions {
		if !slices.ContainsFunc(statements, func(s grantingStatement) bool { return allowsAction(s, a) }) {
			lacked = append(lacked, a)
		}
	}
	return lacked, complete || len(lacked) == 0
}
