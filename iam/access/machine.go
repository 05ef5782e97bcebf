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
	lits   set        // positions whose token is a literal
	narrow set        // positions whose token or star does not take a colon
	loops  [2]set     // positions with a star: for any character, for a colon
	other  [2]set     // positions whose token takes any character: but a colon, a colon
	masks  runeMasks  // positions whose literal takes the character
	runes  [][]rune   // of a literal position, the characters that it takes
	ends   []position // where globs are complete
	final  set        // their positions
	stars  set        // positions with a star that make lower positions idle
	idles  []int32    // of these, the lowest such position
	within set        // positions of the glob that every text must match
	must   set        // that glob; nil for none
}

type position struct{ bit, glob int }

// runeMasks are sets of positions by character.
type runeMasks struct {
	ascii [128]set
	other map[rune]set
}

func (m *runeMasks) of(r rune) set {
	if r < 128 {
		return m.ascii[r]
	}
	return m.other[r]
}

func (m *runeMasks) add(r rune, at, size int) {
	s := m.of(r)
	if s == nil {
		s = newSet(size)
		if r < 128 {
			m.ascii[r] = s
		} else {
			if m.other == nil {
				m.other = map[rune]set{}
			}
			m.other[r] = s
		}
	}
	s.add(at)
}

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

// newMachine compiles globs. Every text of the universe matches the glob with
// number shape, if that is not negative.
func newMachine(globs []glob, shape int) *machine {
	m := &machine{globs: len(globs), trie: make([]trieNode, 1)}
	from := make([]int, len(globs))
	total := 0
	for i, g := range globs {
		if _, _, ok := g.trieLength(); ok && i != shape {
			m.addToTrie(i, g)
			from[i] = -1
			continue
		}
		from[i] = total
		total++
		for _, t := range g {
			if t.kind != star {
				total++
			}
		}
	}
	m.relink()
	m.width = (total + 63) / 64
	for _, s := range []*set{
		&m.start, &m.lits, &m.narrow, &m.loops[0], &m.loops[1], &m.other[0], &m.other[1], &m.stars, &m.within, &m.final,
	} {
		*s = newSet(total)
	}
	m.runes, m.idles = make([][]rune, total), make([]int32, total)
	for i, g := range globs {
		if from[i] >= 0 {
			m.addPositions(i, g, from[i], i == shape)
		}
	}
	if shape >= 0 {
		m.must = newSet(m.globs)
		m.must.add(shape)
	}
	return m
}

func (m *machine) addToTrie(id int, g glob) {
	n, prefix, _ := g.trieLength()
	at := int32(0)
	for _, t := range g[:n] {
		at = m.child(at, t.r)
	}
	if node := &m.trie[at]; prefix {
		node.prefixes = append(node.prefixes, id)
	} else {
		node.exact = append(node.exact, id)
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

// relink sets above and over of every node; children stand after their parents.
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

func (m *machine) addPositions(id int, g glob, from int, shape bool) {
	at, segment := from, from
	m.start.add(from)
	for _, t := range g {
		switch t.kind {
		case star:
			m.addStar(t, at, from, segment)
			continue
		case one:
			m.other[0].add(at)
			if t.narrow {
				m.narrow.add(at)
			} else {
				m.other[1].add(at)
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
	m.final.add(at)
	for i := from; shape && i <= at; i++ {
		m.within.add(i)
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
		m.idles[at] = int32(low)
	}
}

func (m *machine) addLiteral(t token, at int) {
	m.lits.add(at)
	m.runes[at] = append(m.runes[at], t.r)
	if t.fold {
		m.runes[at] = append(m.runes[at], otherCase(t.r))
	}
	for _, r := range m.runes[at] {
		m.masks.add(r, at, len(m.runes))
	}
}

// Places in the trie as the first word of a state: on a node, or off the trie
// with what the prefixes of a node above have matched.
func onTrie(node int32) uint64   { return uint64(node) << 1 }
func offTrie(above int32) uint64 { return uint64(above)<<1 | 1 }

// step writes the state after from on r into to.
func (m *machine) step(to, from []uint64, r rune) {
	to[0] = m.trieStep(from[0], r)
	mask, colon := m.masks.of(r), 0
	if r == ':' {
		colon = 1
	}
	other, loop := m.other[colon], m.loops[colon]
	carry, stars := uint64(0), uint64(0)
	p, q := from[1:], to[1:]
	for i := range q {
		take := other[i]
		if mask != nil {
			take |= mask[i]
		}
		x := p[i] & take
		q[i] = x<<1 | carry | p[i]&loop[i]
		carry = x >> 63
		stars |= q[i] & m.stars[i]
	}
	if stars != 0 {
		m.idle(q)
	}
}

// idle removes the positions that a reached star makes needless.
func (m *machine) idle(at set) {
	for i := len(at) - 1; i >= 0; i-- {
		for w := at[i] & m.stars[i]; w != 0; {
			top := 63 - bits.LeadingZeros64(w)
			at.removeRange(int(m.idles[i<<6+top]), i<<6+top)
			w = at[i] & m.stars[i] & (1<<top - 1)
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
	if !m.final.meets(state[1:]) {
		return
	}
	for _, e := range m.ends {
		if set(state[1:]).has(e.bit) {
			out.add(e.glob)
		}
	}
}
