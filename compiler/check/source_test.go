package check

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// TestLiteral compares the places found with those that hcl's parser gives to
// the same elements, also behind characters of several bytes.
func TestLiteral(t *testing.T) {
	src := "\n// é\nlist = [\"é\", \"👩‍👩‍👧\", \"a\\\"b\",\r\n  \"$${x}\", \"last\"]\n"
	f, diags := hclsyntax.ParseConfig([]byte(src), "x.smr", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	attrs, _ := f.Body.JustAttributes()
	elements, diags := hcl.ExprList(attrs["list"].Expr)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r := &reporter{sources: map[string][]byte{"x.smr": []byte(src)}}
	for _, e := range elements {
		v, _ := e.Value(nil)
		got, ok := r.literal(attrs["list"].Expr.Range(), v.AsString())
		if !ok || got != e.Range() {
			t.Errorf("%q: got %v (%v), want %v", v.AsString(), got, ok, e.Range())
		}
	}
	whole := attrs["list"].Expr.Range()
	if got, ok := r.literal(whole, "absent"); ok || got != whole {
		t.Errorf("a text that is not there: got %v, %v", got, ok)
	}
	if _, ok := r.literal(hcl.Range{Filename: "other"}, "last"); ok {
		t.Error("found in a file that is not the user's")
	}
}
