package importer

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Levels of a plan, tried in turn until one is proved.
const (
	levelEdited     = iota // activities with overrides
	levelExact             // activities as they are
	levelStatements        // statements alone
	levels
)

// A wide is the role-wide settings of a plan.
type wide struct {
	vpc, kms [2][]string // empty lists: no block
	pass     []string
	// Notes on settings that no policy of the role names.
	vpcNote, kmsNote string
}

func (w *wide) fixed() binding {
	b := binding{}
	if len(w.vpc[0]) > 0 {
		b[subnets], b[securityGroups] = w.vpc[0], w.vpc[1]
	}
	if len(w.kms[0]) > 0 {
		b[dataKeys], b[volumeKeys] = w.kms[0], w.kms[1]
	}
	if len(w.pass) > 0 {
		b[passRoles] = w.pass
	}
	return b
}

// admits reports whether a form is the one that an activity takes in a role
// with these settings.
func (w *wide) admits(f *form) bool {
	return f.vpc == (len(w.vpc[0]) > 0 && f.activity.VPCForm) && f.kms == (len(w.kms[0]) > 0 && f.activity.KMSForm) &&
		(f.empty[passRoles] == (len(w.pass) == 0) || !takesPassRoles(f.activity))
}

func takesPassRoles(a *ir.Activity) bool {
	return slices.ContainsFunc(a.Params, func(p *ir.Param) bool { return p.Name == passRoles && p.From != "" })
}

// A choice is one activity of a plan.
type choice struct {
	solution *solution
	edits    edits
}

func (c *choice) name() string { return c.solution.form.activity.Name }

// A plan is a role in the words of the language.
type plan struct {
	edition    *edition
	wide       wide
	choices    []*choice
	statements []labeled
	managed    []string
	cost       int
}

// A labeled statement has the label it is written with.
type labeled struct {
	label string
	policy.Statement
}

// A planner plans one role in one edition.
type planner struct {
	edition *edition
	texts   []text
	kept    []string
	forms   []*form
	u       *universe
	parts   []*universe // one for each text
	level   int
	without []string // activities that do not work for the role
	hint    wide     // settings of other roles of the account
}

func newPlanner(e *edition, s *subject, forms []*form, level int) *planner {
	p := &planner{edition: e, texts: slices.Concat(s.managed, s.inline), kept: s.kept, forms: forms, level: level}
	p.cut()
	return p
}

// cut cuts the role's policies into atoms, all together and each alone.
func (p *planner) cut() {
	p.u, p.parts = newUniverse(), nil
	for i, t := range p.texts {
		p.u.add(t.doc, i)
		part := newUniverse()
		part.add(t.doc, i)
		p.parts = append(p.parts, part)
	}
	for _, arn := range p.kept {
		p.u.managed[arn] = true
		for _, part := range p.parts {
			part.managed[arn] = true
		}
	}
}

// plan is the cheapest plan over the role-wide settings that the policies speak
// of. A policy that others have too and that is no activity stays attached.
func (p *planner) plan() *plan {
	best := p.cheapest()
	var own []text
	var shared []string
	for i, t := range p.texts {
		if t.shared && slices.ContainsFunc(p.u.left(), func(w written) bool { return w.policy == i }) {
			shared = append(shared, t.arn)
		} else {
			own = append(own, t)
		}
	}
	if len(shared) == 0 {
		return best
	}
	p.texts, p.kept = own, append(slices.Clone(p.kept), shared...)
	p.cut()
	return p.cheapest()
}

func (p *planner) cheapest() *plan {
	if p.level == levelStatements {
		return p.build(wide{})
	}
	var best *plan
	options := p.settings()
	for _, w := range options {
		if next := p.build(w); best == nil || next.cost < best.cost {
			best = next
		}
	}
	return p.build(best.wide) // so that p.u is what the best plan left
}

