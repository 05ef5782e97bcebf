package lower

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// usage keeps which verbs of overrides matched something in some role: one
// that matches nothing anywhere is an error.
type usage struct {
	applied  map[*dsl.Override]bool
	complete map[*dsl.Override]bool // judged elsewhere: say nothing of its verbs
	order    []*dsl.Override
	hints    map[*dsl.Override]string
	verbs    map[verbKey]*verb
	keys     []verbKey
}

type verbKey struct {
	o    *dsl.Override
	name string
}

type verb struct {
	rng     hcl.Range
	matched bool
	kind    string // "statement" or "action"
	text    string
	have    []string
}

func newUsage() *usage {
	return &usage{applied: map[*dsl.Override]bool{}, complete: map[*dsl.Override]bool{}, hints: map[*dsl.Override]string{}, verbs: map[verbKey]*verb{}}
}

func (u *usage) seen(o *dsl.Override) { u.applied[o] = true }

func (u *usage) all(o *dsl.Override) { u.complete[o] = true }

// declared notes an override of a role, or of a persona that a role has.
func (u *usage) declared(o *dsl.Override, _ *ir.Layer) {
	if _, ok := u.hints[o]; !ok {
		u.hints[o] = ""
		u.order = append(u.order, o)
	}
}

func (u *usage) absent(o *dsl.Override, hint string) { u.hints[o] = hint }

func (u *usage) verb(o *dsl.Override, name string, rng hcl.Range, matched bool, kind, text string, have []string) {
	key := verbKey{o, name}
	v := u.verbs[key]
	if v == nil {
		v = &verb{rng: rng, kind: kind, text: text, have: have}
		u.verbs[key] = v
		u.keys = append(u.keys, key)
	}
	v.matched = v.matched || matched
}

// report makes errors of overrides and verbs that matched nothing.
func (u *usage) report(l *lowerer) {
	for _, o := range l.prog.Overrides {
		u.declared(o, nil)
	}
	for _, o := range u.order {
		if !u.applied[o] && o.Activity.Text != "" {
			hint := u.hints[o]
			if hint == "" {
				hint = " Add the activity to a role, or delete the override."
			}
			l.errorf("unmatched-override", o.Activity.Range, "No role that this override speaks of has the activity %q, so it changes nothing.%s", o.Activity.Text, hint)
		}
	}
	for _, key := range u.keys {
		v := u.verbs[key]
		if v.matched || u.complete[key.o] {
			continue
		}
		slices.Sort(v.have)
		have := slices.Compact(v.have)
		l.errorf("unmatched-override", v.rng, "The activity %q has no %s %q in any role that this override speaks of.%s", key.o.Activity.Text, v.kind, v.text,
			diag.DidYouMean(v.text, have, "`smr catalog "+key.o.Activity.Text+"` lists what it has."))
	}
}
