package dsl

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Find is where a text stands as a string in the attribute's expression, or
// the whole expression where it is computed.
func (a *Attr) Find(text string) hcl.Range {
	f := &finder{text: text, at: a.Expr.Range()}
	_ = hclsyntax.Walk(a.Expr, f) // finder reports nothing
	return f.at
}

type finder struct {
	text  string
	at    hcl.Range
	found bool
}

// Enter looks at one node.
func (f *finder) Enter(n hclsyntax.Node) hcl.Diagnostics {
	if t, ok := n.(*hclsyntax.TemplateExpr); ok && !f.found && t.IsStringLiteral() {
		if v, _ := t.Value(nil); v.AsString() == f.text {
			f.at, f.found = t.SrcRange, true
		}
	}
	return nil
}

// Exit does nothing.
func (f *finder) Exit(hclsyntax.Node) hcl.Diagnostics { return nil }

// Places are where the n elements of a list stand, as far as they are written
// out; the others stand in the whole expression.
func (a *Attr) Places(n int) []hcl.Range {
	whole := a.Expr.Range()
	places := make([]hcl.Range, 0, n)
	if list, ok := bare(a.Expr).(*hclsyntax.TupleConsExpr); ok {
		for _, e := range list.Exprs {
			if _, scalar := bare(e).(*hclsyntax.TemplateExpr); !scalar || len(places) == n {
				break
			}
			places = append(places, e.Range())
		}
	}
	for len(places) < n {
		places = append(places, whole)
	}
	return places
}

// bare is an expression without guards and parentheses.
func bare(e hclsyntax.Expression) hclsyntax.Expression {
	for {
		switch x := e.(type) {
		case *guarded:
			e = x.Expression
		case *hclsyntax.ParenthesesExpr:
			e = x.Expression
		default:
			return e
		}
	}
}

// Literals are the plain strings of a list that is written out.
func (a *Attr) Literals() []string {
	var out []string
	if list, ok := bare(a.Expr).(*hclsyntax.TupleConsExpr); ok {
		for _, e := range list.Exprs {
			if t, ok := bare(e).(*hclsyntax.TemplateExpr); ok && t.IsStringLiteral() {
				v, _ := t.Value(nil)
				out = append(out, v.AsString())
			}
		}
	}
	return out
}

// Literal is the text of an attribute that is written as a plain string.
func (a *Attr) Literal() (string, bool) {
	t, ok := bare(a.Expr).(*hclsyntax.TemplateExpr)
	if !ok || !t.IsStringLiteral() {
		return "", false
	}
	v, _ := t.Value(nil)
	return v.AsString(), true
}
