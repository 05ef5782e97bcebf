package organization

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Step is one template of a release.
type Step struct {
	Title string // "narrow", "boundary" or "release"
	Body  []byte
	Roles []string // whose access the step narrows; of the last step, those that change
}

// The titles of steps.
const (
	Narrow       = "narrow"   // only what old and new template both grant
	SwapBoundary = "boundary" // the same, under the new permissions boundary
	Final        = "release"  // the new template
)

// Steps are how a template becomes another.
type Steps struct {
	Steps []Step // the last is the new template; none when nothing changes
	// Why says for each role that needs more than one step what a single one
	// could do, sorted by name.
	Why []Reason
	// Unproved are roles for which not even several steps are proved.
	Unproved []Reason
	// Withheld are roles that lose, between the steps, access that they have
	// before and after.
	Withheld []Reason
}

// A Reason says something about a role, by its IAM name.
type Reason struct {
	Role string `json:"role"`
	Text string `json:"text"`
}

// A transition is what becomes of one role.
type transition struct {
	old, new *Role
	middle   []*Role // nil: it keeps its old state until the last step
}

// Plan finds the steps from one template to the next. known are the texts of
// policies that stand elsewhere.
func Plan(old, new *Template, known Known) (*Steps, error) {
	p := &prover{known: known}
	out := &Steps{}
	changes := map[string]*transition{}
	for _, name := range slices.Sorted(maps.Keys(merge(old.Roles, new.Roles))) {
		a, b := old.Roles[name], new.Roles[name]
		if b == nil && a.Retain {
			// CloudFormation lets go of it and changes nothing.
			continue
		}
		if a != nil && b != nil && a.ID == b.ID && sameRole(a, b) {
			continue
		}
		tr := &transition{old: a, new: b}
		changes[name] = tr
		p.role(out, name, tr)
	}
	if p.err != nil {
		return nil, p.err
	}
	return out, out.render(old, new, changes)
}

func merge[V any](a, b map[string]V) map[string]V {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// role finds what happens to one role.
func (p *prover) role(out *Steps, name string, tr *transition) {
	a, b := tr.old, tr.new
	switch {
	case a == nil:
		a = nobody(b)
	case b == nil:
		b = nobody(a)
	case a.Path != b.Path || a.ID != b.ID:
		out.Unproved = append(out.Unproved, Reason{name, "CloudFormation would replace the role: its path or its logical id is another. Make a role of another name, move to it, and retire this one."})
		return
	}
	if p.atOnce(a, b) {
		return
	}
	if tr.old == nil {
		// Nobody has a session of a role that is new: while its trust policy lets
		// nobody in, its policies may come in any order.
		shut := *b
		shut.Trust = closed()
		tr.middle = []*Role{&shut}
		out.Why = append(out.Why, Reason{name, "It is made with a trust policy that lets nobody in: while its policies are attached one after the other, a Deny could be missing."})
		return
	}
	out.Why = append(out.Why, Reason{name, because(a, b)})
	middle := p.narrowed(a, b)
	if middle == nil {
		out.Unproved = append(out.Unproved, Reason{name, "No narrower state is proved to lie within both: " + unknownText(a, b)})
		return
	}
	tr.middle = middle
	if p.withheld(a, b, middle[0]) {
		out.Withheld = append(out.Withheld, Reason{name, "Some access that it has before and after is withheld until the last step."})
	}
}

// unknownText names what keeps a proof from being found.
func unknownText(a, b *Role) string {
	var names []string
	for _, key := range keys(a, b) {
		for _, r := range []*Role{a, b} {
			if s := r.slot(key); s != nil && s.Document == nil && !slices.Contains(names, key) {
				names = append(names, plainARN(key))
			}
		}
	}
	if len(names) == 0 {
		return "its statements do not fit beside each other into IAM's quotas, or their conditions cannot be compared."
	}
	return fmt.Sprintf("the text of %s is not known. Declare it in a policy block.", strings.Join(names, ", "))
}

// because says what a single step could do.
func because(a, b *Role) string {
	switch {
	case a.Boundary != b.Boundary:
		return "Its permissions boundary and its policies change together, and either may come first."
	case !sameText(a.Trust, b.Trust):
		return "Its trust policy and its policies change together: whom one of them lets in could have what the other grants."
	}
	return "Statements that deny change together with those that allow: a Deny could be gone, or not there yet, beside an Allow of the other template."
}

// nobody is the state of a role that does not exist: nobody may assume it, and
// it has no policies. Its boundary is that of the role, with which it is made.
func nobody(r *Role) *Role {
	return &Role{ID: r.ID, Name: r.Name, Path: r.Path, Boundary: r.Boundary, Trust: closed(), Tags: map[string]string{}, Description: r.Description, Session: r.Session, Retain: r.Retain}
}

// closed is a trust policy that lets nobody in.
func closed() *policy.Document {
	return &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Effect: policy.Deny, Principal: &policy.Principal{Any: true}, Actions: []string{"sts:AssumeRole"},
	}}}
}

