package dsl

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// A FuncError is the error of a function that has a code of its own.
type FuncError struct {
	code, msg string
}

// Error says what is wrong.
func (e *FuncError) Error() string { return e.msg }

// Code is the diagnostic's code.
func (e *FuncError) Code() string { return e.code }

// A fn is one function of the language: opaque ones may be given strings that
// hold a pseudo parameter, since they move strings without looking into them;
// cost, where set, bounds the size of the result before it is made.
type fn struct {
	f      function.Function
	opaque bool
	cost   func(args []cty.Value) int
}

// table has every function, with Terraform's name and meaning.
func table() map[string]fn {
	move := func(f function.Function) fn { return fn{f: f, opaque: true} }
	look := func(f function.Function) fn { return fn{f: f} }
	return map[string]fn{
		"abs": look(stdlib.AbsoluteFunc), "ceil": look(stdlib.CeilFunc), "floor": look(stdlib.FloorFunc),
		"max": look(stdlib.MaxFunc), "min": look(stdlib.MinFunc), "signum": look(stdlib.SignumFunc), "parseint": look(stdlib.ParseIntFunc),

		"chomp": look(stdlib.ChompFunc), "format": {stdlib.FormatFunc, true, formatCost}, "formatlist": {stdlib.FormatListFunc, true, formatCost},
		"indent": {stdlib.IndentFunc, false, indentCost}, "join": {stdlib.JoinFunc, true, joinCost}, "lower": look(stdlib.LowerFunc), "upper": look(stdlib.UpperFunc),
		"title": look(stdlib.TitleFunc), "regex": look(stdlib.RegexFunc), "regexall": look(stdlib.RegexAllFunc), "replace": {replaceFunc, false, replaceCost},
		"split": look(stdlib.SplitFunc), "strrev": look(stdlib.ReverseFunc), "substr": look(stdlib.SubstrFunc), "trim": look(stdlib.TrimFunc),
		"trimprefix": look(stdlib.TrimPrefixFunc), "trimsuffix": look(stdlib.TrimSuffixFunc), "trimspace": look(stdlib.TrimSpaceFunc),
		"startswith": look(affixFunc(strings.HasPrefix)), "endswith": look(affixFunc(strings.HasSuffix)), "strcontains": look(affixFunc(strings.Contains)),

		"alltrue": look(everyFunc(true)), "anytrue": look(everyFunc(false)),
		"chunklist": move(stdlib.ChunklistFunc), "coalesce": move(stdlib.CoalesceFunc), "coalescelist": move(stdlib.CoalesceListFunc),
		"compact": move(stdlib.CompactFunc), "concat": move(stdlib.ConcatFunc), "contains": look(stdlib.ContainsFunc),
		"distinct": {stdlib.DistinctFunc, true, distinctCost}, "element": move(stdlib.ElementFunc), "flatten": move(stdlib.FlattenFunc),
		"index": look(stdlib.IndexFunc), "keys": move(stdlib.KeysFunc), "length": move(stdlib.LengthFunc), "lookup": move(stdlib.LookupFunc),
		"merge": move(stdlib.MergeFunc), "one": move(oneFunc), "range": look(stdlib.RangeFunc), "reverse": move(stdlib.ReverseListFunc),
		"setintersection": look(stdlib.SetIntersectionFunc), "setproduct": {stdlib.SetProductFunc, true, productCost},
		"setsubtract": look(stdlib.SetSubtractFunc), "setunion": move(stdlib.SetUnionFunc), "slice": move(stdlib.SliceFunc),
		"sort": look(stdlib.SortFunc), "sum": look(sumFunc), "values": move(stdlib.ValuesFunc), "zipmap": move(stdlib.ZipmapFunc),

		"jsonencode": look(stdlib.JSONEncodeFunc), "jsondecode": look(stdlib.JSONDecodeFunc),
		"tobool": look(stdlib.MakeToFunc(cty.Bool)), "tolist": move(stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType))),
		"tomap": move(stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType))), "tonumber": look(stdlib.MakeToFunc(cty.Number)),
		"toset": move(stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType))), "tostring": move(stdlib.MakeToFunc(cty.String)),
	}
}

