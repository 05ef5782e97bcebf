package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/access"
)

// walk prepares the way of a role between two states.
func (m *maker) walk(slots []*slot, start, end *state) *walk {
	w := &walk{
		store: m.store, slots: slots, start: start, now: start, end: end, used: map[partial]bool{},
		limits: limits{
			managed: m.limit("managed_policy_size"), inline: m.limit("inline_policies_size"),
			trust: m.limit("trust_policy_size"), attached: m.limit("attached_policies_per_role"),
		},
	}
	w.guard = slices.IndexFunc(slots, func(s *slot) bool { return s.kind == inlineSlot && s.key == SealName })
	if w.guard < 0 {
		w.guard = len(slots)
		w.slots = append(w.slots, &slot{kind: inlineSlot, key: SealName})
	}
	for _, s := range w.slots {
		start.forms = append(start.forms, s.before)
		end.forms = append(end.forms, s.after)
	}
	w.check = &checker{
		before: start.side(), after: end.side(), answers: m.answers, kept: map[string]bool{},
		options: access.Options{Facts: access.ServiceFacts(), Limits: m.o.Limits, OneWay: true, NoRows: true},
	}
	return w
}

// boundary is the text of a boundary; nil without one.
func (m *maker) boundary(arn string) *form {
	if arn == "" {
		return nil
	}
	return m.store.foreign(arn)
}

// exist refuses policies of the account that the role names and that are not
// there.
func (m *maker) exist(w *Want) bool {
	ok := true
	check := func(arn, what string) {
		if isLocal(m.live, arn) && m.live.Policies[arn] == nil {
			ok = false
			m.refuse(w, "missing-policy", w.IAMName, "The role has %s as %s, and the account has no such policy. Make it first; smr makes only the policies of a role's own statements.", arn, what)
		}
	}
	if w.PermissionsBoundary != "" {
		check(w.PermissionsBoundary, "its permissions boundary")
	}
	for _, arn := range w.attached() {
		check(arn, "one of managed_policies")
	}
	for i := range w.Managed {
		p := m.live.Policies[w.Managed[i].ARN]
		if p != nil && p.Tags != nil && !m.d.ownedPolicy(p) && !m.adoptable(w, i, p) {
			ok = false
			m.refuse(w, "foreign-policy", w.IAMName, "The policy %s is there and is not the project's: it has no tag %s with %s. Remove it, or take it over with smr import.", p.ARN, TagManaged, strconv.Quote(m.d.Project))
		}
	}
	if n := len(w.tags(m.d.Project)) + 1; n > m.limit("tags") {
		ok = false
		m.refuse(w, "too-many-role-tags", w.IAMName, "The role would have %d tags with those that smr sets, and IAM admits %d. Remove some.", n, m.limit("tags"))
	}
	if w.PermissionsBoundary == "" {
		m.find(w, "no-boundary", w.IAMName, "The role has no permissions boundary, so that a mistake in its policies has no limit. Give it one: permissions_boundary = \"ARN\".")
	}
	return ok
}

// adoptable reports whether a policy of a role that is taken over may be taken
// over with it: nobody owns it, and it says what it is to say.
func (m *maker) adoptable(w *Want, i int, p *live.Policy) bool {
	r := m.live.Role(w.IAMName)
	_, roleTagged := tagOf(r)
	_, tagged := p.Tags[TagManaged]
	return r != nil && !roleTagged && !tagged && live.Same(p.Document(), w.Managed[i].Document)
}

// create plans a role that is not there: policies first, then the role with
// its boundary in the same call, then what it may do.
func (m *maker) create(w *Want) {
	if !m.exist(w) {
		return
	}
	var slots []*slot
	for i := range w.Managed {
		slots = append(slots, &slot{kind: managedSlot, key: w.Managed[i].ARN, after: m.store.form(w.Managed[i].Document)})
	}
	for _, arn := range w.attached() {
		slots = append(slots, &slot{kind: foreignSlot, key: arn, after: m.store.foreign(arn)})
	}
	for _, name := range slices.Sorted(maps.Keys(w.Inline)) {
		slots = append(slots, &slot{kind: inlineSlot, key: name, after: m.store.form(w.Inline[name])})
	}
	trust, limit := m.store.form(w.Trust), m.boundary(w.PermissionsBoundary)
	walk := m.walk(slots, &state{trust: trust, boundary: w.PermissionsBoundary, limit: limit}, &state{trust: trust, boundary: w.PermissionsBoundary, limit: limit})
	walk.check.before = newSide(nil, "", nil, nil) // there was no role
	if !walk.run() {
		m.unproved(w, walk)
		return
	}
	b := m.builder(w, w.IAMName)
	b.out.Change = Create
	for i := range walk.moves {
		mv := walk.moves[i]
		if mv.slot >= 0 && walk.slots[mv.slot].kind == managedSlot && mv.from.forms[mv.slot] == nil {
			b.putPolicy(b.policyOf(walk.slots[mv.slot].key), mv.to.forms[mv.slot].doc, PhasePrepare, "for a role that is made")
		}
	}
	tags := w.tags(m.d.Project)
	tags[TagRelease] = m.o.Release
	args := Args{Path: w.Path, Document: w.Trust.Text, Boundary: w.PermissionsBoundary, MaxSessionDuration: w.session(), Tags: tags}
	if w.Description != "" {
		args.Description = &w.Description
	}
	b.add(Operation{Kind: CreateRole, Phase: PhasePrepare, Why: "a role that is made, with its boundary from the first moment", Args: args})
	b.walked(walk)
	b.close(w, nil, walk)
}

