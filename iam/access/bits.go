package access

import "math/bits"

// A set is a set of small integers. Sets that meet in an operation have the
// same length.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }
func (s set) add(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s set) remove(i int)   { s[i>>6] &^= 1 << (i & 63) }

func (s set) clone() set { return append(set(nil), s...) }

// or adds the members of t.
func (s set) or(t set) {
	for i, w := range t {
		s[i] |= w
	}
}

// removeRange removes low and what is above it, up to high, which stays.
func (s set) removeRange(low, high int) {
	first, last := low>>6, high>>6
	below, above := uint64(1)<<(low&63)-1, ^uint64(0)<<(high&63)
	if first == last {
		s[first] &= below | above
		return
	}
	s[first] &= below
	clear(s[first+1 : last])
	s[last] &= above
}

// andNot removes the members of t.
func (s set) andNot(t set) {
	for i, w := range t {
		s[i] &^= w
	}
}

func (s set) within(t set) bool {
	for i, w := range s {
		if w&^t[i] != 0 {
			return false
		}
	}
	return true
}

func (s set) meets(t set) bool {
	for i, w := range s {
		if w&t[i] != 0 {
			return true
		}
	}
	return false
}

func (s set) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

func (s set) equal(t set) bool {
	for i, w := range s {
		if w != t[i] {
			return false
		}
	}
	return true
}

// common returns how many members s and t share.
func (s set) common(t set) int {
	n := 0
	for i, w := range s {
		n += bits.OnesCount64(w & t[i])
	}
	return n
}

// key returns bytes that name the set in a map.
func (s set) key() []byte {
	b := make([]byte, 0, 8*len(s))
	for _, w := range s {
		for i := range 8 {
			b = append(b, byte(w>>(8*i)))
		}
	}
	return b
}

func (s set) len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// all yields the members in rising order.
func (s set) all(yield func(int) bool) {
	for i, w := range s {
		for w != 0 {
			if !yield(i<<6 + bits.TrailingZeros64(w)) {
				return
			}
			w &= w - 1
		}
	}
}

// An interner numbers distinct vectors of one width from 0 on, in the order in
// which they come. It keeps them in large pieces, so that a million cost few
// allocations and are never copied.
type interner struct {
	width  int
	chunks [][]uint64 // each of chunkSize vectors, the first ones smaller
	slots  []int32    // number+1 of the vector, 0 for a free slot; a power of two
	n      int
}

// chunkSize is the number of vectors in a chunk; a power of two.
const chunkSize = 1 << 10

func newInterner(width int) *interner {
	return &interner{width: width, slots: make([]int32, 16)}
}

func (t *interner) at(id int) []uint64 {
	i := id & (chunkSize - 1) * t.width
	return t.chunks[id/chunkSize][i : i+t.width : i+t.width]
}

// intern returns the number of v and whether it is new.
func (t *interner) intern(v []uint64) (id int, fresh bool) {
	if 2*(t.n+1) > len(t.slots) {
		t.grow()
	}
	mask := len(t.slots) - 1
	for i := int(hashWords(v)) & mask; ; i = (i + 1) & mask {
		switch s := t.slots[i]; {
		case s == 0:
			t.slots[i] = int32(t.n + 1)
			t.push(v)
			return t.n - 1, true
		case set(t.at(int(s - 1))).equal(v):
			return int(s - 1), false
		}
	}
}

func (t *interner) push(v []uint64) {
	if t.n/chunkSize == len(t.chunks) {
		size := chunkSize
		if t.n == 0 {
			size = 8 // most interners stay small
		}
		t.chunks = append(t.chunks, make([]uint64, 0, size*t.width))
	}
	last := len(t.chunks) - 1
	t.chunks[last] = append(t.chunks[last], v...)
	t.n++
}

func (t *interner) grow() {
	t.slots = make([]int32, 2*len(t.slots))
	mask := len(t.slots) - 1
	for id := range t.n {
		i := int(hashWords(t.at(id))) & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = int32(id + 1)
	}
}

// hashWords mixes v; the multiplier is the golden ratio's, as in Fibonacci hashing.
func hashWords(v []uint64) uint64 {
	h := uint64(len(v))
	for _, w := range v {
		h ^= w
		h *= 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return h >> 7
}
