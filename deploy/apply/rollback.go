package apply

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/deploy/plan"
	"github.com/sagemaker-roles/smr/review"
)

// Back plans the way back from the last release that a journal tells of: the
// calls of its runs taken back one by one, in the opposite order. The states on
// the way are those that the release went through, and what was proved of them
// holds in both directions: nothing beyond what the state before or the one
// after grants, nothing less than what both grant.
//
// A way back that did not end goes on where it ended.
//
// A *StaleError says that there is no such way: somebody changed something
// since, or a role is gone, which nothing brings back.
func Back(ctx context.Context, c *account.Client, rec *Record, now time.Time) (*plan.Plan, error) {
	if rec.Account != c.ID {
		return nil, stale("the journal is of account %s, and the credentials are of %s", rec.Account, c.ID)
	}
	last := rec.Runs[len(rec.Runs)-1].Plan
	if rec.Back && !rec.Complete {
		// To take a way back back would be to release again what was not wanted.
		onward := *last
		onward.Created, onward.Diff = now.UTC().Format(time.RFC3339), &review.Diff{}
		return &onward, nil
	}
	r := &run{client: c, plan: last}
	state, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	b := &backward{now: state, work: state.Clone(), rec: rec}
	for i := len(rec.Runs) - 1; i >= 0; i-- {
		if err := b.run(&rec.Runs[i], i == len(rec.Runs)-1); err != nil {
			return nil, err
		}
	}
	return b.plan(now), nil
}

// A backward plans the way back.
type backward struct {
	now  *live.State // as it was read
	work *live.State // after the operations so far
	rec  *Record
	ops  []plan.Operation
	// roles are those that change, in order; changes what happens to them.
	roles []string
	made  map[string]bool // roles that the release made
	after map[string][]string
}

// run takes one run back. Of the last one it is read from the account how far
// it came; the others ended where the next one began.
func (b *backward) run(rec *RunRecord, last bool) error {
	r := &run{plan: rec.Plan}
	end := b.now
	if !last {
		end = b.work
	}
	groups, err := r.groups(end)
	if err != nil {
		return stale("the account is not as the release in the journal left it, so that it cannot be taken back step by step: %v. Apply the configuration of the release before instead", err)
	}
	// A run that went on where one without a journal ended began in the middle.
	begun, err := r.groups(rec.Before.State(end))
	if err != nil {
		return stale("the journal does not fit together: %v. Apply the configuration of the release before instead", err)
	}
	for i, g := range slices.Backward(groups) {
		if err := b.group(g, begun[i].from, rec.Before.State(end)); err != nil {
			return err
		}
	}
	return nil
}

// group takes back what of a group was done from an operation on. at is the
// state before that.
func (b *backward) group(g *group, from int, at *live.State) error {
	name := ""
	if g.role != nil {
		name = g.role.Name
	}
	if from > g.from {
		return stale("%s is further back than where the release in the journal began. Apply the configuration of the release before instead", cmpOr(name, "a policy"))
	}
	inverses := make([][]plan.Operation, 0, g.from-from)
	for _, op := range g.ops[from:g.from] {
		inv, err := inverse(at, op)
		if err != nil {
			return err
		}
		if err := step(at, op); err != nil {
			return stale("the journal does not fit together: %v. Apply the configuration of the release before instead", err)
		}
		inverses = append(inverses, inv)
	}
	if from == 0 && g.role != nil && g.role.Change == plan.Create {
		if b.made == nil {
			b.made = map[string]bool{}
		}
		b.made[name] = true
	}
	for _, list := range slices.Backward(inverses) {
		for _, op := range list {
			if g.leftovers() {
				op.Role = b.userOf(op.Policy)
			}
			if err := b.add(op); err != nil {
				return err
			}
		}
	}
	if g.role == nil {
		return nil
	}
	for _, other := range g.role.After {
		// It was made after the other one, and so goes before it.
		if b.after == nil {
			b.after = map[string][]string{}
		}
		b.after[other] = append(b.after[other], name)
	}
	return nil
}

// userOf is the role that had a policy before it was left over: the policy has
// to be there again before the role gets it back. "" if no run knows one.
func (b *backward) userOf(arn string) string {
	for i := range b.rec.Runs {
		for j := range b.rec.Runs[i].Plan.Operations {
			if op := &b.rec.Runs[i].Plan.Operations[j]; op.Policy == arn && op.Role != "" {
				return op.Role
			}
		}
	}
	return ""
}

