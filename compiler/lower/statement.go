package lower

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A constant is the value of an attribute that depends on nothing.
type constant struct {
	fixed bool // no variables: value holds for every role
	done  bool
	list  []string
	ok    bool
}

// An evaluator evaluates statements in one context.
type evaluator struct {
	l   *lowerer
	ctx *hcl.EvalContext
}

// evaluator sees the arguments of an activity and the role's customizations.
func (l *lowerer) evaluator(role *ir.Role, grant *ir.Grant) *evaluator {
	ctx := customized(role.Scope(true), role)
	for name, arg := range grant.Args {
		ctx.Variables[name] = arg.Value
	}
	return &evaluator{l: l, ctx: ctx}
}

// statementSteps is what one statement of one role costs.
const statementSteps = 3

// group lowers the statements whose when is true and adds them to g; labels are
// those that were chosen before.
func (e *evaluator) group(g *group, labels map[string]hcl.Range, decls []*dsl.Statement, origin ir.Origin) {
	for _, d := range decls {
		if !e.l.charge(statementSteps+len(d.Conditions), d.Range) {
			return
		}
		if !e.chosen(d) {
			continue
		}
		if !e.unique(d, labels) {
			continue
		}
		origin.Label, origin.Range = d.Label.Text, d.Range
		origin.Why, _ = e.text(d.Why)
		s, why, ok := e.statement(d)
		switch {
		case !ok:
			g.failed = true
		case why != "":
			g.dropped = append(g.dropped, dropped{origin: origin, why: why})
		default:
			g.statements = append(g.statements, statement{s, origin})
		}
	}
}

// unique reports whether no statement with the label was chosen before.
func (e *evaluator) unique(d *dsl.Statement, labels map[string]hcl.Range) bool {
	first, dup := labels[d.Label.Text]
	if dup {
		e.l.diags = append(e.l.diags, diag.Relate(
			diag.Errorf("duplicate-statement", d.Label.Range, "Two statements %q are chosen together. Rename one, or let their when exclude one another.", d.Label.Text), first, "the other one"))
		return false
	}
	labels[d.Label.Text] = d.Label.Range
	return true
}

// chosen evaluates when, which must be known without an account.
func (e *evaluator) chosen(d *dsl.Statement) bool {
	if d.When == nil {
		return true
	}
	v, diags := e.l.c.Eval(d.When, e.ctx)
	e.l.diags = append(e.l.diags, diags...)
	if diags.HasErrors() {
		return false
	}
	b, err := convert.Convert(v, cty.Bool)
	if err != nil || b.IsNull() {
		e.l.errorf("wrong-type", d.When.Expr.Range(), "when takes true or false, and this is %s.", resolve.TypeName(v.Type()))
		return false
	}
	return b.True()
}

// statement lowers an identity-based statement. A why that is not empty says
// that it is left out, because IAM admits no empty list.
func (e *evaluator) statement(d *dsl.Statement) (s policy.Statement, why string, ok bool) {
	if d.Resources == nil && d.NotResources == nil {
		return s, "", false // reported when it was decoded
	}
	if s, ok = e.common(d); !ok {
		return s, "", false
	}
	var okR, okN bool
	s.Resources, okR = e.list(d.Resources)
	s.NotResources, okN = e.list(d.NotResources)
	if !okR || !okN {
		return s, "", false
	}
	for _, a := range []*dsl.Attr{d.NotActions, d.NotResources} {
		if list, _ := e.list(a); a != nil && len(list) == 0 {
			e.l.errorf("empty-list", a.Expr.Range(), "%s is empty, which excepts nothing: the statement %q would speak of everything, and IAM admits no empty list. Write %s = [\"*\"] if you mean everything, or delete the statement.", a.Name, d.Label.Text, strings.TrimPrefix(a.Name, "not_"))
			return s, "", false
		}
	}
	switch {
	case len(s.Actions) == 0 && len(s.NotActions) == 0:
		return s, "actions", true
	case len(s.Resources) == 0 && len(s.NotResources) == 0:
		return s, "resources", true
	}
	return s, "", true
}

