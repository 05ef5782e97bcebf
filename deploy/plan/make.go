package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/review/gate"
)

// Options choose how a plan is made. Now must be set.
type Options struct {
	Now     time.Time
	Release string // for the tag smr:release; "" is the beginning of the configuration's digest

	// AllowDelete retires owned roles that the configuration no longer has,
	// and deletes them in a later release.
	AllowDelete bool
	// UnusedFor is how long a role must not have been used before it is
	// deleted; 0 is DefaultUnusedFor.
	UnusedFor time.Duration
	// RenewPrincipals writes a trust policy anew although IAM shows that a
	// principal of it was deleted: a role or user of the same name may be
	// somebody else.
	RenewPrincipals bool

	// Approvals are those of the released commit. They are asked for if the
	// configuration has a review block.
	Approvals []gate.Approval

	Limits access.Limits // of each comparison
}

// DefaultUnusedFor is a week: IAM's record of use is some hours late (IAM User
// Guide, "Refining permissions using last accessed information").
const DefaultUnusedFor = 7 * 24 * time.Hour

// releaseDigits are the digits of the configuration's digest that stand for a
// release without a name.
const releaseDigits = 16

// A maker makes one plan.
type maker struct {
	d       *Desired
	o       Options
	live    *live.State // as it was read
	work    *live.State // after the operations so far
	store   *store
	answers *answers
	plan    *Plan
	touched map[string]bool // ids of resources
	pairs   []pair          // for the diff
}

// Make plans the way from a state to what is desired. The tags of the policies
// that Touched names must have been read.
func Make(state *live.State, d *Desired, o Options) (*Plan, error) {
	if state.Account != d.Account || state.Partition != d.Partition {
		return nil, fmt.Errorf("the state is that of %s (%s), and the configuration's account is %s (%s)", state.Account, state.Partition, d.Account, d.Partition)
	}
	if o.UnusedFor == 0 {
		o.UnusedFor = DefaultUnusedFor
	}
	if o.Release == "" {
		o.Release = strings.TrimPrefix(d.Digest, "sha256:")[:releaseDigits]
	}
	o.Release = tagText(o.Release)
	m := &maker{
		d: d, o: o, live: state, work: state.Clone(), store: newLibrary(state), answers: &answers{proved: map[string]bool{}}, touched: map[string]bool{},
		plan: &Plan{
			Schema: Schema, Tool: compiler.Version, Created: o.Now.UTC().Format(time.RFC3339), Account: d.Account, AccountName: d.AccountName,
			Partition: d.Partition, Project: d.Project, Release: o.Release, Configuration: d.Digest, Paths: d.Paths,
			Resources: []Resource{}, Roles: []Role{}, Operations: []Operation{}, Losses: []Loss{}, Refusals: []Finding{}, Findings: []Finding{}, Quotas: []Quota{},
		},
	}
	m.store.known = d.knownTexts()
	m.knownTexts()
	for _, w := range m.order() {
		m.want(w)
	}
	for _, name := range state.RoleNames() {
		m.leftover(state.Role(name))
	}
	m.orphans()
	m.resources()
	m.quotas()
	if err := m.compare(); err != nil {
		return nil, err
	}
	m.sort()
	m.plan.Seal()
	return m.plan, nil
}

// want plans one role of the configuration.
func (m *maker) want(w *Want) {
	r := m.live.Role(w.IAMName)
	switch {
	case r == nil && w.Retire:
	case r == nil:
		m.create(w)
	case !m.mine(w, r):
	case w.Retire:
		m.retire(r, w)
	default:
		m.update(w, r)
	}
}

// refuse says what keeps the plan from being applied, find what to know.
func (m *maker) refuse(w *Want, code, name, format string, args ...any) {
	m.plan.Refusals = append(m.plan.Refusals, m.finding(w, code, name, format, args...))
}

func (m *maker) find(w *Want, code, name, format string, args ...any) {
	m.plan.Findings = append(m.plan.Findings, m.finding(w, code, name, format, args...))
}

