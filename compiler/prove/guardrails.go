package prove

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/lower"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A prover decides the assertions of one stack.
type prover struct {
	prog    *ir.Program
	stack   *ir.Stack
	store   store
	texts   map[*ir.StackRole]*Texts
	touches map[touchKey]bool
	shapes  map[*policy.Document][]*Shape // of the Allow statements, each document's made once
	diags   hcl.Diagnostics
	fault   error
}

// A touchKey is one document under one guardrail.
type touchKey struct {
	document *policy.Document
	never    *policy.Document
}

// Stack decides the guardrails and expectations of a configuration. The error
// is a fault of the program itself: a proof that the evaluation contradicts.
func Stack(prog *ir.Program, stack *ir.Stack) (hcl.Diagnostics, error) {
	p := &prover{prog: prog, stack: stack, store: store{}, texts: map[*ir.StackRole]*Texts{}, touches: map[touchKey]bool{}, shapes: map[*policy.Document][]*Shape{}}
	for _, g := range prog.Config.Guardrails {
		p.guardrail(g)
	}
	for _, e := range prog.Config.Expects {
		p.expect(e)
	}
	return p.diags, p.fault
}

func (p *prover) errorf(code string, at hcl.Range, format string, args ...any) {
	p.diags = append(p.diags, diag.Errorf(code, at, format, args...))
}

func (p *prover) of(role *ir.StackRole) *Texts {
	t := p.texts[role]
	if t == nil {
		t = p.store.texts(role)
		p.texts[role] = t
	}
	return t
}

// A breach is one way in which roles break a guardrail.
type breach struct {
	role    *ir.StackRole
	result  access.Result
	witness *access.Witness
	roles   int
}

// guardrail proves that no role has the access that the block forbids.
func (p *prover) guardrail(g *dsl.Guardrail) {
	ev := lower.NewEvaluator(p.prog)
	defer func() { p.diags = append(p.diags, ev.Diagnostics()...) }()
	for _, n := range g.Never {
		var broken, open *breach
		named := false
		documents := map[*ir.Target]*policy.Document{}
		for _, role := range p.stack.Roles {
			if !p.selected(ev, g, role) {
				continue
			}
			named = true
			doc, done := documents[role.Target]
			if !done {
				doc = ev.Never(n, role.Role)
				documents[role.Target] = doc
			}
			if doc == nil {
				return // reported
			}
			p.judge(role, doc, &broken, &open)
		}
		p.report(g, n, named, broken, open)
	}
}

func (p *prover) selected(ev *lower.Evaluator, g *dsl.Guardrail, role *ir.StackRole) bool {
	globs, except := ev.Globs(g.Roles, role.Role), ev.Globs(g.Except, role.Role)
	return (g.Roles == nil || lower.MatchesRole(globs, role.Role)) && !lower.MatchesRole(except, role.Role)
}

// judge compares the role under the guardrail with nothing: what it is allowed
// there is a breach.
func (p *prover) judge(role *ir.StackRole, never *policy.Document, broken, open **breach) {
	t := p.of(role)
	if len(t.Missing) == 0 && !p.touched(t, never) {
		return
	}
	side := t.Side()
	side.SCPs = [][]*policy.Document{{never}}
	result, err := access.Compare(access.Side{}, side, access.Options{Facts: access.ServiceFacts(), OneWay: true, NoRows: true})
	if err != nil {
		if fault := (*access.UnconfirmedError)(nil); errors.As(err, &fault) {
			p.fault = err
		}
		result = access.Result{NewAccess: access.Unknown, UnknownBecause: err.Error()}
	}
	b := &breach{role: role, result: result, witness: result.Witness, roles: 1}
	switch {
	case result.NewAccess == access.Yes && t.MissingBoundary == "":
		count(broken, b)
	case result.IfStarCrossesColons == access.Yes && t.MissingBoundary == "":
		b.witness = result.StarWitness
		count(broken, b)
	case result.NewAccess == access.No && result.IfStarCrossesColons == "" && len(t.Missing) == 0:
	default:
		if missing := t.unknown(result.NewAccess != access.No); missing != "" {
			b.result.UnknownBecause = "the text of " + missing + " is not known. " + wayOut
		}
		count(open, b)
	}
}