// Functions are the functions that an expression can call, within a budget.
// None of them reads anything of the machine; policyFile, when given, reads a
// JSON document of the configuration.
func Functions(b *Budget, policyFile func(name string) (cty.Value, error)) map[string]function.Function {
	out := map[string]function.Function{"try": tryfunc.TryFunc, "can": tryfunc.CanFunc}
	for name, f := range table() {
		out[name] = f.bounded(b)
	}
	if policyFile != nil {
		out["policy_file"] = function.New(&function.Spec{
			Params: []function.Parameter{{Name: "path", Type: cty.String}},
			Type:   function.StaticReturnType(cty.DynamicPseudoType),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				return policyFile(args[0].AsString())
			},
		})
	}
	return out
}

// bounded wraps a function so that its arguments and result stay within the
// limits and are paid for.
func (f fn) bounded(b *Budget) function.Function {
	params := f.f.Params()
	spec := &function.Spec{Params: params, VarParam: f.f.VarParam(), Type: func(args []cty.Value) (cty.Type, error) {
		if err := f.admit(b, args); err != nil {
			return cty.NilType, err
		}
		return f.f.ReturnTypeForValues(args)
	}, Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, err := f.f.Call(args)
		if err != nil {
			return v, err
		}
		return v, f.result(b, args, v)
	}}
	return function.New(spec)
}

// admit refuses arguments whose result would be too large to make.
func (f fn) admit(b *Budget, args []cty.Value) error {
	b.left--
	for _, a := range args {
		n, big := weigh(a)
		b.left -= n / elementsAStep
		if big != small {
			return &FuncError{"value-too-large", fmt.Sprintf("the argument has more than %d elements or %d bytes", MaxElements, MaxString)}
		}
		if !f.opaque && anyString(a, HasReserved) {
			return &FuncError{"account-required", "the argument depends on the partition, Region or account id, which are not known without an account block; declare an account"}
		}
	}
	if f.cost != nil && wholly(args) {
		if n := f.cost(args); n > MaxString*16 {
			return &FuncError{"value-too-large", fmt.Sprintf("the result would be larger than the %d bytes or %d elements that a value may have", MaxString, MaxElements)}
		}
	}
	if b.left < 0 {
		return &FuncError{"evaluation-budget", fmt.Sprintf("evaluating this configuration takes more than %d steps; divide it into several directories", MaxSteps)}
	}
	return nil
}

func (f fn) result(b *Budget, args []cty.Value, v cty.Value) error {
	n, big := weigh(v)
	b.left -= n / elementsAStep
	if big != small {
		return &FuncError{"value-too-large", fmt.Sprintf("the result is larger than the %d bytes or %d elements that a value may have", MaxString, MaxElements)}
	}
	if anyString(v, HasReserved) {
		for _, a := range args {
			if anyString(a, HasReserved) {
				return nil
			}
		}
		return &FuncError{"reserved-character", "the characters U+E000 to U+E0FF are reserved; an IAM policy admits characters up to U+00FF only"}
	}
	return nil
}

func wholly(args []cty.Value) bool {
	for _, a := range args {
		if !a.IsWhollyKnown() || a.IsNull() {
			return false
		}
	}
	return true
}

// anyString reports whether a string at any depth of v satisfies is.
func anyString(v cty.Value, is func(string) bool) bool {
	if v.IsMarked() || !v.IsKnown() || v.IsNull() {
		return false
	}
	if v.Type() == cty.String {
		return is(v.AsString())
	}
	if v.Type().IsPrimitiveType() || !v.CanIterateElements() {
		return false
	}
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if anyString(e, is) || (!v.Type().IsSetType() && anyString(k, is)) {
			return true
		}
	}
	return false
}
