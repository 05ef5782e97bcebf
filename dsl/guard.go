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
	watchOperand              // its value may be a long text that becomes a number
	watchName                 // the same of a reference, whose value was weighed already
	watchBranch               // a result of a conditional, whose types are unified
	watchDecide               // its value decides something, so it must be known
	watchLoop                 // a for expression as a whole
	watchElement              // the value of a for expression, once an element
	watchKey                  // the key of a for expression, once an element
	watchIf                   // the condition of a for expression, once an element
)

// A loop is the state of one for expression while it is evaluated.
type loop struct {
	weight weight
	failed bool // an element is wrong: the others would be wrong likewise
}

// guarded is an expression with a watch on its value. It embeds a
// parenthesized expression so that hcl's walkers still see what is inside.
type guarded struct {
	hclsyntax.ParenthesesExpr
	watch  watch
	budget *Budget
	loop   *loop // of the for expression that it is a part of
}

// Value evaluates the expression and charges the budget for it.
func (g *guarded) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if g.loop != nil {
		if g.watch == watchLoop {
			*g.loop = loop{}
		} else if g.loop.failed {
			return cty.DynamicVal, nil
		}
	}
	if g.budget.left < 0 {
		return g.fail(nil, g.budget.exhausted(g.SrcRange))
	}
	v, diags := g.Expression.Value(ctx)
	if diags.HasErrors() {
		return g.fail(diags, nil)
	}
	switch g.watch {
	case watchDecide, watchKey:
		if Undecided(v) {
			return g.fail(diags, accountRequired(g.SrcRange))
		}
		w, _ := weigh(v)
		g.budget.left -= 3 * w.elements // cty compares them one by one, types and all
	case watchOperand:
		g.budget.left -= longDigits(v)
	case watchName:
		g.budget.left -= 1 + longDigits(v)
		return v, diags
	case watchBranch:
		if w, big := weigh(v); big == small && w.elements >= longTuple {
			var steps int
			v, steps = uniform(v)
			g.budget.left -= steps
		}
	case watchIf:
		g.budget.left--
		return v, diags
	}
	d := g.budget.charge(v, g.SrcRange)
	if d == nil && g.watch == watchElement {
		if big := g.loop.weight.add(v); big != small {
			d = tooLarge(big, g.SrcRange)
		}
	}
	if d != nil {
		return g.fail(diags, d)
	}
	return v, diags
}

func (g *guarded) fail(diags hcl.Diagnostics, d *hcl.Diagnostic) (cty.Value, hcl.Diagnostics) {
	if g.loop != nil && g.watch != watchLoop {
		g.loop.failed = true
	}
	if d != nil {
		diags = append(diags, d)
	}
	return cty.DynamicVal, diags
}

func accountRequired(r hcl.Range) *hcl.Diagnostic {
	return diag.Errorf("account-required", r, "This depends on the partition, Region or account id, which are not known without an account block. Declare an account, or do not let the Region or account decide here.")
}

// Undecided reports whether a string at any depth of v holds a pseudo
// parameter, so that nothing may be decided by it.
func Undecided(v cty.Value) bool { return anyString(v, HasReserved) }

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

// longDigits is what it costs to read a text as a number: the time grows with
// the square of its digits.
func longDigits(v cty.Value) int {
	if v.IsMarked() || !v.IsKnown() || v.IsNull() || v.Type() != cty.String {
		return 0
	}
	s := v.AsString()
	if len(s) <= MaxDigits {
		return 0
	}
	for i := range MaxDigits {
		if c := s[i]; !isDigit(c) && c != '-' && c != '+' && c != '.' {
			return 0
		}
	}
	return len(s) / digitsAStep
}

// A guarder puts guards into the expressions of a file, and notes what they
// refer to.
type guarder struct {
	budget *Budget
	diags  hcl.Diagnostics
	loops  int
	names  []string // of the for expressions around
	refs   []hcl.Traversal
	calls  []*hclsyntax.FunctionCallExpr
}

