package dsl

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A Budget is how many steps of evaluation a configuration has left.
type Budget struct {
	left     int
	reported bool
}

// NewBudget returns a budget of MaxSteps.
func NewBudget() *Budget { return &Budget{left: MaxSteps} }

// ChargeRole pays for one more role; it returns a diagnostic when the budget
// is used up.
func (b *Budget) ChargeRole(r hcl.Range) *hcl.Diagnostic {
	if b.left -= stepsPerRole; b.left < 0 {
		return b.exhausted(r)
	}
	return nil
}

func (b *Budget) exhausted(r hcl.Range) *hcl.Diagnostic {
	b.reported = true
	return diag.Errorf("evaluation-budget", r, "Evaluating this configuration takes more than %d steps (an iteration, an expression and every %d elements of a list count one, a role %d). Divide it into several directories, or shorten its lists.", MaxSteps, elementsAStep, stepsPerRole)
}

// charge pays for a value and refuses one that is too large.
func (b *Budget) charge(v cty.Value, r hcl.Range) *hcl.Diagnostic {
	n, big := weigh(v)
	b.left -= 1 + n/elementsAStep
	switch {
	case big == bigString:
		return diag.Errorf("value-too-large", r, "This makes a string of more than %d bytes. IAM documents are far shorter; divide it.", MaxString)
	case big == bigList:
		return diag.Errorf("value-too-large", r, "This makes a value of more than %d elements. Divide the configuration into several directories.", MaxElements)
	case b.left < 0:
		return b.exhausted(r)
	}
	return nil
}

type bigness int

const (
	small bigness = iota
	bigString
	bigList
)

// weigh counts the elements of v at every depth, stopping at the limits.
func weigh(v cty.Value) (int, bigness) {
	n := 0
	big := weighInto(v, &n)
	return n, big
}

func weighInto(v cty.Value, n *int) bigness {
	if *n++; *n > MaxElements {
		return bigList
	}
	if v.IsMarked() || !v.IsKnown() || v.IsNull() {
		return small
	}
	ty := v.Type()
	if ty == cty.String {
		if len(v.AsString()) > MaxString {
			return bigString
		}
		return small
	}
	if ty.IsPrimitiveType() || !v.CanIterateElements() {
		return small
	}
	if (ty.IsCollectionType() || ty.IsTupleType()) && v.LengthInt() > MaxElements {
		return bigList
	}
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		if big := weighInto(e, n); big != small {
			return big
		}
	}
	return small
}

// Eval evaluates one attribute. The value is wholly known when there are no
// errors.
func (c *Config) Eval(a *Attr, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	return c.EvalExpr(a.Expr, ctx)
}

// EvalExpr evaluates one expression within the budget of the configuration.
func (c *Config) EvalExpr(e hclsyntax.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if c.Budget.reported {
		return cty.DynamicVal, hcl.Diagnostics{c.Budget.exhausted(e.Range())}
	}
	v, diags := e.Value(ctx)
	if diags.HasErrors() {
		return cty.DynamicVal, c.explain(diags, ctx)
	}
	if _, literal := e.(*hclsyntax.LiteralValueExpr); !literal {
		if d := c.Budget.charge(v, e.Range()); d != nil {
			return cty.DynamicVal, hcl.Diagnostics{d}
		}
	}
	return v, nil
}

// explain gives hcl's own errors our codes and suggestions.
func (c *Config) explain(diags hcl.Diagnostics, ctx *hcl.EvalContext) hcl.Diagnostics {
	for _, d := range diags {
		if diag.InfoOf(d).Code != "" {
			continue
		}
		if d.Subject != nil && d.Subject.Empty() && d.Context != nil {
			d.Subject = d.Context
		}
		d.EvalContext = nil
		d.Expression = nil
	}
	return diag.Adopt(diags, "invalid-expression")
}
