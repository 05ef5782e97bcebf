package dsl

import (
	"errors"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// The functions of Terraform that cty's library lacks.

func affixFunc(test func(s, affix string) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "str", Type: cty.String}, {Name: "affix", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(test(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

// everyFunc is alltrue (want true) or anytrue (want false): it looks for the
// element that settles the answer.
func everyFunc(all bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			for it := args[0].ElementIterator(); it.Next(); {
				_, e := it.Element()
				if isTrue := !e.IsNull() && e.True(); isTrue != all {
					return cty.BoolVal(isTrue), nil
				}
			}
			return cty.BoolVal(all), nil
		},
	})
}

var errOne = errors.New("the list must have no element or one")

var oneFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
	Type: func(args []cty.Value) (cty.Type, error) {
		ty := args[0].Type()
		switch {
		case ty.IsListType() || ty.IsSetType():
			return ty.ElementType(), nil
		case ty.IsTupleType() && ty.Length() == 1:
			return ty.TupleElementType(0), nil
		case ty.IsTupleType() && ty.Length() == 0:
			return cty.DynamicPseudoType, nil
		}
		return cty.NilType, function.NewArgError(0, errOne)
	},
	Impl: func(args []cty.Value, ret cty.Type) (cty.Value, error) {
		switch args[0].LengthInt() {
		case 0:
			return cty.NullVal(ret), nil
		case 1:
			it := args[0].ElementIterator()
			it.Next()
			_, e := it.Element()
			return e, nil
		}
		return cty.NilVal, function.NewArgError(0, errOne)
	},
})

var sumFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Number)}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		total := cty.NumberIntVal(0)
		for it := args[0].ElementIterator(); it.Next(); {
			_, e := it.Element()
			if e.IsNull() {
				return cty.NilVal, function.NewArgErrorf(0, "the list holds null")
			}
			total = total.Add(e)
		}
		return total, nil
	},
})

// replaceFunc is Terraform's replace: a substring between slashes is a regular
// expression.
var replaceFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "str", Type: cty.String}, {Name: "substr", Type: cty.String}, {Name: "replace", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		sub := args[1].AsString()
		if len(sub) > 1 && sub[0] == '/' && sub[len(sub)-1] == '/' {
			return stdlib.RegexReplace(args[0], cty.StringVal(sub[1:len(sub)-1]), args[2])
		}
		return stdlib.Replace(args[0], args[1], args[2])
	},
})

// Upper bounds of the bytes or elements that a call would make.

func replaceCost(args []cty.Value) int {
	s, sub, by := args[0].AsString(), args[1].AsString(), args[2].AsString()
	if len(sub) > 1 && sub[0] == '/' && sub[len(sub)-1] == '/' {
		return product(len(s)+1, len(by)+strings.Count(by, "$")*len(s))
	}
	return len(s) + product(strings.Count(s, sub), len(by))
}

func joinCost(args []cty.Value) int {
	total, n := 0, 0
	for _, list := range args[1:] {
		anyString(list, func(s string) bool { total += len(s); n++; return false })
	}
	return total + product(n, len(args[0].AsString()))
}

func indentCost(args []cty.Value) int {
	n, _ := args[0].AsBigFloat().Int64()
	return product(int(max(0, n)), 1+strings.Count(args[1].AsString(), "\n"))
}

// formatCost refuses widths of more than three digits by calling them large.
func formatCost(args []cty.Value) int {
	spec, err := convert.Convert(args[0], cty.String)
	if err != nil || spec.IsNull() {
		return 0
	}
	verbs, digits := strings.Count(spec.AsString(), "%"), 0
	for _, c := range spec.AsString() {
		if c < '0' || c > '9' {
			digits = 0
		} else if digits++; digits > 3 {
			return product(MaxString, MaxString)
		}
	}
	longest, elements := 1000, 1
	for _, a := range args[1:] {
		anyString(a, func(s string) bool { longest = max(longest, len(s)); return false })
		if a.CanIterateElements() {
			elements = max(elements, a.LengthInt())
		}
	}
	return product(elements, min(product(verbs, longest), MaxString)) / 4
}

func productCost(args []cty.Value) int {
	n := 1
	for _, a := range args {
		if a.CanIterateElements() {
			n = product(n, a.LengthInt())
		}
	}
	return product(n, MaxString*16/MaxElements)
}

// distinctCost is quadratic, as cty compares every pair.
func distinctCost(args []cty.Value) int {
	n := 0
	if args[0].CanIterateElements() {
		n = args[0].LengthInt()
	}
	return product(n, n) / 4
}

// product multiplies without overflow for what the limits admit.
func product(a, b int) int {
	if a > 0 && b > (1<<62)/a {
		return 1 << 62
	}
	return a * b
}