// narrowed are the states between two: what both grant, denied what either
// denies; under the old boundary and then under the new one where they differ.
// nil when there is no proof.
func (p *prover) narrowed(a, b *Role) []*Role {
	// Statements of one side whose access the other has as well are kept; where
	// that is too much, only those that both have word for word.
	for _, exact := range []bool{false, true} {
		m := p.common(a, b, exact)
		if m == nil || !fits(m) {
			continue
		}
		states := []*Role{m}
		if a.Boundary != b.Boundary {
			m.Boundary = a.Boundary
			swapped := *m
			swapped.Boundary = b.Boundary
			states = append(states, &swapped)
		}
		if p.proved(a, b, states) {
			return states
		}
	}
	return nil
}

// proved checks every step: to the narrowed state within the old one; between
// two boundaries, within old and new one after the other; and from there within
// the new one.
func (p *prover) proved(a, b *Role, states []*Role) bool {
	first, last := states[0], states[len(states)-1]
	if !p.leads(a, first, a) || !p.leads(last, b, b) {
		return false
	}
	// Between the two only the boundary changes, at once: each is within a side.
	return len(states) == 1 || p.leads(first, first, a) && p.leads(last, last, b)
}

// common is the narrowed state; nil where it cannot be spelled.
func (p *prover) common(a, b *Role, exact bool) *Role {
	m := *a
	if a.ID != b.ID {
		return nil
	}
	m.Slots = nil
	allowsA, allowsB := allows(a), allows(b)
	trust := &policy.Document{Version: policy.Version2012}
	if a.Trust.Version != b.Trust.Version {
		return nil
	}
	trust.Version = a.Trust.Version
	trust.Statements = p.shared(a.Trust, b.Trust, func(base *policy.Document, st policy.Statement) bool {
		one := &policy.Document{Version: base.Version, Statements: []policy.Statement{st}}
		return !exact && p.compare(side{Side: access.Side{Resource: only(base, policy.Allow)}}, side{Side: access.Side{Resource: one}})
	})
	if len(only(trust, policy.Allow).Statements) == 0 {
		trust = closed()
	}
	m.Trust = trust
	for _, key := range keys(a, b) {
		x, y := a.slot(key), b.slot(key)
		if x != nil && x.foreign() || y != nil && y.foreign() {
			if s := p.foreign(x, y, allowsA, allowsB); s != nil {
				m.Slots = append(m.Slots, s)
			}
			continue
		}
		s := p.slot(x, y, allowsA, allowsB, exact)
		if s == nil {
			return nil
		}
		if len(s.Document.Statements) > 0 {
			m.Slots = append(m.Slots, s)
		}
	}
	return &m
}

// allows are the documents of a role without what denies.
func allows(r *Role) []*policy.Document {
	var out []*policy.Document
	for _, s := range r.Slots {
		if s.Document != nil {
			out = append(out, only(s.Document, policy.Allow))
		}
	}
	return out
}

// slot is one policy of the narrowed state; nil where old and new cannot stand
// in one document.
func (p *prover) slot(x, y *Slot, allowsA, allowsB []*policy.Document, exact bool) *Slot {
	empty := &policy.Document{}
	out, dx, dy := Slot{}, empty, empty
	if y != nil {
		out, dy = *y, y.Document
	}
	if x != nil {
		out, dx = *x, x.Document
	}
	if x != nil && y != nil && (x.ID != y.ID || dx.Version != dy.Version) {
		return nil
	}
	d := &policy.Document{Version: max(dx.Version, dy.Version), ID: dx.ID}
	keep := func(others []*policy.Document) func(policy.Statement) bool {
		known := allTexts(others, policy.Allow)
		return func(st policy.Statement) bool {
			if known[text(d, st)] {
				return true
			}
			one := &policy.Document{Version: d.Version, Statements: []policy.Statement{st}}
			return !exact && p.compare(side{Side: access.Side{Identity: others}}, side{Side: access.Side{Identity: []*policy.Document{one}}})
		}
	}
	d.Statements = distinct(d, pick(dx, keep(allowsB)), pick(dy, keep(allowsA)))
	out.Document = d
	return &out
}

