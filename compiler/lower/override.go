package lower

import (
	"fmt"
	"maps"
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
	if !l.charge(statementSteps*len(g.statements), grant.Range) {
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
		o := &override{l: l, e: &evaluator{l: l, ctx: ctx}, decl: a.decl, g: out, grant: grant}
		o.apply()
	}
	return out
}

// An override is one block while it is applied to one activity of one role.
type override struct {
	l      *lowerer
	e      *evaluator
	decl   *dsl.Override
	g      *group
	grant  *ir.Grant
	labels map[string]bool // of the statements that the group has
}

// apply runs the verbs in the language's order.
func (o *override) apply() {
	o.l.use.seen(o.decl)
	o.labels = map[string]bool{}
	for _, s := range o.g.statements {
		o.labels[s.origin.Label] = true
	}
	o.remove()
	o.replace()
	o.removeActions()
	for _, n := range o.decl.Narrow {
		o.narrow(n)
	}
	o.add(o.decl.Allow, policy.Allow)
	o.add(o.decl.Deny, policy.Deny)
}

// named notes whether a verb found the statement that it names.
func (o *override) named(verb string, place int, rng hcl.Range, label string) bool {
	found := o.labels[label]
	o.l.use.verb(verbKey{o.decl, verb, place, label}, rng, found, "statement", slices.Sorted(maps.Keys(o.labels)), "")
	return found
}

func (o *override) remove() {
	gone := map[string]bool{}
	for i, name := range o.decl.Remove {
		if o.named("remove", i, name.Range, name.Text) {
			gone[name.Text] = true
		}
	}
	if len(gone) > 0 {
		o.g.statements = slices.DeleteFunc(o.g.statements, func(s statement) bool { return gone[s.origin.Label] })
		maps.DeleteFunc(o.labels, func(label string, _ bool) bool { return gone[label] })
	}
}

// replace changes what the block says of a statement; the rest of it stays.
func (o *override) replace() {
	for i, d := range o.decl.Replace {
		if !o.named("replace", i, d.Label.Range, d.Label.Text) || !o.e.chosen(d) {
			continue
		}
		for j := range o.g.statements {
			if s := &o.g.statements[j]; s.origin.Label == d.Label.Text {
				o.replaceOne(s, d)
			}
		}
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

// removeActions takes actions out of the statements that allow; taking one out
// of a statement that denies would give access.
func (o *override) removeActions() {
	a := o.decl.RemoveActions
	patterns, ok := o.e.list(a)
	if a == nil || !ok {
		return
	}
	places := a.Places(len(patterns))
	for i, pattern := range patterns {
		matched := false
		for j := range o.g.statements {
			s := &o.g.statements[j]
			if !o.l.charge(1+len(s.Actions)/16, a.Range) {
				return
			}
			before := len(s.Actions)
			if s.Effect == policy.Allow {
				s.Actions = slices.DeleteFunc(s.Actions, func(a string) bool { return policy.MatchFold(pattern, a) })
			}
			if len(s.Actions) < before {
				matched = true
				o.changed(s, a.Range)
			}
		}
		key := verbKey{o.decl, "remove_actions", i, pattern}
		if matched {
			o.l.use.verb(key, places[i], true, "action", nil, "")
			if why := o.remaining(pattern); why != "" {
				o.l.diags = append(o.l.diags, diag.Warnf("remaining-action", places[i], "remove_actions takes %q out of the statements that list it, and it is still allowed.%s", pattern, why))
			}
		} else {
			o.l.use.verb(key, places[i], false, "action", o.actions(), o.instead(pattern))
		}
	}
	o.dropEmpty()
}

// actions are those that the statements allow.
func (o *override) actions() []string {
	var have []string
	for _, s := range o.g.statements {
		if s.Effect == policy.Allow {
			have = append(have, s.Actions...)
		}
	}
	return have
}

// instead says what to write where an action is not listed but is allowed by a
// pattern, or is denied; "" where it is neither.
func (o *override) instead(action string) string {
	for _, s := range o.g.statements {
		for _, have := range s.Actions {
			switch {
			case s.Effect == policy.Deny && policy.MatchFold(action, have):
				return fmt.Sprintf(" The statement %q denies it, and remove_actions only takes away what is allowed; write remove %q {} or replace %q { … }.", s.origin.Label, s.origin.Label, s.origin.Label)
			case s.Effect == policy.Allow && policy.HasWildcard(have) && Covers(policy.Lower(have), policy.Lower(action)):
				return fmt.Sprintf(" The statement %q allows it by the pattern %q; write deny \"LABEL\" { actions = [%q] … }, or replace %q { actions = … } without the pattern.", s.origin.Label, have, action, s.origin.Label)
			}
		}
	}
	return ""
}

// remaining says which statement still allows an action that was taken out of
// others; "" where none does.
func (o *override) remaining(action string) string {
	for _, s := range o.g.statements {
		if s.Effect == policy.Allow && len(s.NotActions) > 0 && !slices.ContainsFunc(s.NotActions, func(p string) bool { return Covers(policy.Lower(p), policy.Lower(action)) }) {
			return fmt.Sprintf(" The statement %q allows all actions but some; write deny \"LABEL\" { actions = [%q] … }.", s.origin.Label, action)
		}
	}
	return o.instead(action)
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
		delete(o.labels, s.origin.Label)
		return true
	})
}

// add appends the statements of allow and deny blocks.
func (o *override) add(decls []*dsl.Statement, effect policy.Effect) {
	for _, d := range decls {
		if !o.l.charge(statementSteps+len(d.Conditions), d.Range) {
			return
		}
		if !o.e.chosen(d) {
			continue
		}
		if o.labels[d.Label.Text] {
			o.l.errorf("duplicate-statement", d.Label.Range, "The activity %q has a statement %q already. Give this one another label, or change that one with replace %q { … }.", o.grant.Activity.Name, d.Label.Text, d.Label.Text)
			continue
		}
		o.labels[d.Label.Text] = true
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

// checkOverrides reports overrides of a role for activities that it lacks.
func (l *lowerer) checkOverrides(role *ir.Role) {
	for _, layer := range role.Layers {
		for _, o := range layer.Common.Overrides {
			l.use.declared(o)
		}
	}
	own := role.Layers[len(role.Layers)-1]
	for _, o := range own.Common.Overrides {
		if o.Activity.Text != "" && !slices.ContainsFunc(role.Activities, func(g *ir.Grant) bool { return g.Activity.Name == o.Activity.Text }) {
			var names []string
			for _, g := range role.Activities {
				names = append(names, g.Activity.Name)
			}
			l.use.absent(o, l.c.DidYouMean(o.Activity.Text, names, "Add the activity, or delete the override."))
		}
	}
}
