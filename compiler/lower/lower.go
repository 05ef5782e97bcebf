// Package lower turns the roles of a Program into policy documents: it
// evaluates the statements of their activities, applies overrides, and writes
// their trust policies. It decides meaning; emitters decide only spelling.
package lower

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// HandWritten begins the name of the policy with a role's own statements.
const HandWritten = "Statements"

// A lowerer is the state of one run.
type lowerer struct {
	prog      *ir.Program
	c         *dsl.Config
	diags     hcl.Diagnostics
	constants map[*dsl.Attr]*constant
	lowered   map[string]*group // by activity, arguments, customizations and target
	trusts    map[*ir.Target]*policy.Document
	notices   *notices
	use       *usage
	stopped   bool // the budget is used up
}

// A group is what one activity gives to a role: statements, or the ARN of a
// policy of AWS's.
type group struct {
	statements []statement
	managed    string
	dropped    []dropped // statements that were left out
	failed     bool
	document   *policy.Document // of the statements, made once
	origins    []ir.Origin
}

// A statement is a lowered statement with its label and origin.
type statement struct {
	policy.Statement
	origin ir.Origin
}

// Lower lowers every role of the program. The stack holds what could be
// lowered, also when there are errors.
func Lower(prog *ir.Program) (*ir.Stack, hcl.Diagnostics) {
	l := &lowerer{
		prog: prog, c: prog.Config, constants: map[*dsl.Attr]*constant{}, lowered: map[string]*group{},
		trusts: map[*ir.Target]*policy.Document{}, notices: newNotices(), use: newUsage(),
	}
	stack := &ir.Stack{Project: prog.Project, Edition: prog.Edition, Targets: prog.Targets}
	for _, role := range prog.Roles {
		stack.Roles = append(stack.Roles, l.role(role))
		if l.stopped || len(l.diags) > maxFindings {
			break
		}
	}
	if !prog.Partial && !l.stopped {
		l.use.report(l)
	}
	return stack, append(l.diags, l.notices.diagnostics()...)
}

func (l *lowerer) errorf(code string, rng hcl.Range, format string, args ...any) {
	l.diags = append(l.diags, diag.Errorf(code, rng, format, args...))
}

// maxFindings is how many findings are collected before the rest of the roles
// is passed over: far more than a report shows.
const maxFindings = 10_000

// charge pays for work that grows with the product of two lists; it reports
// whether to go on.
func (l *lowerer) charge(steps int, rng hcl.Range) bool {
	if l.stopped {
		return false
	}
	if d := l.c.Budget.Charge(steps, rng); d != nil {
		l.diags = append(l.diags, d)
		l.stopped = true
	}
	return !l.stopped
}

func (l *lowerer) role(role *ir.Role) *ir.StackRole {
	out := &ir.StackRole{Role: role}
	l.charge(l.overrideSteps(role), role.Decl.Name.Range)
	suffix := strings.TrimPrefix(role.IAMName, resolve.NamePrefix)
	for _, grant := range role.Activities {
		g := l.grant(role, grant)
		g = l.overridden(role, grant, g)
		for _, d := range g.dropped {
			l.notices.add(d, role)
		}
		if g.managed != "" {
			out.Attached = append(out.Attached, ir.Value{Text: g.managed, Range: grant.Range})
		}
		if p, ok := l.policy(policyName(grant.Activity, role)+"_"+suffix, g); ok {
			p.Activity = grant.Activity.Name
			p.Origins = used(p.Origins, grant.Range)
			out.Groups = append(out.Groups, p)
		}
	}
	l.checkOverrides(role)
	own := l.handWritten(role)
	for _, d := range own.dropped {
		l.notices.add(d, role)
	}
	if p, ok := l.policy(HandWritten+"_"+suffix, own); ok {
		out.Groups = append(out.Groups, p)
	}
	attached := map[string]bool{}
	for _, v := range out.Attached {
		attached[v.Text] = true
	}
	for _, v := range role.ManagedPolicies {
		if !attached[v.Text] {
			out.Attached = append(out.Attached, v)
		}
	}
	out.Trust = l.trust(role)
	if role.Layout == ir.Packed {
		n := 0
		for _, p := range out.Groups {
			n += len(p.Document.Statements)
		}
		l.charge(n*n/packedPairs, role.Range("layout")) // packing compares pairs
	}
	return out
}

