package emit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/emit/emittest"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// What a Writer writes is what encoding/json reads, whatever the text.
func TestWriterText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := []string{rapid.String().Draw(t, "a"), "\x00\x1f\u2028\U0001F600" + rapid.String().Draw(t, "b"), "\xff"}
		var w emit.Writer
		w.Open('[')
		for _, s := range want {
			w.Text(s)
		}
		w.Close()
		var got []string
		if err := json.Unmarshal(w.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		want[2] = "\uFFFD"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestWriterLayout(t *testing.T) {
	var w emit.Writer
	w.Open('{')
	w.Field("none", "")
	w.Key("empty")
	w.Open('[')
	w.Close()
	w.List("list", []string{"a", "b"})
	w.Key("objects")
	w.Open('[')
	for n := range 2 {
		w.OpenLine('{')
		w.Key("n")
		w.Int(n)
		w.Key("inner")
		w.OpenLine('[')
		w.Text("x")
		w.Bool(true)
		w.Close()
		w.Close()
	}
	w.Close()
	w.Close()
	want := `{
  "empty": [],
  "list": [
    "a",
    "b"
  ],
  "objects": [
    {"n": 0, "inner": ["x", true]},
    {"n": 1, "inner": ["x", true]}
  ]
}
`
	if diff := cmp.Diff(want, string(w.Bytes())); diff != "" {
		t.Error(diff)
	}
}

func TestReplace(t *testing.T) {
	p, r, a := policy.PseudoPartition, policy.PseudoRegion, policy.PseudoAccount
	for s, want := range map[string]string{
		"":                                   "",
		"plain \ue000 text":                  "plain \ue000 text",
		p + r + a:                            "PRA",
		"arn:" + p + ":x:" + r + ":" + a:     "arn:P:x:R:A",
		a + "é" + a + "\U0001F600" + r + ".": "AéA\U0001F600R.",
	} {
		if got := emit.Replace(s, "P", "R", "A"); got != want {
			t.Errorf("Replace(%q) = %q, want %q", s, got, want)
		}
	}
}

// Rewrite reaches every string that Strings does, in the same order, and leaves
// the document alone.
func TestRewrite(t *testing.T) {
	stack := emittest.Features(emittest.Any())
	for _, r := range stack.Roles {
		for _, p := range append(r.Managed, append(r.Inline, r.Trust)...) {
			before := string(policy.AppendJSON(nil, p.Document))
			var seen, rewritten []string
			emit.Strings(p.Document, func(s string) { seen = append(seen, s) })
			out := emit.Rewrite(p.Document, func(s string) string {
				rewritten = append(rewritten, s)
				return strings.ToUpper(s)
			})
			if diff := cmp.Diff(seen, rewritten); diff != "" {
				t.Errorf("Strings and Rewrite differ: %s", diff)
			}
			if after := string(policy.AppendJSON(nil, p.Document)); after != before {
				t.Errorf("Rewrite changed its argument to %s", after)
			}
			emit.Strings(out, func(s string) {
				if s != strings.ToUpper(s) {
					t.Errorf("%q was not rewritten", s)
				}
			})
			if same := emit.Rewrite(p.Document, func(s string) string { return s }); string(policy.AppendJSON(nil, same)) != before {
				t.Error("rewriting nothing changes the document")
			}
		}
	}
}
