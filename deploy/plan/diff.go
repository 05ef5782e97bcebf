package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/gate"
)

// A pair is one role before and after the plan; nil where it is not there.
// want is what the configuration says of it, nil if nothing.
type pair struct {
	before, after *live.Role
	want          *Want
}

// compare says what the plan changes in access, by the same comparison as a
// review, and asks the released commit for approval of escalations.
func (m *maker) compare() error {
	target := *m.d.target
	target.Policies = map[string]*ir.KnownPolicy{}
	for arn, doc := range m.store.known {
		target.Policies[arn] = &ir.KnownPolicy{Document: doc}
	}
	side := func(f func(p *pair) *live.Role) *compiler.Result {
		stack := &ir.Stack{Project: m.d.Project, Targets: []*ir.Target{&target}}
		for i := range m.pairs {
			if r := f(&m.pairs[i]); r != nil {
				stack.Roles = append(stack.Roles, m.stackRole(&m.pairs[i], r, &target))
			}
		}
		return &compiler.Result{Config: &dsl.Config{}, Stack: stack}
	}
	diff, err := review.Compare(side(func(p *pair) *live.Role { return p.before }), side(func(p *pair) *live.Role { return p.after }),
		review.Options{Limits: m.o.Limits})
	if err != nil {
		return err
	}
	m.plan.Diff, m.plan.EscalationDigest = diff, diff.EscalationDigest
	return m.approve(diff)
}

// stackRole is a role of the account in the form of the compiler's.
func (m *maker) stackRole(p *pair, r *live.Role, target *ir.Target) *ir.StackRole {
	role := &ir.Role{Label: r.Name}
	if p.want != nil {
		c := *p.want.Role
		role = &c
	}
	role.Target, role.IAMName, role.Path, role.Description = target, r.Name, r.Path, r.Description
	role.MaxSessionDuration, role.PermissionsBoundary, role.Tags = int(r.MaxSessionDuration), r.Boundary, nil
	if role.Ranges == nil {
		role.Ranges = map[string]hcl.Range{"permissions_boundary": {}, "managed_policies": {}}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		if !strings.HasPrefix(key, tagPrefix) {
			role.Tags = append(role.Tags, ir.Tag{Key: key, Value: r.Tags[key]})
		}
	}
	out := &ir.StackRole{Role: role}
	if r.Trust != nil && r.Trust.Policy != nil {
		out.Trust.Document = r.Trust.Policy
	}
	origins := func(name string, doc *policy.Document) []ir.Origin {
		if p.want == nil {
			return nil
		}
		return originsOf(p.want.StackRole, name, doc)
	}
	state := m.live
	if r == p.after {
		state = m.work
	}
	for _, arn := range r.Attached {
		local := state.Policies[arn]
		if local == nil || local.Document() == nil || local.Document().Policy == nil {
			out.Attached = append(out.Attached, ir.Value{Text: arn})
			continue
		}
		doc := local.Document().Policy
		out.Managed = append(out.Managed, ir.Policy{Name: local.Name, Document: doc, Origins: origins(local.Name, doc)})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Inline)) {
		if d := r.Inline[name]; d.Policy != nil {
			out.Inline = append(out.Inline, ir.Policy{Name: name, Document: d.Policy, Origins: origins(name, d.Policy)})
		} else {
			out.Attached = append(out.Attached, ir.Value{Text: "inline policy " + name})
		}
	}
	if b := state.Policies[r.Boundary]; b != nil && b.Document() != nil && b.Document().Policy != nil {
		target.Policies[r.Boundary] = &ir.KnownPolicy{Document: b.Document().Policy}
	}
	return out
}

// originsOf are the places in the configuration of a policy's statements; nil
// where one of them is not the configuration's.
func originsOf(w *ir.StackRole, name string, doc *policy.Document) []ir.Origin {
	out := make([]ir.Origin, len(doc.Statements))
	found := 0
	for _, list := range [][]ir.Policy{w.Managed, w.Inline} {
		for i := range list {
			p := &list[i]
			if p.Name != name || len(p.Origins) != len(p.Document.Statements) {
				continue
			}
			for n := range doc.Statements {
				k := slices.IndexFunc(p.Document.Statements, func(st policy.Statement) bool { return st.Equal(&doc.Statements[n]) })
				if k >= 0 {
					out[n] = p.Origins[k]
					found++
				}
			}
		}
	}
	if found < len(out) {
		return nil
	}
	return out
}

// approve asks for approval of escalations if the configuration has a review
// block. A role whose tag says that an approved release of this very content
// was begun, or that it has been undone by hand since, needs none again.
func (m *maker) approve(diff *review.Diff) error {
	c := m.d.result.Config
	if c == nil || c.Review == nil {
		return nil
	}
	rules, err := gate.ReadRules(m.d.result, gate.Escalation)
	if err != nil {
		return err
	}
	begun := map[string]bool{}
	for i := range m.pairs {
		p := &m.pairs[i]
		if p.want != nil && p.before != nil && p.before.Tags[TagDigest] == p.want.Digest {
			begun[p.want.Address()] = true
		}
	}
	v := gate.Judge(diff, rules, m.o.Approvals, 0)
	for _, item := range v.Open() {
		if begun[item.Role] {
			continue
		}
		f := Finding{Code: "escalation-not-approved", Role: item.Role, Detail: fmt.Sprintf(
			"New for role %s: %s. The released commit does not approve it. Write into %s beside the configuration: approve %s", strconv.Quote(item.Role), item.Summary, gate.File, strconv.Quote(gate.Short(v.Digest)))}
		if item.Place != nil {
			f.File, f.Line = item.Place.File, item.Place.Line
		}
		m.plan.Refusals = append(m.plan.Refusals, f)
	}
	return nil
}
