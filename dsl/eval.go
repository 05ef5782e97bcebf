package dsl

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// Eval evaluates one attribute. The value is wholly known when there are no
// errors.
func (c *Config) Eval(a *Attr, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if a.wrong != nil {
		c.Blame(a.wrong[0])
		return cty.DynamicVal, a.wrong
	}
	return c.EvalExpr(a.Expr, ctx)
}

// Check looks for names and functions in an attribute that do not exist: roots
// are the names that can begin a reference there. What it finds is what Eval
// returns for the attribute from then on.
func (c *Config) Check(a *Attr, roots []string) hcl.Diagnostics {
	if a == nil || a.wrong != nil {
		return nil // reported before
	}
	for _, t := range a.Refs {
		if d := c.Reference(t, roots); d != nil {
			a.wrong = append(a.wrong, d)
		}
	}
	for _, call := range a.Calls {
		if d := c.Call(call); d != nil {
			a.wrong = append(a.wrong, d)
		}
	}
	if a.wrong != nil {
		c.Blame(a.wrong[0])
	}
	return a.wrong
}

// EvalExpr evaluates one expression within the budget of the configuration.
func (c *Config) EvalExpr(e hclsyntax.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if c.exhausted != nil {
		return cty.DynamicVal, hcl.Diagnostics{c.exhausted}
	}
	v, diags := e.Value(ctx)
	if diags.HasErrors() {
		diags = c.explain(diags, ctx)
		c.Blame(diags[0])
		return cty.DynamicVal, diags
	}
	if _, literal := e.(*hclsyntax.LiteralValueExpr); literal {
		return v, nil
	}
	known, d := c.Budget.keep(v, e.Range())
	switch {
	case d != nil:
		c.Blame(d)
		return cty.DynamicVal, hcl.Diagnostics{d}
	case !known:
		return cty.DynamicVal, c.blamed(e.Range())
	}
	return v, nil
}

// Blame notes an error that makes values unknown. What is evaluated to such a
// value later fails with the same error again, which reports show once.
func (c *Config) Blame(d *hcl.Diagnostic) {
	if c.cause == nil {
		c.cause = d
	}
	switch diag.InfoOf(d).Code {
	case "evaluation-budget", "too-many-values":
		if c.exhausted == nil {
			c.exhausted = d
		}
	}
}

func (c *Config) blamed(r hcl.Range) hcl.Diagnostics {
	if c.cause == nil {
		c.cause = diag.Errorf("invalid-expression", r, "This has no value.")
	}
	return hcl.Diagnostics{c.cause}
}

// Convert converts a value to a type within the limits.
func (c *Config) Convert(v cty.Value, ty cty.Type, r hcl.Range) (cty.Value, *hcl.Diagnostic, error) {
	v, steps := uniform(v)
	anyString(v, func(s string) bool { steps += longDigits(cty.StringVal(s)); return false })
	if ty.IsSetType() {
		steps += setSteps([]cty.Value{v})
	}
	if d := c.Budget.Charge(steps, r); d != nil {
		return cty.DynamicVal, d, nil
	}
	v, err := convert.Convert(v, ty)
	if err != nil {
		return cty.DynamicVal, nil, err
	}
	return v, c.Budget.charge(v, r), nil
}

// maxExplained is how many errors of one expression are told.
const maxExplained = 3

// explain gives hcl's own errors our codes and suggestions.
func (c *Config) explain(diags hcl.Diagnostics, ctx *hcl.EvalContext) hcl.Diagnostics {
	if len(diags) > maxExplained {
		diags = diags[:maxExplained]
	}
	for i, d := range diags {
		if diag.InfoOf(d).Code != "" {
			continue
		}
		if better := c.better(d, ctx); better != nil {
			diags[i] = better
			continue
		}
		if d.Subject != nil && d.Subject.Empty() && d.Context != nil {
			d.Subject = d.Context
		}
		diag.Adopt(diags[i:i+1], codes[d.Summary])
		if diag.InfoOf(d).Code == "" {
			diag.InfoOf(d).Code = "invalid-expression"
		}
		d.Summary = diag.Summary(diag.InfoOf(d).Code)
		d.Detail = plain(d.Detail)
		d.EvalContext, d.Expression = nil, nil
	}
	return diags
}

// codes are ours for what hcl reports, by its summaries.
var codes = map[string]string{
	"Not enough function arguments": "invalid-call", "Too many function arguments": "invalid-call",
	"Invalid function argument": "invalid-call", "Error in function call": "invalid-call",
	"Invalid expanding argument value": "invalid-call", "Function calls not allowed": "invalid-call",
	"Invalid index": "invalid-index", "Missing map element": "invalid-index", "Attempt to index null value": "invalid-index",
	"Null value as key": "invalid-index", "Incorrect key type": "invalid-index",
}

// better rewrites an error of hcl's where more can be said; nil where not.
func (c *Config) better(d *hcl.Diagnostic, ctx *hcl.EvalContext) *hcl.Diagnostic {
	inner := d.EvalContext
	if inner == nil {
		inner = ctx
	}
	switch e := d.Expression.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		if wrong := c.Reference(e.Traversal, roots(inner)); wrong != nil {
			return wrong
		}
		return c.attribute(e.Traversal, inner)
	case *hclsyntax.IndexExpr:
		coll, _ := e.Collection.Value(inner)
		key, _ := e.Key.Value(inner)
		return c.index(coll, key, "This", *d.Subject)
	case *hclsyntax.FunctionCallExpr:
		if wrong := c.Call(e); wrong != nil {
			return wrong
		}
		return callError(d)
	}
	return nil
}

// plain ends a sentence of hcl's once.
func plain(s string) string {
	if strings.HasSuffix(s, "..") {
		return s[:len(s)-1]
	}
	return s
}

// callError takes the text of a function's own coded error.
func callError(d *hcl.Diagnostic) *hcl.Diagnostic {
	failure, ok := diag.CallError[*FuncError](d)
	if !ok {
		return nil
	}
	return diag.Errorf(failure.code, *d.Subject, "%s", failure.msg)
}

// roots are the names that can begin a reference in a context.
func roots(ctx *hcl.EvalContext) []string {
	var names []string
	for ; ctx != nil; ctx = ctx.Parent() {
		for name := range ctx.Variables {
			names = append(names, name)
		}
	}
	return names
}

// Call reports a function that does not exist; nil if it does.
func (c *Config) Call(e *hclsyntax.FunctionCallExpr) *hcl.Diagnostic {
	if c.functions == nil {
		c.functions = map[string]bool{}
		for _, name := range FunctionNames() {
			c.functions[name] = true
		}
	}
	if c.functions[e.Name] {
		return nil
	}
	return diag.Errorf("unknown-function", e.NameRange, "There is no function %q.%s", e.Name,
		c.DidYouMean(e.Name, FunctionNames(), "The functions are Terraform's that compute from their arguments alone; dsl/LANGUAGE.md lists them."))
}

// maxCompared is how many names all suggestions of one configuration are
// looked for among.
const maxCompared = 2_000_000

// DidYouMean is diag.DidYouMean for a limited number of names in all.
func (c *Config) DidYouMean(given string, names []string, otherwise string) string {
	if c.compared += len(names); c.compared > maxCompared {
		names = nil
	}
	return diag.DidYouMean(given, names, otherwise)
}
