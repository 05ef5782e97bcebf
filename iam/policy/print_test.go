package policy_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/iam/policy/policytest"
	"pgregory.net/rapid"
)

// checkRoundTrip parses what d prints as, minified and indented, and compares
// the size.
func checkRoundTrip(t fataler, d *policy.Document) {
	min := policy.AppendJSON(nil, d)
	for _, text := range [][]byte{min, policy.AppendIndent(nil, d)} {
		again, err := policy.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if string(policy.AppendJSON(nil, again)) != string(min) {
			t.Fatalf("-first +second\n%s", cmp.Diff(string(min), string(policy.AppendJSON(nil, again))))
		}
		if !json.Valid(text) {
			t.Fatalf("not JSON: %s", text)
		}
	}
	want := utf8.RuneCount(min)
	for pseudo, length := range map[string]int{policy.PseudoPartition: policy.MaxPartitionLength, policy.PseudoRegion: policy.MaxRegionLength, policy.PseudoAccount: policy.AccountLength} {
		want += strings.Count(string(min), pseudo) * (length - 1)
	}
	if got := policy.Size(d); got != want {
		t.Fatalf("Size is %d, want %d: %s", got, want, min)
	}
}

func FuzzPolicyJSON(f *testing.F) {
	f.Add([]byte(everyElement))
	f.Add([]byte(`{"Statement":{"Effect":"Allow","Action":[],"Resource":"` + policy.PseudoRegion + `\u0000","Condition":{"Null":{"a":[true,1e5]}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := policy.Parse(text)
		if err != nil {
			if perr := err.(*policy.Error); perr.Offset < 0 || perr.Offset > len(text) || perr.Msg == "" {
				t.Fatalf("%q: %+v", text, perr)
			}
			return
		}
		checkRoundTrip(t, d)
	})
}

func TestRoundTrip(t *testing.T) {
	checkRoundTrip(t, parse(t, everyElement))
	rapid.Check(t, func(t *rapid.T) {
		d := policytest.Documents(policytest.Shape{Principals: rapid.Bool().Draw(t, "principals"), Denies: true, Variables: true}).Draw(t, "document")
		if rapid.Bool().Draw(t, "odd") {
			d.Statements[0].Resources = []string{rapid.String().Draw(t, "resource") + policy.PseudoAccount, "\x00\x1f\"\\\b\f\n\r\t\u2028<&>" + policy.PseudoPartition}
			d.Statements[0].NotResources = nil
		}
		checkRoundTrip(t, d)
		again, err := policy.Parse(policy.AppendJSON(nil, d))
		if err != nil || grouped(d) && !again.Equal(d) {
			t.Fatalf("%v -want +got\n%s", err, cmp.Diff(d, again))
		}
	})
}

// grouped reports whether no operator of a statement comes back after another.
func grouped(d *policy.Document) bool {
	for _, s := range d.Statements {
		for i := 2; i < len(s.Conditions); i++ {
			if s.Conditions[i].Operator != s.Conditions[i-1].Operator && s.Conditions[i].Operator == s.Conditions[i-2].Operator {
				return false
			}
		}
	}
	return true
}

func TestAppendIndent(t *testing.T) {
	const want = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {},
      "Action": "s3:GetObject",
      "Resource": [
        "arn:aws:s3:::a&b",
        "<*>"
      ],
      "Condition": {
        "StringEquals": {
          "a": "1",
          "c": []
        },
        "Null": {
          "b": "true"
        }
      }
    }
  ]
}`
	d := &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Effect: policy.Allow, Principal: &policy.Principal{}, Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::a&b", "<*>"},
		Conditions: []policy.Condition{{"StringEquals", "a", []string{"1"}}, {"Null", "b", []string{"true"}}, {"StringEquals", "c", []string{}}},
	}}}
	if diff := cmp.Diff(want, string(policy.AppendIndent([]byte{}, d))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := string(policy.AppendIndent(nil, &policy.Document{})); got != "{\n  \"Statement\": []\n}" {
		t.Errorf("got %s", got)
	}
}

func TestPrintNotUTF8(t *testing.T) {
	d := &policy.Document{ID: "a\xffb", Statements: nil}
	if got, want := string(policy.AppendJSON(nil, d)), "{\"Id\":\"a\uFFFDb\",\"Statement\":[]}"; got != want || policy.Size(d) != utf8.RuneCountInString(want) {
		t.Errorf("got %s of size %d", got, policy.Size(d))
	}
}

func TestHasPseudo(t *testing.T) {
	for s, want := range map[string]bool{
		"": false, "é": false, "\ue000": false, "\ue004": false, policy.PseudoAccount: true,
		"arn:" + policy.PseudoPartition + ":s3": true, policy.PseudoRegion: true,
	} {
		if policy.HasPseudo(s) != want {
			t.Errorf("HasPseudo(%q) is %v", s, !want)
		}
	}
}

func TestOperators(t *testing.T) {
	n := 0
	for c := policy.StringEquals; c.String() != ""; c++ {
		for _, set := range []policy.SetQuantifier{policy.SingleValue, policy.ForAllValues, policy.ForAnyValue} {
			for _, exists := range []bool{false, true} {
				want := policy.Operator{Set: set, Comparison: c, IfExists: exists}
				for _, text := range []string{want.String(), strings.ToLower(want.String()), strings.ToUpper(want.String())} {
					got, ok := policy.ParseOperator(text)
					if null := c == policy.Null && (exists || set != policy.SingleValue); ok == null || ok && got != want {
						t.Errorf("%s: got %+v, %v", text, got, ok)
					}
				}
			}
		}
		n++
		positive := c.Positive()
		if positive.Negated() || c.Negated() != strings.Contains(c.String(), "Not") || c.Negated() && strings.Replace(c.String(), "Not", "", 1) != positive.String() {
			t.Errorf("%s is the negation of %s", c, positive)
		}
		if c.Variables() != (strings.HasPrefix(c.String(), "String") || strings.HasPrefix(c.String(), "Arn")) {
			t.Errorf("%s: Variables is %v", c, c.Variables())
		}
	}
	if n != 27 || policy.Comparison(0).String() != "" {
		t.Errorf("%d comparisons", n)
	}
	for _, text := range []string{"", "IfExists", "StringEqual", "ForSomeValues:StringEquals", "ForAllValues:", "ForAnyValue:ForAllValues:Bool", "BoolIfExistsIfExists"} {
		if got, ok := policy.ParseOperator(text); ok {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	d, err := policy.Parse([]byte(everyElement))
	if err != nil {
		b.Fatal(err)
	}
	for range 4 {
		d.Statements = append(d.Statements, d.Statements...)
	}
	var dst []byte
	b.Run("print", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			dst = policy.AppendJSON(dst[:0], d)
		}
		b.SetBytes(int64(len(dst)))
	})
	b.Run("size", func(b *testing.B) {
		for b.Loop() {
			policy.Size(d)
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(dst)))
		for b.Loop() {
			if _, err := policy.Parse(dst); err != nil {
				b.Fatal(err)
			}
		}
	})
}
