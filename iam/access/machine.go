package access

import (
	"math/bits"
	"slices"
	"unicode"
)

// A machine runs several globs over a text at once. Literals, and literals
// before one final star, share a trie; all others are one nondeterministic
// automaton, kept as bits of positions (the shift-and method). Its
// deterministic states are made only as they are reached.
//
// A state is a vector of words: the first is the place in the trie, the others
// are the positions.
type machine struct {
	globs  int
	trie   []trieNode
	width  int // words of positions
	start  set
	lits   set                  // positions whose token is a literal
	narrow set                  // positions whose token or star does not take a colon
	loops  [2]set               // positions with a star: for any character, for a colon
	masks  map[rune]set         // positions whose token takes the character
	other  set                  // positions whose token takes a character that is in no mask
	runes  [][]rune             // of a literal position, the characters that it takes
	ends   []position           // where globs are complete
	clears map[int]clearance    // of a position with a star, what is idle once it is reached
	stars  set                  // positions in clears
	within set                  // positions of the glob that every text must match
	must   int                  // that glob, -1 if none
	bound  map[int]positionSpan // of each glob, its positions
}

type position struct{ bit, glob int }

type positionSpan struct{ from, to int }

// A clearance is a run of positions of one glob that need not be followed.
type clearance struct{ from, to int }

type trieNode struct {
	next     []trieEdge
	exact    []int // globs that end here
	prefixes []int // globs that end here with a star
	above    int32 // the nearest node with prefixes at this one or above it, 0 if none
	over     int32 // the same, strictly above it
}

type trieEdge struct {
	r  rune
	to int32
}

// newMachine compiles globs. must, if not negative, is the glob that every
// text of the universe matches.
func newMachine(globs []glob, must int) *machine {
	m := &machine{
		globs: len(globs), trie: make([]trieNode, 1), must: must,
		masks: map[rune]set{}, clears: map[int]clearance{}, bound: map[int]positionSpan{},
	}
	total := 0
	for i, g := range globs {
		if _, _, ok := g.trieLength(); ok && i != must {
			m.addToTrie(i, g)
			continue
		}
		span := positionSpan{total, total + 1}
		for _, t := range g {
			if t.kind != star {
				span.to++
			}
		}
		m.bound[i] = span
		total = span.to
	}
	m.relink()
	m.width = (total + 63) / 64
	for _, s := range []*set{&m.start, &m.lits, &m.narrow, &m.loops[0], &m.loops[1], &m.other, &m.stars, &m.within} {
		*s = newSet(total)
	}
	m.runes = make([][]rune, total)
	for i, g := range globs {
		if span, ok := m.bound[i]; ok {
			m.addPositions(i, g, span.from)
		}
	}
	return m
}

func (m *machine) addToTrie(id int, g glob) {
	n, prefix, _ := g.trieLength()
	at := int32(0)
	for _, t := range g[:n] {
		at = m.child(at, t.r)
	}
	node := &m.trie[at]
	if !prefix {
		node.exact = append(node.exact, id)
		return
	}
	node.prefixes = append(node.prefixes, id)
}

// relink sets above of every node; children stand after their parents.
func (m *machine) relink() {
	for i := range m.trie {
		for _, e := range m.trie[i].next {
			child := &m.trie[e.to]
			child.over = m.trie[i].above
			child.above = child.over
			if len(child.prefixes) > 0 {
				child.above = e.to
			}
		}
	}
}

func (m *machine) child(at int32, r rune) int32 {
	for _, e := range m.trie[at].next {
		if e.r == r {
			return e.to
		}
	}
	to := int32(len(m.trie))
	m.trie = append(m.trie, trieNode{})
	m.trie[at].next = append(m.trie[at].next, trieEdge{r, to})
	return to
}

func (m *machine) addPositions(id int, g glob, from int) {
	at, segment := from, from
	m.start.add(from)
	for _, t := range g {
		switch t.kind {
		case star:
			m.addStar(t, at, from, segment)
			continue
		case one:
			m.other.add(at)
			if t.narrow {
				m.narrow.add(at)
			}
		case literal:
			m.addLiteral(t, at)
			if t.r == ':' {
				segment = at + 1
			}
		}
		at++
	}
	m.ends = append(m.ends, position{at, id})
	if id == m.must {
		for i := from; i <= at; i++ {
			m.within.add(i)
		}
	}
}

// addStar notes a star before the token of position at. A text that reaches it
// needs no lower position of this glob any more: whatever a lower one would
// match later, the star matches too. For a star that takes no colon that holds
// of the positions of its own segment alone.
func (m *machine) addStar(t token, at, from, segment int) {
	m.loops[0].add(at)
	low := from
	if t.narrow {
		m.narrow.add(at)
		low = segment
	} else {
		m.loops[1].add(at)
	}
	if low < at {
		m.stars.add(at)
		m.clears[at] = clearance{low, at}
	}
}

func (m *machine) addLiteral(t token, at int) {
	m.lits.add(at)
	m.runes[at] = append(m.runes[at], t.r)
	if t.fold {
		m.runes[at] = append(m.runes[at], otherCase(t.r))
	}
	for _, r := range m.runes[at] {
		if m.masks[r] == nil {
			m.masks[r] = newSet(len(m.runes))
		}
		m.masks[r].add(at)
	}
}

