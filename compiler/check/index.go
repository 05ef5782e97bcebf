package check

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A stackIndex is what several rules about stacks look at. Roles share
// documents, so everything is worked out once for a document.
type stackIndex struct {
	program *ir.Program
	stack   *ir.Stack
	builtin bool // the catalogue's statements are judged too
	sizes   map[*policy.Document]int
	written []writtenPolicy
	listed  bool
	decls   map[hcl.Range][]*dsl.Attr
	grants  map[*policy.Document][]grantingStatement
	managed map[string][]grantingStatement
	texts   map[string]*policy.Document // of AWS managed policies, by ARN

	argued *ir.Role                  // whose arguments are in given
	given  map[argumentKey]hcl.Range // what it gives to parameters, by activity and text
}

// An argumentKey is a text that a role gives to an activity, "" for any.
type argumentKey struct{ activity, text string }

// argumentOf finds the argument of a role that is or holds the text; activity
// "" means any.
func (x *stackIndex) argumentOf(role *ir.Role, activity, text string) (place hcl.Range, yes bool) {
	if x.argued != role {
		x.argued, x.given = role, map[argumentKey]hcl.Range{}
		for _, g := range role.Activities {
			for _, arg := range g.Args {
				stringsOf(arg.Value, func(s string) {
					x.given[argumentKey{g.Activity.Name, s}] = arg.Range
					x.given[argumentKey{"", s}] = arg.Range
				})
			}
		}
	}
	place, yes = x.given[argumentKey{activity, text}]
	return place, yes
}

func newStackIndex(p *ir.Program, s *ir.Stack, builtin bool) *stackIndex {
	return &stackIndex{
		program: p, stack: s, builtin: builtin,
		sizes: map[*policy.Document]int{}, grants: map[*policy.Document][]grantingStatement{}, managed: map[string][]grantingStatement{},
		texts: map[string]*policy.Document{},
	}
}

// size is the characters of a document as IAM counts them.
func (x *stackIndex) size(d *policy.Document) int {
	n, ok := x.sizes[d]
	if !ok {
		n = policy.Size(d)
		x.sizes[d] = n
	}
	return n
}

// A writtenPolicy is a policy with statements that a user wrote or changed.
type writtenPolicy struct {
	role       *ir.StackRole
	document   *policy.Document
	statements []*written
}

// A written statement is one of a user's, or one of the catalogue's that an
// override changed.
type written struct {
	*policy.Statement
	origin *ir.Origin
	index  int // in its document
	trust  bool
}

// writtenPolicies lists, role by role, the policies with written statements.
// The catalogue's own statements are judged when the catalogue is tested.
func (x *stackIndex) writtenPolicies() []writtenPolicy {
	if x.listed {
		return x.written
	}
	x.listed = true
	known := map[*policy.Document][]*written{}
	add := func(role *ir.StackRole, p *ir.Policy, trust bool) {
		if p.Document == nil {
			return
		}
		list, ok := known[p.Document]
		if !ok {
			list = x.writtenIn(p, trust)
			known[p.Document] = list
		}
		if len(list) > 0 {
			x.written = append(x.written, writtenPolicy{role, p.Document, list})
		}
	}
	for _, role := range x.stack.Roles {
		for i := range role.Groups {
			add(role, &role.Groups[i], false)
		}
		if role.Role.Trust != nil {
			add(role, &role.Trust, true)
		}
	}
	return x.written
}

func (x *stackIndex) writtenIn(p *ir.Policy, trust bool) []*written {
	var list []*written
	for i := range p.Document.Statements {
		if i >= len(p.Origins) {
			break
		}
		if o := &p.Origins[i]; x.builtin || !o.BuiltIn || o.Override != (hcl.Range{}) {
			list = append(list, &written{Statement: &p.Document.Statements[i], origin: o, index: i, trust: trust})
		}
	}
	return list
}

// eachWritten visits the written statements, each once; further roles that
// share it are counted in the findings that the visit made.
func (p *StackPass) eachWritten(visit func(role *ir.Role, w *written)) {
	made := map[*policy.Document][]*finding{}
	for _, wp := range p.shared.writtenPolicies() {
		if list, seen := made[wp.document]; seen {
			for _, f := range list {
				f.count(wp.role.Role)
			}
			continue
		}
		p.touched = nil
		for _, w := range wp.statements {
			visit(wp.role.Role, w)
		}
		made[wp.document] = slices.Clone(p.touched)
	}
}

// spot is where a user wrote a text of a statement. ok is false when the text
// is the catalogue's and a user's override changed something else.
func (p *StackPass) spot(w *written, text string) (place hcl.Range, ok bool) {
	at := w.origin.Range
	if w.origin.BuiltIn && !p.shared.builtin {
		at = w.origin.Override
	}
	for _, a := range p.shared.attrs(at) {
		if found, ok := p.literal(a.Expr.Range(), text); ok {
			return found, true
		}
	}
	return at, !w.origin.BuiltIn || p.shared.builtin
}

// place is spot for an origin alone.
func (x *stackIndex) place(r *reporter, o *ir.Origin, text string) hcl.Range {
	for _, a := range x.attrs(o.Range) {
		if found, ok := r.literal(a.Expr.Range(), text); ok {
			return found
		}
	}
	return o.Range
}

// attrs are the attributes of the statement or narrow block with that header,
// or of the attribute itself.
func (x *stackIndex) attrs(header hcl.Range) []*dsl.Attr {
	if x.decls == nil {
		x.decls = map[hcl.Range][]*dsl.Attr{}
		if x.program.Config != nil {
			x.declare(x.program.Config)
		}
	}
	return x.decls[header]
}

func (x *stackIndex) declare(c *dsl.Config) {
	for _, a := range c.Activities {
		x.statements(a.Statements)
	}
	x.overrides(c.Overrides)
	for _, p := range c.Personas {
		x.common(&p.Common)
	}
	for _, r := range c.Roles {
		x.common(&r.Common)
	}
}

func (x *stackIndex) common(c *dsl.Common) {
	x.statements(c.Statements)
	x.overrides(c.Overrides)
	if c.Trust != nil {
		x.statements(c.Trust.Statements)
		x.add(c.Trust.Range, c.Trust.Conditions, c.Trust.Services, c.Trust.Principals)
	}
}

func (x *stackIndex) overrides(list []*dsl.Override) {
	for _, o := range list {
		x.statements(o.Allow)
		x.statements(o.Deny)
		x.statements(o.Replace)
		for _, n := range o.Narrow {
			x.add(n.Range, n.Conditions, n.Actions, n.Resources)
		}
	}
}

func (x *stackIndex) statements(list []*dsl.Statement) {
	for _, s := range list {
		x.add(s.Range, s.Conditions, s.SID, s.Actions, s.NotActions, s.Resources, s.NotResources, s.Services, s.Principals, s.Federated)
	}
}

func (x *stackIndex) add(header hcl.Range, conditions []*dsl.Condition, attrs ...*dsl.Attr) {
	list := slices.DeleteFunc(attrs, func(a *dsl.Attr) bool { return a == nil })
	for _, c := range conditions {
		for _, a := range []*dsl.Attr{c.Operator, c.Key, c.Values} {
			if a != nil {
				list = append(list, a)
			}
		}
	}
	x.decls[header] = list
}
