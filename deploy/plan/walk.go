package plan

import (
	"slices"

	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A walk finds the way of one role from what it is to what it is to be, one
// proved state after the other. It is greedy: it takes the first move that is
// proved, of those to the end of a slot before those half way. It cannot get
// lost: from every state there is a way on, at the worst the one that denies
// everything until the role is whole.
type walk struct {
	store  *store
	check  *checker
	slots  []*slot
	limits limits

	start, now, end *state
	used            map[partial]bool
	moves           []*move
	losing          bool // something is lost just now
	drained         bool // what both sides do not surely grant was taken away
	guard           int  // the slot that seals the role
}

// A partial is a kind of move half way that was made for a slot; none is made
// twice, so that a walk ends.
type partial struct {
	slot int
	kind int
}

// The kinds of moves half way, in the order in which they are tried.
const (
	growDeny  = iota // what the slot holds, and every Deny that it is to hold
	meetTrust        // of the trust policy: those whom both let in
	unite            // what the slot holds and what it is to hold
	preplace         // what it holds, and what it is to hold and the role has already
	keepDeny         // what it is to hold, and every Deny that it holds
	shrink           // of what it holds, what the role is to have anywhere
	partials
)

// run walks to the end. ok is false where no state on the way can be proved
// to grant nothing new.
func (w *walk) run() (ok bool) {
	for !w.done() {
		if !w.direct(false) && !w.halfway(false) && !w.drain(false) && !w.seal(false) && !w.lose() {
			return false
		}
	}
	return true
}

func (w *walk) done() bool {
	return w.trustDone() && w.boundaryDone() && !slices.ContainsFunc(w.pending(), func(int) bool { return true })
}

func (w *walk) trustDone() bool { return w.now.trust.key() == w.end.trust.key() }

func (w *walk) boundaryDone() bool { return w.now.boundary == w.end.boundary }

// pending are the slots that are not at their end: those that only grow first,
// those that only shrink last.
func (w *walk) pending() []int {
	var lists [3][]int
	sealed := false
	for i := range w.slots {
		now, end := w.now.forms[i], w.end.forms[i]
		if now.key() == end.key() {
			continue
		}
		if i == w.guard {
			sealed = true
			continue
		}
		class := 1
		switch {
		case now == nil || end != nil && holds(end, now):
			class = 0
		case end == nil || holds(now, end):
			class = 2
		}
		lists[class] = append(lists[class], i)
	}
	out := slices.Concat(lists[0], lists[1], lists[2])
	if sealed && len(out) == 0 && w.trustDone() && w.boundaryDone() {
		out = append(out, w.guard)
	}
	return out
}

// holds reports whether a form has every statement of another.
func holds(f, other *form) bool {
	a, b := formSets(f), formSets(other)
	return b.allow.within(a.allow) && b.deny.within(a.deny)
}

// direct makes one move to the end of a slot, the trust or the boundary.
func (w *walk) direct(lossy bool) bool {
	pending := w.pending()
	lossy = lossy || w.now.forms[w.guard] != nil
	if !w.trustDone() {
		next := w.now.clone()
		next.trust = w.end.trust
		if w.try(&move{slot: -1, trust: true, to: next, phase: PhaseChange, why: "who may assume the role"}, lossy || w.losing && w.drained) {
			return true
		}
	}
	if !w.boundaryDone() {
		next := w.now.clone()
		next.boundary, next.limit = w.end.boundary, w.end.limit
		if w.try(&move{slot: -1, boundary: true, to: next, phase: PhaseChange, why: "permissions boundary"}, lossy || w.losing && w.drained) {
			return true
		}
	}
	for _, i := range pending {
		end := w.end.forms[i]
		m := &move{slot: i, to: w.now.with(i, end), phase: PhaseChange, why: "final text"}
		switch {
		case w.now.forms[i] == nil:
			m.phase, m.why = PhaseGrow, "a policy more"
		case end == nil:
			m.phase, m.why = PhaseSettle, "a policy less"
		}
		if w.try(m, lossy) {
			return true
		}
	}
	return false
}

// halfway makes one move half way.
func (w *walk) halfway(lossy bool) bool {
	pending := w.pending()
	if w.now.forms[w.guard] != nil {
		return false
	}
	for kind := range partials {
		if kind == meetTrust {
			if w.meetTrust(lossy) {
				return true
			}
			continue
		}
		for _, i := range pending {
			if w.used[partial{i, kind}] {
				continue
			}
			m := w.partial(i, kind)
			if m != nil && w.try(m, lossy) {
				w.used[partial{i, kind}] = true
				return true
			}
		}
	}
	return false
}

func (w *walk) meetTrust(lossy bool) bool {
	at := partial{-1, meetTrust}
	if w.trustDone() || w.used[at] {
		return false
	}
	d, ok := common(w.check.before.trust, w.check.after.trust)
	if !ok || d == nil || len(d.Statements) == 0 || policy.Size(d) > w.limits.trust {
		return false
	}
	if _, _, twice := d.Duplicates(); twice {
		return false
	}
	next := w.now.clone()
	next.trust = w.store.form(live.FromPolicy(d))
	w.check.kept[next.trust.key()] = true
	if next.trust.key() == w.now.trust.key() || !w.try(&move{slot: -1, trust: true, to: next, phase: PhaseNarrow, why: "only who may assume the role before and after"}, lossy) {
		return false
	}
	w.used[at] = true
	return true
}

// partial is a move half way of a slot; nil where there is none of the kind.
func (w *walk) partial(i, kind int) *move {
	now, end := w.now.forms[i], w.end.forms[i]
	all := func(*atom) bool { return true }
	var d *policy.Document
	var ok bool
	m := &move{slot: i, phase: PhaseNarrow}
	switch kind {
	case growDeny:
		if end == nil || len(end.deny) == 0 {
			return nil
		}
		d, ok = compose(now, all, end.deny)
		m.why = "every Deny, before and after"
	case unite:
		if now == nil || end == nil {
			return nil
		}
		d, ok = compose(end, all, slices.Concat(now.allow, now.deny))
		m.phase, m.why = PhaseGrow, "what it has and what it gets"
	case preplace:
		if end == nil || w.trustDone() && w.boundaryDone() {
			return nil
		}
		d, ok = compose(now, all, append(w.granted(end), end.deny...))
		m.why = "statements that the role has already move here"
	case keepDeny:
		if now == nil || end == nil || len(now.deny) == 0 {
			return nil
		}
		d, ok = compose(end, all, now.deny)
		m.phase, m.why = PhaseChange, "what it gets, and every Deny that it has"
	case shrink:
		if now == nil {
			return nil
		}
		wanted := w.check.after.allow
		d, ok = compose(now, func(a *atom) bool { return a.st.Effect == policy.Deny || wanted[a.id] != nil }, nil)
		m.why = "only what stays"
	}
	f := w.composed(i, now, d, ok)
	if f == nil {
		return nil
	}
	m.to = w.now.with(i, f)
	return m
}

// granted are the Allow statements of a form that grant nothing new.
func (w *walk) granted(f *form) []*atom {
	s := w.now.side()
	var out []*atom
	for _, a := range f.allow {
		if !a.opaque && w.check.atomWithin(a, s, w.check.before) != NotProved {
			out = append(out, a)
		}
	}
	return out
}

// try makes a move if its state is proved. Where something may be lost, one
// that loses is made too. While something is lost, moves that take no more
// away are made.
func (w *walk) try(m *move, lossy bool) bool {
	m.from = w.now
	if !w.fits(m.to) {
		return false
	}
	to := m.to.side()
	m.loss = w.check.noLoss(to)
	if m.loss == NotProved && !lossy && !(w.losing && w.gives(m)) {
		return false
	}
	m.excess = w.check.noExcess(to)
	if m.excess == NotProved {
		return false
	}
	w.losing = m.loss == NotProved
	if w.losing {
		if to.sealed() {
			m.witness = "all that it may do"
		} else if lost := w.check.lost(to); lost != nil {
			m.witness = "for example " + prove.Describe(lost)
		}
	}
	w.moves = append(w.moves, m)
	w.now = m.to
	return true
}

// gives reports whether a move takes nothing away.
func (w *walk) gives(m *move) bool {
	from, to := m.from.side(), m.to.side()
	return !m.trust && (!m.boundary || to.boundary == "") && from.allow.within(to.allow) && to.deny.within(from.deny)
}