func (g *guarder) watch(e hclsyntax.Expression, w watch, l *loop) hclsyntax.Expression {
	return &guarded{hclsyntax.ParenthesesExpr{Expression: e, SrcRange: e.Range()}, w, g.budget, l}
}

// expr guards the children of e, and e itself where its own value may grow.
func (g *guarder) expr(e hclsyntax.Expression) hclsyntax.Expression {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if _, big := weigh(e.Val); big != small {
			g.diags = append(g.diags, tooLarge(big, e.SrcRange))
			e.Val = cty.DynamicVal
		}
	case *hclsyntax.ScopeTraversalExpr:
		g.reference(e.Traversal)
	case *hclsyntax.TemplateExpr:
		g.each(e.Parts)
		if !e.IsStringLiteral() {
			return g.watch(e, watchSize, nil)
		}
	case *hclsyntax.TemplateWrapExpr:
		e.Wrapped = g.expr(e.Wrapped)
	case *hclsyntax.ParenthesesExpr:
		e.Expression = g.expr(e.Expression)
	case *hclsyntax.FunctionCallExpr:
		g.calls = append(g.calls, e)
		g.each(e.Args)
		for i := range e.Args {
			e.Args[i] = g.operand(e.Args[i])
		}
	case *hclsyntax.ConditionalExpr:
		e.Condition = g.expr(e.Condition)
		e.TrueResult, e.FalseResult = g.branch(e.TrueResult), g.branch(e.FalseResult)
		return g.watch(e, watchSize, nil)
	case *hclsyntax.BinaryOpExpr:
		return g.binary(e)
	case *hclsyntax.UnaryOpExpr:
		if e.Val = g.expr(e.Val); e.Op == hclsyntax.OpNegate {
			e.Val = g.operand(e.Val)
			return g.watch(e, watchSize, nil)
		}
	default:
		return g.collection(e)
	}
	return e
}

// collection is expr for what makes or takes apart lists and objects.
func (g *guarder) collection(e hclsyntax.Expression) hclsyntax.Expression {
	switch e := e.(type) {
	case *hclsyntax.TupleConsExpr:
		if g.each(e.Exprs) {
			return g.watch(e, watchSize, nil)
		}
	case *hclsyntax.ObjectConsExpr:
		if g.object(e) {
			return g.watch(e, watchSize, nil)
		}
	case *hclsyntax.IndexExpr:
		e.Collection, e.Key = g.built(e.Collection), g.watch(g.operand(g.expr(e.Key)), watchDecide, nil)
	case *hclsyntax.RelativeTraversalExpr:
		e.Source = g.built(e.Source)
	case *hclsyntax.SplatExpr:
		e.Source, e.Each = g.built(e.Source), g.expr(e.Each)
		return g.watch(e, watchSize, nil)
	case *hclsyntax.ForExpr:
		return g.forExpr(e)
	}
	return e
}

// each guards a list and reports whether it holds anything but literals.
func (g *guarder) each(list []hclsyntax.Expression) (computed bool) {
	for i := range list {
		list[i] = g.expr(list[i])
		computed = computed || !isLiteral(list[i])
	}
	return computed
}

func (g *guarder) object(e *hclsyntax.ObjectConsExpr) (computed bool) {
	for i := range e.Items {
		e.Items[i].ValueExpr = g.expr(e.Items[i].ValueExpr)
		computed = computed || !isLiteral(e.Items[i].ValueExpr)
		k, ok := e.Items[i].KeyExpr.(*hclsyntax.ObjectConsKeyExpr)
		if !ok || isLiteral(k.Wrapped) {
			continue
		}
		if _, bare := k.Wrapped.(*hclsyntax.ScopeTraversalExpr); !bare || k.ForceNonLiteral {
			k.Wrapped = g.watch(g.expr(k.Wrapped), watchDecide, nil)
			computed = true
		}
	}
	return computed
}

func isLiteral(e hclsyntax.Expression) bool {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return true
	case *hclsyntax.TemplateExpr:
		return e.IsStringLiteral()
	}
	return false
}

