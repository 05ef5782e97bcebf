package dsl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A FuncError is the error of a function that has a code of its own.
type FuncError struct {
	code, msg string
}

// Error says what is wrong.
func (e *FuncError) Error() string { return e.msg }

// Code is the diagnostic's code.
func (e *FuncError) Code() string { return e.code }

// Failed makes the error of a function from a diagnostic.
func Failed(code, msg string) error { return &FuncError{code, msg} }

// A fn is one function of the language.
type fn struct {
	f function.Function
	// opaque functions may be given strings that hold a pseudo parameter, since
	// they move strings without looking into them.
	opaque func(args []cty.Value) bool
	size   func(args []cty.Value) int // a bound of the bytes or elements of the result, before it is made
	steps  func(args []cty.Value) int // what the call costs beyond its arguments and result
	unify  bool                       // finds one type for the elements of its arguments
}

func moves([]cty.Value) bool { return true }
func looks([]cty.Value) bool { return false }

// table has every function, with Terraform's name and meaning.
func table() map[string]fn {
	look := func(f function.Function) fn { return fn{f: f, opaque: looks} }
	move := func(f function.Function) fn { return fn{f: f, opaque: moves} }
	unify := func(f function.Function) fn { return fn{f: f, opaque: moves, unify: true} }
	costly := func(f function.Function, steps func([]cty.Value) int) fn {
		return fn{f: f, opaque: looks, steps: steps}
	}
	return map[string]fn{
		"abs": look(stdlib.AbsoluteFunc), "ceil": look(stdlib.CeilFunc), "floor": look(stdlib.FloorFunc),
		"max": look(stdlib.MaxFunc), "min": look(stdlib.MinFunc), "signum": look(stdlib.SignumFunc), "parseint": look(stdlib.ParseIntFunc),

		"chomp": look(stdlib.ChompFunc), "format": {f: stdlib.FormatFunc, opaque: plainFormat, size: formatSize},
		"formatlist": {f: stdlib.FormatListFunc, opaque: plainFormat, size: formatSize},
		"indent":     {f: stdlib.IndentFunc, opaque: looks, size: indentSize}, "join": {f: stdlib.JoinFunc, opaque: moves, size: joinSize},
		"lower": look(stdlib.LowerFunc), "upper": look(stdlib.UpperFunc), "title": look(stdlib.TitleFunc),
		"regex": costly(stdlib.RegexFunc, regexSteps), "regexall": costly(stdlib.RegexAllFunc, regexSteps),
		"replace": {f: replaceFunc, opaque: looks, size: replaceSize, steps: replaceSteps},
		"split":   look(stdlib.SplitFunc), "strrev": look(stdlib.ReverseFunc), "substr": look(stdlib.SubstrFunc),
		"trim":       costly(stdlib.TrimFunc, trimSteps),
		"trimprefix": look(stdlib.TrimPrefixFunc), "trimsuffix": look(stdlib.TrimSuffixFunc), "trimspace": look(stdlib.TrimSpaceFunc),
		"startswith": look(affixFunc(strings.HasPrefix)), "endswith": look(affixFunc(strings.HasSuffix)), "strcontains": look(affixFunc(strings.Contains)),

		"alltrue": look(everyFunc(true)), "anytrue": look(everyFunc(false)),
		"chunklist": move(stdlib.ChunklistFunc), "coalesce": unify(coalesceFunc), "coalescelist": unify(stdlib.CoalesceListFunc),
		"compact": move(stdlib.CompactFunc), "concat": move(stdlib.ConcatFunc), "contains": costly(stdlib.ContainsFunc, searchSteps),
		"distinct": costly(stdlib.DistinctFunc, pairSteps), "element": move(stdlib.ElementFunc), "flatten": move(stdlib.FlattenFunc),
		"index": costly(indexFunc, searchSteps), "keys": move(stdlib.KeysFunc), "length": {f: lengthFunc, opaque: notText}, "lookup": {f: lookupFunc, opaque: knownKey},
		"merge": move(stdlib.MergeFunc), "one": move(oneFunc), "range": look(stdlib.RangeFunc), "reverse": move(stdlib.ReverseListFunc),
		"setintersection": costly(stdlib.SetIntersectionFunc, setSteps), "setproduct": {f: stdlib.SetProductFunc, opaque: moves, size: productSize, unify: true},
		"setsubtract": costly(stdlib.SetSubtractFunc, setSteps), "setunion": costly(stdlib.SetUnionFunc, setSteps),
		"slice": move(stdlib.SliceFunc), "sort": look(stdlib.SortFunc), "sum": look(sumFunc),
		"values": move(stdlib.ValuesFunc), "zipmap": {f: stdlib.ZipmapFunc, opaque: knownKeys},

		"jsonencode": look(stdlib.JSONEncodeFunc), "jsondecode": look(jsonDecodeFunc),
		"tobool": look(stdlib.MakeToFunc(cty.Bool)), "tolist": unify(stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType))),
		"tomap": unify(stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType))), "tonumber": look(stdlib.MakeToFunc(cty.Number)),
		"toset": {f: stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)), opaque: looks, steps: setSteps, unify: true}, "tostring": move(stdlib.MakeToFunc(cty.String)),
	}
}

// FunctionNames are the names of all functions, in no order.
func FunctionNames() []string {
	names := []string{"try", "can", "policy_file"}
	for name := range table() {
		names = append(names, name)
	}
	return names
}