func (m *maker) finding(w *Want, code, name, format string, args ...any) Finding {
	f := Finding{Code: code, Role: name, Detail: fmt.Sprintf(format, args...)}
	if w != nil && w.Decl != nil {
		f.File, f.Line = w.Decl.Name.Range.Filename, w.Decl.Name.Range.Start.Line
	}
	return f
}

// order is the roles such that one stands behind those that are made new and
// that its trust policy names: IAM refuses a principal that does not exist.
func (m *maker) order() []*Want {
	byARN := map[string]*Want{}
	for _, w := range m.d.Wants {
		if m.live.Role(w.IAMName) == nil {
			byARN[w.ARN()] = w
		}
	}
	var out []*Want
	const walking, done = 1, 2
	mark := map[*Want]int{}
	var visit func(w *Want)
	visit = func(w *Want) {
		mark[w] = walking
		for _, arn := range trusted(w) {
			other := byARN[arn]
			switch {
			case other == nil || other == w || mark[other] == done:
			case mark[other] == walking:
				m.refuse(w, "trust-circle", w.IAMName, "The trust policies of the new roles %s and %s name one another, and IAM refuses a principal that does not exist. Release one of them first without the other in its trust policy.", w.IAMName, other.IAMName)
			default:
				visit(other)
			}
		}
		mark[w] = done
		out = append(out, w)
	}
	for _, w := range m.d.Wants {
		if mark[w] == 0 {
			visit(w)
		}
	}
	return out
}

// trusted are the principals of AWS that a role's trust policy names.
func trusted(w *Want) []string {
	var out []string
	for i := range w.Trust.Policy.Statements {
		if p := w.Trust.Policy.Statements[i].Principal; p != nil {
			out = append(out, p.AWS...)
		}
	}
	return out
}

// knownTexts tells policy blocks whose text is not that of the account.
func (m *maker) knownTexts() {
	for _, arn := range slices.Sorted(maps.Keys(m.store.known)) {
		p := m.live.Policies[arn]
		if p == nil || p.Document() == nil {
			continue
		}
		if said := m.store.form(live.FromPolicy(m.store.known[arn])); !sameAtoms(said, m.store.form(p.Document())) {
			m.find(nil, "other-policy-text", "", "The configuration gives %s another text than the account has. The plan goes by the account's; guardrails and expectations went by the configuration's. Take the account's text over into the policy block.", arn)
		}
	}
}

// limit is what the account admits, as its block says or by IAM's default.
func (m *maker) limit(name string) int {
	if q, ok := m.d.target.Quotas[name]; ok && q.Value > 0 {
		return q.Value
	}
	q, _ := facts.FindQuota(name)
	return q.Default
}

// resources lists what was touched with digests before and after.
func (m *maker) resources() {
	for id := range m.touched {
		r := Resource{ID: id, Before: digestOf(m.live, id), After: digestOf(m.work, id)}
		if name, ok := strings.CutPrefix(id, "role/"); ok {
			if role := m.live.Role(name); role != nil {
				r.RoleID = role.ID
			}
		}
		m.plan.Resources = append(m.plan.Resources, r)
	}
	slices.SortFunc(m.plan.Resources, func(a, b Resource) int { return cmp.Compare(a.ID, b.ID) })
}

// quotas are those of the account that the plan uses more of.
func (m *maker) quotas() {
	for _, q := range []struct {
		name          string
		before, after int
	}{
		{"roles_per_account", len(m.live.Roles), len(m.work.Roles)},
		{"managed_policies_per_account", len(m.live.Policies), len(m.work.Policies)},
	} {
		limit := m.limit(q.name)
		m.plan.Quotas = append(m.plan.Quotas, Quota{q.name, q.before, q.after, limit})
		if q.after > q.before && limit > 0 && q.after > limit {
			m.refuse(nil, "account-quota", "", "The account would have %d of %s, and its limit is %d. Ask AWS for more (Service Quotas) and say so in quotas of the account block, or remove what is not used.", q.after, q.name, limit)
		}
	}
}

func (m *maker) sort() {
	order := func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(lower(a.Role), lower(b.Role)), cmp.Compare(a.Detail, b.Detail))
	}
	slices.SortStableFunc(m.plan.Refusals, order)
	slices.SortStableFunc(m.plan.Findings, order)
}
