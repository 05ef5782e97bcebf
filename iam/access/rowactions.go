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
	// What is left has no pattern of its own: take one that is wider, and
	// except from it what it names beyond.
	wide, missed := greedy(candidates, rest)
	in = append(in, wide...)
	for i := range missed.all {
		in = append(in, e.spell(i))
	}
	excess := newSet(len(e.actions))
	for _, c := range candidates {
		if slices.Contains(wide, c.name) {
			excess.or(c.classes)
		}
	}
	excess.andNot(classes)
	var apart []cover
	for _, c := range candidates {
		if !c.classes.meets(classes) {
			apart = append(apart, c)
		}
	}
	out, _ = greedy(apart, excess)
	return e.sorted(in), e.sorted(out)
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
