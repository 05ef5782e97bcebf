package plan

import (
	"maps"
	"slices"
	"strconv"

	"github.com/sagemaker-roles/smr/deploy/live"
)

// leftover plans for a role of the project that the configuration does not
// have.
func (m *maker) leftover(r *live.Role) {
	if !m.owned(r) || slices.ContainsFunc(m.d.Wants, func(w *Want) bool { return lower(w.IAMName) == lower(r.Name) }) {
		return
	}
	retired, tagged := r.Tags[TagRetired]
	switch {
	case m.o.AllowDelete:
		m.retire(r, nil)
	case tagged && m.closed(r):
		m.find(nil, "leftover-role", r.Name, "The role %s is the project's and the configuration does not have it. It was closed for everybody on %s. smr apply --allow-delete of a later release than %s deletes it.", r.ARN, retired, strconv.Quote(r.Tags[TagRelease]))
	default:
		m.find(nil, "leftover-role", r.Name, "The role %s is the project's and the configuration does not have it. It stays. smr apply --allow-delete closes it for everybody, and deletes it in a later release.", r.ARN)
	}
}

// closed reports whether nobody may assume the role.
func (m *maker) closed(r *live.Role) bool {
	trust := m.store.form(r.Trust)
	return trust == nil || len(trust.allow) == 0
}

// retire takes a role away in two releases: nobody may assume it from the first
// on, so that what still needs it shows before it is gone for good.
func (m *maker) retire(r *live.Role, w *Want) {
	closed := m.closed(r)
	day := m.o.Now.UTC().Format("2006-01-02")
	retired, tagged := r.Tags[TagRetired]
	if closed && tagged {
		m.remove(r, w, retired)
		return
	}
	b := m.builder(w, r.Name)
	b.out.Change = Retire
	if !closed {
		id := b.add(Operation{Kind: UpdateAssumeRolePolicy, Phase: PhaseRetire, Why: "nobody may assume it any more", Args: Args{Document: closedTrust().Text}})
		b.out.States = append(b.out.States, State{Operation: id, NoExcess: ByStatements, NoLoss: ByStatements})
	}
	b.add(Operation{Kind: TagRole, Phase: PhaseRetire, Why: "it is deleted by a later release", Args: Args{Tags: map[string]string{TagRetired: day, TagRelease: m.o.Release, TagDigest: "retired"}}})
	b.finish(nil)
	m.pairs = append(m.pairs, pair{before: r, after: m.work.Role(r.Name), want: w})
}

// remove deletes a role that an earlier release retired.
func (m *maker) remove(r *live.Role, w *Want, retired string) {
	switch {
	case r.Tags[TagRelease] == m.o.Release: // this release retired it
		if w == nil {
			m.find(nil, "leftover-role", r.Name, "The role %s was closed for everybody on %s by this release, %s. A later one deletes it: that of another commit or configuration, or of another name (--release).", r.ARN, retired, strconv.Quote(m.o.Release))
		}
		return
	case len(r.InstanceProfiles) > 0:
		m.find(w, "role-in-use", r.Name, "The role was retired on %s and is in the instance profile %s. Take it out of there; until then it stays.", retired, strconv.Quote(r.InstanceProfiles[0]))
		return
	case !r.LastUsed.IsZero() && m.o.Now.Sub(r.LastUsed) < m.o.UnusedFor:
		m.find(w, "role-in-use", r.Name, "The role was retired on %s and was last used on %s. It is deleted once it has not been used for %d days.", retired, r.LastUsed.UTC().Format("2006-01-02"), int(m.o.UnusedFor.Hours()/24))
		return
	}
	var slots []*slot
	for _, arn := range r.Attached {
		kind := foreignSlot
		if m.d.ownedPolicy(m.live.Policies[arn]) {
			kind = managedSlot
		}
		slots = append(slots, &slot{kind: kind, key: arn, before: m.store.foreign(arn)})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Inline)) {
		slots = append(slots, &slot{kind: inlineSlot, key: name, before: m.store.form(r.Inline[name])})
	}
	trust, limit := m.store.form(r.Trust), m.boundary(r.Boundary)
	walk := m.walk(slots, &state{trust: trust, boundary: r.Boundary, limit: limit}, &state{trust: trust, boundary: r.Boundary, limit: limit})
	if !walk.run() {
		m.refuse(w, "unproved-order", r.Name, "The role cannot be deleted: no order of detaching its policies was proved to grant nothing on the way. Detach those with Deny statements last, by hand.")
		return
	}
	b := m.builder(w, r.Name)
	b.out.Change = Delete
	b.walked(walk)
	b.add(Operation{Kind: DeleteRole, Phase: PhaseDelete, Why: "retired on " + retired})
	b.settle(w, slots)
	b.finish(nil)
	m.pairs = append(m.pairs, pair{before: r, want: w})
}
