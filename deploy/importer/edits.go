package importer

import (
	"slices"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// Edits are what the override of one activity says.
type edits struct {
	remove        []string // labels
	removeActions []string
	narrow        []narrowing
	allow, deny   []labeled
	narrowed      []int // atoms that narrowed statements account for
}

// A narrowing limits one statement; what is nil is left as it is.
type narrowing struct {
	label              string
	also               []string // further statements
	all                bool     // these are all of the activity's
	actions, resources []string
	conds              []policy.Condition
}

func (e *edits) verbs() int {
	n := len(e.remove) + 6*(len(e.allow)+len(e.deny))
	if len(e.removeActions) > 0 {
		n++
	}
	for _, w := range e.narrow {
		n += 1 + min(len(w.actions), 1) + min(len(w.resources), 1) + len(w.conds)
	}
	return n
}

// nearly takes activities of which something is missing, as long as that says
// it shorter than statements do.
func (p *planner) nearly(out *plan, forms []*form, fixed binding) {
	if !slices.Contains(p.u.consumed, false) {
		return
	}
	var near []*solution
	for _, f := range forms {
		if !out.has(f.activity.Name) {
			near = append(near, p.u.solve(f, fixed, true)...)
		}
	}
	for range len(p.edition.activities) {
		var best *choice
		most := 0
		for _, s := range near {
			if s.lacking == 0 || out.has(s.form.activity.Name) {
				continue
			}
			c := &choice{solution: s, edits: p.edit(s)}
			if score := p.saves(c) + p.favor(s) - c.edits.verbs() - 2; score > most {
				best, most = c, score
			}
		}
		if best == nil {
			return
		}
		p.choose(out, best)
	}
}

// favor favors an activity that a policy of the role is named for.
func (p *planner) favor(s *solution) int {
	for i := range p.texts {
		if p.named(s.form.activity, i) {
			return 2
		}
	}
	return 0
}

// saves is how much shorter the statements that are left become by a choice.
func (p *planner) saves(c *choice) int {
	before := length(p.u.left())
	was := slices.Clone(p.u.consumed)
	p.u.present(c.solution, func(at int) { p.u.consumed[at] = true })
	for _, at := range c.edits.narrowed {
		p.u.consumed[at] = true
	}
	saved := before - length(p.u.left())
	copy(p.u.consumed, was)
	return saved
}

// length is what statements cost a plan.
func length(list []written) int {
	n := 0
	for i := range list {
		n += 4 + bulk(&list[i].Statement)
	}
	return n
}

// edit finds the override that takes away what the universe does not have.
func (p *planner) edit(s *solution) edits {
	var e edits
	gone := map[string]int{} // statements that an action is to go from
	for i := range s.form.statements {
		st := &s.form.statements[i]
		if len(s.missing[i]) == 0 {
			continue
		}
		if len(s.missing[i]) == len(st.actions)*len(expand(st.resources, s.args)) {
			if n, at, ok := p.conditioned(s, i); ok {
				e.narrow = append(e.narrow, n)
				e.narrowed = append(e.narrowed, at...)
			} else {
				e.remove = append(e.remove, st.label)
			}
			continue
		}
		p.partly(s, i, &e, gone)
	}
	p.actionsGone(s, &e, gone)
	e.spell(s.form)
	e.join(s.form)
	return e
}

// join makes one of narrowings that limit several statements alike.
func (e *edits) join(f *form) {
	var out []narrowing
	for _, n := range e.narrow {
		i := slices.IndexFunc(out, func(o narrowing) bool {
			return slices.Equal(o.actions, n.actions) && slices.Equal(o.resources, n.resources) && slices.EqualFunc(o.conds, n.conds, func(a, b policy.Condition) bool {
				return a.Operator == b.Operator && a.Key == b.Key && slices.Equal(a.Values, b.Values)
			})
		})
		if i < 0 || len(n.actions)+len(n.resources) > 0 {
			out = append(out, n)
			continue
		}
		out[i].also = append(out[i].also, n.label)
	}
	for i := range out {
		out[i].all = len(out[i].also)+1 == len(f.statements) && len(f.statements) > 1
	}
	e.narrow = out
}

// spell writes actions as the catalogue does.
func (e *edits) spell(f *form) {
	spelled := map[string]string{}
	for i := range f.statements {
		for j, a := range f.statements[i].actions {
			spelled[a] = f.statements[i].spelled[j]
		}
	}
	lists := [][]string{e.removeActions}
	for _, n := range e.narrow {
		lists = append(lists, n.actions)
	}
	for _, list := range lists {
		for i, a := range list {
			list[i] = spelled[a]
		}
	}
}

// partly handles a statement of which some actions or some resources are
// missing.
func (p *planner) partly(s *solution, i int, e *edits, gone map[string]int) {
	st := &s.form.statements[i]
	missing := map[atom]bool{}
	for _, a := range s.missing[i] {
		missing[a] = true
	}
	resources := expand(st.resources, s.args)
	var actions []string
	for _, a := range st.actions {
		if slices.ContainsFunc(resources, func(r string) bool { return !missing[atom{a, r, s.conds[i]}] }) {
			actions = append(actions, a)
		} else {
			gone[a]++
		}
	}
	common := slices.DeleteFunc(slices.Clone(resources), func(r string) bool {
		return slices.ContainsFunc(actions, func(a string) bool { return missing[atom{a, r, s.conds[i]}] })
	})
	switch {
	case len(common) == len(resources):
	case len(common) > 0:
		e.narrow = append(e.narrow, narrowing{label: st.label, resources: common})
	default: // no product: keep the actions that have every resource
		kept := slices.DeleteFunc(slices.Clone(actions), func(a string) bool {
			return slices.ContainsFunc(resources, func(r string) bool { return missing[atom{a, r, s.conds[i]}] })
		})
		if len(kept) == 0 {
			e.remove = append(e.remove, st.label)
			return
		}
		e.narrow = append(e.narrow, narrowing{label: st.label, actions: kept})
	}
}

// actionsGone says which actions go: for the whole activity where no statement
// keeps them, else statement by statement.
func (p *planner) actionsGone(s *solution, e *edits, gone map[string]int) {
	for i := range s.form.statements {
		st := &s.form.statements[i]
		if len(s.missing[i]) == 0 || slices.Contains(e.remove, st.label) {
			continue
		}
		var kept []string
		limited := false
		for _, a := range st.actions {
			if gone[a] == 0 || !p.lacksAction(s, i, a) {
				kept = append(kept, a)
				continue
			}
			if p.elsewhere(s, e, a) {
				limited = true
			} else if !slices.Contains(e.removeActions, a) {
				e.removeActions = append(e.removeActions, a)
			}
		}
		if limited && len(kept) > 0 {
			at := slices.IndexFunc(e.narrow, func(n narrowing) bool { return n.label == st.label })
			if at < 0 {
				at = len(e.narrow)
				e.narrow = append(e.narrow, narrowing{label: st.label})
			}
			if e.narrow[at].actions == nil {
				e.narrow[at].actions = kept
			}
		}
	}
}

// lacksAction reports whether a statement has an action nowhere.
func (p *planner) lacksAction(s *solution, i int, action string) bool {
	n := 0
	for _, a := range s.missing[i] {
		if a.action == action {
			n++
		}
	}
	return n == len(expand(s.form.statements[i].resources, s.args))
}

// elsewhere reports whether some statement keeps an action.
func (p *planner) elsewhere(s *solution, e *edits, action string) bool {
	for i := range s.form.statements {
		st := &s.form.statements[i]
		if slices.Contains(st.actions, action) && !slices.Contains(e.remove, st.label) && !p.lacksAction(s, i, action) {
			return true
		}
		if slices.ContainsFunc(e.narrow, func(n narrowing) bool { return n.label == st.label && len(n.conds) > 0 }) && slices.Contains(st.actions, action) {
			return true
		}
	}
	return false
}

// conditioned finds a statement of which every atom is there under further
// conditions.
func (p *planner) conditioned(s *solution, i int) (n narrowing, at []int, ok bool) {
	st := &s.form.statements[i]
	if !filled(st, s.args) {
		return n, nil, false
	}
	own := instantiate(st, s.args)
	for id, conds := range p.u.conds {
		more := further(conds, own)
		if len(more) == 0 {
			continue
		}
		at = nil
		for _, a := range st.actions {
			for _, r := range expand(st.resources, s.args) {
				if place, there := p.u.index[atom{a, r, id}]; there {
					at = append(at, place)
				}
			}
		}
		if len(at) > 0 && len(at) == len(s.missing[i]) {
			return narrowing{label: st.label, conds: asWritten(more, p.u.spelled[id])}, at, true
		}
	}
	return n, nil, false
}

// asWritten are canonical conditions in the spelling that they have among
// others.
func asWritten(list, spelled []policy.Condition) []policy.Condition {
	out := slices.Clone(list)
	for i, c := range list {
		for _, o := range spelled {
			if op, ok := policy.ParseOperator(o.Operator); ok && op.String() == c.Operator && policy.Lower(o.Key) == c.Key {
				out[i].Key = o.Key
			}
		}
	}
	return out
}
