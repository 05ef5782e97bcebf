package check

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/escalation"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func escalationPath() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "escalation-path", Severity: hcl.DiagWarning,
			Explain: "Whoever has one role can come to the rights of another, step by step: by passing a role to a service and running code there, by assuming it, or by writing themselves into its trust policy. The path that is shown ends at a role that can give any role any rights, so its first role is as good as administrator; or, over two steps, at a role that allows what the ones before do not, which a reader of pass_roles does not see. Where a role is passed to SageMaker directly, escalating-pass-role says it.\n\n" +
				"Break the path where it is widest: take rights over IAM from the last role, name fewer roles in pass_roles, or narrow a trust policy. Conditions of trust policies are not followed: a path may be narrower than shown. Nor are attached policies whose text is not known: give it in a policy block. Source: iam/escalation, methods with their sources; IAM User Guide, \"Grant a user permissions to pass a role to an AWS service\".",
			Bad: pathExample("iam:AttachRolePolicy"), Good: pathExample("iam:GetRole"),
		},
		Stack: func(p *StackPass) {
			paths, unknown := p.paths()
			direct := map[[2]*ir.StackRole]bool{}
			if len(paths) > 0 {
				for _, x := range p.passings() {
					direct[[2]*ir.StackRole{x.passer, x.target}] = true
				}
			}
			for _, path := range paths {
				from, to := p.Roles[path.Steps[0].From], p.Roles[path.Steps[0].To]
				if len(path.Steps) == 1 && path.Steps[0].Way == escalation.Pass && direct[[2]*ir.StackRole{from, to}] {
					continue // escalating-pass-role
				}
				p.escalates(from, path)
			}
			if unknown > 0 && len(p.Roles) > 0 {
				if f := p.at(nil, labelOf(p.Roles[0].Role), "unknown"); f != nil {
					f.noticef("Of %d pairs of roles it was not decided whether one comes to more over another: there are too many, or their policies hold what cannot be compared.", unknown)
				}
			}
		},
	}
}

// paths are the ways from role to role among the roles of the configuration.
func (p *StackPass) paths() ([]escalation.Path, int) {
	return escalation.NewJudge(access.Options{Facts: access.ServiceFacts()}).Paths(escalationRoles(p.Roles, p.shared.textOf))
}

// escalates reports one path.
func (p *StackPass) escalates(from *ir.StackRole, path escalation.Path) {
	about := make([]string, 0, len(path.Steps))
	words := make([]string, 0, len(path.Steps)+1)
	for i, s := range path.Steps {
		next := p.Roles[s.To]
		about = append(about, next.Address())
		who := "it"
		if i > 0 {
			who = fmt.Sprintf("%q", named(p.Roles[s.From]))
		}
		words = append(words, who+" "+stepWords(s, fmt.Sprintf("%q", named(next))))
	}
	last := p.Roles[path.Steps[len(path.Steps)-1].To]
	place := p.placeOf(from.Role, from.PassRange)
	if path.Steps[0].Way != escalation.Pass || len(from.PassRoles) == 0 {
		place = labelOf(from.Role)
	}
	f := p.at(from.Role, place, strings.Join(about, " "))
	if f == nil {
		return
	}
	if path.Action != "" {
		words = append(words, fmt.Sprintf("%q may call %s on any role", named(last), path.Action))
		f.warnf("The role %q can become administrator: %s.", named(from), sentence(words))
	} else {
		f.noticef("The role %q comes to what %q allows, which is more than its own policies give it: %s.", named(from), named(last), sentence(words))
	}
	f.wayOut("Break the path: take rights from the last role, or pass and trust fewer.").
		relate(labelOf(last.Role), "where the path leads")
}

func stepWords(s escalation.Step, to string) string {
	switch s.Way {
	case escalation.Assume:
		return "may assume " + to
	case escalation.Edit:
		return "may write itself into the trust policy of " + to
	}
	return fmt.Sprintf("may pass %s to %s with %s", to, s.Service, s.Action)
}

func sentence(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + ", and " + words[last]
}

// escalationRoles are roles as [escalation.Judge.Paths] takes them. text finds
// policies that stand elsewhere by ARN; it may return nil.
func escalationRoles(list []*ir.StackRole, text func(*ir.Target, string) *policy.Document) []escalation.Role {
	roles := make([]escalation.Role, len(list))
	for i, r := range list {
		side := access.Side{}
		for j := range r.Groups {
			side.Identity = append(side.Identity, r.Groups[j].Document)
		}
		for _, v := range r.Attached {
			if d := text(r.Target, v.Text); d != nil {
				side.Identity = append(side.Identity, d)
			}
		}
		if r.PermissionsBoundary != "" {
			side.Boundary = text(r.Target, r.PermissionsBoundary)
		}
		roles[i] = escalation.Role{ARN: r.ARN(), Side: side, Trust: r.Trust.Document}
	}
	return roles
}

func pathExample(action string) string {
	return "role \"deploy\" {\n  trust { principals = [role.ci.arn] }\n  statement \"Attach\" {\n    actions   = [\"" + action + "\"]\n    resources = [\"arn:${partition}:iam::${account_id}:role/*\"]\n  }\n}\nrole \"ci\" {\n  statement \"Read\" {\n    actions   = [\"s3:GetObject\"]\n    resources = [\"arn:${partition}:s3:::acme/*\"]\n  }\n}\n"
}