// settings are the role-wide settings to try, from what forms with open
// settings find in the role.
func (p *planner) settings() []wide {
	votes := map[string]map[string]int{}
	values := map[string][]string{}
	for _, f := range p.forms {
		if !f.vpc && !f.kms && !takesPassRoles(f.activity) {
			continue
		}
		for _, s := range p.u.solve(f, nil, p.level == levelEdited) {
			for _, group := range [][]string{{subnets, securityGroups}, {dataKeys}, {volumeKeys}, {passRoles}} {
				list := slices.Clone(s.args[group[0]])
				if list == nil || len(group) > 1 && s.args[group[1]] == nil {
					continue
				}
				if len(group) > 1 {
					list = append(append(list, "\x00"), s.args[group[1]]...)
				}
				key := strings.Join(list, "\x01")
				values[key] = list
				if votes[group[0]] == nil {
					votes[group[0]] = map[string]int{}
				}
				votes[group[0]][key] += s.total - s.lacking
			}
		}
	}
	top := func(name string) []string {
		best, most := "", 0
		for _, key := range slices.Sorted(maps.Keys(votes[name])) {
			if votes[name][key] > most {
				best, most = key, votes[name][key]
			}
		}
		return values[best]
	}
	var vpcs, kmss []wide
	if list := top(subnets); list != nil {
		i := slices.Index(list, "\x00")
		vpcs = append(vpcs, wide{vpc: [2][]string{list[:i], list[i+1:]}})
	} else if len(p.hint.vpc[0]) > 0 {
		vpcs = append(vpcs, wide{vpc: p.hint.vpc, vpcNote: "no policy of the role names its VPC; the vpc block is that of the other roles"})
	}
	switch data, volume := top(dataKeys), top(volumeKeys); {
	case data != nil && volume != nil:
		kmss = append(kmss, wide{kms: [2][]string{data, volume}})
	case data != nil:
		kmss = append(kmss, wide{kms: [2][]string{data, data}, kmsNote: "no policy of the role names volume keys; the data keys stand in their place, where nothing uses them"})
	case volume != nil:
		kmss = append(kmss, wide{kms: [2][]string{volume, volume}, kmsNote: "no policy of the role names data keys; the volume keys stand in their place, where nothing uses them"})
	}
	var out []wide
	for _, v := range append(vpcs, wide{}) {
		for _, k := range append(slices.Clone(kmss), wide{}) {
			out = append(out, wide{vpc: v.vpc, vpcNote: v.vpcNote, kms: k.kms, kmsNote: k.kmsNote, pass: top(passRoles)})
		}
	}
	return out
}

// build plans with given settings.
func (p *planner) build(w wide) *plan {
	out := &plan{edition: p.edition, wide: w}
	clear(p.u.consumed)
	if p.level < levelStatements {
		p.recognize(out)
	}
	p.finish(out)
	return out
}

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
	for changed := true; changed; {
		n := len(out.choices)
		out.choices = slices.DeleteFunc(out.choices, func(c *choice) bool {
			return slices.ContainsFunc(c.solution.form.activity.Requires, func(any []string) bool {
				return !slices.ContainsFunc(any, out.has)
			})
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

// finish writes out what no activity accounts for.
func (p *planner) finish(out *plan) {
	taken := map[string]bool{}
	for _, c := range out.choices {
		if m := c.solution.form.managed; m != "" {
			taken[m] = true
		}
	}
	for _, arn := range p.kept {
		if !taken[arn] {
			out.managed = append(out.managed, arn)
		}
	}
	p.extras(out)
	slices.SortStableFunc(out.choices, func(a, b *choice) int { return cmp.Compare(a.name(), b.name()) })
	out.cost = len(out.managed) + 4*len(out.statements) + 2*min(len(out.wide.vpc[0]), 1) + 2*min(len(out.wide.kms[0]), 1)
	for _, c := range out.choices {
		out.cost += 2 + c.edits.verbs()
		for _, list := range c.solution.args {
			out.cost += min(len(list), 1)
		}
	}
}
