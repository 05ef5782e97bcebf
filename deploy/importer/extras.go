package importer

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// extras writes out what is left: in the override of the activity that most of
// the policy is, else as statements of the role.
func (p *planner) extras(out *plan) {
	labels := map[string]bool{}
	sids := map[string]bool{}
	owner := p.owners(out)
	for _, w := range p.u.left() {
		st := w.Statement
		if st.SID != "" && (sids[st.SID] || !plain(st.SID, "")) {
			st.SID = ""
		}
		sids[st.SID] = true
		c, known := p.known(out, &st)
		if c == nil {
			c = owner[w.policy]
		}
		if c != nil && p.level == levelEdited {
			used := map[string]bool{}
			for i := range c.solution.form.statements {
				used[c.solution.form.statements[i].label] = true
			}
			for _, l := range slices.Concat(c.edits.allow, c.edits.deny) {
				used[l.label] = true
			}
			l := labeled{unique(used, known), st}
			if st.Effect == policy.Deny {
				c.edits.deny = append(c.edits.deny, l)
			} else {
				c.edits.allow = append(c.edits.allow, l)
			}
			continue
		}
		out.statements = append(out.statements, labeled{unique(labels, label(&st)), st})
	}
}

// known finds the chosen activity of which another form has the statement, and
// the label that the catalogue gives it; without one the label is made.
func (p *planner) known(out *plan, s *policy.Statement) (*choice, string) {
	actions := make([]string, len(s.Actions))
	for i, a := range s.Actions {
		actions[i] = policy.Lower(a)
	}
	slices.Sort(actions)
	for _, c := range out.choices {
		for _, f := range p.forms {
			if f.activity != c.solution.form.activity || s.Effect != policy.Allow || len(actions) == 0 {
				continue
			}
			for i := range f.statements {
				st := &f.statements[i]
				if slices.Equal(actions, slices.Sorted(slices.Values(st.actions))) && st.resembles(s) {
					return c, st.label
				}
			}
		}
	}
	return nil, label(s)
}

// resembles reports whether a statement speaks of the same resources under the
// same kinds of conditions as a pattern, as far as the pattern says.
func (p *pattern) resembles(s *policy.Statement) bool {
	conds := canonicalConditions(s.Conditions)
	if len(conds) != len(p.conds) || !slices.ContainsFunc(p.resources, func(v value) bool { return v.hole != "" }) &&
		!slices.Equal(slices.Sorted(slices.Values(expand(p.resources, nil))), slices.Sorted(slices.Values(s.Resources))) {
		return false
	}
	for _, c := range p.conds {
		if !slices.ContainsFunc(conds, func(o policy.Condition) bool { return o.Operator == c.operator && o.Key == c.key }) {
			return false
		}
	}
	return true
}

// owners is the activity that accounts for at least half of a policy and is the
// only one to.
func (p *planner) owners(out *plan) map[int]*choice {
	owner := map[int]*choice{}
	for i := range p.texts {
		for _, c := range out.choices {
			if !p.named(c.solution.form.activity, i) {
				continue
			}
			n, all := 0, 0
			mine := map[int]bool{}
			p.u.present(c.solution, func(at int) { mine[at] = true })
			for at, from := range p.u.from {
				if slices.ContainsFunc(from, func(s int) bool { return p.u.written[s].policy == i }) {
					all++
					if mine[at] {
						n++
					}
				}
			}
			if 2*n >= all && n > 0 {
				owner[i] = c
			}
		}
	}
	return owner
}

// label names a statement: by its Sid, or by what it does.
func label(s *policy.Statement) string {
	if plain(s.SID, "_-") && len(s.SID) <= 100 {
		return s.SID
	}
	actions := s.Actions
	prefix := ""
	if len(actions) == 0 {
		actions, prefix = s.NotActions, "AllBut"
	}
	if s.Effect == policy.Deny {
		prefix = "Deny" + prefix
	}
	if len(actions) == 0 {
		return prefix + "Statement"
	}
	service, name, _ := strings.Cut(actions[0], ":")
	name = strings.Map(func(r rune) rune {
		if plain(string(r), "") {
			return r
		}
		return -1
	}, name)
	if name == "" || len(actions) > 1 {
		name = ""
	}
	title := strings.ToUpper(service[:min(1, len(service))]) + service[min(1, len(service)):]
	title = strings.Map(func(r rune) rune {
		if plain(string(r), "") {
			return r
		}
		return -1
	}, title)
	if out := prefix + title + name; out != "" && len(out) <= 100 {
		return out
	}
	return prefix + "Statement"
}

// unique is a label that nothing else has, with a number if need be.
func unique(used map[string]bool, label string) string {
	out := label
	for n := 2; used[out]; n++ {
		out = label + itoa(n)
	}
	used[out] = true
	return out
}
