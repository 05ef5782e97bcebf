package fit

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// binsOf checks that a distribution respects the capacity and counts its bins.
func binsOf(t interface{ Fatalf(string, ...any) }, sizes, bins []int, capacity int) int {
	sum := map[int]int{}
	items := map[int]int{}
	for i, b := range bins {
		sum[b] += sizes[i]
		items[b]++
		if sum[b] > capacity && items[b] > 1 {
			t.Fatalf("bin %d holds %d of %d: %v in %v", b, sum[b], capacity, sizes, bins)
		}
	}
	return len(sum)
}

// TestDistributeBeatsFirstFit shows sizes where first fit decreasing needs
// three bins and two are enough.
func TestDistributeBeatsFirstFit(t *testing.T) {
	sizes := []int{44, 24, 24, 22, 21, 17, 8, 8, 6, 6}
	bins := distribute(sizes, 90)
	if n := binsOf(t, sizes, bins, 90); n != 2 {
		t.Errorf("%d bins, want 2: %v", n, bins)
	}
}

// fewest is the least number of bins by trying every assignment.
func fewest(sizes []int, capacity int) int {
	best := len(sizes)
	bin := make([]int, len(sizes))
	var try func(k, used int)
	try = func(k, used int) {
		if k == len(sizes) {
			best = min(best, used)
			return
		}
		for b := range used + 1 {
			bin[k] = b
			sum := 0
			for i := range k + 1 {
				if bin[i] == b {
					sum += sizes[i]
				}
			}
			if sum <= capacity {
				try(k+1, max(used, b+1))
			}
		}
	}
	try(0, 0)
	return best
}

func TestDistributeIsFewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 20), 0, 7).Draw(t, "sizes")
		bins := distribute(sizes, 20)
		if len(bins) != len(sizes) || len(bins) > 0 && bins[0] != 0 {
			t.Fatalf("bins %v for %v", bins, sizes)
		}
		if got, want := binsOf(t, sizes, bins, 20), fewest(sizes, 20); got != want {
			t.Fatalf("%d bins, want %d: %v", got, want, sizes)
		}
		if !slices.Equal(bins, distribute(sizes, 20)) {
			t.Fatal("two runs differ")
		}
	})
}