func (m *maker) unproved(w *Want, walk *walk) {
	if n := walk.attached(); n > walk.limits.attached {
		m.refuse(w, "unproved-order", w.IAMName, "The role would have %d managed policies attached, those that were attached by hand and stay among them, and the quota of the account is %d. Detach some, let smr detach what is added by hand with lifecycle { exclusive = true }, or raise attached_policies_per_role in the quotas of the account where AWS has granted more.", n, walk.limits.attached)
		return
	}
	m.refuse(w, "unproved-order", w.IAMName, "No order of changes was found of which every state is proved to grant nothing that neither the role as it is nor the role as it is to be grants. Policies that stand elsewhere cannot be changed half way: attach or detach them in releases of their own, and give the texts that are not known with policy blocks.")
}

// close settles a role that was walked: what the boundary and the unchanged
// policies say is part of the proof, so that they are watched too.
func (b *builder) close(w *Want, r *live.Role, walk *walk) {
	for _, s := range walk.slots {
		if b.work.Policies[s.key] != nil || b.live.Policies[s.key] != nil {
			b.touched[PolicyID(s.key)] = true
		}
	}
	for _, arn := range []string{walk.start.boundary, walk.end.boundary} {
		if b.live.Policies[arn] != nil {
			b.touched[PolicyID(arn)] = true
		}
	}
	var after []string
	for _, other := range b.d.Wants {
		if other != w && b.live.Role(other.IAMName) == nil && slices.Contains(trusted(w), other.ARN()) {
			after = append(after, other.IAMName)
		}
	}
	b.finish(after)
	b.pairs = append(b.pairs, pair{before: r, after: b.work.Role(b.role), want: w})
}

// update plans a role that is there.
func (m *maker) update(w *Want, r *live.Role) {
	if !m.exist(w) {
		return
	}
	slots := m.slots(w, r)
	start := &state{trust: m.store.form(r.Trust), boundary: r.Boundary, limit: m.boundary(r.Boundary)}
	end := &state{trust: m.trust(w, r), boundary: w.PermissionsBoundary, limit: m.boundary(w.PermissionsBoundary)}
	walk := m.walk(slots, start, end)
	_, tagged := tagOf(r)
	if !m.unshared(w, walk) || !tagged && !m.adopts(w, r, walk) {
		return
	}
	if !walk.run() {
		m.unproved(w, walk)
		return
	}
	first, last := m.tagging(w, r, slots)
	gone := m.goneTags(w, r)
	if !m.tagsAlone(w, r, walk, first, gone) {
		return
	}
	b := m.builder(w, r.Name)
	settings := b.settings(w, r)
	if len(walk.moves) == 0 && len(settings) == 0 && len(first) == 0 && len(gone) == 0 {
		return
	}
	first[TagRelease] = m.o.Release
	if r.Tags[TagRelease] == m.o.Release {
		delete(first, TagRelease)
	}
	theirs, ours := apart(gone)
	if len(theirs) > 0 {
		b.add(Operation{Kind: UntagRole, Phase: PhasePrepare, Why: "tags that the configuration no longer has", Args: Args{TagKeys: theirs}})
	}
	if len(first) > 0 {
		if !tagged {
			b.adopted(w)
		}
		b.add(Operation{Kind: TagRole, Phase: PhasePrepare, Why: "whose it is and which release it is of", Args: Args{Tags: first}})
	}
	for _, op := range settings {
		b.add(op)
	}
	b.walked(walk)
	b.settle(w, slots)
	if len(ours) > 0 {
		b.add(Operation{Kind: UntagRole, Phase: PhaseSettle, Why: "what there is no more to remember", Args: Args{TagKeys: ours}})
	}
	if len(last) > 0 {
		b.add(Operation{Kind: TagRole, Phase: PhaseSettle, Why: "what is left of what the configuration gave", Args: Args{Tags: last}})
	}
	b.close(w, r, walk)
}

