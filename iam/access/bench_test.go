package access_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// document builds a policy of allow statements.
func document(statements ...policy.Statement) *policy.Document {
	return &policy.Document{Version: policy.Version2012, Statements: statements}
}

// large returns a policy of 40 statements and about 6,144 characters, the most
// that a managed policy may have; variant changes every fourth statement.
func large(variant int) *policy.Document {
	d := document()
	for i := range 40 {
		s := policy.Statement{
			Effect:  policy.Allow,
			Actions: []string{fmt.Sprintf("s3:Get%c*", 'A'+i%26), fmt.Sprintf("sagemaker:*Job%d", i)},
			Resources: []string{
				fmt.Sprintf("arn:aws:s3:::t-%d-*/d/*", i), fmt.Sprintf("arn:aws:sagemaker:*:*:*/job-%d*", i%7),
			},
		}
		if i%5 == 4 {
			s.Effect = policy.Deny
		}
		if i%3 == 0 {
			s.Conditions = []policy.Condition{{Operator: "StringLike", Key: "aws:PrincipalTag/team", Values: []string{fmt.Sprintf("t%d*", i%6)}}}
		}
		if i%4 == 0 && variant > 0 {
			s.Resources = append(s.Resources, "arn:aws:s3:::other-*")
		}
		d.Statements = append(d.Statements, s)
	}
	return d
}

func TestLargeIsLarge(t *testing.T) {
	if n := policy.Size(large(0)); n < 5_500 || n > 6_144 {
		t.Errorf("the document of the benchmark has %d characters", n)
	}
}

func benchmark(b *testing.B, base, head access.Side) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := access.Compare(base, head, access.Options{Facts: access.ServiceFacts()}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLarge compares two policies of 6,144 characters and 40 statements.
func BenchmarkLarge(b *testing.B) {
	benchmark(b, access.Side{Identity: []*policy.Document{large(0)}}, access.Side{Identity: []*policy.Document{large(1)}})
}

// BenchmarkLargeSame compares such a policy with itself.
func BenchmarkLargeSame(b *testing.B) {
	s := access.Side{Identity: []*policy.Document{large(0)}}
	benchmark(b, s, s)
}

// pathological returns hundreds of overlapping wildcards, with conditions on
// twenty keys.
func pathological(seed int) *policy.Document {
	d := document()
	letters := "abcdefghijklmnopqrstuvwxyz"
	for i := range 300 {
		x, y := letters[(i*7+seed)%26], letters[(i*11+3*seed)%26]
		s := policy.Statement{
			Effect: policy.Allow, Actions: []string{"s3:*"},
			Resources: []string{fmt.Sprintf("arn:aws:s3:::*%c*%c*%c*", x, y, letters[i%26])},
		}
		if i%3 == 0 {
			s.Effect = policy.Deny
		}
		for k := range 3 {
			key := fmt.Sprintf("aws:PrincipalTag/k%d", (i+k*7)%20)
			s.Conditions = append(s.Conditions, policy.Condition{Operator: "StringLike", Key: key, Values: []string{fmt.Sprintf("*%c*%c*", x, letters[(i+k)%26])}})
		}
		d.Statements = append(d.Statements, s)
	}
	return d
}

// BenchmarkPathological ends within its budget.
func BenchmarkPathological(b *testing.B) {
	benchmark(b, access.Side{Identity: []*policy.Document{pathological(0)}}, access.Side{Identity: []*policy.Document{pathological(5)}})
}

// TestPathologicalEnds shows that such a pair is unknown, with its reason.
func TestPathologicalEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	r, err := access.Compare(
		access.Side{Identity: []*policy.Document{pathological(0)}}, access.Side{Identity: []*policy.Document{pathological(5)}},
		access.Options{Facts: access.ServiceFacts()},
	)
	if err != nil {
		t.Fatal(err)
	}
	if r.NewAccess == access.No || r.NewAccess == access.Unknown && !strings.Contains(r.UnknownBecause, "too many") {
		t.Errorf("got %s because of %q", r.NewAccess, r.UnknownBecause)
	}
}

// scientist reads the managed policies of a compiled role of a data scientist.
func scientist(t testing.TB, name string) access.Side {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := access.DecodeSide(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// BenchmarkRole compares two versions of a compiled role: one parameter has
// another value.
func BenchmarkRole(b *testing.B) {
	benchmark(b, scientist(b, "scientist-2024"), scientist(b, "scientist-2024-changed"))
}

// BenchmarkEditions compares the same role in two editions of the catalogue,
// between which every statement differs.
func BenchmarkEditions(b *testing.B) {
	benchmark(b, scientist(b, "scientist-2024"), scientist(b, "scientist-2026"))
}
