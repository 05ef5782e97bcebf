package dsl

import (
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// cty finds one type for the elements of a tuple or object by comparing every
// pair of their types. A list that is written out, or made by a for expression,
// is a tuple: from longTuple elements on they are made lists and maps before
// they are converted or unified, where all elements have one type. What
// remains is paid for.
const longTuple = 64

// uniform makes lists of long tuples and maps of large objects at every depth
// of v, where their elements have one type. The steps are what converting the
// result costs.
func uniform(v cty.Value) (out cty.Value, steps int) {
	if v.IsMarked() || !v.IsKnown() || v.IsNull() {
		return v, 0
	}
	switch ty := v.Type(); {
	case ty.IsTupleType() && ty.Length() > 0:
		values := v.AsValueSlice()
		for i, e := range values {
			inner, n := uniform(e)
			values[i], steps = inner, steps+n
		}
		if len(values) < longTuple {
			return cty.TupleVal(values), steps + pairs(values)
		}
		if sameType(values) {
			return cty.ListVal(values), steps
		}
		return cty.TupleVal(values), steps + pairs(values)
	case ty.IsObjectType() && len(ty.AttributeTypes()) > 0:
		values := v.AsValueMap()
		for k, e := range values {
			inner, n := uniform(e)
			values[k], steps = inner, steps+n
		}
		list := slices.Collect(maps.Values(values))
		if len(values) >= longTuple && sameType(list) {
			return cty.MapVal(values), steps
		}
		return cty.ObjectVal(values), steps + pairs(list)
	}
	return v, 0
}

func sameType(values []cty.Value) bool {
	for _, v := range values {
		if !v.Type().Equals(values[0].Type()) || v.Type() == cty.DynamicPseudoType {
			return false
		}
	}
	return true
}

// pairs is what comparing the types of all pairs costs, with those of their
// own elements.
func pairs(values []cty.Value) int {
	width := 1
	for _, v := range values {
		width = max(width, 1+top(v))
	}
	return product(product(len(values), len(values)), width) / 100
}
