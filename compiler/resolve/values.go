package resolve

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// AsString converts a value to a string, or says that it is none.
func AsString(v cty.Value, a *dsl.Attr) (string, *hcl.Diagnostic) {
	if v.IsNull() {
		return "", diag.Errorf("wrong-type", a.Expr.Range(), "%s takes a string, and this is null.", a.Name)
	}
	s, err := convert.Convert(v, cty.String)
	if err != nil || !s.IsKnown() || s.IsNull() {
		return "", diag.Errorf("wrong-type", a.Expr.Range(), "%s takes a string, and this is %s.", a.Name, TypeName(v.Type()))
	}
	return s.AsString(), nil
}

// AsStrings converts a value to a list of strings: one string is a list of
// one, and lists inside lists flatten in order.
func AsStrings(v cty.Value, a *dsl.Attr) ([]string, *hcl.Diagnostic) {
	list := []string{}
	if bad := flatten(v, &list); bad != cty.NilType {
		return nil, diag.Errorf("wrong-type", a.Expr.Range(), "%s takes a list of strings, and this holds %s.", a.Name, TypeName(bad))
	}
	return list, nil
}

// flatten appends the strings of v; it returns the type of what is none.
func flatten(v cty.Value, list *[]string) cty.Type {
	ty := v.Type()
	switch {
	case !v.IsKnown() || v.IsNull():
		return cty.DynamicPseudoType
	case ty == cty.String:
		*list = append(*list, v.AsString())
		return cty.NilType
	case ty.IsPrimitiveType():
		s, err := convert.Convert(v, cty.String)
		if err != nil {
			return ty
		}
		*list = append(*list, s.AsString())
		return cty.NilType
	case ty.IsListType() || ty.IsSetType() || ty.IsTupleType():
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			if bad := flatten(e, list); bad != cty.NilType {
				return bad
			}
		}
		return cty.NilType
	}
	return ty
}

// TypeName names a type as the language writes it.
func TypeName(ty cty.Type) string {
	switch {
	case ty == cty.NilType || ty == cty.DynamicPseudoType:
		return "null"
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		return "a list"
	case ty.IsObjectType() || ty.IsMapType():
		return "an object"
	case ty == cty.Bool:
		return "a bool"
	}
	return "a " + ty.FriendlyName()
}

// step is the name of the n-th step of a traversal, or "".
func step(t hcl.Traversal, n int) string {
	if n >= len(t) {
		return ""
	}
	switch s := t[n].(type) {
	case hcl.TraverseAttr:
		return s.Name
	case hcl.TraverseIndex:
		if s.Key.Type() == cty.String {
			return s.Key.AsString()
		}
	}
	return ""
}

func path(names []string) string { return strings.Join(names, " → ") }