// pick are the statements that deny, and those that allow and are to be kept.
func pick(d *policy.Document, keep func(policy.Statement) bool) []policy.Statement {
	var out []policy.Statement
	for _, st := range d.Statements {
		if st.Effect == policy.Deny || keep(st) {
			out = append(out, st)
		}
	}
	return out
}

// distinct joins statements; of those that mean the same the first stays, and of
// those that have one Sid the first keeps it.
func distinct(d *policy.Document, lists ...[]policy.Statement) []policy.Statement {
	var out []policy.Statement
	seen, sids := map[string]bool{}, map[string]bool{}
	for _, st := range slices.Concat(lists...) {
		if t := text(d, st); seen[t] {
			continue
		} else {
			seen[t] = true
		}
		if sids[st.SID] {
			st.SID = ""
		}
		sids[st.SID] = st.SID != ""
		out = append(out, st)
	}
	return out
}

// shared are the statements of two trust policies that the narrowed one has.
func (p *prover) shared(a, b *policy.Document, covered func(*policy.Document, policy.Statement) bool) []policy.Statement {
	keep := func(other *policy.Document) func(policy.Statement) bool {
		known := texts(other, policy.Allow)
		return func(st policy.Statement) bool { return known[text(other, st)] || covered(other, st) }
	}
	return distinct(a, pick(a, keep(b)), pick(b, keep(a)))
}

// foreign is a policy that stands elsewhere, in the narrowed state: one that both
// have, or whose whole access the other side has.
func (p *prover) foreign(x, y *Slot, allowsA, allowsB []*policy.Document) *Slot {
	if x != nil && y != nil {
		return x
	}
	s, others := x, allowsB
	if s == nil {
		s, others = y, allowsA
	}
	if s.Document == nil {
		return nil
	}
	if p.compare(side{Side: access.Side{Identity: others}}, side{Side: access.Side{Identity: []*policy.Document{only(s.Document, policy.Allow)}}}) {
		return s
	}
	return nil
}

// fits reports whether IAM's quotas hold the state.
func fits(r *Role) bool {
	inline, attached := 0, 0
	for _, s := range r.Slots {
		switch {
		case strings.HasPrefix(s.Key, inlinePrefix):
			inline += policy.Size(s.Document)
		default:
			attached++
			if s.ID != "" && policy.Size(s.Document) > quota("managed_policy_size") {
				return false
			}
		}
	}
	return inline <= quota("inline_policies_size") && attached <= quota("attached_policies_per_role") && policy.Size(r.Trust) <= quota("trust_policy_size")
}

func quota(name string) int {
	q, _ := facts.FindQuota(name)
	return q.Default
}

// withheld reports whether a role may lose, in the narrowed state, access that it
// has before and after.
func (p *prover) withheld(a, b, m *Role) bool {
	if len(a.Slots) == 0 || len(b.Slots) == 0 {
		return false
	}
	both := access.Side{Identity: of(a).docs}
	session := &policy.Document{Version: policy.Version2012}
	for _, d := range of(b).docs {
		if d.Version != session.Version {
			return true
		}
		session.Statements = append(session.Statements, d.Statements...)
	}
	both.Session = session
	kept := side{Side: access.Side{Identity: of(m).docs}}
	return !p.compare(kept, side{Side: both}) || !p.trusts(m.Trust, a.Trust) && !p.trusts(m.Trust, b.Trust)
}

// sameRole reports whether two roles of one logical id are the same.
func sameRole(a, b *Role) bool {
	if a.Path != b.Path || a.Boundary != b.Boundary || !sameText(a.Trust, b.Trust) || len(a.Slots) != len(b.Slots) {
		return false
	}
	for i := range a.Slots {
		x, y := a.Slots[i], b.Slots[i]
		if x.Key != y.Key || x.ID != y.ID || (x.Document == nil) != (y.Document == nil) || x.Document != nil && !sameText(x.Document, y.Document) {
			return false
		}
	}
	return true
}

func sameText(a, b *policy.Document) bool {
	return policy.Canonical(a, policy.CanonicalOptions{}).Equal(policy.Canonical(b, policy.CanonicalOptions{}))
}
