package access

import (
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A cover is a name for a set of classes.
type cover struct {
	name    string
	classes set
}

// spellActions names a set of action classes by few patterns: those that the
// policies write, a service's or all actions. Where a pattern also names other
// classes, out excepts them.
func (e *engine) spellActions(classes set) (in, out []string) {
	candidates := e.actionCovers()
	pure := slices.DeleteFunc(slices.Clone(candidates), func(c cover) bool { return !c.classes.within(classes) })
	in, rest := greedy(pure, classes)
	if rest.empty() {
		return e.sorted(in), nil
	}
	wide, out := withHoles(candidates, candidates, rest, classes)
	return e.sorted(append(in, wide...)), e.sorted(out)
}

// withHoles covers the wanted classes with candidates that also name classes
// beyond the found ones, and names holes in them. It prefers candidates whose
// excess the holes can name, then those that cover more, then narrow ones. All
// candidates together cover what is wanted.
func withHoles(candidates, holes []cover, wanted, found set) (in, out []string) {
	var apart []cover
	removable := make(set, len(found))
	for _, c := range holes {
		if !c.classes.meets(found) {
			apart = append(apart, c)
			removable.or(c.classes)
		}
	}
	rest := wanted.clone()
	excess := make(set, len(found))
	for !rest.empty() {
		best, bestBad, bestGain := -1, 0, 0
		for i, c := range candidates {
			gain := c.classes.common(rest)
			if gain == 0 {
				continue
			}
			bad := c.classes.clone()
			bad.andNot(found)
			bad.andNot(removable)
			n := bad.len()
			if best < 0 || n < bestBad || n == bestBad && (gain > bestGain || gain == bestGain && c.classes.len() < candidates[best].classes.len()) {
				best, bestBad, bestGain = i, n, gain
			}
		}
		in = append(in, candidates[best].name)
		rest.andNot(candidates[best].classes)
		excess.or(candidates[best].classes)
	}
	excess.andNot(found)
	out, _ = greedy(apart, excess)
	return in, out
}

// actionCovers returns what may name classes: everything, the whole of a
// service, and every pattern; the widest first.
func (e *engine) actionCovers() []cover {
	if e.covers != nil {
		return e.covers
	}
	byPattern := make([]set, len(e.p.actionPatterns))
	byService := map[string]set{}
	everything := newSet(len(e.actions))
	for i, a := range e.actions {
		everything.add(i)
		for n := range a.patterns.all {
			addTo(&byPattern[n], i, len(e.actions))
		}
		if s := e.serviceOf(i); e.p.names(s) {
			list := byService[s]
			addTo(&list, i, len(e.actions))
			byService[s] = list
		}
	}
	list := []cover{{"*", everything}}
	for _, s := range slices.Sorted(maps.Keys(byService)) {
		list = append(list, cover{s + ":*", byService[s]})
	}
	for n, c := range byPattern {
		if c != nil && e.p.actionPatterns[n] != "*" {
			list = append(list, cover{e.p.actionNames[n], c})
		}
	}
	slices.SortStableFunc(list, func(a, b cover) int { return b.classes.len() - a.classes.len() })
	e.covers = list
	return list
}

func addTo(s *set, i, size int) {
	if *s == nil {
		*s = newSet(size)
	}
	s.add(i)
}

func (e *engine) serviceOf(class int) string {
	s, _, _ := strings.Cut(e.actions[class].text, ":")
	return s
}

// greedy covers the wanted classes with candidates, the widest first; rest is
// what no candidate covers.
func greedy(candidates []cover, wanted set) (names []string, rest set) {
	rest = wanted.clone()
	for _, c := range candidates {
		if rest.empty() {
			break
		}
		if c.classes.meets(rest) {
			names = append(names, c.name)
			rest.andNot(c.classes)
		}
	}
	return names, rest
}

// sorted orders names as policies do, without regard to case.
func (e *engine) sorted(names []string) []string {
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(policy.Lower(a), policy.Lower(b)) })
	return slices.Compact(names)
}
