package check

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/ir"
)

// An argument is one string that a role gives to a parameter of an activity.
type argument struct {
	role  *ir.Role
	text  string
	place hcl.Range
}

// arguments visits the strings that roles give to the parameters chosen, role
// by role; defaults and what comes from a role-wide setting are left out.
func (p *ProgramPass) arguments(chosen func(*ir.Activity, *ir.Param) bool, visit func(argument)) {
	for _, role := range p.Roles {
		for _, g := range role.Activities {
			for _, param := range g.Activity.Params {
				if param.From != "" || param.Type.Kind == "" || !chosen(g.Activity, param) {
					continue
				}
				if arg, ok := g.Args[param.Name]; ok && !arg.Default {
					stringsOf(arg.Value, func(text string) { visit(argument{role, text, arg.Range}) })
				}
			}
		}
	}
}

// ofKind visits the arguments whose parameter takes the kind of string.
func (p *ProgramPass) ofKind(kind string, visit func(argument)) {
	p.arguments(func(_ *ir.Activity, param *ir.Param) bool { return param.Type.Kind == kind }, visit)
}

// ofParameter visits the arguments of parameters of built-in activities that
// have the name.
func (p *ProgramPass) ofParameter(name string, visit func(argument)) {
	p.arguments(func(a *ir.Activity, param *ir.Param) bool { return param.Name == name && a.Decl.BuiltIn }, visit)
}

// stringsOf visits every known string of v, at any depth.
func stringsOf(v cty.Value, visit func(string)) {
	if v == cty.NilVal || v.IsMarked() || !v.IsKnown() || v.IsNull() {
		return
	}
	if v.Type() == cty.String {
		visit(v.AsString())
		return
	}
	if !v.CanIterateElements() {
		return
	}
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		stringsOf(e, visit)
	}
}

// customized visits the values of the first or second list of the vpc or kms
// blocks of roles.
func customized(p *ProgramPass, block func(*ir.Role) *ir.Customization, second bool, visit func(role *ir.Role, text string, place hcl.Range)) {
	for _, role := range p.Roles {
		c := block(role)
		if c == nil {
			continue
		}
		list, place := c.First, c.FirstRange
		if second {
			list, place = c.Second, c.SecondRange
		}
		for _, text := range list {
			visit(role, text, place)
		}
	}
}

func vpcOf(r *ir.Role) *ir.Customization { return r.VPC }

func kmsOf(r *ir.Role) *ir.Customization { return r.KMS }
