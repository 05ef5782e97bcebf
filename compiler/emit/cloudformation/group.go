package cloudformation

import (
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A group is the accounts that one template serves: they are in one partition,
// and their roles are the same, or become so when each account's own id is
// spelled as a pseudo parameter. It has the name of its first account.
type group struct {
	targets []*ir.Target
	roles   [][]*ir.StackRole // for each target
	merged  []*ir.StackRole   // what the template holds
}

// groups parts the stack's targets that have roles, in the order of targets.
//
// The Region is never a pseudo parameter where an account is declared: IAM is
// deployed from one Region, which need not be the account's, so AWS::Region
// would be another one. Accounts whose roles hold different Regions have
// different templates.
func groups(stack *ir.Stack) []*group {
	roles := map[*ir.Target][]*ir.StackRole{}
	for _, r := range stack.Roles {
		roles[r.Target] = append(roles[r.Target], r)
	}
	var all []*group
	alike := map[uint64][]*group{} // those that may have the same roles
	seed := maphash.MakeSeed()
	for _, t := range stack.Targets {
		if len(roles[t]) == 0 {
			continue
		}
		var key uint64
		if !t.Any {
			key = outline(seed, roles[t])
			at := slices.IndexFunc(alike[key], func(g *group) bool { return g.admits(t, roles[t]) })
			if at >= 0 {
				g := alike[key][at]
				g.targets = append(g.targets, t)
				g.roles = append(g.roles, roles[t])
				continue
			}
		}
		g := &group{targets: []*ir.Target{t}, roles: [][]*ir.StackRole{roles[t]}}
		all = append(all, g)
		alike[key] = append(alike[key], g)
	}
	for _, g := range all {
		g.merged, _ = merge(g.targets, g.roles)
	}
	return all
}

// admits reports whether t can join g. The first two accounts settle which
// places are pseudo parameters (they differ there), so they speak for all.
func (g *group) admits(t *ir.Target, roles []*ir.StackRole) bool {
	for _, other := range g.targets {
		if other.Any || other.Partition != t.Partition || other.AccountID == t.AccountID {
			return false
		}
	}
	n := min(2, len(g.targets))
	_, ok := merge(append(slices.Clone(g.targets[:n]), t), append(slices.Clone(g.roles[:n]), roles))
	return ok
}

// merge is the roles that stand for those of every target, with pseudo
// parameters where the targets' own ids stand; false if there are none.
func merge(targets []*ir.Target, roles [][]*ir.StackRole) ([]*ir.StackRole, bool) {
	if len(targets) == 1 {
		return roles[0], true
	}
	m := merger{targets: targets, ok: true}
	for i := range targets {
		if len(roles[i]) != len(roles[0]) {
			return nil, false
		}
	}
	place := *targets[0]
	place.AccountID = policy.PseudoAccount
	out := make([]*ir.StackRole, 0, len(roles[0]))
	each := make([]*ir.StackRole, len(targets))
	for k := range roles[0] {
		for i := range targets {
			each[i] = roles[i][k]
		}
		out = append(out, m.role(each, &place))
		if !m.ok {
			return nil, false
		}
	}
	return out, true
}

// A merger makes one value of the values of several targets. When there is
// none, ok becomes false and results mean nothing.
type merger struct {
	targets []*ir.Target
	ok      bool
}

func (m *merger) fail() { m.ok = false }

// role merges the same role of every target.
func (m *merger) role(of []*ir.StackRole, place *ir.Target) *ir.StackRole {
	first := of[0]
	for _, r := range of[1:] {
		if r.Label != first.Label || r.Key != first.Key || r.MaxSessionDuration != first.MaxSessionDuration ||
			r.Retire != first.Retire || !slices.Equal(r.Refs, first.Refs) || len(r.Tags) != len(first.Tags) ||
			len(r.Attached) != len(first.Attached) || len(r.Managed) != len(first.Managed) || len(r.Inline) != len(first.Inline) {
			m.fail()
			return nil
		}
	}
	role := *first.Role
	role.Target = place
	role.IAMName = mergeEach(m, of, func(r *ir.StackRole) string { return r.IAMName })
	role.Path = mergeEach(m, of, func(r *ir.StackRole) string { return r.Path })
	role.Description = mergeEach(m, of, func(r *ir.StackRole) string { return r.Description })
	role.PermissionsBoundary = mergeEach(m, of, func(r *ir.StackRole) string { return r.PermissionsBoundary })
	role.Tags = make([]ir.Tag, len(first.Tags))
	for i := range first.Tags {
		role.Tags[i].Key = mergeEach(m, of, func(r *ir.StackRole) string { return r.Tags[i].Key })
		role.Tags[i].Value = mergeEach(m, of, func(r *ir.StackRole) string { return r.Tags[i].Value })
	}
	out := &ir.StackRole{Role: &role}
	out.Attached = make([]ir.Value, len(first.Attached))
	for i := range first.Attached {
		out.Attached[i].Text = mergeEach(m, of, func(r *ir.StackRole) string { return r.Attached[i].Text })
	}
	out.Trust = m.policy(of, func(r *ir.StackRole) *ir.Policy { return &r.Trust })
	for i := range first.Managed {
		out.Managed = append(out.Managed, m.policy(of, func(r *ir.StackRole) *ir.Policy { return &r.Managed[i] }))
	}
	for i := range first.Inline {
		out.Inline = append(out.Inline, m.policy(of, func(r *ir.StackRole) *ir.Policy { return &r.Inline[i] }))
	}
	return out
}

func (m *merger) policy(of []*ir.StackRole, get func(*ir.StackRole) *ir.Policy) ir.Policy {
	docs := make([]*policy.Document, len(of))
	for i, r := range of {
		docs[i] = get(r).Document
	}
	return ir.Policy{
		Name:     mergeEach(m, of, func(r *ir.StackRole) string { return get(r).Name }),
		Document: m.document(docs),
	}
}

// text merges one string of each target. Equal strings are themselves, also
// where they hold the id of one of the accounts: the others name it too.
func (m *merger) text(values []string) string {
	equal := true
	for _, v := range values[1:] {
		equal = equal && v == values[0]
	}
	if equal || !m.ok {
		return values[0]
	}
	var b strings.Builder
	rest := slices.Clone(values)
	for rest[0] != "" {
		switch {
		case m.own(rest):
			b.WriteString(policy.PseudoAccount)
		default:
			c := rest[0][0]
			for i := range rest {
				if rest[i] == "" || rest[i][0] != c {
					m.fail()
					return values[0]
				}
				rest[i] = rest[i][1:]
			}
			b.WriteByte(c)
		}
	}
	for _, r := range rest {
		if r != "" {
			m.fail()
		}
	}
	return b.String()
}

// own cuts its target's id from each of rest, if all of them start with that.
func (m *merger) own(rest []string) bool {
	for i, t := range m.targets {
		if !strings.HasPrefix(rest[i], t.AccountID) {
			return false
		}
	}
	for i, t := range m.targets {
		rest[i] = rest[i][len(t.AccountID):]
	}
	return true
}

// outline is a number that is the same for roles that can be merged: the digest
// of their text without twelve-digit numbers.
func outline(seed maphash.Seed, roles []*ir.StackRole) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	text := func(s string) {
		hashOutline(&h, s)
		_ = h.WriteByte(0) // never fails, nor do the others
	}
	for _, r := range roles {
		for _, s := range []string{r.Label, r.Key, r.IAMName, r.Path, r.PermissionsBoundary, strconv.Itoa(len(r.Managed))} {
			text(s)
		}
		for _, list := range [][]ir.Policy{{r.Trust}, r.Managed, r.Inline} {
			for i := range list {
				emit.Strings(list[i].Document, text)
			}
		}
	}
	return h.Sum64()
}

func hashOutline(h *maphash.Hash, s string) {
	for s != "" {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		digits := n
		for n < len(s) && (s[n] < '0' || s[n] > '9') {
			n++
		}
		if digits == policy.AccountLength {
			_, _ = h.WriteString(s[digits:n])
		} else {
			_, _ = h.WriteString(s[:n])
		}
		s = s[n:]
	}
}
