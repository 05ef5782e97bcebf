package access

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A valueClass is the values of one condition key in a request for which the
// same atoms hold. An atom whose truth is left open is in two classes.
type valueClass struct {
	holds  set      // of the key's atoms, by their place in the list
	values []string // one such value; nil where the key is absent
	list   bool     // the value is a list
	absent bool
	guess  bool // values is not known to be in the class: an atom is open, or none was found
}

// A keyDomain is all classes of one key for a list of atoms.
type keyDomain struct {
	key      string
	name     string
	atoms    []int // of the program
	classes  []valueClass
	complete bool
	always   bool // AWS sends the key with every signed request
	open     set  // atoms, by their place, whose truth for a value is left open
	universe family
}

// A single is a class of single texts: those of which the same positive
// comparisons hold.
type single struct {
	matched set
	text    string
	found   bool // text is one of them
	lone    bool // text is all of them
}

type domainBuilder struct {
	p      *program
	b      *budget
	kind   authz.KeyType
	known  bool
	lists  bool     // values may also be lists
	lone   []string // texts that are the only ones of a class
	domain keyDomain
	atoms  []*atom
	globs  [][]glob // of each atom
}

// domain returns the classes of a key for atoms, all of that key.
func (p *program) domain(key string, atoms []int, b *budget) keyDomain {
	d := p.builder(key, atoms, b)
	d.addAbsent()
	singles, complete := d.singles()
	d.domain.complete = complete
	if !d.kind.Multi {
		singles = d.withEmpty(singles)
		for _, s := range singles {
			d.addPresent([]string{s.text}, false, !s.found, d.truthOfOne(s))
		}
	}
	if d.kind.Multi || d.lists {
		d.addLists(singles)
	}
	return d.domain
}

// withEmpty adds the empty text to singles where set operators, to which it is
// no value, look at the key, and its class is known by another text.
func (d *domainBuilder) withEmpty(singles []single) []single {
	isSet := func(a *atom) bool { return a.op.Set != policy.SingleValue }
	isEmpty := func(s single) bool { return s.text == "" && s.found }
	if !slices.ContainsFunc(d.atoms, isSet) || slices.ContainsFunc(singles, isEmpty) || !inUniverse(d.domain.universe, "") {
		return singles
	}
	return append(singles, single{matched: d.matched(""), found: true})
}

// fixedDomain returns the one class that a given value is in; values nil is an
// absent key.
func (p *program) fixedDomain(key string, atoms []int, values []string, b *budget) keyDomain {
	d := p.builder(key, atoms, b)
	d.domain.complete = true
	if values == nil {
		d.addAbsent()
		return d.domain
	}
	d.addPresent(values, false, false, d.truthOfOne(single{matched: d.matched(values[0]), text: values[0], found: true}))
	return d.domain
}

func (p *program) builder(key string, atoms []int, b *budget) *domainBuilder {
	d := &domainBuilder{p: p, b: b, domain: keyDomain{key: key, name: key, atoms: atoms}}
	d.kind, d.known = p.keys.KeyType(key)
	d.domain.always = d.known && d.kind.Always
	d.lists = !d.known && p.lists[key]
	for i, n := range atoms {
		a := p.atoms[n]
		if i == 0 {
			d.domain.name = a.name
		}
		d.atoms = append(d.atoms, a)
		d.globs = append(d.globs, p.globs(a))
	}
	d.findOpen()
	d.domain.universe = d.universe()
	return d
}

// addAbsent adds the class of requests without the key.
func (d *domainBuilder) addAbsent() {
	holds := newSet(len(d.atoms))
	for i, a := range d.atoms {
		if a.absent() {
			holds.add(i)
		}
	}
	d.addClass(valueClass{holds: holds, absent: true}, nil)
}

// addPresent adds the class of a value that is there.
func (d *domainBuilder) addPresent(values []string, list, guess bool, holds set) {
	d.addClass(valueClass{holds: holds, values: values, list: list, guess: guess}, d.domain.open)
}

// addClass adds c once for every way in which its open atoms can be.
func (d *domainBuilder) addClass(c valueClass, open set) {
	var free []int
	for i := range open.all {
		free = append(free, i)
	}
	if len(free) > maxOpen {
		d.domain.complete = false
		d.b.tooLarge("more than %d conditions with policy variables look at %s", maxOpen, d.domain.name)
		return
	}
	for pick := range 1 << len(free) {
		if !d.possible(free, pick) {
			continue
		}
		k := c
		k.guess = c.guess || len(free) > 0
		k.holds = c.holds.clone()
		for j, i := range free {
			if pick&(1<<j) != 0 {
				k.holds.add(i)
			} else {
				k.holds.remove(i)
			}
		}
		d.domain.classes = append(d.domain.classes, k)
	}
}