// step does to a state what an operation does, as far as what the journal holds
// of it allows: it does not hold versions that are not the default.
func step(s *live.State, op *plan.Operation) error {
	switch op.Kind {
	case plan.DeletePolicyVersion:
		return nil
	case plan.CreatePolicyVersion, plan.DeletePolicy:
		if p := s.Policies[op.Policy]; p != nil {
			p.Versions = slices.DeleteFunc(p.Versions, func(v live.Version) bool { return v.ID != p.DefaultVersion })
		}
	}
	return plan.Step(s, op)
}

// inverse is what takes an operation back, given the state before it. There is
// nothing to do for what decides on nothing, such as a version that is not the
// default.
func inverse(s *live.State, op *plan.Operation) ([]plan.Operation, error) {
	role, policy := s.Role(op.Role), s.Policies[op.Policy]
	back := plan.Operation{Role: op.Role, Policy: op.Policy, Resource: op.Resource, Phase: op.Phase, Why: "takes " + op.ID + " back"}
	switch op.Kind {
	case plan.DeletePolicyVersion, plan.TagPolicy, plan.UntagPolicy:
		return nil, nil
	case plan.DeleteRole:
		return nil, stale("the release deleted role %q, and a role made anew is another one to everybody who names it. Apply a configuration that has the role, and tell those who trust it", op.Role)
	case plan.CreateRole:
		back.Kind, back.Phase = plan.DeleteRole, plan.PhaseDelete
		return []plan.Operation{back}, nil
	case plan.CreatePolicy:
		back.Kind, back.Phase = plan.DeletePolicy, plan.PhaseSettle
		return []plan.Operation{back}, nil
	case plan.DeletePolicy, plan.CreatePolicyVersion:
		if policy == nil || policy.Document() == nil {
			return nil, stale("the journal lacks what %s held", op.Policy)
		}
		back.Kind, back.Args.Document = plan.CreatePolicyVersion, policy.Document().Text
		if op.Kind == plan.DeletePolicy {
			back.Kind = plan.CreatePolicy
			back.Args.Path, back.Args.PolicyName, back.Args.Tags = policy.Path, policy.Name, policy.Tags
		}
		return []plan.Operation{back}, nil
	}
	if role == nil {
		return nil, stale("the journal lacks role %q", op.Role)
	}
	return inverseOfRole(role, op, back)
}

// inverseOfRole takes back what an operation did to a role that was there.
func inverseOfRole(role *live.Role, op *plan.Operation, back plan.Operation) ([]plan.Operation, error) {
	a := &back.Args
	switch op.Kind {
	case plan.UpdateRole:
		was := role.Description // the role goes on changing
		back.Kind, a.Description, a.MaxSessionDuration = plan.UpdateRole, &was, role.MaxSessionDuration
	case plan.UpdateAssumeRolePolicy:
		back.Kind, a.Document = plan.UpdateAssumeRolePolicy, role.Trust.Text
	case plan.PutRolePermissionsBoundary, plan.DeleteRolePermissionsBoundary:
		back.Kind, a.Boundary = plan.PutRolePermissionsBoundary, role.Boundary
		if role.Boundary == "" {
			back.Kind = plan.DeleteRolePermissionsBoundary
		}
	case plan.TagRole:
		return inverseOfTags(role, op, back), nil
	case plan.UntagRole:
		back.Kind, a.Tags = plan.TagRole, map[string]string{}
		for _, key := range op.Args.TagKeys {
			if v, ok := role.Tags[key]; ok {
				a.Tags[key] = v
			}
		}
	case plan.PutRolePolicy, plan.DeleteRolePolicy:
		back.Kind = plan.DeleteRolePolicy
		if d := role.Inline[op.Policy]; d != nil {
			back.Kind, a.Document = plan.PutRolePolicy, d.Text
		}
	case plan.AttachRolePolicy, plan.DetachRolePolicy:
		has := slices.Contains(role.Attached, op.Policy)
		if has == (op.Kind == plan.AttachRolePolicy) {
			return nil, nil
		}
		back.Kind = plan.DetachRolePolicy
		if has {
			back.Kind = plan.AttachRolePolicy
		}
	default:
		return nil, fmt.Errorf("an operation of the kind %q cannot be taken back", op.Kind)
	}
	return []plan.Operation{back}, nil
}

