package lower

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// An Evaluator evaluates what stands outside of roles and speaks of them:
// guardrails and expectations. Each attribute that depends on nothing is
// evaluated once.
type Evaluator struct{ l *lowerer }

// NewEvaluator returns an evaluator for the program.
func NewEvaluator(prog *ir.Program) *Evaluator {
	return &Evaluator{&lowerer{prog: prog, c: prog.Config, constants: map[*dsl.Attr]*constant{}}}
}

// Diagnostics are what was wrong so far.
func (v *Evaluator) Diagnostics() hcl.Diagnostics { return v.l.diags }

func (v *Evaluator) at(role *ir.Role) *evaluator {
	return &evaluator{l: v.l, ctx: role.Scope(true)}
}

// Globs evaluates a list of globs over roles; an absent one is nil.
func (v *Evaluator) Globs(a *dsl.Attr, role *ir.Role) []string {
	list, _ := v.at(role).list(a)
	return list
}

// Text evaluates a string in the scope of the role's target.
func (v *Evaluator) Text(a *dsl.Attr, role *ir.Role) (string, bool) {
	if a == nil {
		return "", false
	}
	return v.at(role).text(a)
}

// Static evaluates a string that depends on nothing but functions; "" when it
// cannot be.
func (v *Evaluator) Static(a *dsl.Attr) string {
	if len(a.Expr.Variables()) > 0 {
		return ""
	}
	text, _ := (&evaluator{l: v.l, ctx: &hcl.EvalContext{}}).text(a)
	return text
}

// Never is a document that allows what the block forbids, and nothing else;
// nil when the block is wrong, which is reported.
func (v *Evaluator) Never(n *dsl.Never, role *ir.Role) *policy.Document {
	e := v.at(role)
	d := &dsl.Statement{
		Label: dsl.Name{Text: "never", Range: n.Range}, Range: n.Range, Actions: n.Actions, NotActions: n.NotActions,
		Resources: n.Resources, NotResources: n.NotResources, Conditions: n.Conditions,
	}
	s, why, ok := e.statement(d)
	if ok && why != "" {
		v.l.errorf("empty-list", n.Range, "The block never has no %s, so it would forbid nothing. Write them, or delete the guardrail.", why)
	}
	if !ok || why != "" {
		return nil
	}
	return &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{s}}
}

// RoleARN evaluates what names a role: role.LABEL, its ARN, or its label.
func (v *Evaluator) RoleARN(a *dsl.Attr, target *ir.Target) (string, bool) {
	value, diags := v.l.c.Eval(a, target.Scope)
	v.l.diags = append(v.l.diags, diags...)
	if diags.HasErrors() || value.IsNull() {
		return "", false
	}
	if ty := value.Type(); ty.IsObjectType() && ty.HasAttribute("arn") {
		value = value.GetAttr("arn")
	}
	text, d := resolve.AsString(value, a)
	if d != nil {
		v.l.diags = append(v.l.diags, d)
	}
	return text, d == nil
}

// Value evaluates an attribute in the scope of the role's target, where facts
// about the world outside can be named.
func (v *Evaluator) Value(a *dsl.Attr, role *ir.Role) (cty.Value, bool) {
	value, diags := v.l.c.Eval(a, role.Target.Scope)
	v.l.diags = append(v.l.diags, diags...)
	return value, !diags.HasErrors()
}

// Context evaluates an object of condition keys; a list is a multivalued key.
func (v *Evaluator) Context(a *dsl.Attr, role *ir.Role) (authz.Context, bool) {
	var c authz.Context
	if a == nil {
		return c, true
	}
	value, diags := v.l.c.Eval(a, role.Scope(true))
	v.l.diags = append(v.l.diags, diags...)
	if diags.HasErrors() {
		return c, false
	}
	if value.IsNull() || !value.Type().IsObjectType() && !value.Type().IsMapType() {
		v.l.errorf("wrong-type", a.Expr.Range(), "context takes an object of condition keys such as { \"aws:SourceVpc\" = \"vpc-1\" }, and this is %s.", resolve.TypeName(value.Type()))
		return c, false
	}
	for it := value.ElementIterator(); it.Next(); {
		k, e := it.Element()
		values, d := resolve.AsStrings(e, a)
		if d != nil {
			v.l.diags = append(v.l.diags, d)
			return c, false
		}
		if e.Type() == cty.String || e.Type().IsPrimitiveType() {
			c.Set(k.AsString(), values[0])
		} else {
			c.SetList(k.AsString(), values...)
		}
	}
	return c, true
}