// possible reports whether open atoms can be true as the bits of pick say: what
// equals one of some values equals one of more.
func (d *domainBuilder) possible(free []int, pick int) bool {
	for i, n := range free {
		for j, m := range free {
			a, b := d.atoms[n], d.atoms[m]
			if i == j || a.op != b.op || a.variables != b.variables || !subset(a.values, b.values) {
				continue
			}
			less, more := pick&(1<<i) != 0, pick&(1<<j) != 0
			if a.op.Comparison.Negated() {
				less, more = more, less
			}
			if less && !more {
				return false
			}
		}
	}
	return true
}

func subset(list, of []string) bool {
	return !slices.ContainsFunc(list, func(v string) bool { return !slices.Contains(of, v) })
}

// maxOpen bounds the things of one kind that are left open together: each
// doubles the classes.
const maxOpen = 6

// findOpen finds the atoms whose truth for a value that is there is left open:
// those with policy variables, and those with pseudo parameters, if another
// spells out what such a parameter may be.
func (d *domainBuilder) findOpen() {
	d.domain.open = newSet(len(d.atoms))
	pseudo := -1
	mixed := false
	for _, a := range d.atoms {
		for _, v := range a.values {
			if isTextual(familyOf(a.op.Comparison)) && v != "*" {
				mixed = mixed || pseudo >= 0 && pseudo != pseudoKinds(v)
				pseudo = pseudoKinds(v)
			}
		}
	}
	for i, a := range d.atoms {
		if a.open && a.op.Comparison != policy.Null || mixed && slices.ContainsFunc(a.values, policy.HasPseudo) {
			d.domain.open.add(i)
		}
	}
}

// pseudoKinds returns which pseudo parameters a value holds, as bits.
func pseudoKinds(v string) int {
	n := 0
	for i, p := range []string{policy.PseudoPartition, policy.PseudoRegion, policy.PseudoAccount} {
		if strings.Contains(v, p) {
			n |= 1 << i
		}
	}
	return n
}

// truthOfOne returns the atoms that hold for a single value. To set operators
// an empty text is as good as none.
func (d *domainBuilder) truthOfOne(s single) set {
	holds := newSet(len(d.atoms))
	for i, a := range d.atoms {
		truth := s.matched.has(i) != a.op.Comparison.Negated()
		switch {
		case a.op.Comparison == policy.Null:
			truth = a.nullWants(false)
		case a.op.Set != policy.SingleValue && s.text == "" && s.found:
			truth = a.op.Set == policy.ForAllValues
		}
		if truth {
			holds.add(i)
		}
	}
	return holds
}

// matched returns the atoms whose positive comparison one text satisfies.
func (d *domainBuilder) matched(text string) set {
	m := newSet(len(d.atoms))
	for i, a := range d.atoms {
		if a.op.Comparison != policy.Null && d.p.matches(a, d.globs[i], text) {
			m.add(i)
		}
	}
	return m
}

// addLists adds the classes of multivalued keys: which comparisons some value
// satisfies, and which some value does not. An empty text is as good as none
// (IAM User Guide, "Set operators for multivalued context keys").
func (d *domainBuilder) addLists(singles []single) {
	n := len(d.atoms)
	words := len(newSet(n))
	seen := newInterner(2 * words)
	type member struct {
		values []string
		guess  bool
	}
	var members []member
	add := func(v []uint64, m member) {
		if _, isNew := seen.intern(v); isNew {
			members = append(members, m)
		}
	}
	add(make([]uint64, 2*words), member{values: []string{""}})
	for i := 0; i < len(members); i++ {
		for _, s := range singles {
			if s.text == "" && s.found {
				continue
			}
			v := slices.Clone(seen.at(i))
			set(v[:words]).or(s.matched)
			rest := newSet(n)
			for a := range n {
				if !s.matched.has(a) {
					rest.add(a)
				}
			}
			set(v[words:]).or(rest)
			values := []string{s.text}
			if i > 0 {
				values = append(slices.Clone(members[i].values), s.text)
			}
			add(v, member{values, members[i].guess || !s.found})
		}
		if len(members) > d.b.left.Values {
			d.domain.complete = false
			d.b.tooLarge("the condition key %s has more than %d classes of lists of values", d.domain.name, d.b.left.Values)
			break
		}
	}
	for i, m := range members {
		v := seen.at(i)
		d.addPresent(m.values, true, m.guess, d.truthOfList(v[:words], v[words:]))
	}
}

// truthOfList returns the atoms that hold for a list of values, some of which
// match and some do not.
func (d *domainBuilder) truthOfList(some, notAll set) set {
	holds := newSet(len(d.atoms))
	for i, a := range d.atoms {
		good, bad := some.has(i), notAll.has(i)
		if a.op.Comparison.Negated() {
			good, bad = bad, good
		}
		truth := false // an operator for single values is not satisfied by a list
		switch {
		case a.op.Comparison == policy.Null:
			truth = a.nullWants(false)
		case a.op.Set == policy.ForAllValues:
			truth = !bad
		case a.op.Set == policy.ForAnyValue:
			truth = good
		}
		if truth {
			holds.add(i)
		}
	}
	return holds
}