// attached is how many managed policies the role has at the end.
func (w *walk) attached() int {
	n := 0
	for _, s := range w.slots {
		if s.kind != inlineSlot && s.after != nil {
			n++
		}
	}
	return n
}

// slots are the places of a role's policies, before and after. What nobody
// remembers to have come from a configuration stays, unless the role is
// exclusive.
func (m *maker) slots(w *Want, r *live.Role) []*slot {
	managed, foreign, inline := map[string]*slot{}, map[string]*slot{}, map[string]*slot{}
	for i := range w.Managed {
		managed[w.Managed[i].ARN] = &slot{kind: managedSlot, key: w.Managed[i].ARN, after: m.store.form(w.Managed[i].Document)}
	}
	for _, arn := range w.attached() {
		foreign[arn] = &slot{kind: foreignSlot, key: arn, after: m.store.foreign(arn)}
	}
	for _, arn := range r.Attached {
		switch {
		case managed[arn] != nil:
			managed[arn].before = m.store.form(m.live.Policies[arn].Document())
		case foreign[arn] != nil:
			foreign[arn].before = foreign[arn].after
		case m.d.ownedPolicy(m.live.Policies[arn]):
			managed[arn] = &slot{kind: managedSlot, key: arn, before: m.store.form(m.live.Policies[arn].Document())}
		default:
			f := m.store.foreign(arn)
			foreign[arn] = &slot{kind: foreignSlot, key: arn, before: f}
			if !remembered(r.Tags[TagAttached], arn) && !w.Exclusive {
				foreign[arn].after = f
				m.find(w, "extra-policy", r.Name, "The policy %s is attached to the role, and the configuration does not say so. It stays. Add it to managed_policies, detach it, or let smr detach what is added by hand: lifecycle { exclusive = true }.", arn)
			}
		}
	}
	for name, d := range w.Inline {
		inline[name] = &slot{kind: inlineSlot, key: name, after: m.store.form(d)}
	}
	for name, d := range r.Inline {
		if inline[name] != nil {
			inline[name].before = m.store.form(d)
			continue
		}
		f := m.store.form(d)
		inline[name] = &slot{kind: inlineSlot, key: name, before: f}
		if name != SealName && !remembered(r.Tags[TagInline], name) && !w.Exclusive {
			inline[name].after = f
			m.find(w, "extra-policy", r.Name, "The role has an inline policy %s that the configuration does not have. It stays. Write its statements into the configuration, delete it, or let smr delete what is added by hand: lifecycle { exclusive = true }.", strconv.Quote(name))
		}
	}
	var out []*slot
	for _, set := range []map[string]*slot{managed, foreign, inline} {
		for _, key := range slices.Sorted(maps.Keys(set)) {
			out = append(out, set[key])
		}
	}
	return out
}

// trust is the trust policy that the role gets. Where IAM shows that one of
// its principals was deleted, it is not written anew without being asked to.
func (m *maker) trust(w *Want, r *live.Role) *form {
	wanted := m.store.form(w.Trust)
	if live.Same(r.Trust, w.Trust) {
		return m.store.form(r.Trust)
	}
	ids := deletedPrincipals(r.Trust)
	if len(ids) == 0 {
		return wanted
	}
	if m.o.RenewPrincipals || !rebinds(r.Trust.Policy, w.Trust.Policy) {
		return wanted
	}
	m.find(w, "stale-principal", r.Name, "The trust policy of the role holds %s: a role or user that it named was deleted. One made since under the same name is somebody else, so the trust policy stays as it is. Look at who is meant, then take the principal out of the configuration, or let it be written anew: smr plan --renew-principals.", strings.Join(ids, ", "))
	return m.store.form(r.Trust)
}

// unshared refuses to change a policy that others use too: nothing is proved
// of them.
func (m *maker) unshared(w *Want, walk *walk) bool {
	ok := true
	for _, s := range walk.slots {
		p := m.live.Policies[s.key]
		if s.kind != managedSlot || p == nil || s.after == nil || live.Same(p.Document(), s.after.doc) {
			continue
		}
		own := 0
		if s.before != nil {
			own = 1
		}
		if p.Attachments > own || p.Boundaries > 0 {
			ok = false
			m.refuse(w, "shared-policy", w.IAMName, "The policy %s changes, and somebody attached it by hand to others than the role%s: what they may do would change unseen. Detach it there.", p.ARN, m.users(s.key, w.IAMName))
		}
	}
	return ok
}

// users names roles that a policy is attached to.
func (m *maker) users(arn, except string) string {
	var names []string
	for _, name := range m.live.RoleNames() {
		r := m.live.Role(name)
		if !strings.EqualFold(name, except) && (slices.Contains(r.Attached, arn) || r.Boundary == arn) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}