// packedPairs is how many pairs of statements are compared in one step.
const packedPairs = 200

// overrideSteps is what looking through the overrides of a role costs.
func (l *lowerer) overrideSteps(role *ir.Role) int {
	n := len(role.Overrides)
	for _, layer := range role.Layers {
		n += len(layer.Common.Overrides)
	}
	return n * len(role.Activities) / 16
}

// policyName is the name that SageMaker Role Manager gives to the form.
func policyName(a *ir.Activity, role *ir.Role) string {
	name := a.PolicyName
	if a.VPCForm && role.VPC != nil {
		name += "_VPC"
	}
	if a.KMSForm && role.KMS != nil {
		name += "_KMS"
	}
	return name
}

// policy makes the document of a group once; roles with the same group share it.
func (l *lowerer) policy(name string, g *group) (ir.Policy, bool) {
	if len(g.statements) == 0 {
		return ir.Policy{}, false
	}
	if g.document == nil {
		g.document = &policy.Document{Version: policy.Version2012}
		for _, s := range g.statements {
			g.document.Statements = append(g.document.Statements, s.Statement)
			g.origins = append(g.origins, s.origin)
		}
	}
	return ir.Policy{Name: name, Document: g.document, Origins: g.origins}, true
}

// used is origins with the place that brought them to this role; the slice is
// shared while that place is the same.
func used(origins []ir.Origin, at hcl.Range) []ir.Origin {
	if len(origins) == 0 || origins[0].Use == at {
		return origins
	}
	out := make([]ir.Origin, len(origins))
	for i, o := range origins {
		if o.Use == (hcl.Range{}) || o.BuiltIn || o.Override == (hcl.Range{}) {
			o.Use = at
		}
		out[i] = o
	}
	return out
}

// grant lowers one activity of a role, or finds it lowered already for another
// role with the same arguments.
func (l *lowerer) grant(role *ir.Role, grant *ir.Grant) *group {
	key := groupKey(role, grant)
	if g, ok := l.lowered[key]; ok {
		return g
	}
	g := &group{}
	l.lowered[key] = g
	for _, p := range grant.Activity.Params {
		if _, ok := grant.Args[p.Name]; !ok {
			g.failed = true // reported when it was resolved
			return g
		}
	}
	e := l.evaluator(role, grant)
	decl := grant.Activity.Decl
	if decl.ManagedPolicy != nil {
		g.managed, _ = e.text(decl.ManagedPolicy)
	}
	e.group(g, map[string]hcl.Range{}, decl.Statements, ir.Origin{Activity: grant.Activity.Name, BuiltIn: decl.BuiltIn, Use: grant.Range})
	return g
}

// handWritten lowers the statements that a role and its personas write out.
func (l *lowerer) handWritten(role *ir.Role) *group {
	g := &group{}
	labels := map[string]hcl.Range{}
	for _, layer := range role.Layers {
		if len(layer.Common.Statements) == 0 {
			continue
		}
		e := &evaluator{l: l, ctx: customized(role.Scope(layer.Persona), role)}
		e.group(g, labels, layer.Common.Statements, ir.Origin{Use: role.Decl.Name.Range})
	}
	return g
}

// customized adds vpc and kms to a context.
func customized(parent *hcl.EvalContext, role *ir.Role) *hcl.EvalContext {
	ctx := parent.NewChild()
	ctx.Variables = map[string]cty.Value{
		"vpc": customization(role.VPC, "subnets", "security_groups"),
		"kms": customization(role.KMS, "data_keys", "volume_keys"),
	}
	return ctx
}

func customization(c *ir.Customization, first, second string) cty.Value {
	if c == nil {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	return cty.ObjectVal(map[string]cty.Value{first: stringList(c.First), second: stringList(c.Second)})
}

func stringList(list []string) cty.Value {
	values := make([]cty.Value, len(list))
	for i, s := range list {
		values[i] = cty.StringVal(s)
	}
	return cty.ListVal(values)
}