// common lowers what identity and trust statements share.
func (e *evaluator) common(d *dsl.Statement) (s policy.Statement, ok bool) {
	s.Effect, ok = e.effect(d.Effect)
	if !ok {
		return s, false
	}
	if d.Actions == nil && d.NotActions == nil {
		return s, false // reported when it was decoded
	}
	s.SID, _ = e.text(d.SID)
	var okA, okN, okC bool
	s.Actions, okA = e.list(d.Actions)
	s.NotActions, okN = e.list(d.NotActions)
	s.Conditions, okC = e.conditions(d.Conditions)
	return s, okA && okN && okC
}

func (e *evaluator) effect(a *dsl.Attr) (policy.Effect, bool) {
	if a == nil {
		return policy.Allow, true
	}
	text, ok := e.text(a)
	switch effect := policy.Effect(text); {
	case !ok:
		return "", false
	case effect == policy.Allow || effect == policy.Deny:
		return effect, true
	}
	e.l.errorf("unknown-effect", a.Expr.Range(), "There is no effect %q. It is \"Allow\" or \"Deny\".", text)
	return "", false
}

// conditions lowers condition blocks in their order.
func (e *evaluator) conditions(decls []*dsl.Condition) ([]policy.Condition, bool) {
	var out []policy.Condition
	seen := map[[2]string]bool{}
	for _, c := range decls {
		if c.Operator == nil || c.Key == nil || c.Values == nil {
			return nil, false
		}
		operator, okO := e.text(c.Operator)
		key, okK := e.text(c.Key)
		values, okV := e.list(c.Values)
		if !okO || !okK || !okV {
			return nil, false
		}
		if _, known := policy.ParseOperator(operator); !known {
			e.l.errorf("unknown-operator", c.Operator.Expr.Range(), "There is no condition operator %q.%s", operator, e.l.c.DidYouMean(operator, operatorNames, "Write one of IAM's, such as \"StringEquals\" or \"ArnLike\"."))
			return nil, false
		}
		if len(values) == 0 {
			e.l.errorf("empty-condition", c.Values.Expr.Range(), "The condition on %q has no values. Leaving it out would change who has access, so write the values or delete the condition.", key)
			return nil, false
		}
		place := [2]string{policy.Lower(operator), policy.Lower(key)}
		if seen[place] {
			e.l.errorf("duplicate-condition", c.Range, "There is a condition %s on %q already. JSON has one place for it; write all values in one block (any of them satisfies it), or two statements.", operator, key)
			return nil, false
		}
		seen[place] = true
		out = append(out, policy.Condition{Operator: operator, Key: key, Values: values})
	}
	return out, true
}

// operatorNames are for suggestions.
var operatorNames = []string{
	"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
	"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
	"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
	"Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
}

// text evaluates a string; an absent attribute is "" and ok.
func (e *evaluator) text(a *dsl.Attr) (string, bool) {
	if a == nil {
		return "", true
	}
	list, ok := e.list(a)
	if !ok {
		return "", false
	}
	if len(list) != 1 {
		e.l.errorf("wrong-type", a.Expr.Range(), "%s takes one string, and this is a list of %d.", a.Name, len(list))
		return "", false
	}
	return list[0], true
}

// list evaluates a list of strings, once for all roles if it depends on
// nothing; an absent attribute is nil and ok.
func (e *evaluator) list(a *dsl.Attr) ([]string, bool) {
	if a == nil {
		return nil, true
	}
	k := e.l.constants[a]
	if k == nil {
		k = &constant{fixed: len(a.Refs) == 0}
		e.l.constants[a] = k
	}
	if k.done {
		return k.list, k.ok
	}
	list, ok := e.evaluate(a)
	if k.fixed {
		k.list, k.ok, k.done = list, ok, true
	}
	return list, ok
}

func (e *evaluator) evaluate(a *dsl.Attr) ([]string, bool) {
	v, diags := e.l.c.Eval(a, e.ctx)
	e.l.diags = append(e.l.diags, diags...)
	if diags.HasErrors() {
		return nil, false
	}
	list, d := resolve.AsStrings(v, a)
	if d != nil {
		e.l.diags = append(e.l.diags, d)
		return nil, false
	}
	return list, true
}
