package resolve

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A ref is one place where a role refers to another.
type ref struct {
	label string
	key   string // of for_each, "" when there is none or it is computed
	rng   hcl.Range
}

// references finds which roles refer to which, and refuses circles.
func (r *resolver) references() {
	r.roles = map[string]*dsl.Role{}
	for _, role := range r.c.Roles {
		r.roles[role.Name.Text] = role
	}
	r.refs = map[string][]ref{}
	locals := r.localRefs()
	personaRefs := map[*dsl.Persona][]ref{}
	top := r.overrideRefs(r.c.Overrides, locals)
	for _, role := range r.c.Roles {
		refs := r.commonRefs(&role.Common, locals)
		for _, f := range top {
			if f.label != role.Name.Text {
				refs = append(refs, f)
			}
		}
		for _, a := range []*dsl.Attr{role.Persona, role.ForEach} {
			refs = append(refs, r.attrRefs(a, locals)...)
		}
		for _, p := range r.chainOf(role) {
			if _, done := personaRefs[p]; !done {
				personaRefs[p] = r.commonRefs(&p.Common, locals)
			}
			refs = append(refs, personaRefs[p]...)
		}
		if len(refs) > 0 {
			r.refs[role.Name.Text] = refs
			r.anyRefs = true
		}
	}
	r.cycles()
}

// chainOf is the persona chain of a role whose persona is written literally;
// a computed persona contributes no references to the order.
func (r *resolver) chainOf(role *dsl.Role) []*dsl.Persona {
	if role.Persona == nil {
		return nil
	}
	if name, ok := literalString(role.Persona.Expr); ok && r.personas[name] != nil {
		return r.chain(r.personas[name], nil)
	}
	return nil
}

// localRefs are the references of the locals that wait for a target.
func (r *resolver) localRefs() map[string][]ref {
	locals := map[string][]ref{}
	for _, l := range r.deferred {
		locals[l.Name] = r.attrRefs(l, locals)
	}
	return locals
}

func (r *resolver) attrRefs(a *dsl.Attr, locals map[string][]ref) []ref {
	if a == nil {
		return nil
	}
	var refs []ref
	for _, t := range a.Expr.Variables() {
		switch t.RootName() {
		case "role":
			refs = append(refs, r.roleRef(t))
		case "local":
			for _, via := range locals[step(t, 1)] {
				refs = append(refs, ref{via.label, via.key, t.SourceRange()})
			}
		}
	}
	return slices.DeleteFunc(refs, func(f ref) bool { return f.label == "" })
}

// roleRef reads role.LABEL or role.LABEL["key"]; an unknown label is an error.
func (r *resolver) roleRef(t hcl.Traversal) ref {
	label := step(t, 1)
	target := r.roles[label]
	rng := t.SourceRange()
	if target == nil {
		names := slices.Sorted(maps.Keys(r.roles))
		r.errorf("unknown-role", rng, "There is no role %q.%s", label, diag.DidYouMean(label, names, "Refer to a role by its label: role.LABEL.arn."))
		return ref{}
	}
	f := ref{label: label, rng: rng}
	if target.ForEach != nil {
		f.key = step(t, 2)
	}
	return f
}

func (r *resolver) commonRefs(c *dsl.Common, locals map[string][]ref) []ref {
	var refs []ref
	add := func(list ...*dsl.Attr) {
		for _, a := range list {
			refs = append(refs, r.attrRefs(a, locals)...)
		}
	}
	statement := func(s *dsl.Statement) { add(attrsOf(s)...) }
	add(c.Exclude, c.PassRoles, c.ManagedPolicies, c.PermissionsBoundary, c.Layout, c.Accounts, c.IAMName, c.Path, c.Description, c.MaxSessionDuration, c.Tags)
	for _, u := range c.Uses {
		add(u.Args...)
	}
	for _, s := range c.Statements {
		statement(s)
	}
	for _, z := range []*dsl.Customization{c.VPC, c.KMS} {
		if z != nil {
			add(z.First, z.Second)
		}
	}
	if t := c.Trust; t != nil {
		add(t.Services, t.Principals)
		for _, s := range t.Statements {
			statement(s)
		}
		for _, cond := range t.Conditions {
			add(cond.Operator, cond.Key, cond.Values)
		}
	}
	return append(refs, r.overrideRefs(c.Overrides, locals)...)
}

func (r *resolver) overrideRefs(list []*dsl.Override, locals map[string][]ref) []ref {
	var refs []ref
	for _, o := range list {
		refs = append(refs, r.attrRefs(o.RemoveActions, locals)...)
		for _, s := range slices.Concat(o.Allow, o.Deny, o.Replace) {
			for _, a := range attrsOf(s) {
				refs = append(refs, r.attrRefs(a, locals)...)
			}
		}
		for _, n := range o.Narrow {
			for _, a := range []*dsl.Attr{n.Statements, n.Actions, n.Resources} {
				refs = append(refs, r.attrRefs(a, locals)...)
			}
			for _, c := range n.Conditions {
				refs = append(refs, r.attrRefs(c.Values, locals)...)
			}
		}
	}
	return refs
}

// cycles reports each circle of references once, at the reference that closes
// it. It keeps its own stack, since a chain may be as long as there are roles.
func (r *resolver) cycles() {
	const open, done = 1, 2
	state := map[string]int{}
	for _, root := range r.c.Roles {
		if state[root.Name.Text] != 0 {
			continue
		}
		stack := []string{root.Name.Text}
		next := map[string]int{}
		state[root.Name.Text] = open
		for len(stack) > 0 {
			label := stack[len(stack)-1]
			refs := r.refs[label]
			if next[label] == len(refs) {
				state[label] = done
				stack = stack[:len(stack)-1]
				continue
			}
			f := refs[next[label]]
			next[label]++
			switch state[f.label] {
			case open:
				at := slices.Index(stack, f.label)
				r.cycle(append(slices.Clone(stack[at:]), f.label), f.rng)
			case 0:
				state[f.label] = open
				stack = append(stack, f.label)
			}
		}
	}
}

func (r *resolver) cycle(labels []string, rng hcl.Range) {
	d := diag.Errorf("role-cycle", rng, "Roles refer to one another in a circle: %s. References order deployment, so there can be no circle. Write one of the ARNs out: \"arn:${partition}:iam::${account_id}:role/…\".", path(labels))
	r.diags = append(r.diags, d)
}

// roleValues is the object that "role" refers to in one target.
func (r *resolver) roleValues(instances []*instance) cty.Value {
	plain := map[string]cty.Value{}
	keyed := map[string]map[string]cty.Value{}
	for _, in := range instances {
		v := cty.ObjectVal(map[string]cty.Value{"arn": cty.StringVal(in.role.ARN()), "name": cty.StringVal(in.role.IAMName)})
		label := in.role.Label
		if in.decl.ForEach == nil {
			plain[label] = v
			continue
		}
		if keyed[label] == nil {
			keyed[label] = map[string]cty.Value{}
		}
		keyed[label][in.role.Key] = v
	}
	for label, keys := range keyed {
		plain[label] = cty.ObjectVal(keys)
	}
	return cty.ObjectVal(plain)
}
