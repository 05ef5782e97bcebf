package access

import (
	"slices"
	"strings"
)

// openKey is the name of the domain of what the automata leave open about the
// resource. No condition key has an empty name.
const openKey = ""

// key tells open classes apart.
func (o *openClass) key() string {
	var b strings.Builder
	b.WriteString(numbersKey("|", []int{o.element}))
	for _, list := range o.any {
		b.WriteString(numbersKey("/", list))
	}
	return b.String()
}

// withOpen returns the atoms of statements, with one more for an open resource
// element. Its number is that of the element after all real atoms.
func (e *engine) withOpen(open []*openClass) func(int) []int {
	return func(s int) []int {
		element := e.p.statements[s].resource
		for _, o := range open {
			if o.element == element {
				return append(slices.Clone(e.atomSets[s]), len(e.p.atoms)+element)
			}
		}
		return e.atomSets[s]
	}
}

// openDomain returns the ways in which the terms of open classes can be: each
// is true or false, but where one pattern covers another the truth of the
// narrower brings that of the wider.
func (e *engine) openDomain(open []*openClass, atoms []int) *keyDomain {
	d := &keyDomain{key: openKey, atoms: atoms, complete: true}
	var terms []int
	for _, o := range open {
		for _, list := range o.any {
			for _, t := range list {
				if !slices.Contains(terms, t) {
					terms = append(terms, t)
				}
			}
		}
	}
	slices.Sort(terms)
	if len(terms) > 2*maxOpen {
		d.complete = false
		e.b.tooLarge("more than %d resource patterns with policy variables apply to one request", 2*maxOpen)
		return d
	}
	for pick := range 1 << len(terms) {
		truth := func(t int) bool { return pick&(1<<slices.Index(terms, t)) != 0 }
		if !e.consistent(terms, truth) {
			continue
		}
		c := valueClass{holds: newSet(len(atoms)), guess: true, absent: true}
		for i, n := range atoms {
			if e.openHolds(open, n-len(e.p.atoms), truth) {
				c.holds.add(i)
			}
		}
		d.classes = append(d.classes, c)
	}
	return d
}

func (e *engine) openHolds(open []*openClass, element int, truth func(int) bool) bool {
	o := open[slices.IndexFunc(open, func(o *openClass) bool { return o.element == element })]
	some := slices.ContainsFunc(o.any, func(list []int) bool {
		return !slices.ContainsFunc(list, func(t int) bool { return !truth(t) })
	})
	return some != o.not
}

// consistent reports whether no true term has a pattern that a false one covers.
func (e *engine) consistent(terms []int, truth func(int) bool) bool {
	for _, t := range terms {
		for _, u := range terms {
			if truth(t) && !truth(u) && e.p.covers(u, t, e.b) {
				return false
			}
		}
	}
	return true
}

// covers reports whether the pattern of term u matches all that the pattern of
// t does, whatever the variables are.
func (p *program) covers(u, t int, b *budget) bool {
	wide, narrow := p.terms[u].glob, p.terms[t].glob
	if wide == nil || narrow == nil {
		return false
	}
	key := numbersKey("covers", []int{u, t})
	if n, ok := p.index[key]; ok {
		return n == 1
	}
	classes, complete := newMachine([]glob{wide, narrow}, 1).classes(classifier{}, b)
	n := 0
	if complete && !slices.ContainsFunc(classes, func(c class) bool { return !c.kind.has(0) }) {
		n = 1
	}
	p.index[key] = n
	return n == 1
}
