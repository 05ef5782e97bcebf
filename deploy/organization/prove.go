package organization

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A layer is what decides on a role's access by identity: documents together,
// under one of several boundaries.
type layer struct {
	docs []*policy.Document
	// unknown are attached policies without text: of any of them Allow and Deny
	// may be there, of those in constant both are there at all times.
	unknown, constant []string
	boundaries        []string // ARNs, "" for none, any of which may hold
}

// of is the access of a role as it stands.
func of(r *Role) layer {
	l := layer{boundaries: []string{r.Boundary}}
	for _, s := range r.Slots {
		if s.Document == nil {
			l.unknown, l.constant = append(l.unknown, s.Key), append(l.constant, s.Key)
			continue
		}
		l.docs = append(l.docs, s.Document)
	}
	return l
}

// mixed is what any mixture of two states of a role can allow at most: every
// Allow of both, and only what denies in the same slot of both, for another Deny
// may be gone already or not be there yet.
func mixed(a, b *Role) layer {
	l := layer{boundaries: slices.Compact([]string{a.Boundary, b.Boundary})}
	for _, key := range keys(a, b) {
		x, y := a.slot(key), b.slot(key)
		if x != nil && x.Document == nil || y != nil && y.Document == nil {
			l.unknown = append(l.unknown, key)
			if x != nil && y != nil {
				l.constant = append(l.constant, key)
			}
			continue
		}
		for _, s := range []*Slot{x, y} {
			if s != nil {
				l.docs = append(l.docs, only(s.Document, policy.Allow))
			}
		}
		if x != nil && y != nil {
			l.docs = append(l.docs, commonDenies(x.Document, y.Document))
		}
	}
	l.docs = slices.DeleteFunc(l.docs, func(d *policy.Document) bool { return len(d.Statements) == 0 })
	return l
}

