package lower

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

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

// A verbKey is one verb of an override and what it names.
type verbKey struct {
	o     *dsl.Override
	verb  string
	place int
	text  string
}

type verb struct {
	rng     hcl.Range
	matched bool
	kind    string // "statement" or "action"
	have    map[string]bool
	instead string // what to write, where that is known
}

func newUsage() *usage {
	return &usage{applied: map[*dsl.Override]bool{}, complete: map[*dsl.Override]bool{}, hints: map[*dsl.Override]string{}, verbs: map[verbKey]*verb{}}
}

func (u *usage) seen(o *dsl.Override) { u.applied[o] = true }

func (u *usage) all(o *dsl.Override) { u.complete[o] = true }

// declared notes an override of a role, or of a persona that a role has.
func (u *usage) declared(o *dsl.Override) {
	if _, ok := u.hints[o]; !ok {
		u.hints[o] = ""
		u.order = append(u.order, o)
	}
}

func (u *usage) absent(o *dsl.Override, hint string) { u.hints[o] = hint }

// maxHave is how many names a suggestion for a verb is looked for among.
const maxHave = 1000

// verb notes what became of a verb in one role; have is what it could have
// named there.
func (u *usage) verb(key verbKey, rng hcl.Range, matched bool, kind string, have []string, instead string) {
	v := u.verbs[key]
	if v == nil {
		v = &verb{rng: rng, kind: kind, have: map[string]bool{}}
		u.verbs[key] = v
		u.keys = append(u.keys, key)
	}
	v.matched = v.matched || matched
	if v.matched {
		v.have = nil
		return
	}
	if v.instead == "" {
		v.instead = instead
	}
	for _, name := range have {
		if len(v.have) < maxHave {
			v.have[name] = true
		}
	}
}

// report makes errors of overrides and verbs that matched nothing.
func (u *usage) report(l *lowerer) {
	for _, o := range l.prog.Overrides {
		u.declared(o)
	}
	for _, o := range u.order {
		if u.applied[o] || l.prog.Definitions[o.Activity.Text] == nil {
			continue // an unknown activity is reported where it is resolved
		}
		hint := u.hints[o]
		if hint == "" {
			hint = " Add the activity to a role, or delete the override."
		}
		l.errorf("unmatched-override", o.Activity.Range, "No role that this override speaks of has the activity %q, so it changes nothing.%s", o.Activity.Text, hint)
	}
	for _, key := range u.keys {
		v := u.verbs[key]
		if v.matched || u.complete[key.o] {
			continue
		}
		activity := key.o.Activity.Text
		if key.text == "" {
			l.errorf("unmatched-override", v.rng, "The activity %q has no statement that allows anything in any role that this override speaks of, so there is nothing to narrow. Delete the block.", activity)
			continue
		}
		hint := v.instead
		if hint == "" {
			have := slices.Sorted(maps.Keys(v.have))
			hint = l.c.DidYouMean(key.text, have, listed(have, activity))
		}
		l.errorf("unmatched-override", v.rng, "The activity %q has no %s %q in any role that this override speaks of.%s", activity, v.kind, key.text, hint)
	}
}

// listed says what an activity has, where that is short enough to read.
func listed(have []string, activity string) string {
	switch {
	case len(have) == 0:
		return "It has none."
	case len(have) > 12:
		return "`smr catalog " + activity + "` lists what it has."
	}
	return "It has " + diag.Quote(have) + "."
}
