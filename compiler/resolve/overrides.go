package resolve

import (
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A selection is the globs of one top-level override, evaluated once for each
// target.
type selection struct {
	all           bool // no roles attribute
	wrong         bool
	roles, except []string
}

// overrides finds the top-level overrides that speak of the role.
func (s *scope) overrides(in *instance) {
	r := s.r
	if len(r.c.Overrides) == 0 {
		return
	}
	if r.topLevel == nil {
		r.topLevel = map[string][]*dsl.Override{}
		for _, o := range r.c.Overrides {
			r.topLevel[o.Activity.Text] = append(r.topLevel[o.Activity.Text], o)
		}
	}
	for _, g := range in.role.Activities {
		for _, o := range r.topLevel[g.Activity.Name] {
			sel := s.selection(o)
			if !r.charge(1+len(sel.roles)+len(sel.except), o.Activity.Range) {
				return
			}
			if sel.wrong || in.role.Matches(sel.except) {
				continue
			}
			if sel.all || in.role.Matches(sel.roles) {
				in.role.Overrides = append(in.role.Overrides, o)
			}
		}
	}
}

// selection evaluates the globs of an override.
func (s *scope) selection(o *dsl.Override) *selection {
	if sel := s.selections[o]; sel != nil {
		return sel
	}
	layer := &ir.Layer{Persona: true}
	before := len(s.r.diags)
	sel := &selection{all: o.Roles == nil, roles: s.list(nil, layer, o.Roles), except: s.list(nil, layer, o.Except)}
	sel.wrong = len(s.r.diags) > before
	s.selections[o] = sel
	return sel
}

// globs reports globs over roles that match none.
func (r *resolver) globs() {
	if r.prog.Partial || len(r.prog.Targets) == 0 {
		return
	}
	s := r.scope(r.prog.Targets[0])
	for _, o := range r.c.Overrides {
		if o.Roles == nil {
			continue
		}
		for _, glob := range s.selection(o).roles {
			if !r.charge(1+len(r.prog.Roles)/10, o.Roles.Range) {
				return
			}
			if !r.matchesSome(glob) {
				r.diags = append(r.diags, diag.Warnf("unmatched-glob", o.Roles.Find(glob), "No role is named %q.%s", glob, r.c.DidYouMean(glob, r.labels(), "The override changes nothing there; delete the glob.")))
			}
		}
	}
}

func (r *resolver) matchesSome(glob string) bool {
	for _, role := range r.prog.Roles {
		if role.Matches([]string{glob}) {
			return true
		}
	}
	return false
}

func (r *resolver) labels() []string {
	var names []string
	for _, role := range r.c.Roles {
		names = append(names, role.Name.Text)
	}
	return names
}
