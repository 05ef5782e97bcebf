package diag

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// Nearest returns the names that a given word was most likely meant to be: the
// nearest by edit distance (at most a third of its length, or one character of
// two), case and '-'/'_' folded, at most three, ties in alphabetical order.
func Nearest(given string, names []string) []string {
	want := fold(given)
	limit := max(len(want)/3, min(1, len(want)-1))
	type scored struct {
		name string
		dist int
	}
	var near []scored
	for _, name := range names {
		if abs(len(name)-len(want)) > limit+utf8.UTFMax {
			continue
		}
		have := fold(name)
		if abs(len(have)-len(want)) > limit {
			continue
		}
		if d := distance(want, have); d <= limit {
			near = append(near, scored{name, d})
		}
	}
	sort.Slice(near, func(i, j int) bool {
		if near[i].dist != near[j].dist {
			return near[i].dist < near[j].dist
		}
		return near[i].name < near[j].name
	})
	var out []string
	for _, s := range near {
		if len(out) == 3 || s.dist > near[0].dist+1 {
			break
		}
		out = append(out, s.name)
	}
	return out
}

// DidYouMean is the sentence to end a message with: " Did you mean "x"?", or
// otherwise when nothing is near.
func DidYouMean(given string, names []string, otherwise string) string {
	near := Nearest(given, names)
	if len(near) == 0 {
		if otherwise == "" {
			return ""
		}
		return " " + otherwise
	}
	for i, n := range near {
		near[i] = fmt.Sprintf("%q", n)
	}
	return " Did you mean " + strings.Join(near, " or ") + "?"
}

// Quote lists names as people read them: "a", "b" and "c".
func Quote(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " and " + quoted[last]
}

func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

func abs(n int) int { return max(n, -n) }

// distance is the Damerau-Levenshtein distance with adjacent transpositions
// (optimal string alignment), in bytes; long words are never near.
func distance(a, b string) int {
	if len(a) > 128 || len(b) > 128 {
		return 129
	}
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
