package dsl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// fatal are the codes of errors that try and can do not hide: limits, and
// decisions that depend on what is known only at deployment.
var fatal = map[string]bool{
	"account-required": true, "evaluation-budget": true, "value-too-large": true, "number-too-large": true,
	"too-many-values": true, "reserved-character": true, "outside-configuration": true, "file-too-large": true,
}

// fatalIn returns the first error that must not be hidden, or nil.
func fatalIn(diags hcl.Diagnostics) error {
	for _, d := range diags {
		if failure, ok := diag.CallError[*FuncError](d); ok && fatal[failure.code] {
			return failure
		}
		if code := diag.InfoOf(d).Code; fatal[code] {
			return &FuncError{code, d.Detail}
		}
	}
	return nil
}

// tryFunc returns the first of its arguments that has a value. Its type is not
// worked out beforehand, so that each argument is evaluated once.
func tryFunc(b *Budget) function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "expressions", Type: customdecode.ExpressionClosureType},
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if len(args) == 0 {
				return cty.NilVal, errors.New("try takes at least one argument")
			}
			var why []string
			for _, arg := range args {
				b.left--
				v, diags := customdecode.ExpressionClosureFromVal(arg).Value()
				if !diags.HasErrors() {
					return v, nil
				}
				if err := fatalIn(diags); err != nil {
					return cty.NilVal, err
				}
				if len(why) < 3 {
					why = append(why, diags[0].Detail)
				}
			}
			return cty.NilVal, fmt.Errorf("none of its arguments has a value: %s", strings.TrimSuffix(strings.Join(why, " "), "."))
		},
	})
}

// canFunc reports whether its argument has a value.
func canFunc(b *Budget) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "expression", Type: customdecode.ExpressionClosureType}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			b.left--
			v, diags := customdecode.ExpressionClosureFromVal(args[0]).Value()
			if err := fatalIn(diags); err != nil {
				return cty.NilVal, err
			}
			switch {
			case diags.HasErrors():
				return cty.False, nil
			case !v.IsWhollyKnown():
				return cty.UnknownVal(cty.Bool), nil
			}
			return cty.True, nil
		},
	})
}
