package prove

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// TestOverlap holds overlap to all short texts over a small alphabet.
func TestOverlap(t *testing.T) {
	var texts []string
	level := []string{""}
	for range 7 {
		texts = append(texts, level...)
		var next []string
		for _, s := range level {
			next = append(next, s+"a", s+"b")
		}
		level = next
	}
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.StringMatching(`[ab*]{0,4}`).Draw(t, "a")
		b := rapid.StringMatching(`[ab*]{0,4}`).Draw(t, "b")
		want := false
		for _, s := range texts {
			want = want || policy.Match(a, s) && policy.Match(b, s)
		}
		if got := overlap(a, b); got != want {
			t.Fatalf("overlap(%q, %q) = %v, want %v", a, b, got, want)
		}
	})
}
