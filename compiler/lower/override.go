package lower

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// An applied override is a block and the context of its expressions.
type applied struct {
	decl    *dsl.Override
	persona bool
}

// overrides are the blocks for an activity of a role, in the order in which
// they apply: personas, top level, the role.
func (l *lowerer) overrides(role *ir.Role, activity string) []applied {
	var list []applied
	add := func(o *dsl.Override, persona bool) {
		if o.Activity.Text == activity {
			list = append(list, applied{o, persona})
		}
	}
	own := role.Layers[len(role.Layers)-1]
	for _, layer := range role.Layers[:len(role.Layers)-1] {
		for _, o := range layer.Common.Overrides {
			add(o, true)
		}
	}
	for _, o := range role.Overrides {
		add(o, true)
	}
	for _, o := range own.Common.Overrides {
		add(o, false)
	}
	return list
}

// MatchesRole reports whether one of the globs names the role.
func MatchesRole(globs []string, role *ir.Role) bool { return role.Matches(globs) }

// overridden applies the overrides of an activity. The group itself is shared
// and stays as it is.
func (l *lowerer) overridden(role *ir.Role, grant *ir.Grant, g *group) *group {
	list := l.overrides(role, grant.Activity.Name)
	if len(list) == 0 || g.failed {
		for _, a := range list {
			l.use.seen(a.decl)
			l.use.all(a.decl)
		}
		return g
	}
	out := &group{managed: g.managed, dropped: slices.Clone(g.dropped)}
	for _, s := range g.statements {
		s.Statement = s.Statement.Clone()
		out.statements = append(out.statements, s)
	}
	for _, a := range list {
		ctx := customized(role.Scope(a.persona), role)
		for name, arg := range grant.Args {
			ctx.Variables[name] = arg.Value
		}
		o := &override{l: l, e: &evaluator{l: l, ctx: ctx}, decl: a.decl, g: out, grant: grant, role: role}
		o.apply()
	}
	return out
}

// An override is one block while it is applied to one activity of one role.
type override struct {
	l     *lowerer
	e     *evaluator
	decl  *dsl.Override
	g     *group
	grant *ir.Grant
	role  *ir.Role
}

// apply runs the verbs in the language's order.
func (o *override) apply() {
	o.l.use.seen(o.decl)
	o.remove()
	o.replace()
	o.removeActions()
	for _, n := range o.decl.Narrow {
		o.narrow(n)
	}
	o.add(o.decl.Allow, policy.Allow)
	o.add(o.decl.Deny, policy.Deny)
}

func (o *override) labels() []string {
	var out []string
	for _, s := range o.g.statements {
		out = append(out, s.origin.Label)
	}
	return out
}

func (o *override) remove() {
	for i, name := range o.decl.Remove {
		before := len(o.g.statements)
		o.g.statements = slices.DeleteFunc(o.g.statements, func(s statement) bool { return s.origin.Label == name.Text })
		o.l.use.verb(o.decl, fmt.Sprint("remove", i), name.Range, len(o.g.statements) < before, "statement", name.Text, o.labels())
	}
}

// replace changes what the block says of a statement; the rest of it stays.
func (o *override) replace() {
	for i, d := range o.decl.Replace {
		matched := false
		for j := range o.g.statements {
			if s := &o.g.statements[j]; s.origin.Label == d.Label.Text {
				matched = true
				o.replaceOne(s, d)
			}
		}
		o.l.use.verb(o.decl, fmt.Sprint("replace", i), d.Label.Range, matched, "statement", d.Label.Text, o.labels())
	}
	o.dropEmpty()
}

func (o *override) replaceOne(s *statement, d *dsl.Statement) {
	set := func(a *dsl.Attr, list, other *[]string) {
		if a == nil {
			return
		}
		if values, ok := o.e.list(a); ok {
			*list, *other = values, nil
		}
	}
	set(d.Actions, &s.Actions, &s.NotActions)
	set(d.NotActions, &s.NotActions, &s.Actions)
	set(d.Resources, &s.Resources, &s.NotResources)
	set(d.NotResources, &s.NotResources, &s.Resources)
	if d.Effect != nil {
		if effect, ok := o.e.effect(d.Effect); ok {
			s.Effect = effect
		}
	}
	if d.SID != nil {
		s.SID, _ = o.e.text(d.SID)
	}
	if d.Why != nil {
		s.origin.Why, _ = o.e.text(d.Why)
	}
	if len(d.Conditions) > 0 {
		if c, ok := o.e.conditions(d.Conditions); ok {
			s.Conditions = c
		}
	}
	o.changed(s, d.Range)
}

