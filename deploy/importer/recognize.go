package importer

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
)

// recognize chooses activities: those that a policy is exactly, then those that
// account for most of what is left, then those that nearly do.
func (p *planner) recognize(out *plan) {
	fixed := out.wide.fixed()
	var admitted []*form
	for _, f := range p.forms {
		if out.wide.admits(f) && !slices.Contains(p.without, f.activity.Name) {
			admitted = append(admitted, f)
		}
	}
	var exact, curtailed []*solution
	var promising []*form
	for _, f := range admitted {
		found := p.u.solve(f, fixed, false)
		if found == nil {
			continue
		}
		promising = append(promising, f)
		if f.curtailed() {
			curtailed = append(curtailed, found...)
		} else {
			exact = append(exact, found...)
		}
	}
	p.wholes(out, promising, fixed)
	p.greedy(out, exact)
	full := slices.DeleteFunc(slices.Clone(admitted), (*form).curtailed)
	if p.level == levelEdited {
		p.nearly(out, full, fixed)
	}
	p.greedy(out, curtailed)
	if p.level == levelEdited {
		p.nearly(out, admitted, fixed)
	}
	p.satisfied(out)
	p.prune(out)
}

// wholes finds policies that are exactly one activity.
func (p *planner) wholes(out *plan, forms []*form, fixed binding) {
	for i, part := range p.parts {
		if slices.Contains(part.opaque, true) || len(part.atoms) == 0 {
			continue
		}
		var best *solution
		for _, f := range forms {
			if out.has(f.activity.Name) {
				continue
			}
			for _, s := range part.solve(f, fixed, false) {
				if part.gain(s) == len(part.atoms) && p.again(s) && (best == nil || p.better(s, best, i)) {
					best = s
				}
			}
		}
		if best != nil {
			p.choose(out, &choice{solution: best})
		}
	}
}

// again finds the conditions of a solution of one policy in the whole role.
func (p *planner) again(s *solution) bool {
	for i := range s.form.statements {
		s.conds[i] = p.u.find(&s.form.statements[i], s.args)
	}
	s.total, s.lacking = 0, 0
	return p.u.evaluate(s) && s.lacking == 0
}

// better prefers the activity that the policy is named for, then fewer
// arguments.
func (p *planner) better(a, b *solution, policy int) bool {
	na, nb := p.named(a.form.activity, policy), p.named(b.form.activity, policy)
	if na != nb {
		return na
	}
	return a.form.arguments() < b.form.arguments()
}

// named reports whether a policy has the name that SageMaker Role Manager, or
// smr, gives to the activity's.
func (p *planner) named(a *ir.Activity, policy int) bool {
	return a.PolicyName != a.Name && strings.HasPrefix(p.texts[policy].name, a.PolicyName)
}

func (out *plan) has(activity string) bool {
	return slices.ContainsFunc(out.choices, func(c *choice) bool { return c.name() == activity })
}

// choose takes a choice and consumes what it accounts for.
func (p *planner) choose(out *plan, c *choice) {
	out.choices = slices.DeleteFunc(out.choices, func(o *choice) bool { return o.name() == c.name() })
	out.choices = append(out.choices, c)
	p.consume(out)
}

// consume marks what the choices account for.
func (p *planner) consume(out *plan) {
	clear(p.u.consumed)
	for _, c := range out.choices {
		p.u.present(c.solution, func(at int) { p.u.consumed[at] = true })
		for _, at := range c.edits.narrowed {
			p.u.consumed[at] = true
		}
	}
}

// worth is what a solution adds to a plan.
func (p *planner) worth(out *plan, s *solution) int {
	n := p.u.gain(s)
	if s.form.managed != "" && !slices.ContainsFunc(out.choices, func(c *choice) bool { return c.solution.form.managed == s.form.managed }) {
		n++
	}
	return n
}

// greedy takes, again and again, the solution that adds most. An activity that
// is chosen already is filled anew if that keeps what it had.
func (p *planner) greedy(out *plan, exact []*solution) {
	for range 4 * len(p.edition.activities) {
		var best *solution
		most := 0
		for _, s := range exact {
			n := p.worth(out, s)
			if n == 0 || n < most || n == most && best != nil && s.form.arguments() >= best.form.arguments() {
				continue
			}
			if old := out.choice(s.form.activity.Name); old != nil && !p.wider(s, old.solution) {
				continue
			}
			best, most = s, n
		}
		if best == nil {
			return
		}
		p.choose(out, &choice{solution: best})
	}
}

func (out *plan) choice(activity string) *choice {
	for _, c := range out.choices {
		if c.name() == activity {
			return c
		}
	}
	return nil
}

// wider reports whether a solution accounts for all that another does.
func (p *planner) wider(s, old *solution) bool {
	have := map[int]bool{}
	p.u.present(s, func(at int) { have[at] = true })
	all := true
	p.u.present(old, func(at int) { all = all && have[at] })
	return all
}

// satisfied drops activities whose dependencies the role lacks: smr refuses
// them, so their statements are written out.
func (p *planner) satisfied(out *plan) {
	out.lacking = map[string]string{}
	for changed := true; changed; {
		n := len(out.choices)
		out.choices = slices.DeleteFunc(out.choices, func(c *choice) bool {
			for _, any := range c.solution.form.activity.Requires {
				if !slices.ContainsFunc(any, out.has) {
					out.lacking[c.name()] = strings.Join(any, " or ")
					return true
				}
			}
			return false
		})
		changed = len(out.choices) != n
	}
	p.consume(out)
}

// prune drops activities, and values of parameters, without which everything is
// accounted for.
func (p *planner) prune(out *plan) {
	before := p.count()
	keeps := func() bool { p.consume(out); return p.count() == before }
	for i := len(out.choices) - 1; i >= 0; i-- {
		c := out.choices[i]
		if c.solution.form.managed != "" || len(c.edits.narrowed) > 0 || p.needed(out, c.name()) {
			continue
		}
		all := out.choices
		out.choices = slices.Delete(slices.Clone(all), i, i+1)
		if !keeps() {
			out.choices = all
		}
	}
	for _, c := range out.choices {
		if c.edits.verbs() > 0 {
			continue // what its statements say depends on the edits
		}
		for _, p := range c.solution.form.activity.Params {
			list := c.solution.args[p.Name]
			if p.From != "" || len(list) < 2 || len(list) > 64 || c.bound(p.Name) {
				continue
			}
			kept := list
			for _, v := range list {
				fewer := slices.DeleteFunc(slices.Clone(kept), func(x string) bool { return x == v })
				if len(fewer) == 0 {
					break
				}
				c.solution.args[p.Name] = fewer
				if keeps() {
					kept = fewer
				}
			}
			c.solution.args[p.Name] = kept
		}
	}
	p.consume(out)
}

// bound reports whether a parameter stands in a condition, where fewer values
// would be another condition.
func (c *choice) bound(param string) bool {
	for i := range c.solution.form.statements {
		for _, cond := range c.solution.form.statements[i].conds {
			if slices.ContainsFunc(cond.values, func(v value) bool { return v.hole == param }) {
				return true
			}
		}
	}
	return false
}

// needed reports whether another activity depends on this one.
func (p *planner) needed(out *plan, name string) bool {
	return slices.ContainsFunc(out.choices, func(c *choice) bool {
		return slices.ContainsFunc(c.solution.form.activity.Requires, func(any []string) bool {
			return slices.Contains(any, name)
		})
	})
}

func (p *planner) count() int {
	n := 0
	for _, c := range p.u.consumed {
		if c {
			n++
		}
	}
	return n
}
