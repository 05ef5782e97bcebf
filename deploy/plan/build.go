package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/deploy/live"
)

// A builder makes the operations of one role and does them to the maker's
// state, which gives each its digests.
type builder struct {
	*maker
	want *Want
	role string
	ops  []Operation
	out  Role
	err  error // a mistake of smr: an operation that IAM would refuse
}

func (m *maker) builder(w *Want, role string) *builder {
	b := &builder{maker: m, want: w, role: role, out: Role{Name: role, Change: Update, States: []State{}}}
	if w != nil {
		b.out.Role = w.Address()
	}
	return b
}

// add does one operation and returns its id.
func (b *builder) add(op Operation) string {
	if b.err != nil {
		return ""
	}
	name := b.role
	if name == "" {
		name = "-"
	}
	op.ID, op.Role = fmt.Sprintf("%s/%03d", name, len(b.ops)+1), b.role
	switch op.Kind {
	case CreatePolicy, CreatePolicyVersion, DeletePolicyVersion, DeletePolicy, TagPolicy, UntagPolicy:
		op.Resource = PolicyID(op.Policy)
	default:
		op.Resource = RoleID(b.role)
	}
	b.touched[op.Resource] = true
	op.Before = digestOf(b.work, op.Resource)
	if err := Step(b.work, &op); err != nil {
		b.err = err
		b.refuse(b.want, "unplanned", b.role, "This is a mistake of smr: %s would be refused: %v", op.ID, err)
		return ""
	}
	op.After = digestOf(b.work, op.Resource)
	b.ops = append(b.ops, op)
	return op.ID
}

// putPolicy gives a managed policy a text: it makes the policy or a version of
// it. IAM keeps five versions, so the oldest that is not used goes before.
func (b *builder) putPolicy(p *WantPolicy, doc *live.Document, phase, why string) string {
	have := b.work.Policies[p.ARN]
	if have == nil {
		return b.add(Operation{Kind: CreatePolicy, Policy: p.ARN, Phase: PhasePrepare, Why: why, Args: Args{
			Path: p.Path, PolicyName: p.Name, Document: doc.Text, Tags: b.policyTags(),
		}})
	}
	if live.Same(have.Document(), doc) {
		return ""
	}
	b.prune(have)
	return b.add(Operation{Kind: CreatePolicyVersion, Policy: p.ARN, Phase: phase, Why: why, Args: Args{Document: doc.Text}})
}

// policyTags are the tags of a policy that is made. Its release is that of its
// role.
func (b *builder) policyTags() map[string]string {
	return map[string]string{TagManaged: b.d.Project, TagSource: b.want.Source}
}

func (b *builder) prune(p *live.Policy) {
	for len(p.Versions) >= MaxVersions && b.err == nil {
		b.add(Operation{Kind: DeletePolicyVersion, Policy: p.ARN, Phase: PhasePrepare, Why: "room for a version", Args: Args{VersionID: oldest(p)}})
	}
}

// oldest is the version of a policy with the lowest number that is not the
// default one.
func oldest(p *live.Policy) string {
	id := ""
	for _, v := range p.Versions {
		if v.ID != p.DefaultVersion && (id == "" || versionNumber(v.ID) < versionNumber(id)) {
			id = v.ID
		}
	}
	return id
}

// deletePolicy deletes a policy with its versions.
func (b *builder) deletePolicy(arn, why string) {
	p := b.work.Policies[arn]
	for len(p.Versions) > 1 && b.err == nil {
		b.add(Operation{Kind: DeletePolicyVersion, Policy: arn, Phase: PhaseSettle, Why: why, Args: Args{VersionID: oldest(p)}})
	}
	b.add(Operation{Kind: DeletePolicy, Policy: arn, Phase: PhaseSettle, Why: why})
}