// Functions are the functions that an expression can call, within a budget.
// None of them reads anything of the machine; policyFile reads a JSON document
// of the configuration.
func Functions(b *Budget, policyFile func(name string) (cty.Value, error)) map[string]function.Function {
	out := map[string]function.Function{"try": tryFunc(b), "can": canFunc(b)}
	for name, f := range table() {
		out[name] = f.bounded(b)
	}
	read := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if policyFile == nil {
				return cty.NilVal, Failed("unreadable-file", "no file can be read here")
			}
			return policyFile(args[0].AsString())
		},
	})
	out["policy_file"] = fn{f: read, opaque: looks}.bounded(b)
	return out
}

// bounded wraps a function so that its arguments and result stay within the
// limits and are paid for.
func (f fn) bounded(b *Budget) function.Function {
	params, varParam := loose(f.f.Params(), f.f.VarParam())
	return function.New(&function.Spec{
		Params: params, VarParam: varParam,
		// Working out the type beforehand would walk the arguments once more.
		Type: function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			args, err := f.prepare(b, args)
			if err != nil {
				return cty.NilVal, err
			}
			v, err := f.f.Call(args)
			if err != nil {
				return v, readable(err)
			}
			return v, f.result(b, args, v)
		},
	})
}

// loose lets parameters of lists and sets take any value, which prepare
// converts. Marks, which the language has none of, are not looked for.
func loose(params []function.Parameter, varParam *function.Parameter) ([]function.Parameter, *function.Parameter) {
	params = slices.Clone(params)
	for i := range params {
		params[i].AllowMarked = true
		if !params[i].Type.IsPrimitiveType() {
			params[i].Type = cty.DynamicPseudoType
		}
	}
	if varParam != nil {
		rest := *varParam
		rest.AllowMarked = true
		if !rest.Type.IsPrimitiveType() {
			rest.Type = cty.DynamicPseudoType
		}
		varParam = &rest
	}
	return params, varParam
}

// prepare admits arguments and converts them to what the function takes.
func (f fn) prepare(b *Budget, args []cty.Value) ([]cty.Value, error) {
	if err := f.admit(b, args); err != nil {
		return nil, err
	}
	params := f.f.Params()
	out := slices.Clone(args)
	for i, v := range args {
		want := f.f.VarParam()
		if i < len(params) {
			want = &params[i]
		}
		if want == nil || want.Type.IsPrimitiveType() || want.Type == cty.DynamicPseudoType && !f.unify {
			continue
		}
		v, steps := uniform(v)
		if b.left -= steps; b.left < 0 {
			return nil, failed(b.exhausted(noRange))
		}
		if want.Type != cty.DynamicPseudoType {
			converted, err := convert.Convert(v, want.Type)
			if err != nil {
				return nil, function.NewArgError(i, err)
			}
			v = converted
		}
		out[i] = v
	}
	return out, nil
}

// readable replaces the trace of a panic inside a library's function, which
// cty makes an error of.
func readable(err error) error {
	if p := (function.PanicError{}); errors.As(err, &p) {
		return fmt.Errorf("the function cannot be computed for these arguments")
	}
	return err
}

// admit refuses arguments whose result would be too large to make.
func (f fn) admit(b *Budget, args []cty.Value) error {
	b.left--
	opaque := f.opaque(args)
	for _, a := range args {
		if opaque {
			b.left -= top(a) / argumentsAStep
			continue
		}
		w, big := weigh(a)
		b.left -= w.steps() + w.elements/argumentsAStep
		if big != small {
			return failed(tooLarge(big, noRange))
		}
		if Undecided(a) {
			return Failed("account-required", "The argument depends on the partition, Region or account id, which are not known without an account block. Declare an account, or leave them out of what the function looks at.")
		}
	}
	if !wholly(args) {
		return nil
	}
	if f.steps != nil {
		b.left -= f.steps(args)
	}
	if b.left < 0 {
		return failed(b.exhausted(noRange))
	}
	if f.size != nil && f.size(args) > MaxString*16 {
		return Failed("value-too-large", fmt.Sprintf("The result would be larger than the %d bytes or %d elements that a value may have.", MaxString, MaxElements))
	}
	return nil
}

func failed(d *hcl.Diagnostic) error { return Failed(diag.InfoOf(d).Code, d.Detail) }

// top is how many elements v has itself.
func top(v cty.Value) int {
	if v.IsMarked() || !v.IsKnown() || v.IsNull() || v.Type().IsPrimitiveType() || !v.CanIterateElements() {
		return 0
	}
	return v.LengthInt()
}

func (f fn) result(b *Budget, args []cty.Value, v cty.Value) error {
	w, big := weigh(v)
	b.left -= w.steps() + w.elements/argumentsAStep
	if big != small {
		return failed(tooLarge(big, noRange))
	}
	if !f.opaque(args) && Undecided(v) {
		return Failed("reserved-character", "The characters U+E000 to U+E0FF are reserved; an IAM policy admits characters up to U+00FF only. Delete the character.")
	}
	return nil
}

func wholly(args []cty.Value) bool {
	for _, a := range args {
		if !a.IsKnown() || a.IsNull() {
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
	ty := v.Type()
	if ty == cty.String {
		return is(v.AsString())
	}
	if ty.IsPrimitiveType() || !v.CanIterateElements() {
		return false
	}
	keyed := ty.IsObjectType() || ty.IsMapType()
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if anyString(e, is) || keyed && is(k.AsString()) {
			return true
		}
	}
	return false
}
