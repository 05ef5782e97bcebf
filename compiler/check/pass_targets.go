package check

import (
	"slices"

	"github.com/sagemaker-roles/smr/compiler/ir"
)

// A passing is one role that may pass another of the same configuration to
// SageMaker.
type passing struct {
	passer, target *ir.StackRole
}

// passings lists who passes whom among the roles of the configuration, itself
// left out.
func (p *StackPass) passings() []passing {
	type place struct {
		target *ir.Target
		arn    string
	}
	var byARN map[place]*ir.StackRole
	var list []passing
	for _, role := range p.Roles {
		if len(role.PassRoles) == 0 {
			continue
		}
		if byARN == nil {
			byARN = make(map[place]*ir.StackRole, len(p.Roles))
			for _, r := range p.Roles {
				byARN[place{r.Target, r.ARN()}] = r
			}
		}
		for _, arn := range role.PassRoles {
			if target := byARN[place{role.Target, arn}]; target != nil && target != role {
				list = append(list, passing{role, target})
			}
		}
	}
	return list
}

// passesIn reports whether an activity that passes roles has the form.
func passesIn(role *ir.StackRole, form func(*ir.Activity) bool) bool {
	for _, g := range role.Activities {
		if form(g.Activity) && passesRoles(g.Activity) {
			return true
		}
	}
	return false
}

// passesRoles reports whether an activity takes the role-wide pass_roles.
func passesRoles(a *ir.Activity) bool {
	return slices.ContainsFunc(a.Params, func(p *ir.Param) bool { return p.From == "pass_roles" })
}