// do makes the calls of a move and returns the id of the one that counts.
func (b *builder) do(w *walk, m *move) string {
	switch {
	case m.trust:
		return b.add(Operation{Kind: UpdateAssumeRolePolicy, Phase: m.phase, Why: m.why, Args: Args{Document: m.to.trust.doc.Text}})
	case m.boundary && m.to.boundary == "":
		return b.add(Operation{Kind: DeleteRolePermissionsBoundary, Phase: m.phase, Why: m.why})
	case m.boundary:
		return b.add(Operation{Kind: PutRolePermissionsBoundary, Phase: m.phase, Why: m.why, Args: Args{Boundary: m.to.boundary}})
	}
	s, from, to := w.slots[m.slot], m.from.forms[m.slot], m.to.forms[m.slot]
	switch {
	case s.kind == inlineSlot && to == nil:
		return b.add(Operation{Kind: DeleteRolePolicy, Policy: s.key, Phase: m.phase, Why: m.why})
	case s.kind == inlineSlot:
		return b.add(Operation{Kind: PutRolePolicy, Policy: s.key, Phase: m.phase, Why: m.why, Args: Args{Document: to.doc.Text}})
	case to == nil:
		return b.add(Operation{Kind: DetachRolePolicy, Policy: s.key, Phase: m.phase, Why: m.why})
	}
	id := ""
	if s.kind == managedSlot {
		id = b.putPolicy(b.policyOf(s.key), to.doc, m.phase, m.why)
	}
	if from == nil {
		id = b.add(Operation{Kind: AttachRolePolicy, Policy: s.key, Phase: m.phase, Why: m.why})
	}
	return id
}

// policyOf is the policy of an ARN: as it is wanted, or, where it is to go, as
// it stands.
func (b *builder) policyOf(arn string) *WantPolicy {
	if b.want != nil {
		for i := range b.want.Managed {
			if b.want.Managed[i].ARN == arn {
				return &b.want.Managed[i]
			}
		}
	}
	p := b.work.Policies[arn]
	return &WantPolicy{ARN: arn, Name: p.Name, Path: p.Path}
}

// walked makes the calls of all moves, and says how their states are proved
// and what is lost on the way.
func (b *builder) walked(w *walk) {
	open := -1
	for _, mv := range w.moves {
		id := b.do(w, mv)
		b.out.States = append(b.out.States, State{Operation: id, NoExcess: mv.excess, NoLoss: mv.loss})
		lost := mv.loss == NotProved
		if lost && open < 0 {
			open = len(b.plan.Losses)
			b.ops[len(b.ops)-1].Announce = true
			b.plan.Losses = append(b.plan.Losses, Loss{Role: b.role, From: id, Because: b.blocked(w)})
		}
		if open >= 0 {
			l := &b.plan.Losses[open]
			if mv.witness != "" && l.What == "" {
				l.What = mv.witness
			}
			if !lost {
				l.Until, open = id, -1
				if l.What == "" {
					l.What = "it is not proved that nothing is"
				}
			}
		}
		if lost {
			b.out.States[len(b.out.States)-1].Because = "announced"
		}
	}
}

// blocked says why nothing but a loss was left.
func (b *builder) blocked(w *walk) string {
	var full []string
	for i, s := range w.slots {
		if s.before == nil && s.after != nil && s.kind != inlineSlot && countAttached(w, w.start) >= w.limits.attached {
			full = append(full, fmt.Sprintf("%d policies are attached, of %d that may be", countAttached(w, w.start), w.limits.attached))
		}
		if s.before == nil || s.after == nil || s.before.doc == nil || s.after.doc == nil || s.before.key() == s.after.key() {
			continue
		}
		if d, ok := compose(s.after, func(*atom) bool { return true }, slices.Concat(s.before.allow, s.before.deny)); ok && !w.fits(w.start.with(i, b.store.form(live.FromPolicy(d)))) {
			full = append(full, fmt.Sprintf("the statements of %s before and after do not fit together", shortName(s.key)))
		}
	}
	if len(full) == 0 {
		return "no statements between the two texts were proved to grant just what both grant"
	}
	slices.Sort(full)
	return strings.Join(slices.Compact(full), "; ")
}

// finish adds the role to the plan.
func (b *builder) finish(after []string) {
	if len(b.ops) == 0 {
		return
	}
	if b.err != nil {
		return
	}
	b.out.After = after
	b.plan.Roles = append(b.plan.Roles, b.out)
	b.plan.Operations = append(b.plan.Operations, b.ops...)
}

// shortName is the last part of an ARN, or a name.
func shortName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
