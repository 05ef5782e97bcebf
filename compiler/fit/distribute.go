package fit

import "slices"

// maxPlacements bounds the search for a better distribution than first fit
// decreasing finds; it is counted, so that the answer is the same everywhere.
const maxPlacements = 20_000

// maxSearched is the number of bins beyond which nothing better is searched
// for: twice the policies that a role can have attached.
const maxSearched = 50

// distribute gives each size a bin of the given capacity such that the number
// of bins is the least there is, or that first fit decreasing finds when the
// search is cut. Bins are numbered by the first size in them. A size beyond the
// capacity has a bin of its own.
func distribute(sizes []int, capacity int) []int {
	order := make([]int, len(sizes))
	total := 0
	for i, n := range sizes {
		order[i] = i
		total += n
	}
	slices.SortStableFunc(order, func(a, b int) int { return sizes[b] - sizes[a] })
	s := &search{sizes: sizes, order: order, capacity: capacity, best: make([]int, len(sizes)), bin: make([]int, len(sizes))}
	s.firstFit()
	if least := (total + capacity - 1) / capacity; s.count > least && s.count <= maxSearched {
		s.place(0, nil)
	}
	return renumber(s.best)
}

// A search is a branch and bound over the placements of sizes, largest first.
type search struct {
	sizes, order []int
	capacity     int
	bin          []int // of each size, so far
	best         []int
	count        int // bins of best
	placements   int
}

func (s *search) firstFit() {
	var free []int
	for _, i := range s.order {
		b := slices.IndexFunc(free, func(n int) bool { return n >= s.sizes[i] })
		if b < 0 {
			b = len(free)
			free = append(free, s.capacity)
		}
		free[b] -= s.sizes[i]
		s.best[i] = b
	}
	s.count = len(free)
}

// place tries every bin for the k-th largest size; bins with equal space are
// tried once.
func (s *search) place(k int, free []int) {
	if s.placements++; s.placements > maxPlacements || len(free) >= s.count {
		return
	}
	if k == len(s.order) {
		s.count = len(free)
		copy(s.best, s.bin)
		return
	}
	i := s.order[k]
	for b := range free {
		if free[b] < s.sizes[i] || slices.Contains(free[:b], free[b]) {
			continue
		}
		free[b] -= s.sizes[i]
		s.bin[i] = b
		s.place(k+1, free)
		free[b] += s.sizes[i]
	}
	s.bin[i] = len(free)
	s.place(k+1, append(free, s.capacity-s.sizes[i]))
}

// renumber numbers bins in the order in which they first appear.
func renumber(bins []int) []int {
	number := map[int]int{}
	out := make([]int, len(bins))
	for i, b := range bins {
		if _, ok := number[b]; !ok {
			number[b] = len(number)
		}
		out[i] = number[b]
	}
	return out
}