// keys are those of the slots of both roles, sorted.
func keys(roles ...*Role) []string {
	var out []string
	for _, r := range roles {
		for _, s := range r.Slots {
			out = append(out, s.Key)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (r *Role) slot(key string) *Slot {
	for _, s := range r.Slots {
		if s.Key == key {
			return s
		}
	}
	return nil
}

// only is the document with its statements of one effect.
func only(d *policy.Document, effect policy.Effect) *policy.Document {
	out := *d
	out.Statements = nil
	for i := range d.Statements {
		if d.Statements[i].Effect == effect {
			out.Statements = append(out.Statements, d.Statements[i])
		}
	}
	return &out
}

// commonDenies are the Deny statements that stand in both documents.
func commonDenies(a, b *policy.Document) *policy.Document {
	out := only(a, policy.Deny)
	other := texts(b, policy.Deny)
	out.Statements = slices.DeleteFunc(slices.Clone(out.Statements), func(st policy.Statement) bool { return !other[text(out, st)] })
	return out
}

// text is a statement in its canonical form, with what its document's version
// makes of it.
func text(d *policy.Document, st policy.Statement) string {
	one := &policy.Document{Version: d.Version, Statements: []policy.Statement{st}}
	return string(policy.AppendJSON(nil, policy.Canonical(one, policy.CanonicalOptions{})))
}

func texts(d *policy.Document, effect policy.Effect) map[string]bool {
	out := map[string]bool{}
	for _, st := range d.Statements {
		if st.Effect == effect {
			out[text(d, st)] = true
		}
	}
	return out
}

func allTexts(docs []*policy.Document, effect policy.Effect) map[string]bool {
	out := map[string]bool{}
	for _, d := range docs {
		for t := range texts(d, effect) {
			out[t] = true
		}
	}
	return out
}

func subset(a, b map[string]bool) bool {
	for t := range a {
		if !b[t] {
			return false
		}
	}
	return true
}

// A prover compares. Its error is a fault that no proof can be built on.
type prover struct {
	known Known
	err   error
}

// within proves that what head allows, base allows. False means that it is not
// proved, not that it is not so.
func (p *prover) within(base, head layer) bool {
	denies := subset(allTexts(base.docs, policy.Deny), allTexts(head.docs, policy.Deny))
	// An attached policy without text: what it allows, base has to have as well,
	// and what it denies has to hold all the time.
	if len(base.unknown)+len(head.unknown) > 0 {
		for _, arn := range head.unknown {
			if !slices.Contains(base.unknown, arn) {
				return false
			}
		}
		for _, arn := range base.unknown {
			if !slices.Contains(head.constant, arn) {
				return false
			}
		}
		if !denies {
			return false
		}
	}
	same := len(base.boundaries) == 1 && len(head.boundaries) == 1 && base.boundaries[0] == head.boundaries[0]
	if same && denies && subset(allTexts(head.docs, policy.Allow), allTexts(base.docs, policy.Allow)) {
		return true
	}
	for _, b := range head.boundaries {
		if !p.compare(p.side(base.docs, base.boundaries[0], b), p.side(head.docs, b, base.boundaries[0])) {
			return false
		}
	}
	return true
}

// side is documents under a boundary. A boundary without text that both sides
// have can be left out; one that they do not share lets through anything on the
// side that is to be smaller, and nothing on the other.
func (p *prover) side(docs []*policy.Document, boundary, other string) side {
	s := side{Side: access.Side{Identity: docs}}
	if boundary == "" {
		return s
	}
	if s.Boundary = p.known(boundary); s.Boundary == nil && boundary != other {
		s.opaque = true
	}
	return s
}

type side struct {
	access.Side
	opaque bool // under a boundary without text
}

func (p *prover) compare(base, head side) bool {
	if p.err != nil || base.opaque {
		return false
	}
	result, err := access.Compare(base.Side, head.Side, access.Options{Facts: access.ServiceFacts(), OneWay: true, NoRows: true})
	if fault := (*access.UnconfirmedError)(nil); errors.As(err, &fault) {
		p.err = fmt.Errorf("comparing templates: %w", err)
	}
	return err == nil && result.NewAccess == access.No && (result.IfStarCrossesColons == "" || result.IfStarCrossesColons == access.No)
}

// trusts proves that whoever head lets assume the role, base does.
func (p *prover) trusts(base, head *policy.Document) bool {
	if subset(texts(base, policy.Deny), texts(head, policy.Deny)) && subset(texts(head, policy.Allow), texts(base, policy.Allow)) {
		return true
	}
	return p.compare(side{Side: access.Side{Resource: base}}, side{Side: access.Side{Resource: head}})
}

// union reports that a mixture allows nothing but what one of the two states
// allows: their boundary is one, and so is all that denies, slot by slot.
func union(a, b *Role) bool {
	if a.Boundary != b.Boundary {
		return false
	}
	for _, key := range keys(a, b) {
		x, y := a.slot(key), b.slot(key)
		switch {
		case x != nil && y != nil && x.Document == nil && y.Document == nil:
			// The same policy on both sides, whatever it says.
		case x != nil && x.Document == nil || y != nil && y.Document == nil:
			return false
		default:
			dx, dy := slotTexts(x), slotTexts(y)
			if !subset(dx, dy) || !subset(dy, dx) {
				return false
			}
		}
	}
	return true
}

func slotTexts(s *Slot) map[string]bool {
	if s == nil {
		return nil
	}
	return texts(s.Document, policy.Deny)
}

// atOnce proves that no mixture of two states of a role, and of who may assume
// it, grants what neither state grants.
func (p *prover) atOnce(a, b *Role) bool {
	changed := changedSlots(a, b)
	parts := len(changed)
	if a.Boundary != b.Boundary {
		parts++
	}
	if parts == 0 || parts == 1 && sameText(a.Trust, b.Trust) {
		return true // what changes, changes at once
	}
	narrows, widens := p.trusts(a.Trust, b.Trust), p.trusts(b.Trust, a.Trust)
	if narrows && widens && union(a, b) {
		return true
	}
	// Whom both trust, a mixture may give what either gives; whom one trusts, only
	// what that one gives.
	admitted := func(m layer) bool {
		switch {
		case narrows && widens:
			return p.within(of(a), m) || p.within(of(b), m)
		case narrows:
			return p.within(of(a), m)
		case widens:
			return p.within(of(b), m)
		}
		return p.within(of(a), m) && p.within(of(b), m)
	}
	if admitted(mixed(a, b)) {
		return true
	}
	if parts > maxParted {
		return false
	}
	for n := range 1 << parts {
		// With one trust policy, what stands before and after is no mixture.
		pure := n == 0 || n == 1<<parts-1
		if !(pure && narrows && widens) && !admitted(mixture(a, b, changed, n)) {
			return false
		}
	}
	return true
}

// maxParted is how many slots may change for every mixture to be tried: two to
// this power.
const maxParted = 4

// changedSlots are the keys of slots that are not the same on both sides.
func changedSlots(a, b *Role) []string {
	return slices.DeleteFunc(keys(a, b), func(key string) bool {
		x, y := a.slot(key), b.slot(key)
		switch {
		case x == nil || y == nil:
			return false
		case x.Document == nil || y.Document == nil:
			return x.Document == nil && y.Document == nil
		}
		return sameText(x.Document, y.Document)
	})
}

// mixture is one: of the changed slots, those of the bits of n that are set are
// new, and the boundary if the bit after them is.
func mixture(a, b *Role, changed []string, n int) layer {
	m := *a
	m.Slots = nil
	for _, key := range keys(a, b) {
		from := a
		if i := slices.Index(changed, key); i >= 0 && n&(1<<i) != 0 {
			from = b
		}
		if s := from.slot(key); s != nil {
			m.Slots = append(m.Slots, s)
		}
	}
	if n&(1<<len(changed)) != 0 {
		m.Boundary = b.Boundary
	}
	return of(&m)
}

// leads proves that every mixture on the way from one state to another grants
// no more than one of them, limit, does.
func (p *prover) leads(from, to, limit *Role) bool {
	return p.trusts(limit.Trust, from.Trust) && p.trusts(limit.Trust, to.Trust) && p.within(of(limit), mixed(from, to))
}