func count(first **breach, b *breach) {
	if *first == nil {
		*first = b
	} else {
		(*first).roles++
	}
}

// touched reports whether an Allow of the role can concern what the guardrail
// forbids; most roles are settled by this.
func (p *prover) touched(t *Texts, never *policy.Document) bool {
	return slices.ContainsFunc(t.Side().Identity, func(d *policy.Document) bool {
		key := touchKey{d, never}
		hit, done := p.touches[key]
		if !done {
			hit = mayMeet(p.shapesOf(d), p.shapesOf(never))
			p.touches[key] = hit
		}
		return hit
	})
}

func (p *prover) shapesOf(d *policy.Document) []*Shape {
	shapes, done := p.shapes[d]
	if !done {
		shapes = allowShapes(d)
		p.shapes[d] = shapes
	}
	return shapes
}

// report says once for each never block which roles break it, with a request.
func (p *prover) report(g *dsl.Guardrail, n *dsl.Never, named bool, broken, open *breach) {
	reason := ""
	if g.Reason != nil {
		reason = p.reason(g)
	}
	switch {
	case !named:
		p.diags = append(p.diags, diag.Warnf("unused-guardrail", g.Name.Range, "The guardrail %q names no role, so it forbids nothing. Write roles = [\"*\"] for all, or a glob over role labels.", g.Name.Text))
	case broken != nil:
		d := diag.Errorf("broken-guardrail", g.Name.Range, "%s%s may do what the guardrail %q forbids: %s.%s Narrow the role, or except it.", reason, who(broken), g.Name.Text, Describe(broken.witness), more(broken))
		p.relate(d, broken)
		p.diags = append(p.diags, diag.Relate(d, n.Range, "what is forbidden"))
	}
	if open != nil {
		d := diag.Errorf("undecided-guardrail", g.Name.Range, "It is not proved that %s cannot do what the guardrail %q forbids: %s", whoLower(open), g.Name.Text, open.result.UnknownBecause)
		p.diags = append(p.diags, diag.Relate(d, open.role.Decl.Name.Range, "the role"))
	}
}

func (p *prover) reason(g *dsl.Guardrail) string {
	ev := lower.NewEvaluator(p.prog)
	if text := ev.Static(g.Reason); text != "" {
		return strings.TrimSuffix(text, ".") + ". "
	}
	return ""
}

// relate points at the statement that allows the witness.
func (p *prover) relate(d *hcl.Diagnostic, b *breach) {
	diag.Relate(d, b.role.Decl.Name.Range, "the role")
	if o, ok := p.of(b.role).Allowing(b.witness); ok && o.Use != b.role.Decl.Name.Range {
		diag.Relate(d, o.Use, "what allows it")
	}
}

func who(b *breach) string {
	if b.roles == 1 {
		return "The role " + strconv.Quote(b.role.Address())
	}
	return fmt.Sprintf("%d roles, %q among them,", b.roles, b.role.Address())
}

func whoLower(b *breach) string { w := who(b); return strings.ToLower(w[:1]) + w[1:] }

func more(b *breach) string {
	if b.result.NewAccess == access.Yes || b.result.IfStarCrossesColons == "" {
		return ""
	}
	return " (A * in a resource then runs on over colons, as AWS documents.)"
}

// Describe says a witness as people read it: action, resource and context.
func Describe(w *access.Witness) string {
	text := fmt.Sprintf("%s on %s", w.Action, w.Resource)
	var keys []string
	for i := range w.Context.Len() {
		key, values, _ := w.Context.At(i)
		keys = append(keys, key+" = "+strings.Join(values, ", "))
	}
	if len(keys) > 0 {
		text += " when " + strings.Join(keys, " and ")
	}
	return text
}
