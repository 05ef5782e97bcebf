package access

import (
	"cmp"
	"slices"
	"strconv"
)

// A direction asks for requests that one side allows and the other does not.
type direction struct{ allows, denies layers }

// possible reports whether some request to which just the statements of m can
// apply may be allowed by the one side and not by the other. It looks at no
// condition.
func (d direction) possible(m set) bool {
	for _, l := range d.allows {
		if !l.allow.meets(m) {
			return false
		}
	}
	for _, l := range d.denies {
		if !d.implied(l, m) {
			return true
		}
	}
	return false
}

// implied reports whether a layer of the side that allows has no more allow
// statements than l and all its deny statements: then l allows all that the
// side does.
func (d direction) implied(l layer, m set) bool {
	for _, h := range d.allows {
		ok := true
		for i, w := range m {
			if h.allow[i]&w&^l.allow[i] != 0 || l.deny[i]&w&^h.deny[i] != 0 {
				ok = false
				break
			}
		}
		if ok {
			return true
		}
	}
	return false
}

// A problem is a set of statements that match a request in action, resource
// and principal, and the classes of values of the keys that their conditions
// look at.
type problem struct {
	matched set // the statements
	keys    []keyChoices
	words   int
	b       *budget
}

// keyChoices are the ways in which one key can make statements fail.
type keyChoices struct {
	domain  *keyDomain
	choices []choice
	settled set // statements of which this key is the last, in the order of keys
}

// A choice is a class of values and the statements that it makes fail.
type choice struct {
	fails set
	class int
	tier  tier
}

// A tier says how good a choice is as a witness.
type tier uint8

const (
	tierSure   tier = iota
	tierAbsent      // a key is absent that AWS always sends
	tierGuess       // the class has no value that is known to be in it
)

// A solution is one class for every key.
type solution struct {
	classes []int // of each key
	tier    tier
}

// newProblem orders keys by the number of their choices, for the few decide
// most when they come first.
func newProblem(matched set, domains []*keyDomain, atomsOf func(int) []int, b *budget) *problem {
	p := &problem{matched: matched, words: len(matched), b: b}
	for _, d := range domains {
		p.keys = append(p.keys, keyChoices{domain: d, choices: choicesOf(d, matched, atomsOf)})
	}
	slices.SortStableFunc(p.keys, func(a, b keyChoices) int { return cmp.Compare(len(a.choices), len(b.choices)) })
	p.settle(atomsOf)
	return p
}

// choicesOf keeps of all classes that make the same statements fail the best.
func choicesOf(d *keyDomain, matched set, atomsOf func(int) []int) []choice {
	place := make(map[int]int, len(d.atoms))
	for i, a := range d.atoms {
		place[a] = i
	}
	needs := map[int][]int{}
	for s := range matched.all {
		for _, a := range atomsOf(s) {
			if i, ok := place[a]; ok {
				needs[s] = append(needs[s], i)
			}
		}
	}
	var list []choice
	seen := newInterner(len(matched))
	for i, c := range d.classes {
		fails := make(set, len(matched))
		for s, atoms := range needs {
			if slices.ContainsFunc(atoms, func(a int) bool { return !c.holds.has(a) }) {
				fails.add(s)
			}
		}
		k := choice{fails, i, tierSure}
		switch {
		case c.guess:
			k.tier = tierGuess
		case c.absent && d.always:
			k.tier = tierAbsent
		}
		if n, isNew := seen.intern(fails); isNew {
			list = append(list, k)
		} else if k.tier < list[n].tier {
			list[n] = k
		}
	}
	slices.SortStableFunc(list, func(a, b choice) int { return cmp.Compare(a.tier, b.tier) })
	return list
}

// settle finds after which key each statement is decided.
func (p *problem) settle(atomsOf func(int) []int) {
	for i := range p.keys {
		p.keys[i].settled = make(set, p.words)
	}
	last := map[int]int{}
	for i, k := range p.keys {
		for _, a := range k.domain.atoms {
			last[a] = i
		}
	}
	for s := range p.matched.all {
		at := -1
		for _, a := range atomsOf(s) {
			at = max(at, last[a])
		}
		if at >= 0 {
			p.keys[at].settled.add(s)
		}
	}
}

// search looks for a solution of at most the given tier. complete is false if
// the budget ended it.
func (p *problem) search(d direction, most tier) (found *solution, complete bool) {
	settled := p.matched.clone()
	for _, k := range p.keys {
		settled.andNot(k.settled)
	}
	s := searcher{
		problem: p, direction: d, most: most, memo: newInterner(p.words + 1),
		classes: make([]int, len(p.keys)), ok: true,
	}
	if s.try(0, make(set, p.words), settled, tierSure) {
		return &solution{slices.Clone(s.classes), s.reached}, true
	}
	return nil, s.ok
}

type searcher struct {
	*problem
	direction
	most    tier
	memo    *interner // of depth and failed statements: those that led to nothing
	classes []int
	reached tier
	ok      bool
}

// try decides key number depth and all after it.
func (s *searcher) try(depth int, failed, settled set, t tier) bool {
	if !s.feasible(failed, settled) {
		return false
	}
	if depth == len(s.keys) {
		s.reached = t
		return true
	}
	note := make([]uint64, 0, 8)
	note = append(append(note, uint64(depth)), failed...)
	if _, isNew := s.memo.intern(note); !isNew {
		return false
	}
	if !s.b.step() {
		s.ok = false
		return false
	}
	k := &s.keys[depth]
	after := settled.clone()
	after.or(k.settled)
	next := make(set, s.words)
	for _, c := range k.choices {
		if c.tier > s.most {
			break
		}
		copy(next, failed)
		next.or(c.fails)
		s.classes[depth] = c.class
		if s.try(depth+1, next, after, max(t, c.tier)) {
			return true
		}
		if !s.ok {
			return false
		}
	}
	return false
}

// feasible reports whether the one side can still allow and the other still
// not: failed statements do not apply, settled ones that have not failed do.
func (s *searcher) feasible(failed, settled set) bool {
	for _, l := range s.allows {
		can := false
		for i, m := range s.matched {
			live := m &^ failed[i]
			if l.deny[i]&live&settled[i] != 0 {
				return false
			}
			can = can || l.allow[i]&live != 0
		}
		if !can {
			return false
		}
	}
	for _, l := range s.denies {
		sure, canDeny := false, false
		for i, m := range s.matched {
			live := m &^ failed[i]
			sure = sure || l.allow[i]&live&settled[i] != 0
			canDeny = canDeny || l.deny[i]&live != 0
		}
		if !sure || canDeny {
			return true
		}
	}
	return false
}

// key names a list of numbers in a map.
func numbersKey(prefix string, list []int) string {
	b := []byte(prefix)
	for _, n := range list {
		b = strconv.AppendInt(append(b, ' '), int64(n), 10)
	}
	return string(b)
}
