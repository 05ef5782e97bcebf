package access

import (
	"slices"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// conditions describes when the requests of a finding are allowed by statement
// s and not by the other side: the conditions of s, and of what else decides
// as much as one condition block can say.
func (b *rowBuilder) conditions(s int, f *finding) map[string]map[string][]string {
	p, way := b.e.p, b.e.ways[b.way]
	own := p.statements[s].atoms
	list := slices.Clone(own)
	var opposites []int
	for _, l := range way.allows { // no deny of this side may hold
		for o := range l.deny.all {
			if more := without(p.statements[o].atoms, own); b.applies(o, f) && len(more) == 1 {
				opposites = append(opposites, more[0])
			}
		}
	}
	var open []layer
	for _, l := range way.denies {
		if !way.implied(l, f.matched) {
			open = append(open, l)
		}
	}
	if len(open) == 1 {
		also, not := b.refused(own, open[0], f)
		list, opposites = append(list, also...), append(opposites, not...)
	}
	return b.e.block(list, opposites)
}

// applies reports whether a statement matches the finding's requests for
// certain, but for its conditions: nothing about its resource is left open.
func (b *rowBuilder) applies(s int, f *finding) bool {
	return f.matched.has(s) && f.resource.opens(b.e.p.statements[s].resource) == nil
}

// refused says when the one layer of the other side that can refuse does,
// given that the atoms in own hold: all of also hold, and none of not. Where it
// has several ways both are empty.
func (b *rowBuilder) refused(own []int, l layer, f *finding) (also, not []int) {
	p := b.e.p
	var denies []int
	for o := range l.deny.all {
		ours := slices.ContainsFunc(b.e.ways[b.way].allows, func(h layer) bool { return h.deny.has(o) })
		if f.matched.has(o) && !ours {
			denies = append(denies, o)
		}
	}
	for o := range l.allow.all {
		if !b.applies(o, f) {
			continue
		}
		switch more := without(p.statements[o].atoms, own); {
		case len(more) == 0 && len(denies) == 1:
			return p.statements[denies[0]].atoms, nil
		case len(more) == 0:
			return nil, nil
		case len(more) == 1 && len(denies) == 0:
			not = append(not, more[0])
		}
	}
	return nil, not
}

// without returns the members of list that are not in other.
func without[T comparable](list, other []T) []T {
	var out []T
	for _, n := range list {
		if !slices.Contains(other, n) {
			out = append(out, n)
		}
	}
	return out
}

// block writes atoms, and the opposites of others, as a condition block. An
// operator and key that stand there already are left out rather than merged,
// which would weaken them.
func (e *engine) block(atoms, opposites []int) map[string]map[string][]string {
	out := map[string]map[string][]string{}
	put := func(op policy.Operator, key string, values []string) {
		name := op.String()
		if out[name] == nil {
			out[name] = map[string][]string{}
		}
		if _, there := out[name][key]; !there {
			out[name][key] = values
		}
	}
	for _, n := range atoms {
		a := e.p.atoms[n]
		put(a.op, a.name, a.values)
	}
	for _, n := range opposites {
		a := e.p.atoms[n]
		if op, values, ok := opposite(a); ok && (a.op.Set != policy.SingleValue || !e.p.listable(a.key)) {
			put(op, a.name, values)
			if a.op.IfExists {
				put(policy.Operator{Comparison: policy.Null}, a.name, []string{"false"})
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// listable reports whether the values of a key may be a list, of which an
// operator for single values holds as little as its opposite.
func (p *program) listable(key string) bool {
	t, known := p.keys.KeyType(key)
	return t.Multi || !known && p.lists[key]
}

// opposite returns the condition that holds just where a does not, but for the
// absent key of an IfExists, which needs a Null beside it.
func opposite(a *atom) (op policy.Operator, values []string, ok bool) {
	op, values = a.op, a.values
	op.IfExists = false
	switch a.op.Set {
	case policy.ForAllValues:
		op.Set = policy.ForAnyValue
	case policy.ForAnyValue:
		op.Set = policy.ForAllValues
	}
	switch c := a.op.Comparison; c {
	case policy.Null, policy.Bool:
		if len(values) != 1 {
			return op, nil, false
		}
		flag, well := parseBool(values[0])
		values = []string{"true"}
		if flag {
			values = []string{"false"}
		}
		op.IfExists = c == policy.Bool && !a.op.IfExists && a.op.Set == policy.SingleValue
		return op, values, well
	case policy.NumericLessThan, policy.NumericLessThanEquals, policy.NumericGreaterThan, policy.NumericGreaterThanEquals,
		policy.DateLessThan, policy.DateLessThanEquals, policy.DateGreaterThan, policy.DateGreaterThanEquals:
		op.Comparison = mirrored(c)
		op.IfExists = !a.op.IfExists && a.op.Set == policy.SingleValue
		return op, values, len(values) == 1
	case policy.BinaryEquals:
		return op, nil, false
	default:
		if c.Negated() {
			op.Comparison = c.Positive()
		} else {
			op.Comparison = c + 1
		}
		return op, values, op.Comparison.Positive() == c.Positive()
	}
}

// mirrored returns the order comparison that holds of just the other values.
func mirrored(c policy.Comparison) policy.Comparison {
	switch c {
	case policy.NumericLessThan:
		return policy.NumericGreaterThanEquals
	case policy.NumericLessThanEquals:
		return policy.NumericGreaterThan
	case policy.NumericGreaterThan:
		return policy.NumericLessThanEquals
	case policy.NumericGreaterThanEquals:
		return policy.NumericLessThan
	case policy.DateLessThan:
		return policy.DateGreaterThanEquals
	case policy.DateLessThanEquals:
		return policy.DateGreaterThan
	case policy.DateGreaterThan:
		return policy.DateLessThanEquals
	}
	return policy.DateLessThan
}