// sized watches a value that is a bare list or reference; others are watched
// by themselves.
func (g *guarder) sized(e hclsyntax.Expression) hclsyntax.Expression {
	if _, done := e.(*guarded); done || isLiteral(e) {
		return e
	}
	return g.watch(e, watchSize, nil)
}

// branch guards a result of a conditional.
func (g *guarder) branch(e hclsyntax.Expression) hclsyntax.Expression {
	if e = g.expr(e); isLiteral(e) {
		return e
	}
	return g.watch(e, watchBranch, nil)
}

// built guards what is taken apart: it is watched unless it is a reference,
// whose value was weighed when it was made.
func (g *guarder) built(e hclsyntax.Expression) hclsyntax.Expression {
	e = g.expr(e)
	switch e.(type) {
	case *hclsyntax.ScopeTraversalExpr, *hclsyntax.AnonSymbolExpr:
		return e
	}
	return g.sized(e)
}

// operand watches a value that may be read as a number.
func (g *guarder) operand(e hclsyntax.Expression) hclsyntax.Expression {
	if _, ok := e.(*hclsyntax.ScopeTraversalExpr); ok {
		return g.watch(e, watchName, nil)
	}
	if x, ok := e.(*guarded); ok {
		if u, ok := x.Expression.(*hclsyntax.UnaryOpExpr); ok && u.Op == hclsyntax.OpNegate {
			return e // a number
		}
	}
	if isLiteral(e) {
		if t, ok := e.(*hclsyntax.TemplateExpr); !ok || t.SrcRange.End.Byte-t.SrcRange.Start.Byte <= MaxDigits {
			return e
		}
	}
	return g.watch(e, watchOperand, nil)
}

// binary guards both sides; equality decides something unless one side is null.
func (g *guarder) binary(e *hclsyntax.BinaryOpExpr) hclsyntax.Expression {
	w := watchOperand
	if e.Op == hclsyntax.OpEqual || e.Op == hclsyntax.OpNotEqual {
		w = watchDecide
		if isNull(e.LHS) || isNull(e.RHS) {
			w = watchSize
		}
	}
	e.LHS, e.RHS = g.expr(e.LHS), g.expr(e.RHS)
	for _, side := range []*hclsyntax.Expression{&e.LHS, &e.RHS} {
		if !isLiteral(*side) {
			*side = g.watch(*side, w, nil)
		}
	}
	if e.Op.Type == cty.Number {
		return g.watch(e, watchSize, nil)
	}
	return e
}

func isNull(e hclsyntax.Expression) bool {
	for {
		switch x := e.(type) {
		case *hclsyntax.ParenthesesExpr:
			e = x.Expression
		case *hclsyntax.LiteralValueExpr:
			return x.Val.IsNull()
		default:
			return false
		}
	}
}

func (g *guarder) forExpr(e *hclsyntax.ForExpr) hclsyntax.Expression {
	if g.loops++; g.loops == MaxForDepth+1 {
		g.diags = append(g.diags, diag.Errorf("for-too-deep", e.OpenRange, "for expressions stand inside one another at most %d deep. Name the inner list with a local.", MaxForDepth))
	}
	l := &loop{}
	e.CollExpr = g.built(e.CollExpr)
	outer := len(g.names)
	g.names = append(g.names, e.KeyVar, e.ValVar)
	if e.KeyExpr != nil {
		e.KeyExpr = g.watch(g.expr(e.KeyExpr), watchKey, l)
	}
	e.ValExpr = g.watch(g.expr(e.ValExpr), watchElement, l)
	if e.CondExpr != nil {
		e.CondExpr = g.watch(g.expr(e.CondExpr), watchIf, l)
	}
	g.names = g.names[:outer]
	g.loops--
	return g.watch(e, watchLoop, l)
}

// reference notes a traversal that does not begin with the name of a for
// expression around it.
func (g *guarder) reference(t hcl.Traversal) {
	name := t.RootName()
	for _, local := range g.names {
		if name == local {
			return
		}
	}
	g.refs = append(g.refs, t)
}
