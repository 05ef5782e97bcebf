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
	lacking    map[string]string // activities that are left out, and what they need
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
	var best, last *plan
	for _, w := range p.settings() {
		last = p.build(w)
		if best == nil || last.cost < best.cost {
			best = last
		}
		if last.plain() && w.vpcNote == "" {
			break // the settings that the role speaks of explain all of it
		}
	}
	if best != last {
		best = p.build(best.wide) // so that p.u is what the plan left
	}
	return best
}

// plain reports whether activities say everything, without overrides.
func (out *plan) plain() bool {
	return len(out.statements) == 0 && !slices.ContainsFunc(out.choices, func(c *choice) bool { return c.edits.verbs() > 0 })
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
	out.cost = len(out.managed) + 2*min(len(out.wide.vpc[0]), 1) + 2*min(len(out.wide.kms[0]), 1)
	for i := range out.statements {
		out.cost += 4 + bulk(&out.statements[i].Statement)
	}
	for _, c := range out.choices {
		out.cost += 2 + c.edits.verbs()
		for _, list := range [][]labeled{c.edits.allow, c.edits.deny} {
			for i := range list {
				out.cost += bulk(&list[i].Statement)
			}
		}
		for _, list := range c.solution.args {
			out.cost += min(len(list), 1)
		}
	}
}

// bulk is what a statement adds to a plan's cost for its length.
func bulk(s *policy.Statement) int {
	return (len(s.Actions) + len(s.NotActions) + len(s.Resources) + len(s.NotResources) + 2*len(s.Conditions)) / 3
}
