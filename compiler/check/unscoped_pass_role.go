package check

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func unscopedPassRole() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "unscoped-pass-role", Severity: hcl.DiagWarning,
			Explain: "The role has pass_roles, which limit iam:PassRole to the roles named, and beside them a policy of AWS's that allows iam:PassRole to SageMaker on every role. Allows add up, so the limit is void: the user can run a job as any role of the account that trusts SageMaker and gain what it may do. AmazonSageMakerFullAccess, AmazonSageMakerCanvasFullAccess and AmazonSageMakerCanvasDataPrepFullAccess do this, and SageMaker's console shows nothing of it.\n\n" +
				"A deny on iam:PassRole with not_resources brings the limit back.",
			Bad:  unscopedExample("AmazonSageMakerFullAccess"),
			Good: unscopedExample("AmazonSageMakerReadOnly"),
		},
		Stack: func(p *StackPass) {
			wide := map[string]bool{}
			for _, role := range p.Roles {
				if len(role.PassRoles) == 0 || !passesIn(role, func(*ir.Activity) bool { return true }) {
					continue
				}
				for _, v := range role.Attached {
					yes, seen := wide[v.Text]
					if !seen {
						yes = p.shared.passesAnyRole(v.Text)
						wide[v.Text] = yes
					}
					if !yes || deniesPassing(role) {
						continue
					}
					if f := p.at(role.Role, p.placeOf(role.Role, v.Range), v.Text); f != nil {
						f.warnf("%q allows iam:PassRole to SageMaker on every role, so the pass_roles of the role %q limit nothing: its user can start a job as any role that trusts SageMaker.", v.Text, named(role)).
							wayOut("Leave the policy out, or deny iam:PassRole on all but the roles meant.").
							fix("Deny the others in the role", denyOthers(role))
					}
				}
			}
		},
	}
}

// passesAnyRole reports whether an AWS managed policy allows passing any role
// to SageMaker.
func (x *stackIndex) passesAnyRole(arn string) bool {
	statements, _ := x.managedAllows(arn)
	partition, _, _ := strings.Cut(strings.TrimPrefix(spelled(arn), "arn:"), ":")
	some := "arn:" + partition + ":iam::000000000000:role/some-role"
	return slices.ContainsFunc(statements, func(s grantingStatement) bool {
		return allowsAction(s, "iam:PassRole") && allowsResource(s, some) && passedTo(s, sagemaker)
	})
}

// passedTo reports whether the conditions of a statement admit passing to the
// service.
func passedTo(s *policy.Statement, service string) bool {
	for _, c := range s.Conditions {
		if strings.EqualFold(c.Key, "iam:PassedToService") {
			return slices.ContainsFunc(c.Values, func(v string) bool { return policy.Match(v, service) })
		}
	}
	return true
}

// deniesPassing reports whether a statement of the role denies iam:PassRole on
// all but some roles.
func deniesPassing(role *ir.StackRole) bool {
	for i := range role.Groups {
		for j := range role.Groups[i].Document.Statements {
			s := &role.Groups[i].Document.Statements[j]
			if s.Effect == policy.Deny && allowsAction(s, "iam:PassRole") && (len(s.NotResources) > 0 || slices.Contains(s.Resources, "*")) && passedTo(s, sagemaker) {
				return true
			}
		}
	}
	return false
}

func denyOthers(role *ir.StackRole) string {
	quoted := make([]string, len(role.PassRoles))
	for i, arn := range role.PassRoles {
		quoted[i] = `"` + readable.Replace(arn) + `"`
	}
	return "statement \"PassOnlyThese\" {\n  effect        = \"Deny\"\n  actions       = [\"iam:PassRole\"]\n  not_resources = [" + strings.Join(quoted, ", ") + "]\n}"
}

func unscopedExample(name string) string {
	return "smr { edition = \"2026\" }\nrole \"ds\" {\n  activity \"manage_models\" {}\n  pass_roles       = [\"arn:${partition}:iam::${account_id}:role/smr/SageMaker-train\"]\n  managed_policies = [\"arn:aws:iam::aws:policy/" + name + "\"]\n}\n"
}
