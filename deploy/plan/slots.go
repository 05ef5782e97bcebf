package plan

import (
	"slices"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// The kinds of slots.
const (
	managedSlot = "managed" // a customer managed policy of the role's own
	inlineSlot  = "inline"
	foreignSlot = "foreign" // a policy that stands elsewhere
)

// A slot is a place for one policy of a role: a managed policy by its ARN, or
// an inline policy by its name.
type slot struct {
	kind, key string
	before    *form // nil: not there, or not attached
	after     *form // likewise
}

// A limits is what IAM admits for one role.
type limits struct{ managed, inline, trust, attached int }

// A state is where a role is on its way.
type state struct {
	trust    *form
	boundary string
	limit    *form
	forms    []*form // by slot
}

func (s *state) clone() *state {
	c := *s
	c.forms = slices.Clone(s.forms)
	return &c
}

func (s *state) with(slot int, f *form) *state {
	c := s.clone()
	c.forms[slot] = f
	return c
}

func (s *state) side() *side { return newSide(s.trust, s.boundary, s.limit, s.forms) }

// A move takes a role from one state to the next by one call that matters.
type move struct {
	slot     int // -1: the trust or the boundary
	trust    bool
	boundary bool
	from, to *state
	phase    string
	why      string
	excess   Proof
	loss     Proof
	witness  string // of what is lost
}

// fits reports whether IAM holds a state.
func (w *walk) fits(s *state) bool {
	attached, inline := 0, 0
	for i, f := range s.forms {
		if f == nil {
			continue
		}
		if w.slots[i].kind != inlineSlot {
			attached++
		}
		if w.slots[i].kind == foreignSlot || f.doc == nil || f.doc.Policy == nil {
			continue
		}
		if w.slots[i].kind == inlineSlot {
			inline += policy.Size(f.doc.Policy)
			continue
		}
		if f.key() != w.slots[i].after.key() && policy.Size(f.doc.Policy) > w.limits.managed {
			return false
		}
	}
	start := w.start
	return (attached <= w.limits.attached || attached <= countAttached(w, start)) &&
		(inline <= w.limits.inline || inline <= sumInline(w, start))
}

func countAttached(w *walk, s *state) int {
	n := 0
	for i, f := range s.forms {
		if f != nil && w.slots[i].kind != inlineSlot {
			n++
		}
	}
	return n
}

func sumInline(w *walk, s *state) int {
	n := 0
	for i, f := range s.forms {
		if f != nil && w.slots[i].kind == inlineSlot && f.doc != nil && f.doc.Policy != nil {
			n += policy.Size(f.doc.Policy)
		}
	}
	return n
}

// composed is the form of a document that a slot may hold on the way; nil
// where it cannot be written, is not IAM's grammar, or changes nothing.
func (w *walk) composed(slot int, now *form, d *policy.Document, ok bool) *form {
	if !ok || w.slots[slot].kind == foreignSlot {
		return nil
	}
	if _, _, twice := d.Duplicates(); twice || len(d.Statements) == 0 {
		return nil
	}
	f := w.store.form(live.FromPolicy(d))
	if f.key() == now.key() || sameAtoms(f, now) {
		return nil
	}
	return f
}

// sameAtoms reports whether two forms decide alike statement by statement.
func sameAtoms(a, b *form) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := formSets(a), formSets(b)
	return x.allow.within(y.allow) && y.allow.within(x.allow) && x.deny.within(y.deny) && y.deny.within(x.deny)
}
