package dsl

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// where says of each name of the language where it can be used.
var where = map[string]string{
	"var":        "Variables cannot be used here.",
	"local":      "Locals cannot be used here.",
	"account":    "Accounts cannot be referred to here.",
	"role":       "Other roles cannot be referred to here: names, paths, accounts, personas and for_each are settled before any role has an ARN.",
	"each":       "each.key and each.value exist in a role with for_each, and not in its persona.",
	"partition":  "partition, region and account_id differ by account; they can be used in role, persona, activity and override blocks.",
	"region":     "partition, region and account_id differ by account; they can be used in role, persona, activity and override blocks.",
	"account_id": "partition, region and account_id differ by account; they can be used in role, persona, activity and override blocks.",
	"vpc":        "vpc and kms can be used in statements, overrides and trust blocks.",
	"kms":        "vpc and kms can be used in statements, overrides and trust blocks.",
}

// Reference reports a traversal that begins with none of the roots, or names a
// variable, local, account, role or fact that is not declared; nil where it is
// right as far as names tell.
func (c *Config) Reference(t hcl.Traversal, roots []string) *hcl.Diagnostic {
	root := t.RootName()
	rng := t[0].SourceRange()
	if !slices.Contains(roots, root) {
		if text, known := where[root]; known {
			return diag.Errorf("unknown-name", rng, "There is no %q here. %s", root, text)
		}
		return diag.Errorf("unknown-name", rng, "There is no name %q here.%s", root, c.meant(root, roots))
	}
	names, known := c.declared(root)
	if !known {
		return nil
	}
	if len(t) == 1 {
		return diag.Errorf("incomplete-reference", rng, "%q alone is no value. Write %s.NAME.", root, root)
	}
	name, at, ok := stepOf(t[1])
	if !ok || names[name] {
		return nil
	}
	var list []string
	if c.compared+len(names) <= maxCompared {
		list = slices.Collect(maps.Keys(names))
	}
	otherwise := c.DidYouMean(name, list, declare(root, name))
	switch root {
	case "var":
		return diag.Errorf("unknown-variable", at, "There is no variable %q.%s", name, otherwise)
	case "local":
		return diag.Errorf("unknown-local", at, "There is no local %q.%s", name, otherwise)
	case "account":
		return diag.Errorf("unknown-account", at, "There is no account %q.%s", name, otherwise)
	case "role":
		return diag.Errorf("unknown-role", at, "There is no role %q.%s", name, otherwise)
	}
	return diag.Errorf("unknown-fact", at, "There is no %s %q.%s", root, name, otherwise)
}

func declare(root, name string) string {
	switch root {
	case "var":
		return fmt.Sprintf("Declare it: variable %q {}.", name)
	case "local":
		return fmt.Sprintf("Declare it: locals { %s = … }.", name)
	case "account":
		return fmt.Sprintf("Declare it: account %q { id = \"…\", region = \"…\" }.", name)
	case "role":
		return "Refer to a role by its label: role.LABEL.arn."
	}
	return fmt.Sprintf("Declare it: %s %q {}.", root, name)
}

// meant guesses what an unknown name was to be.
func (c *Config) meant(name string, roots []string) string {
	for _, root := range []string{"var", "local"} {
		if names, _ := c.declared(root); names[name] && slices.Contains(roots, root) {
			return fmt.Sprintf(" Did you mean %s.%s?", root, name)
		}
	}
	return c.DidYouMean(name, roots, "Text stands in quotation marks.")
}

// declared are the names that can follow a root; known is false for roots that
// are not blocks of the configuration.
func (c *Config) declared(root string) (names map[string]bool, known bool) {
	if c.names == nil {
		c.names = c.collectNames()
	}
	names, known = c.names[root]
	return names, known
}

func (c *Config) collectNames() map[string]map[string]bool {
	out := map[string]map[string]bool{"var": {}, "local": {}, "account": {}, "role": {}}
	for _, kind := range facts {
		out[kind] = map[string]bool{}
	}
	for _, v := range c.Variables {
		out["var"][v.Name.Text] = true
	}
	for _, l := range c.Locals {
		out["local"][l.Name] = true
	}
	for _, a := range c.Accounts {
		out["account"][a.Name.Text] = true
	}
	for _, r := range c.Roles {
		out["role"][r.Name.Text] = true
	}
	for _, f := range c.Facts {
		out[f.Kind][f.Name.Text] = true
	}
	return out
}

// stepOf is the name of a step of a traversal and where it stands.
func stepOf(s hcl.Traverser) (name string, at hcl.Range, ok bool) {
	switch s := s.(type) {
	case hcl.TraverseAttr:
		return s.Name, within(s.SrcRange, len(s.Name)), true
	case hcl.TraverseIndex:
		if s.Key.Type() == cty.String && s.Key.IsKnown() && !s.Key.IsNull() {
			return s.Key.AsString(), s.SrcRange, true
		}
	}
	return "", hcl.Range{}, false
}

// within is the last n bytes of a range: the name behind a dot.
func within(r hcl.Range, n int) hcl.Range {
	if d := r.End.Byte - r.Start.Byte - n; d > 0 && r.Start.Line == r.End.Line {
		r.Start.Byte += d
		r.Start.Column += d
	}
	return r
}

