package escalation

import "slices"

// A NewPath is a path that a change opens. Opened is the first of its steps
// that there was not, len(Steps) where only its end is an administrator since.
type NewPath struct {
	Path
	Opened int
}

// NewPaths finds the paths among roles that there were not when they were base:
// was has for each role of head its place in base, -1 for a new one. A path is
// new if one of its steps is, or if its end was no administrator.
//
// Beside those of [Judge.Paths] it finds single steps that the name of a role
// opens and no policy: to a role whose ARN is another now, and from a new ARN
// to a role that trusted it. unknown counts the pairs of these that were too
// many to look at, or undecided.
func (j *Judge) NewPaths(base, head []Role, was []int) (paths []NewPath, unknown int) {
	now, before := newGraph(j, head), newGraph(j, base)
	opened := func(s Step) bool {
		from, to := was[s.From], was[s.To]
		if from < 0 || to < 0 || !before.may(from, to) {
			return true
		}
		_, there := before.step(from, to)
		return !there
	}
	admin := now.administrators()
	all := now.toAdministrators(admin)
	for _, p := range append(all, now.toMore(admin, all)...) {
		at := slices.IndexFunc(p.Steps, opened)
		last := p.Steps[len(p.Steps)-1].To
		switch {
		case at >= 0:
			paths = append(paths, NewPath{p, at})
		case p.Action != "" && (was[last] < 0 || before.administrator(was[last]) == ""):
			paths = append(paths, NewPath{p, len(p.Steps)})
		}
	}
	now.unknown, now.looked = 0, 0
	for _, s := range now.byName(base, was) {
		told := slices.ContainsFunc(paths, func(p NewPath) bool { return len(p.Steps) == 1 && p.Steps[0] == s })
		if !told && opened(s) {
			paths = append(paths, NewPath{Path{Steps: []Step{s}}, 0})
		}
	}
	return paths, now.unknown
}

// byName are the steps that ARNs open which no role of that place had in base.
func (g *graph) byName(base []Role, was []int) (steps []Step) {
	look := func(from, to int, byTrust bool) {
		if !g.may(from, to) || byTrust && !g.namedBy[to][g.roles[from].ARN] {
			return
		}
		if g.looked++; g.looked > maxSteps {
			g.unknown++
			return
		}
		if s, ok := g.step(from, to); ok && (!byTrust || s.Way == Assume) {
			steps = append(steps, s)
		}
	}
	for i := range g.roles {
		isNew := was[i] < 0
		if !isNew && base[was[i]].ARN == g.roles[i].ARN {
			continue
		}
		for other := range g.roles {
			if !isNew {
				look(other, i, false)
			}
			if was[other] >= 0 && (isNew || base[was[other]].ARN == g.roles[other].ARN) {
				look(i, other, true)
			}
		}
	}
	return steps
}