// Places in the trie as the first word of a state: on a node, or off the trie
// with what the prefixes of a node above have matched.
func onTrie(node int32) uint64   { return uint64(node) << 1 }
func offTrie(above int32) uint64 { return uint64(above)<<1 | 1 }

// step writes the state after from on r into to.
func (m *machine) step(to, from []uint64, r rune) {
	to[0] = m.trieStep(from[0], r)
	mask, loop := m.masks[r], m.loops[0]
	if r == ':' {
		loop = m.loops[1]
	}
	carry := uint64(0)
	p, q := from[1:], to[1:]
	for i := range q {
		take := m.other[i]
		if r == ':' {
			take &^= m.narrow[i]
		}
		if mask != nil {
			take |= mask[i]
		}
		x := p[i] & take
		q[i] = x<<1 | carry | p[i]&loop[i]
		carry = x >> 63
	}
	m.idle(q)
}

// idle removes the positions that a reached star makes needless.
func (m *machine) idle(at set) {
	for i, w := range at {
		for w &= m.stars[i]; w != 0; w &= w - 1 {
			c := m.clears[i<<6+bits.TrailingZeros64(w)]
			for b := c.from; b < c.to; b++ {
				at.remove(b)
			}
		}
	}
}

func (m *machine) trieStep(place uint64, r rune) uint64 {
	if place&1 == 1 {
		return place
	}
	node := &m.trie[place>>1]
	for _, e := range node.next {
		if e.r == r {
			return onTrie(e.to)
		}
	}
	return offTrie(node.above)
}

// characters appends to buf the characters that states after this one differ
// by; all others act alike.
func (m *machine) characters(state []uint64, buf []rune) []rune {
	if state[0]&1 == 0 {
		for _, e := range m.trie[state[0]>>1].next {
			buf = append(buf, e.r)
		}
	}
	colon := false
	for i, w := range state[1:] {
		colon = colon || w&m.narrow[i] != 0
		for w &= m.lits[i]; w != 0; w &= w - 1 {
			for _, r := range m.runes[i<<6+bits.TrailingZeros64(w)] {
				if !slices.Contains(buf, r) {
					buf = append(buf, r)
				}
			}
		}
	}
	if colon && !slices.Contains(buf, ':') {
		buf = append(buf, ':')
	}
	return buf
}

// fresh are the characters that stand for all others, the readable ones first.
const fresh = "xyzabcdefghijklmnopqrstuvw0123456789XYZABCDEFGHIJKLMNOPQRSTUVW-_./@+=, "

// freshRune returns a character that is not in used.
func freshRune(used []rune) rune {
	for _, r := range fresh {
		if !slices.Contains(used, r) {
			return r
		}
	}
	for r := rune(0xa1); ; r++ {
		if unicode.IsLetter(r) && !slices.Contains(used, r) {
			return r
		}
	}
}

// matched adds to out the globs that are complete in state.
func (m *machine) matched(state []uint64, out set) {
	at := int32(state[0] >> 1)
	if state[0]&1 == 0 {
		for _, g := range m.trie[at].exact {
			out.add(g)
		}
		at = m.trie[at].above
	}
	for {
		for _, g := range m.trie[at].prefixes {
			out.add(g)
		}
		if at == 0 {
			break
		}
		at = m.trie[at].over
	}
	for _, e := range m.ends {
		if set(state[1:]).has(e.bit) {
			out.add(e.glob)
		}
	}
}

// A class is the texts that the same globs match.
type class struct {
	matched set    // of globs
	text    string // the shortest such text
}

// classes returns every class that some text is in. With the budget spent it
// returns those found so far and false.
func (m *machine) classes(b *budget) ([]class, bool) {
	r := &run{
		m: m, b: b, states: newInterner(m.width + 1), kinds: newInterner((m.globs + 63) / 64),
		next: make([]uint64, m.width+1), kind: newSet(m.globs),
	}
	first := make([]uint64, m.width+1)
	copy(first[1:], m.start)
	m.idle(first[1:])
	r.visit(first, -1, 0)
	var buf []rune
	for id := 0; id < r.states.n; id++ {
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
	m      *machine
	b      *budget
	states *interner
	from   []int32 // of each state, the one before it
	by     []rune  // and the character between
	kinds  *interner
	found  []class
	next   []uint64
	kind   set
	spent  bool
}

func (r *run) follow(id int, c rune) {
	r.m.step(r.next, r.states.at(id), c)
	r.visit(r.next, id, c)
}

func (r *run) visit(state []uint64, from int, c rune) {
	m := r.m
	if m.must >= 0 && !set(state[1:]).meets(m.within) {
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
	clear(r.kind)
	m.matched(state, r.kind)
	if m.must >= 0 && !r.kind.has(m.must) {
		return
	}
	k, isNew := r.kinds.intern(r.kind)
	if isNew {
		r.found = append(r.found, class{r.kind.clone(), r.text(id)})
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