// attribute reports the step of a traversal that its value does not have.
func (c *Config) attribute(t hcl.Traversal, ctx *hcl.EvalContext) *hcl.Diagnostic {
	for i := 1; i < len(t); i++ {
		v, diags := t[:i].TraverseAbs(ctx)
		if diags.HasErrors() || v.IsMarked() || !v.IsKnown() {
			return nil
		}
		path := pathText(t[:i])
		if step, isIndex := t[i].(hcl.TraverseIndex); isIndex {
			if wrong := c.index(v, step.Key, path, step.SrcRange); wrong != nil {
				return wrong
			}
			continue
		}
		name, at, ok := stepOf(t[i])
		if !ok {
			return nil
		}
		if v.IsNull() {
			return diag.Errorf("null-value", t[:i].SourceRange(), "%s is null here, so it has no %q. Test it first: %s == null ? … : ….", path, name, path)
		}
		if has(v, name) {
			continue
		}
		return c.missing(v, t[:i], name, at)
	}
	return nil
}

// index reports a key that a list or object does not have; nil where it has
// it, or where nothing more can be said than hcl does.
func (c *Config) index(v, key cty.Value, path string, at hcl.Range) *hcl.Diagnostic {
	if v.IsMarked() || !v.IsKnown() || key.IsMarked() || !key.IsKnown() {
		return nil
	}
	ty := v.Type()
	switch {
	case v.IsNull():
		return diag.Errorf("null-value", at, "%s is null here, so it has no elements. Test it first: … == null ? … : ….", path)
	case key.IsNull():
		return diag.Errorf("invalid-index", at, "The key is null.")
	case ty.IsTupleType() || ty.IsListType():
		n, err := convert.Convert(key, cty.Number)
		if err != nil {
			return diag.Errorf("invalid-index", at, "%s is a list, whose elements are numbered from 0, and the key is %s.", path, article(key.Type()))
		}
		if i, _ := n.AsBigFloat().Int64(); !n.AsBigFloat().IsInt() || i < 0 || i >= int64(v.LengthInt()) {
			return diag.Errorf("invalid-index", at, "%s is a list of %d, numbered from 0, so it has no element %s.", path, v.LengthInt(), n.AsBigFloat().Text('g', 6))
		}
	case ty.IsSetType():
		return diag.Errorf("invalid-index", at, "%s is a set, whose elements have no order. Write tolist(…)[0], or [for x in … : x].", path)
	case ty.IsObjectType() || ty.IsMapType():
		name, err := convert.Convert(key, cty.String)
		if err == nil && !has(v, name.AsString()) {
			names := keysOf(v)
			return diag.Errorf("unknown-attribute", at, "%s has no %q.%s", path, name.AsString(), c.DidYouMean(name.AsString(), names, keyList(names)))
		}
	default:
		return diag.Errorf("invalid-index", at, "%s is %s, which has no elements.", path, article(ty))
	}
	return nil
}

func article(ty cty.Type) string {
	switch {
	case ty == cty.DynamicPseudoType:
		return "null"
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		return "a list"
	case ty.IsObjectType():
		return "an object"
	}
	return "a " + ty.FriendlyName()
}

func (c *Config) missing(v cty.Value, t hcl.Traversal, name string, at hcl.Range) *hcl.Diagnostic {
	path, ty := pathText(t), v.Type()
	root := t.RootName()
	switch {
	case root == "local" && len(t) == 1:
		return diag.Errorf("unknown-name", at, "The local %q refers to roles, so it is not known here: names, paths, accounts, personas and for_each are settled before any role has an ARN.", name)
	case ty.IsObjectType() || ty.IsMapType():
		names := keysOf(v)
		if root == "role" && len(t) == 2 && (name == "arn" || name == "name") && !slices.Contains(names, "arn") {
			return diag.Errorf("invalid-index", at, "The role %q has for_each, so it stands for several roles. Write role.%s[\"KEY\"].arn.%s", pathName(t[1]), pathName(t[1]), c.DidYouMean(name, names, keyList(names)))
		}
		return diag.Errorf("unknown-attribute", at, "%s has no %q.%s", path, name, c.DidYouMean(name, names, keyList(names)))
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		return diag.Errorf("unknown-attribute", at, "%s is a list, and a list has no %q. Write %s[0].%s for one element, or [for x in %s : x.%s] for all.", path, name, path, name, path, name)
	}
	return diag.Errorf("unknown-attribute", at, "%s is %s, which has no %q.", path, article(ty), name)
}

func keyList(names []string) string {
	if len(names) == 0 {
		return "It is empty."
	}
	return allowed(names)
}

func has(v cty.Value, name string) bool {
	switch ty := v.Type(); {
	case ty.IsObjectType():
		return ty.HasAttribute(name)
	case ty.IsMapType():
		return v.HasIndex(cty.StringVal(name)).True()
	}
	return false
}

func keysOf(v cty.Value) []string {
	if v.Type().IsObjectType() {
		return slices.Sorted(maps.Keys(v.Type().AttributeTypes()))
	}
	var names []string
	for it := v.ElementIterator(); it.Next(); {
		k, _ := it.Element()
		names = append(names, k.AsString())
	}
	return names
}

func pathName(s hcl.Traverser) string {
	name, _, _ := stepOf(s)
	return name
}

// pathText writes a traversal as the language does.
func pathText(t hcl.Traversal) string {
	text := t.RootName()
	for _, s := range t[1:] {
		switch s := s.(type) {
		case hcl.TraverseAttr:
			text += "." + s.Name
		case hcl.TraverseIndex:
			if s.Key.Type() == cty.String {
				text += fmt.Sprintf("[%q]", s.Key.AsString())
			} else {
				text += "[…]"
			}
		}
	}
	return text
}
