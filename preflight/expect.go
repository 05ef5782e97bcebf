package preflight

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/lower"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// Expectations decides the calls that a configuration expects to work (blocks
// can of expect), in every account that the role goes to, and says what does
// not. Where errors kept roles out of the result, nothing is decided, as with
// the other expectations.
func Expectations(r *compiler.Result) hcl.Diagnostics {
	if r.Program == nil || r.Stack == nil || !expects(r.Config) || r.Diags.HasErrors() {
		return nil
	}
	x := &expecter{result: r, ev: lower.NewEvaluator(r.Program), gather: remember(prove.Gather()), byARN: map[string]*ir.StackRole{}}
	for _, role := range r.Stack.Roles {
		x.byARN[role.Target.Name+" "+role.ARN()] = role
	}
	for _, e := range r.Config.Expects {
		if len(e.Can) > 0 && e.Role != nil {
			x.expect(e)
		}
	}
	return append(x.diags, x.ev.Diagnostics()...)
}

// Join adds what Expectations says to the result's diagnostics.
func Join(r *compiler.Result) *compiler.Result {
	r.Diags = append(r.Diags, Expectations(r)...)
	return r
}

func expects(c *dsl.Config) bool {
	for _, e := range c.Expects {
		if len(e.Can) > 0 {
			return true
		}
	}
	return false
}

// remember gathers the policies of each role once.
func remember(gather func(*ir.StackRole) *prove.Texts) func(*ir.StackRole) *prove.Texts {
	known := map[*ir.StackRole]*prove.Texts{}
	return func(role *ir.StackRole) *prove.Texts {
		t := known[role]
		if t == nil {
			t = gather(role)
			known[role] = t
		}
		return t
	}
}

// An expecter decides the expectations of one configuration.
type expecter struct {
	result *compiler.Result
	ev     *lower.Evaluator
	gather func(*ir.StackRole) *prove.Texts
	byARN  map[string]*ir.StackRole // by target and ARN
	diags  hcl.Diagnostics
}

func (x *expecter) errorf(code string, at hcl.Range, format string, args ...any) {
	x.diags = append(x.diags, diag.Errorf(code, at, format, args...))
}

func (x *expecter) expect(e *dsl.Expect) {
	found := false
	for _, target := range x.result.Program.Targets {
		arn, ok := x.ev.RoleARN(e.Role, target)
		if !ok {
			return
		}
		role := x.find(target, arn)
		if role == nil {
			continue
		}
		found = true
		if target.Any {
			x.errorf("account-required", e.Role.Expr.Range(), "An expectation is a request in an account, and the configuration declares none. Write account \"NAME\" { id = \"…\", region = \"…\" }.")
			return
		}
		for _, can := range e.Can {
			x.can(e, can, role)
		}
	}
	if !found && len(e.Checks) == 0 && !x.ev.Diagnostics().HasErrors() {
		x.errorf("unknown-role", e.Role.Expr.Range(), "This is no role of the configuration. Write role = role.LABEL, or role.LABEL[\"KEY\"] where it has for_each.")
	}
}

// find finds a role by its ARN or its label.
func (x *expecter) find(target *ir.Target, name string) *ir.StackRole {
	if role := x.byARN[target.Name+" "+name]; role != nil {
		return role
	}
	for _, role := range x.result.Stack.Roles {
		if role.Target == target && role.Address() == name {
			return role
		}
	}
	return nil
}

// can decides one call of one role.
func (x *expecter) can(e *dsl.Expect, can *dsl.Can, role *ir.StackRole) {
	call := &Call{API: can.API.Text, Role: role, Environment: role.Target.Environment, Config: x.result.Config, Gather: x.gather}
	if !x.arguments(can, call) {
		return
	}
	answer, err := Judge(call)
	if err != nil {
		if unknown := (*UnknownAPIError)(nil); errors.As(err, &unknown) {
			x.errorf("unknown-api", can.API.Range, "%s", capital(err.Error()))
			return
		}
		x.errorf("undecided-expectation", can.Range, "The expectation %q cannot be decided: %s.", e.Name.Text, err)
		return
	}
	x.report(e, can, role, answer)
}

