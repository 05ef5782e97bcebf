package importer

import (
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// maxBindings bounds the ways in which the conditions of a form can be filled
// that are followed: each is a different list of accounts or keys.
const maxBindings = 8

// A binding says what fills holes.
type binding map[string][]string

// A solution is a form whose holes are filled such that all, or nearly all, of
// its atoms are in a universe.
type solution struct {
	form    *form
	args    binding
	conds   []int    // of each statement, -1 where the universe lacks them
	wider   [][]int  // of each statement, sets of conditions that hold further ones; near solutions only
	missing [][]atom // of each statement
	lacking int      // atoms in missing
	limited int      // of these, atoms that are there under further conditions
	total   int      // atoms of the form
}

// solve fills the holes of a form from a universe; fixed fills role-wide ones.
// Exact solutions have no atom missing; near ones have some atom.
func (u *universe) solve(f *form, fixed binding, near bool) []*solution {
	if f.managed != "" && !u.managed[f.managed] || !u.likely(f, near) {
		return nil
	}
	start := binding{}
	for _, h := range f.holes {
		if list, ok := fixed[h]; ok {
			start[h] = list
		}
	}
	var out []*solution
	for _, b := range u.bind(f, start, near) {
		s := &solution{form: f, args: b}
		for i := range f.statements {
			s.conds = append(s.conds, u.find(&f.statements[i], b))
			if near {
				s.wider = append(s.wider, u.supersets(&f.statements[i], b))
			}
		}
		if u.fill(s, near) && u.evaluate(s) && (s.lacking == 0 || near && s.lacking-s.limited < s.total) {
			out = append(out, s)
		}
	}
	return out
}

// likely is a quick look whether the actions of a form are there at all: every
// one, or for a near solution one of every other statement.
func (u *universe) likely(f *form, near bool) bool {
	n := 0
	for i := range f.statements {
		if slices.ContainsFunc(f.statements[i].actions, func(a string) bool { return u.hasAction(a) == near }) == near {
			n++
		}
	}
	return n == len(f.statements) || near && 2*n >= len(f.statements)
}

func (u *universe) hasAction(action string) bool {
	if u.actions[action] {
		return true
	}
	return slices.ContainsFunc(u.wide, func(w atom) bool { return policy.Match(w.action, action) })
}

// bind fills the holes that stand in conditions, whose values must be exactly
// those of a set of conditions in the universe.
func (u *universe) bind(f *form, start binding, near bool) []binding {
	list := []binding{start}
	for i := range f.statements {
		s := &f.statements[i]
		if !s.bound {
			continue
		}
		var next []binding
		for _, b := range list {
			if filled(s, b) {
				next = append(next, b)
				continue
			}
			for id, conds := range u.conds {
				if !slices.ContainsFunc(s.actions, func(a string) bool { return u.lists[actionUnder{a, id}] != nil }) {
					continue
				}
				if more, ok := unify(s.conds, conds, b); ok && len(next) < maxBindings {
					next = append(next, more)
				}
			}
		}
		if next == nil && near {
			continue
		}
		list = next
	}
	return list
}

// filled reports whether no hole of a statement's conditions is open.
func filled(s *pattern, b binding) bool {
	for _, c := range s.conds {
		for _, v := range c.values {
			if v.hole != "" && b[v.hole] == nil {
				return false
			}
		}
	}
	return true
}

// unify fills the open holes of conditions such that they equal others.
func unify(pattern []condition, conds []policy.Condition, b binding) (binding, bool) {
	if len(pattern) != len(conds) {
		return nil, false
	}
	out := maps.Clone(b)
	for _, p := range pattern {
		i := slices.IndexFunc(conds, func(c policy.Condition) bool { return c.Operator == p.operator && c.Key == p.key })
		if i < 0 || !unifyValues(p.values, conds[i].Values, out) {
			return nil, false
		}
	}
	return out, true
}

// unifyValues fills at most one open hole: with all values that no other value
// of the pattern accounts for.
func unifyValues(pattern []value, values []string, b binding) bool {
	want := map[string]bool{}
	var open *value
	for i, v := range pattern {
		switch {
		case v.hole == "":
			want[v.before] = true
		case b[v.hole] != nil:
			for _, x := range b[v.hole] {
				want[v.before+x+v.after] = true
			}
		case open != nil:
			return false
		default:
			open = &pattern[i]
		}
	}
	var rest []string
	for _, x := range values {
		if want[x] {
			delete(want, x)
			continue
		}
		if open == nil {
			return false
		}
		inner, ok := open.match(x)
		if !ok {
			return false
		}
		rest = append(rest, inner)
	}
	if len(want) > 0 || open != nil && len(rest) == 0 {
		return false
	}
	if open != nil {
		b[open.hole] = rest
	}
	return true
}

// match is what stands in the hole where the value is s.
func (v *value) match(s string) (string, bool) {
	if len(s) <= len(v.before)+len(v.after) || !strings.HasPrefix(s, v.before) || !strings.HasSuffix(s, v.after) {
		return "", false
	}
	return s[len(v.before) : len(s)-len(v.after)], true
}

// find is the number of a statement's conditions, -1 where the universe has no
// such set.
func (u *universe) find(s *pattern, b binding) int {
	if !filled(s, b) {
		return -1
	}
	if id, ok := u.condIDs[conditionsKey(instantiate(s, b))]; ok {
		return id
	}
	return -1
}

// supersets are the sets of conditions that hold those of a statement and
// others, on other operators and keys.
func (u *universe) supersets(s *pattern, b binding) []int {
	if !filled(s, b) {
		return nil
	}
	own := instantiate(s, b)
	var out []int
	for id, conds := range u.conds {
		if more := further(conds, own); len(more) > 0 {
			out = append(out, id)
		}
	}
	return out
}

// further are the conditions of a set beyond others, which it must hold; nil
// where it does not, or speaks of one operator and key differently.
func further(conds, own []policy.Condition) []policy.Condition {
	if len(conds) <= len(own) {
		return nil
	}
	var more []policy.Condition
	for _, c := range conds {
		i := slices.IndexFunc(own, func(o policy.Condition) bool { return o.Operator == c.Operator && o.Key == c.Key })
		switch {
		case i < 0:
			more = append(more, c)
		case !slices.Equal(own[i].Values, c.Values):
			return nil
		}
	}
	if len(more)+len(own) != len(conds) {
		return nil
	}
	return more
}

// instantiate are the conditions of a statement with its holes filled.
func instantiate(s *pattern, b binding) []policy.Condition {
	list := make([]policy.Condition, 0, len(s.conds))
	for _, c := range s.conds {
		list = append(list, policy.Condition{Operator: c.operator, Key: c.key, Values: expand(c.values, b)})
	}
	return canonicalConditions(list)
}

func expand(list []value, b binding) []string {
	var out []string
	for _, v := range list {
		if v.hole == "" {
			out = append(out, v.before)
			continue
		}
		for _, x := range b[v.hole] {
			out = append(out, v.before+x+v.after)
		}
	}
	return out
}

// evaluate looks for every atom of the form; false where there are too many.
func (u *universe) evaluate(s *solution) bool {
	s.missing = make([][]atom, len(s.form.statements))
	for i := range s.form.statements {
		p := &s.form.statements[i]
		resources := expand(p.resources, s.args)
		s.total += len(p.actions) * len(resources)
		if s.total > maxAtoms {
			return false
		}
		for _, action := range p.actions {
			for _, r := range resources {
				if a := (atom{action, r, s.conds[i]}); a.conds < 0 || !u.has(a) {
					s.missing[i] = append(s.missing[i], a)
					s.lacking++
					if s.wider != nil && slices.ContainsFunc(s.wider[i], func(set int) bool { return u.has(atom{action, r, set}) }) {
						s.limited++
					}
				}
			}
		}
	}
	return true
}

// present calls f with the atoms of a solution that the universe has as they
// are.
func (u *universe) present(s *solution, f func(int)) {
	for i := range s.form.statements {
		if s.conds[i] < 0 {
			continue
		}
		p := &s.form.statements[i]
		for _, action := range p.actions {
			for _, r := range expand(p.resources, s.args) {
				if at, ok := u.index[atom{action, r, s.conds[i]}]; ok {
					f(at)
				}
			}
		}
	}
}

// gain is how many atoms a solution accounts for that nothing did before, and
// whether it accounts for an attached policy.
func (u *universe) gain(s *solution) int {
	n := 0
	u.present(s, func(at int) {
		if !u.consumed[at] {
			n++
		}
	})
	return n
}

// plausible reports whether a text can be what a parameter takes; what is not
// stays a statement of its own.
func plausible(f *form, hole, s string) bool {
	kind := "arn"
	switch hole {
	case subnets, securityGroups:
		kind = "string"
	default:
		for _, p := range f.activity.Params {
			if p.Name == hole {
				kind = p.Type.Kind
			}
		}
	}
	switch kind {
	case "bucket_name":
		return plain(s, ".-_") && len(s) >= 3 && len(s) <= 255
	case "account_id":
		return policy.IsAccountID(s)
	case "arn":
		_, ok := policy.ParseARN(s)
		return ok && !strings.Contains(s, "${")
	}
	return s == "*" && hole == "tracking_servers" || plain(s, "._/:-")
}

// plain reports whether s is ASCII letters, digits and the given marks.
func plain(s, marks string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune(marks, r) {
			return false
		}
	}
	return s != ""
}
