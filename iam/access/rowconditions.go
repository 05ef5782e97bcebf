package access

import (
	"slices"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// conditions describes when the requests of a finding are allowed by statement
// s and not by the other side: the conditions of s, of the one deny that only
// the other side has, and the opposites of what else would decide, as far as
// one condition block can say it.
func (b *rowBuilder) conditions(s int, f *finding) map[string]map[string][]string {
	p, way := b.e.p, b.e.ways[b.way]
	own := p.statements[s].atoms
	list := slices.Clone(own)
	var opposites []int
	covered := false // the other side allows under these conditions, but for a deny
	for _, l := range way.denies {
		for o := range l.allow.all {
			if !f.matched.has(o) {
				continue
			}
			switch more := without(p.statements[o].atoms, own); len(more) {
			case 0:
				covered = true
			case 1:
				opposites = append(opposites, more[0])
			}
		}
	}
	for _, l := range way.allows {
		for o := range l.deny.all {
			if more := without(p.statements[o].atoms, own); f.matched.has(o) && len(more) == 1 {
				opposites = append(opposites, more[0])
			}
		}
	}
	if covered {
		opposites = nil
		list = append(list, b.onlyDeny(f)...)
	}
	return b.e.block(list, opposites)
}

// onlyDeny returns the atoms of the one deny statement that the other side has
// and this one lacks; nil if there is none or there are several.
func (b *rowBuilder) onlyDeny(f *finding) []int {
	var only []int
	n := 0
	for _, l := range b.e.ways[b.way].denies {
		for o := range l.deny.all {
			ours := slices.ContainsFunc(b.e.ways[b.way].allows, func(h layer) bool { return h.deny.has(o) })
			if f.matched.has(o) && !ours {
				only = b.e.p.statements[o].atoms
				n++
			}
		}
	}
	if n != 1 {
		return nil
	}
	return only
}

// without returns the members of list that are not in other.
func without(list, other []int) []int {
	var out []int
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
		if op, values, ok := opposite(a); ok {
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
	case policy.BinaryEquals, 0:
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
