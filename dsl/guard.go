package dsl

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// What a guarded expression is watched for.
type watch int

const (
	watchSize    watch = iota // its value may be large
	watchLoop                 // it is evaluated once an element
	watchCompare              // its value decides something, so it must be known
)

// guarded is an expression with a watch on its value. It embeds a
// parenthesized expression so that hcl's walkers still see what is inside.
type guarded struct {
	*hclsyntax.ParenthesesExpr
	watch  watch
	budget *Budget
}

// Value evaluates the expression and charges the budget for it.
func (g *guarded) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if g.budget.left < 0 {
		return cty.DynamicVal, hcl.Diagnostics{g.budget.exhausted(g.SrcRange)}
	}
	v, diags := g.Expression.Value(ctx)
	if diags.HasErrors() {
		return v, diags
	}
	if g.watch == watchLoop {
		g.budget.left--
		return v, diags
	}
	if g.watch == watchCompare && undecided(v) {
		return cty.DynamicVal, append(diags, accountRequired(g.SrcRange))
	}
	if d := g.budget.charge(v, g.SrcRange); d != nil {
		return cty.DynamicVal, append(diags, d)
	}
	return v, diags
}

func accountRequired(r hcl.Range) *hcl.Diagnostic {
	return diag.Errorf("account-required", r, "This depends on the partition, Region or account id, which are not known without an account block. Declare an account, or do not let the Region or account decide here.")
}

// undecided reports whether a string value holds a pseudo parameter.
func undecided(v cty.Value) bool {
	return v.Type() == cty.String && v.IsKnown() && !v.IsNull() && HasReserved(v.AsString())
}

// HasReserved reports whether s holds one of the characters U+E000 to U+E0FF,
// which stand for what is known only at deployment.
func HasReserved(s string) bool {
	for i := strings.IndexByte(s, 0xee); i >= 0 && i+2 < len(s); {
		if s[i+1] >= 0x80 && s[i+1] <= 0x83 {
			return true
		}
		next := strings.IndexByte(s[i+1:], 0xee)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// A guarder puts guards into the expressions of a file.
type guarder struct {
	budget *Budget
	diags  hcl.Diagnostics
	loops  int
}

// guard returns e with guards on every part whose cost depends on data.
func guard(e hclsyntax.Expression, b *Budget) (hclsyntax.Expression, hcl.Diagnostics) {
	g := &guarder{budget: b}
	return g.expr(e), g.diags
}

func (g *guarder) watch(e hclsyntax.Expression, w watch) hclsyntax.Expression {
	return &guarded{&hclsyntax.ParenthesesExpr{Expression: e, SrcRange: e.Range()}, w, g.budget}
}

// expr guards the children of e, and e itself where its own value may grow.
func (g *guarder) expr(e hclsyntax.Expression) hclsyntax.Expression {
	switch e := e.(type) {
	case *hclsyntax.TemplateExpr:
		g.each(e.Parts)
		if e.IsStringLiteral() {
			return e
		}
		return g.watch(e, watchSize)
	case *hclsyntax.TemplateWrapExpr:
		e.Wrapped = g.expr(e.Wrapped)
	case *hclsyntax.ParenthesesExpr:
		e.Expression = g.expr(e.Expression)
	case *hclsyntax.FunctionCallExpr:
		g.each(e.Args)
	case *hclsyntax.ConditionalExpr:
		e.Condition, e.TrueResult, e.FalseResult = g.expr(e.Condition), g.expr(e.TrueResult), g.expr(e.FalseResult)
		return g.watch(e, watchSize)
	case *hclsyntax.BinaryOpExpr:
		e.LHS, e.RHS = g.expr(e.LHS), g.expr(e.RHS)
		if e.Op == hclsyntax.OpEqual || e.Op == hclsyntax.OpNotEqual {
			e.LHS, e.RHS = g.watch(e.LHS, watchCompare), g.watch(e.RHS, watchCompare)
		}
	case *hclsyntax.UnaryOpExpr:
		e.Val = g.expr(e.Val)
	case *hclsyntax.TupleConsExpr:
		g.each(e.Exprs)
	case *hclsyntax.ObjectConsExpr:
		for i := range e.Items {
			e.Items[i].ValueExpr = g.expr(e.Items[i].ValueExpr)
			if k, ok := e.Items[i].KeyExpr.(*hclsyntax.ObjectConsKeyExpr); ok {
				if _, bare := k.Wrapped.(*hclsyntax.ScopeTraversalExpr); !bare {
					k.Wrapped = g.expr(k.Wrapped)
				}
			}
		}
	case *hclsyntax.IndexExpr:
		e.Collection, e.Key = g.expr(e.Collection), g.watch(g.expr(e.Key), watchCompare)
	case *hclsyntax.RelativeTraversalExpr:
		e.Source = g.expr(e.Source)
	case *hclsyntax.SplatExpr:
		e.Source = g.expr(e.Source)
		return g.watch(e, watchSize)
	case *hclsyntax.ForExpr:
		return g.loop(e)
	}
	return e
}

func (g *guarder) each(list []hclsyntax.Expression) {
	for i := range list {
		list[i] = g.expr(list[i])
	}
}

func (g *guarder) loop(e *hclsyntax.ForExpr) hclsyntax.Expression {
	if g.loops++; g.loops == MaxForDepth+1 {
		g.diags = append(g.diags, diag.Errorf("for-too-deep", e.OpenRange, "for expressions stand inside one another at most %d deep. Name the inner list with a local.", MaxForDepth))
	}
	e.CollExpr = g.expr(e.CollExpr)
	if e.KeyExpr != nil {
		e.KeyExpr = g.expr(e.KeyExpr)
	}
	e.ValExpr = g.watch(g.expr(e.ValExpr), watchLoop)
	if e.CondExpr != nil {
		e.CondExpr = g.watch(g.expr(e.CondExpr), watchLoop)
	}
	g.loops--
	return g.watch(e, watchSize)
}
