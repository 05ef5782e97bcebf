package resolve

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A ref is one place that refers to a role.
type ref struct {
	label string
	key   string // of for_each, "" when there is none or it is computed
	rng   hcl.Range
}

// A refs keeps what blocks refer to, so that each block is looked at once.
type refs struct {
	r         *resolver
	locals    map[string][]ref
	commons   map[*dsl.Common][]ref
	activity  map[*dsl.Activity][]ref
	overrides map[*dsl.Override][]ref
}

// references notes the labels of roles, and what locals that wait for a target
// refer to.
func (r *resolver) references() {
	r.roles = map[string]*dsl.Role{}
	for _, role := range r.c.Roles {
		r.roles[role.Name.Text] = role
	}
	r.refs = &refs{
		r: r, locals: map[string][]ref{}, commons: map[*dsl.Common][]ref{},
		activity: map[*dsl.Activity][]ref{}, overrides: map[*dsl.Override][]ref{},
	}
	if !r.anyRefs {
		return
	}
	for _, l := range r.deferred {
		r.refs.locals[l.Name] = r.refs.attrs(l)
	}
}

// attrs are what attributes refer to.
func (f *refs) attrs(list ...*dsl.Attr) []ref {
	var out []ref
	for _, a := range list {
		if a == nil {
			continue
		}
		for _, t := range a.Refs {
			switch t.RootName() {
			case "role":
				if target := f.r.roles[step(t, 1)]; target != nil {
					one := ref{label: step(t, 1), rng: t.SourceRange()}
					if target.ForEach != nil {
						one.key = step(t, 2)
					}
					out = append(out, one)
				}
			case "local":
				for _, via := range f.locals[step(t, 1)] {
					out = append(out, ref{via.label, via.key, t.SourceRange()})
				}
			}
		}
	}
	return out
}

// common is what a persona or role refers to, but for its overrides.
func (f *refs) common(c *dsl.Common) []ref {
	list, done := f.commons[c]
	if done || !f.r.anyRefs {
		return list
	}
	list = f.attrs(c.Exclude, c.PassRoles, c.ManagedPolicies, c.PermissionsBoundary, c.Layout, c.Description, c.MaxSessionDuration, c.Tags)
	for _, u := range c.Uses {
		list = append(list, f.attrs(u.Args...)...)
	}
	for _, s := range c.Statements {
		list = append(list, f.attrs(attrsOf(s)...)...)
	}
	for _, z := range []*dsl.Customization{c.VPC, c.KMS} {
		if z != nil {
			list = append(list, f.attrs(z.First, z.Second)...)
		}
	}
	if c.Trust != nil {
		list = append(list, f.attrs(trustAttrs(c.Trust)...)...)
	}
	if c.Lifecycle != nil {
		list = append(list, f.attrs(c.Lifecycle.Retire, c.Lifecycle.Exclusive)...)
	}
	f.commons[c] = list
	return list
}

// granted is what the statements of an activity refer to.
func (f *refs) granted(a *dsl.Activity) []ref {
	list, done := f.activity[a]
	if done || a.BuiltIn || !f.r.anyRefs {
		return list
	}
	list = f.attrs(a.ManagedPolicy)
	for _, s := range a.Statements {
		list = append(list, f.attrs(attrsOf(s)...)...)
	}
	f.activity[a] = list
	return list
}

func (f *refs) override(o *dsl.Override) []ref {
	list, done := f.overrides[o]
	if done || !f.r.anyRefs {
		return list
	}
	list = f.attrs(overrideAttrs(o)...)
	f.overrides[o] = list
	return list
}

// settings is what a role refers to by itself and through its personas.
func (f *refs) settings(in *instance) []ref {
	var list []ref
	for _, layer := range in.role.Layers {
		list = append(list, f.common(layer.Common)...)
	}
	return list
}

// statements is what a role refers to through its activities and the overrides
// of them.
func (f *refs) statements(in *instance) []ref {
	if !f.r.anyRefs {
		return nil
	}
	var list []ref
	has := map[string]bool{}
	for _, g := range in.role.Activities {
		has[g.Activity.Name] = true
		list = append(list, f.granted(g.Activity.Decl)...)
	}
	for _, layer := range in.role.Layers {
		for _, o := range layer.Common.Overrides {
			if has[o.Activity.Text] {
				list = append(list, f.override(o)...)
			}
		}
	}
	for _, o := range in.role.Overrides {
		list = append(list, f.override(o)...)
	}
	return list
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
			refs := r.edges[label]
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

// maxCycle is how many labels of a circle a message names.
const maxCycle = 20

func (r *resolver) cycle(labels []string, rng hcl.Range) {
	if len(labels) > maxCycle {
		labels = append(append(labels[:maxCycle-1:maxCycle-1], "…"), labels[len(labels)-1])
	}
	d := diag.Errorf("role-cycle", rng, "Roles refer to one another in a circle: %s. References order deployment, so there can be no circle. Write one of the ARNs out: \"arn:${partition}:iam::${account_id}:role/…\".", path(labels))
	r.diags = append(r.diags, d)
}

// connect adds what a role refers to, each label once, and notes it in the
// role.
func (r *resolver) connect(in *instance, list []ref) {
	label := in.role.Label
	seen := r.connected[label]
	if seen == nil {
		seen = map[string]bool{}
		r.connected[label] = seen
	}
	own := map[string]bool{}
	for _, f := range list {
		own[f.label] = true
		if !seen[f.label] {
			seen[f.label] = true
			r.edges[label] = append(r.edges[label], f)
		}
	}
	for _, label := range in.role.Refs {
		own[label] = true
	}
	if len(own) > 0 {
		in.role.Refs = slices.Sorted(maps.Keys(own))
	}
}

// roleValues is the object that "role" refers to in one target.
func (s *scope) roleValues(instances []*instance) cty.Value {
	plain := map[string]cty.Value{}
	keyed := map[string]map[string]cty.Value{}
	for label, state := range s.absent {
		if state == absentBroken {
			plain[label] = cty.DynamicVal
		} else {
			plain[label] = cty.EmptyObjectVal
		}
	}
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