// changed notes which block changed a statement.
func (o *override) changed(s *statement, at hcl.Range) {
	s.origin.Override = at
	s.origin.Use = at
}

func (o *override) removeActions() {
	if o.decl.RemoveActions == nil {
		return
	}
	patterns, ok := o.e.list(o.decl.RemoveActions)
	if !ok {
		return
	}
	var have []string
	for _, s := range o.g.statements {
		have = append(have, s.Actions...)
	}
	for i, pattern := range patterns {
		matched := false
		for j := range o.g.statements {
			s := &o.g.statements[j]
			before := len(s.Actions)
			s.Actions = slices.DeleteFunc(s.Actions, func(a string) bool { return policy.MatchFold(pattern, a) })
			if len(s.Actions) < before {
				matched = true
				o.changed(s, o.decl.RemoveActions.Range)
			}
		}
		o.l.use.verb(o.decl, fmt.Sprint("action", i), elementAt(o.decl.RemoveActions, i), matched, "action", pattern, have)
	}
	o.dropEmpty()
}

// dropEmpty leaves out statements that an override left without actions or
// resources.
func (o *override) dropEmpty() {
	o.g.statements = slices.DeleteFunc(o.g.statements, func(s statement) bool {
		why := ""
		switch {
		case len(s.Actions) == 0 && len(s.NotActions) == 0:
			why = "actions"
		case len(s.Resources) == 0 && len(s.NotResources) == 0:
			why = "resources"
		default:
			return false
		}
		origin := s.origin
		origin.Range, origin.BuiltIn = s.origin.Override, false
		o.g.dropped = append(o.g.dropped, dropped{origin, why})
		return true
	})
}

// add appends the statements of allow and deny blocks.
func (o *override) add(decls []*dsl.Statement, effect policy.Effect) {
	for _, d := range decls {
		if d.Effect != nil {
			o.l.errorf("unsupported-argument", d.Effect.NameRange, "The block says the effect: allow { … } or deny { … }. Delete this line.")
			continue
		}
		if slices.Contains(o.labels(), d.Label.Text) {
			o.l.errorf("duplicate-statement", d.Label.Range, "The activity %q has a statement %q already. Give this one another label, or change that one with replace %q { … }.", o.grant.Activity.Name, d.Label.Text, d.Label.Text)
			continue
		}
		if !o.e.chosen(d) {
			continue
		}
		s, why, ok := o.e.statement(d)
		s.Effect = effect
		origin := ir.Origin{Activity: o.grant.Activity.Name, Label: d.Label.Text, Range: d.Range, Use: d.Range, Override: d.Range}
		origin.Why, _ = o.e.text(d.Why)
		switch {
		case !ok:
		case why != "":
			o.g.dropped = append(o.g.dropped, dropped{origin, why})
		default:
			o.g.statements = append(o.g.statements, statement{s, origin})
		}
	}
}

func elementAt(a *dsl.Attr, i int) hcl.Range {
	if items, diags := hcl.ExprList(a.Expr); !diags.HasErrors() && i < len(items) {
		return items[i].Range()
	}
	return a.Expr.Range()
}

// checkOverrides reports overrides of a role for activities that it lacks.
func (l *lowerer) checkOverrides(role *ir.Role) {
	for _, layer := range role.Layers {
		for _, o := range layer.Common.Overrides {
			l.use.declared(o, layer)
		}
	}
	own := role.Layers[len(role.Layers)-1]
	for _, o := range own.Common.Overrides {
		if o.Activity.Text != "" && !slices.ContainsFunc(role.Activities, func(g *ir.Grant) bool { return g.Activity.Name == o.Activity.Text }) {
			var names []string
			for _, g := range role.Activities {
				names = append(names, g.Activity.Name)
			}
			l.use.absent(o, diag.DidYouMean(o.Activity.Text, names, "Add the activity, or delete the override."))
		}
	}
}
