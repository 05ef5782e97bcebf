package check

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func broadManagedPolicy() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "broad-managed-policy", Severity: hcl.DiagWarning,
			Explain: "An AWS managed policy is attached that allows everything, everything but some services, all of IAM or all of SageMaker: AdministratorAccess, PowerUserAccess, IAMFullAccess, AmazonSageMakerFullAccess and the like. Beside it the role's own statements limit nothing that it allows, and AWS adds to it without asking. The activities of the catalogue allow what a job needs by name; `smr catalog` lists them. Source: the policies' documents; Prowler and checkov ask the same (CKV_AWS_274).",
			Bad:     policyExample(`"arn:aws:iam::aws:policy/PowerUserAccess"`), Good: policyExample(`"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"`),
		},
		Stack: func(p *StackPass) {
			known := map[string]string{}
			for _, role := range p.Roles {
				for _, v := range role.Attached {
					what, seen := known[v.Text]
					if !seen {
						what = p.shared.breadth(v.Text)
						known[v.Text] = what
					}
					if what == "" {
						continue
					}
					if f := p.at(role.Role, p.within(p.placeOf(role.Role, v.Range), v.Text), v.Text); f != nil {
						f.warnf("%q allows %s.", v.Text, what).wayOut("Take activities of the catalogue in its place, or statements that name what is needed.")
					}
				}
			}
		},
	}
}

// breadth says what an AWS managed policy allows that is too much for one
// role, "" for others.
func (x *stackIndex) breadth(arn string) string {
	statements, _ := x.managedAllows(arn)
	wide := func(s *policy.Statement) bool {
		return len(s.NotResources) > 0 || slices.ContainsFunc(s.Resources, func(r string) bool { return strings.Trim(r, "*") == "" })
	}
	for _, s := range statements {
		switch {
		case !wide(s) || len(s.Conditions) > 0:
		case slices.Contains(s.Actions, "*"):
			return "every action on every resource"
		case len(s.NotActions) > 0:
			return "every action but some"
		case slices.Contains(s.Actions, "iam:*"):
			return "every action of IAM, and so everything"
		case slices.Contains(s.Actions, "sagemaker:*"):
			return "every action of SageMaker"
		}
	}
	return ""
}
