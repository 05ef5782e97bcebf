package resolve

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// excludes notes what exclude lists took away from some role.
type excludes struct {
	order []*exclude
	at    map[hcl.Range]*exclude
}

type exclude struct {
	name string
	rng  hcl.Range
	used bool
}

func newExcludes() *excludes { return &excludes{at: map[hcl.Range]*exclude{}} }

func (x *excludes) note(name string, rng hcl.Range, used bool) {
	e := x.at[rng]
	if e == nil {
		e = &exclude{name: name, rng: rng}
		x.at[rng] = e
		x.order = append(x.order, e)
	}
	e.used = e.used || used
}

// unused reports what changes nothing in any role, and what is wrong in
// personas that no role takes.
func (r *resolver) unused() {
	if r.prog.Partial || len(r.prog.Targets) == 0 {
		return
	}
	for _, e := range r.excludes.order {
		if !e.used {
			r.diags = append(r.diags, diag.Warnf("unused-exclude", e.rng, "The activity %q is not among what is inherited here, so excluding it changes nothing. Delete it from the list.", e.name))
		}
	}
	s := r.scope(r.prog.Targets[0])
	for _, p := range r.c.Personas {
		if r.taken[p] || r.personas[p.Name.Text] == nil {
			continue
		}
		layer := &ir.Layer{Name: p.Name.Text, Common: &p.Common, Persona: true}
		for _, name := range s.list(nil, layer, p.Activities) {
			if r.activity(name) == nil {
				r.unknownActivity(name, p.Activities.Find(name))
			}
		}
		for _, name := range s.list(nil, layer, p.Exclude) {
			if r.activity(name) == nil {
				r.unknownActivity(name, p.Exclude.Find(name))
			}
		}
		for name, u := range r.uses(&p.Common) {
			if a := r.activity(name); a != nil {
				r.unknownParameters(a, u.Args)
			} else if name != "" {
				r.unknownActivity(name, u.Activity.Range)
			}
		}
	}
}