// inverseOfTags sets tags to what they were, and removes those that were not.
func inverseOfTags(role *live.Role, op *plan.Operation, back plan.Operation) []plan.Operation {
	set, gone := map[string]string{}, []string{}
	for key := range op.Args.Tags {
		if v, ok := role.Tags[key]; ok {
			set[key] = v
		} else {
			gone = append(gone, key)
		}
	}
	var out []plan.Operation
	if len(set) > 0 {
		op := back
		op.Kind, op.Args.Tags = plan.TagRole, set
		out = append(out, op)
	}
	if len(gone) > 0 {
		slices.Sort(gone)
		op := back
		op.Kind, op.Args.TagKeys = plan.UntagRole, gone
		out = append(out, op)
	}
	return out
}

// add does an operation to the state that is worked on.
func (b *backward) add(op plan.Operation) error {
	p := b.work.Policies[op.Policy]
	if op.Kind == plan.CreatePolicyVersion && p != nil && len(p.Versions) >= plan.MaxVersions {
		if err := b.add(deletion(&op, oldest(p))); err != nil {
			return err
		}
	}
	for op.Kind == plan.DeletePolicy && p != nil && len(p.Versions) > 1 {
		if err := b.add(deletion(&op, oldest(p))); err != nil {
			return err
		}
	}
	if op.Kind == plan.DeleteRole {
		if r := b.work.Role(op.Role); r != nil && !r.LastUsed.IsZero() {
			return stale("the release made role %q, and it has been used since. Retire it instead: lifecycle { retire = true }", op.Role)
		}
	}
	op.Before = digestOf(b.work, op.Resource)
	if err := plan.Step(b.work, &op); err != nil {
		return stale("the release cannot be taken back: %v. Apply the configuration of the release before instead", err)
	}
	op.After = digestOf(b.work, op.Resource)
	b.ops = append(b.ops, op)
	if !slices.Contains(b.roles, op.Role) {
		b.roles = append(b.roles, op.Role)
	}
	return nil
}

// deletion makes room for a version, or for a policy to go.
func deletion(op *plan.Operation, version string) plan.Operation {
	return plan.Operation{
		Kind: plan.DeletePolicyVersion, Role: op.Role, Policy: op.Policy, Resource: op.Resource, Phase: plan.PhasePrepare, Why: "room for a version",
		Args: plan.Args{VersionID: version},
	}
}

// oldest is the version of a policy that was made first and is not the default.
func oldest(p *live.Policy) string {
	id := ""
	for _, v := range p.Versions {
		if v.ID != p.DefaultVersion && (id == "" || len(v.ID) < len(id) || len(v.ID) == len(id) && v.ID < id) {
			id = v.ID
		}
	}
	return id
}

// plan puts the operations together, role by role.
func (b *backward) plan(now time.Time) *plan.Plan {
	last := b.rec.Runs[len(b.rec.Runs)-1].Plan
	p := &plan.Plan{
		Schema: plan.Schema, Tool: compiler.Version, Created: now.UTC().Format(time.RFC3339), Account: last.Account, AccountName: last.AccountName,
		Partition: last.Partition, Project: last.Project, Release: last.Release, Paths: last.Paths,
		Resources: []plan.Resource{}, Roles: []plan.Role{}, Operations: []plan.Operation{}, Losses: []plan.Loss{},
		Refusals: []plan.Finding{}, Findings: []plan.Finding{}, Quotas: []plan.Quota{}, Diff: &review.Diff{},
	}
	touched := map[string]bool{}
	for _, name := range b.roles {
		n := 0
		for _, op := range b.ops {
			if op.Role != name {
				continue
			}
			n++
			op.ID = fmt.Sprintf("%s/%03d", cmpOr(name, "-"), n)
			touched[op.Resource] = true
			p.Operations = append(p.Operations, op)
		}
		role := plan.Role{Name: name, Change: plan.Update, After: slices.Compact(slices.Sorted(slices.Values(b.after[name]))), States: []plan.State{}}
		if b.made[name] {
			role.Change = plan.Delete
		}
		if n > 0 {
			p.Roles = append(p.Roles, role)
		}
	}
	for _, run := range b.rec.Runs {
		for _, l := range run.Plan.Losses {
			p.Losses = append(p.Losses, plan.Loss{Role: l.Role, What: l.What, Because: l.Because})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(touched)) {
		res := plan.Resource{ID: id, Before: digestOf(b.now, id), After: digestOf(b.work, id)}
		if name, ok := strings.CutPrefix(id, plan.RoleID("")); ok {
			if r := b.now.Role(name); r != nil {
				res.RoleID = r.ID
			}
		}
		p.Resources = append(p.Resources, res)
	}
	p.Seal()
	return p
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
