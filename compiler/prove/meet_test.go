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

// TestMayMeet holds the resources of statements to what AWS reads in them.
func TestMayMeet(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"arn:aws:s3:::a/*", "arn:aws:s3:::*/b", true},
		{"arn:aws:s3:::a/*", "arn:aws:s3:::b/*", false},
		{"arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::b/*", true},
		{"arn:aws:sqs", "arn:aws:sqs:eu-west-1:123456789012:q", true}, // AWS completes a short ARN
		{"arn:" + policy.PseudoPartition + ":s3:::a", "arn:aws-cn:s3:::a", true},
		{"*", "arn:aws:s3:::b", true},
	}
	for _, tt := range tests {
		a := policy.Statement{Actions: []string{"x:Get*"}, Resources: []string{tt.a}}
		b := policy.Statement{Actions: []string{"X:*t"}, Resources: []string{tt.b}}
		if got := MayMeet(&a, &b); got != tt.want {
			t.Errorf("MayMeet(%q, %q) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}
