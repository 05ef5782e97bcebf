package check

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func escalatingPassRole() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "escalating-pass-role", Severity: hcl.DiagWarning,
			Explain: "A role may be passed to SageMaker that can itself change what roles may do, so whoever starts a job with it can become administrator: the effective rights of a role are its own and those of every role that it may pass. Pass a role that reads and writes data, and nothing of IAM.",
			Bad:     escalatingExample("IAMFullAccess"), Good: escalatingExample("AmazonSageMakerReadOnly"),
		},
		Stack: func(p *StackPass) {
			power := map[*ir.StackRole]string{}
			for _, x := range p.passings() {
				action, seen := power[x.target]
				if !seen {
					action = p.shared.raisesItself(x.target)
					power[x.target] = action
				}
				if action == "" || x.target.PermissionsBoundary != "" || p.shared.raisesItself(x.passer) != "" {
					continue
				}
				if f := p.at(x.passer.Role, p.placeOf(x.passer.Role, x.passer.PassRange), x.target.Address()); f != nil {
					f.warnf("The role %q may start jobs as %q, and that role may call %s on any role: whoever has the first can become administrator.", named(x.passer), named(x.target), action).
						wayOut("Pass a role without rights over IAM.").
						relate(labelOf(x.target.Role), "the role that jobs run as")
				}
			}
		},
	}
}

// raisesItself is an action by which a role can give roles more rights, allowed
// on every role and without a condition; "" when there is none.
func (x *stackIndex) raisesItself(role *ir.StackRole) string {
	some := "arn:" + role.Target.Partition + ":iam::" + role.Target.AccountID + ":role/some-role"
	statements, _ := x.granting(role)
	for _, action := range []string{"iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"} {
		if slices.ContainsFunc(statements, func(s *policy.Statement) bool {
			return len(s.Conditions) == 0 && allowsAction(s, action) && allowsResource(s, some)
		}) && !x.denied(role, action, some) {
			return action
		}
	}
	return ""
}

// denied reports whether a statement made for the role denies the action on
// the resource, whatever its conditions.
func (x *stackIndex) denied(role *ir.StackRole, action, resource string) bool {
	for i := range role.Groups {
		for j := range role.Groups[i].Document.Statements {
			s := &role.Groups[i].Document.Statements[j]
			if s.Effect == policy.Deny && allowsAction(s, action) && allowsResource(s, resource) {
				return true
			}
		}
	}
	return false
}

func escalatingExample(name string) string {
	return "smr { edition = \"2026\" }\nrole \"train\" {\n  managed_policies = [\"arn:aws:iam::aws:policy/" + name + "\"]\n}\nrole \"ds\" {\n  activity \"manage_models\" {}\n  pass_roles = [role.train.arn]\n}\n"
}
