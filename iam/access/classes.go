package access

import "slices"

// A class is the texts that are of one kind.
type class struct {
	kind set
	text string // the shortest such text, but not the empty one if there is another
}

// A classifier says what texts there are and what tells them apart. The zero
// classifier tells them apart by the globs that they match.
type classifier struct {
	// kind writes into out, which is empty and of the given size, what the
	// texts that match just the given globs are.
	kind func(out, matched set)
	size int

	// kinds is the number of kinds that there can be, 0 if it is not known:
	// with all found the search ends.
	kinds int

	// inside are globs of which every text must match one; nil: no such.
	inside set
}

// classes returns every class that some text is in. With the budget spent it
// returns those found so far and false.
func (m *machine) classes(c classifier, b *budget) ([]class, bool) {
	if c.kind == nil {
		c.size, c.kind = m.globs, func(out, matched set) { copy(out, matched) }
	}
	r := &run{
		m: m, c: c, b: b, states: newInterner(m.width + 1), kinds: newInterner(len(newSet(c.size))),
		next: make([]uint64, m.width+1), matched: newSet(m.globs), kind: newSet(c.size),
	}
	first := make([]uint64, m.width+1)
	copy(first[1:], m.start)
	m.idle(first[1:])
	r.visit(first, -1, 0)
	var buf []rune
	for id := 0; id < r.states.n && !r.done; id++ {
		buf = m.characters(r.states.at(id), buf[:0])
		for _, c := range buf {
			r.follow(id, c)
		}
		r.follow(id, freshRune(buf))
		if r.spent {
			return r.found, false
		}
	}
	return r.found, true
}

// A run is one exploration of a machine, breadth first.
type run struct {
	m       *machine
	c       classifier
	b       *budget
	states  *interner
	from    []int32 // of each state, the one before it
	by      []rune  // and the character between
	kinds   *interner
	found   []class
	next    []uint64
	matched set
	kind    set
	spent   bool
	done    bool
}

func (r *run) follow(id int, c rune) {
	r.m.step(r.next, r.states.at(id), c)
	r.visit(r.next, id, c)
}

func (r *run) visit(state []uint64, from int, c rune) {
	m := r.m
	if m.must != nil && !set(state[1:]).meets(m.within) {
		return
	}
	id, isNew := r.states.intern(state)
	if !isNew {
		return
	}
	r.from, r.by = append(r.from, int32(from)), append(r.by, c)
	if !r.b.state(m.width + 2) {
		r.spent = true
		return
	}
	clear(r.matched)
	m.matched(state, r.matched)
	if m.must != nil && !m.must.within(r.matched) || r.c.inside != nil && !r.c.inside.meets(r.matched) {
		return
	}
	clear(r.kind)
	r.c.kind(r.kind, r.matched)
	k, isNew := r.kinds.intern(r.kind)
	if isNew {
		r.found = append(r.found, class{r.kind.clone(), r.text(id)})
		r.done = r.c.kinds > 0 && len(r.found) == r.c.kinds
	} else if r.found[k].text == "" {
		r.found[k].text = r.text(id) // any text says more than none
	}
}

// text returns the text that led to a state.
func (r *run) text(id int) string {
	var back []rune
	for ; r.from[id] >= 0; id = int(r.from[id]) {
		back = append(back, r.by[id])
	}
	slices.Reverse(back)
	return string(back)
}