// arguments evaluates what the block says of the call.
func (x *expecter) arguments(can *dsl.Can, call *Call) bool {
	var list []Telling
	places := map[string]*dsl.Attr{}
	for _, a := range can.Args {
		v, ok := x.ev.Value(a, call.Role.Role)
		if !ok {
			return false
		}
		list, places[a.Name] = append(list, Telling{a.Name, v}), a
	}
	var caller, cluster string
	for _, t := range list {
		// One at a time, so that an error points at its argument.
		if _, _, _, err := Tell(can.API.Text, call.Environment, []Telling{t}); err != nil {
			code, at := "wrong-type", places[t.Name].Expr.Range()
			if arg := (*ArgumentError)(nil); errors.As(err, &arg) {
				code = arg.Code
			} else if unknown := (*UnknownAPIError)(nil); errors.As(err, &unknown) {
				code, at = "unknown-api", can.API.Range
			}
			if code == "unsupported-argument" {
				at = places[t.Name].NameRange
			}
			x.errorf(code, at, "%s", sentence(err.Error()))
			return false
		}
	}
	call.Facts, caller, cluster, _ = Tell(can.API.Text, call.Environment, list)
	for _, named := range []struct {
		arn, name string
		to        **ir.StackRole
	}{{caller, "caller", &call.Caller}, {cluster, "cluster_role", &call.ClusterRole}} {
		if named.arn == "" {
			continue
		}
		role := x.find(call.Role.Target, named.arn)
		if role == nil {
			x.errorf("unknown-role", places[named.name].Expr.Range(), "This is no role of the configuration in the account %q. Write %s = role.LABEL.", call.Role.Target.Name, named.name)
			return false
		}
		*named.to = role
	}
	return true
}

// maxGaps is how many permissions a message names.
const maxGaps = 3

func (x *expecter) report(e *dsl.Expect, can *dsl.Can, role *ir.StackRole, a *Answer) {
	if warnings := a.Warnings(); len(warnings) > 0 {
		d := diag.Warnf("inferred-permission", can.Range, "%s of the role %q may need what AWS does not document: %s. The call is not judged by it.", a.API, role.Address(), x.list(warnings))
		x.diags = append(x.diags, diag.Relate(d, role.Decl.Name.Range, "the role"))
	}
	for _, h := range a.Rules {
		if h.Verdict == "warn" {
			x.diags = append(x.diags, diag.Warnf("risky-call", can.Range, "%s of the role %q: %s (%s).", a.API, role.Address(), strings.TrimSuffix(h.Text, "."), h.ID))
		}
	}
	if a.Verdict == Works {
		return
	}
	code, text := "failed-expectation", fmt.Sprintf("The expectation %q fails: %s does not work for the role %q. ", e.Name.Text, a.API, role.Address())
	if a.Verdict == Unknown {
		code, text = "undecided-expectation", fmt.Sprintf("The expectation %q cannot be decided: whether %s works for the role %q is not known. ", e.Name.Text, a.API, role.Address())
	}
	if gaps := a.Gaps(); len(gaps) > 0 {
		text += capital(x.list(gaps)) + ". "
	} else if len(a.Notes) > 0 && a.Verdict == Unknown {
		text += a.Notes[0] + " "
	}
	for _, h := range a.Rules {
		if h.Verdict == "fail" {
			text += fmt.Sprintf("%s (%s). ", capital(strings.TrimSuffix(h.Text, ".")), h.ID)
		}
	}
	text += fmt.Sprintf("`smr preflight %s %s` shows every permission and what to add.", role.Address(), a.API)
	d := diag.Errorf(code, can.Range, "%s", text)
	diag.Relate(d, role.Decl.Name.Range, "the role")
	for _, c := range a.Gaps() {
		if c.By != nil && c.By.Statement >= 0 && c.outcome == deny && c.By.at.Filename != "" {
			diag.Relate(d, c.By.at, "denies "+c.Action)
			break
		}
	}
	x.diags = append(x.diags, d)
}

// list names permissions with why they are missing, the first few.
func (x *expecter) list(checks []*Check) string {
	var parts []string
	for i, c := range checks {
		if i == maxGaps {
			parts = append(parts, fmt.Sprintf("and %d more", len(checks)-maxGaps))
			break
		}
		because := strings.TrimSuffix(c.Because, ".")
		if c.outcome == unknown {
			parts = append(parts, fmt.Sprintf("it is not known whether %s is allowed on %s: %s", c.Action, c.Resource, because))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s on %s: %s", who(c.Actor), c.Action, c.Resource, because))
	}
	return strings.Join(parts, "; ")
}

// who names an actor in a message.
func who(a requirements.Actor) string {
	switch a {
	case requirements.Caller:
		return "the caller lacks"
	case requirements.ResourceOwner:
		return "the resource's owner withholds"
	case requirements.ClusterRole:
		return "the cluster role lacks"
	}
	return "the role lacks"
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func sentence(s string) string { return capital(strings.TrimSuffix(s, ".")) + "." }
