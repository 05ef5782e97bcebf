package plan

import (
	"slices"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// lose makes one move that loses something for a while, where no other is
// proved: first one that makes room for what is to come.
func (w *walk) lose() bool {
	for _, i := range w.roomy() {
		end := w.end.forms[i]
		m := &move{slot: i, to: w.now.with(i, end), phase: PhaseNarrow, why: "makes room"}
		if w.try(m, true) {
			return true
		}
	}
	return w.halfway(true) || w.drain(true) || w.seal(true) || w.direct(true)
}

// seal denies everything until the role is as it is to be: the way that is
// always there, and the last. It is done once.
func (w *walk) seal(lossy bool) bool {
	at := partial{w.guard, partials}
	if w.used[at] || w.now.forms[w.guard] != nil {
		return false
	}
	f := w.store.form(sealDocument())
	w.used[at] = w.try(&move{slot: w.guard, to: w.now.with(w.guard, f), phase: PhaseNarrow, why: "everything is denied until the role is whole"}, lossy)
	return w.used[at]
}

// drain leaves the role only what is granted before and after, under the old
// boundary and the new one, so that boundary and trust can change. It is done
// once.
func (w *walk) drain(lossy bool) bool {
	if w.drained || w.now.forms[w.guard] != nil {
		return false
	}
	was := *w
	w.moves = slices.Clone(w.moves)
	for {
		left, moved := 0, false
		for i, now := range w.now.forms {
			if now == nil || len(now.allow) == 0 || now.opaque() && now.key() == w.end.forms[i].key() {
				continue
			}
			f, changes := w.essence(i)
			switch {
			case !changes:
			case w.try(&move{slot: i, to: w.now.with(i, f), phase: PhaseNarrow, why: "only what is granted before and after"}, lossy || w.losing):
				moved = true
			default:
				left++ // it may go when the others are gone
			}
		}
		if left == 0 {
			break
		}
		if !moved {
			*w = was
			return false
		}
	}
	w.drained = len(w.moves) > len(was.moves)
	return w.drained
}

// essence is what a slot keeps in drain; nil for nothing.
func (w *walk) essence(i int) (f *form, changes bool) {
	now := w.now.forms[i]
	stays := w.now.clone()
	for k, f := range stays.forms {
		if w.slots[k].kind == foreignSlot && f.key() != w.end.forms[k].key() {
			stays.forms[k] = nil // its Deny goes with it
		}
	}
	old, swapped := stays.side(), stays.clone()
	swapped.boundary, swapped.limit = w.end.boundary, w.end.limit
	next := swapped.side()
	keep := func(a *atom) bool {
		if a.st.Effect == policy.Deny {
			return true
		}
		for _, s := range []*side{old, next} {
			for _, x := range []*side{w.check.before, w.check.after} {
				if w.check.atomWithin(a, s, x) == NotProved {
					return false
				}
			}
		}
		return true
	}
	if !slices.ContainsFunc(now.allow, func(a *atom) bool { return !keep(a) }) {
		return now, false
	}
	if now.opaque() || w.slots[i].kind == foreignSlot {
		return nil, true
	}
	d, ok := compose(now, keep, nil)
	return w.composed(i, now, d, ok), true
}

// roomy are the slots that get smaller or go, the ones that share most with
// those that wait for room first.
func (w *walk) roomy() []int {
	var out []int
	share := map[int]int{}
	waiting := atomSet{}
	pending := w.pending()
	for _, i := range pending {
		if end := w.end.forms[i]; end != nil {
			waiting.add(end.allow)
		}
	}
	for _, i := range pending {
		now, end := w.now.forms[i], w.end.forms[i]
		if now == nil || end != nil && !holds(now, end) {
			continue
		}
		for _, a := range now.allow {
			if waiting[a.id] != nil {
				share[i]++
			}
		}
		out = append(out, i)
	}
	slices.SortStableFunc(out, func(a, b int) int { return share[b] - share[a] })
	return out
}
