package prove

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/lower"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/authz"
)

// expect decides the requests of one expect block, in every account that the
// role goes to.
func (p *prover) expect(e *dsl.Expect) {
	if e.Role == nil || len(e.Checks) == 0 {
		return
	}
	ev := lower.NewEvaluator(p.prog)
	defer func() { p.diags = append(p.diags, ev.Diagnostics()...) }()
	found := false
	for _, target := range p.prog.Targets {
		arn, ok := ev.RoleARN(e.Role, target)
		if !ok {
			continue
		}
		for _, role := range p.stack.Roles {
			if role.Target != target || role.ARN() != arn && role.Address() != arn {
				continue
			}
			found = true
			if target.Any {
				p.errorf("account-required", e.Role.Expr.Range(), "An expectation is a request in an account, and the configuration declares none. Write account \"NAME\" { id = \"…\", region = \"…\" }.")
				return
			}
			for _, c := range e.Checks {
				p.check(ev, e, c, role)
			}
		}
	}
	if !found && !ev.Diagnostics().HasErrors() {
		p.errorf("unknown-role", e.Role.Expr.Range(), "This is no role of the configuration. Write role = role.LABEL, or role.LABEL[\"KEY\"] where it has for_each.")
	}
}

// check evaluates one request and compares the decision with what is expected.
func (p *prover) check(ev *lower.Evaluator, e *dsl.Expect, c *dsl.Check, role *ir.StackRole) {
	action, okA := ev.Text(c.Action, role.Role)
	resource, okR := ev.Text(c.Resource, role.Role)
	context, okC := ev.Context(c.Context, role.Role)
	if !okA || !okR || !okC {
		return
	}
	t := p.of(role)
	evaluator, err := authz.Compile(t.Policies(), Options())
	if err != nil {
		p.errorf("undecided-expectation", c.Range, "The expectation %q cannot be decided: %s.", e.Name.Text, err)
		return
	}
	request := Request(role, action, resource, "", context)
	decision, err := evaluator.Evaluate(&request)
	if err != nil {
		p.errorf("invalid-request", c.Range, "This is no request that AWS could decide: %s.", err)
		return
	}
	allowed := decision.Outcome == authz.Allow
	if missing := t.unknown(allowed); missing != "" && decision.Outcome != authz.ExplicitDeny {
		p.errorf("undecided-expectation", c.Range, "The expectation %q cannot be decided, because the text of %s is not known. %s", e.Name.Text, missing, wayOut)
		return
	}
	if allowed != c.Denies {
		return
	}
	d := diag.Errorf("failed-expectation", c.Range, "The expectation %q fails: the role %q is %s %s on %s. %s",
		e.Name.Text, role.Address(), verdict(allowed), action, resource, because(decision))
	diag.Relate(d, role.Decl.Name.Range, "the role")
	for _, r := range decision.Reasons {
		if o, ok := t.Origin(r.Policy, r.Statement); ok && r.Matched {
			diag.Relate(d, o.Use, fmt.Sprintf("%s: statement %q", strings.ToLower(string(r.Effect))+"s it", o.Label))
		}
	}
	p.diags = append(p.diags, d)
}

func verdict(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "denied"
}

// because is the reasons of a decision in a sentence or two.
func because(d authz.Decision) string {
	var parts []string
	for _, r := range d.Reasons {
		if r.Statement >= 0 {
			parts = append(parts, fmt.Sprintf("%s of %s: %s", r.Effect, r.Policy, r.Because))
		} else {
			parts = append(parts, r.Because)
		}
		if len(parts) == 3 {
			break
		}
	}
	if len(parts) == 0 {
		return "No statement allows it."
	}
	return strings.TrimSuffix(strings.Join(parts, "; "), ".") + "."
}

// Allowing finds where the statement comes from that allows a request.
func (t *Texts) Allowing(w interface{ Request() authz.Request }) (ir.Origin, bool) {
	e, err := authz.Compile(authz.Policies{Identity: t.Identity}, Options())
	if err != nil {
		return ir.Origin{}, false
	}
	request := w.Request()
	decision, err := e.Evaluate(&request)
	if err != nil {
		return ir.Origin{}, false
	}
	for _, r := range decision.Reasons {
		if o, ok := t.Origin(r.Policy, r.Statement); ok && r.Matched && r.Effect == "Allow" {
			return o, true
		}
	}
	return ir.Origin{}, false
}
