package dsl

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

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
	code, kind := "unknown-"+root, kinds[root]
	if root == "var" {
		code = "unknown-variable"
	}
	return diag.Errorf(code, at, "There is no %s %q.%s", kind, name, c.DidYouMean(name, list, declare(root, name)))
}

// kinds names what a root refers to.
var kinds = map[string]string{
	"var": "variable", "local": "local", "account": "account", "role": "role", "bucket": "bucket", "kms_key": "kms_key",
	"ecr_repository": "ecr_repository", "network": "network", "scp": "scp",
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
		name, at, ok := stepOf(t[i])
		if !ok {
			return nil
		}
		path := pathText(t[:i])
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

func (c *Config) missing(v cty.Value, t hcl.Traversal, name string, at hcl.Range) *hcl.Diagnostic {
	path, ty := pathText(t), v.Type()
	root := t.RootName()
	switch {
	case root == "local" && len(t) == 1:
		return diag.Errorf("unknown-name", at, "The local %q refers to roles, so it is not known here: names, paths, accounts, personas and for_each are settled before any role has an ARN.", name)
	case ty.IsObjectType() || ty.IsMapType():
		names := keysOf(v)
		if root == "role" && len(t) == 2 && !slices.Contains(names, "arn") {
			return diag.Errorf("invalid-index", at, "The role %q has for_each, so it stands for several roles. Write role.%s[\"KEY\"].arn.%s", pathName(t[1]), pathName(t[1]), c.DidYouMean(name, names, keyList(names)))
		}
		return diag.Errorf("unknown-attribute", at, "%s has no %q.%s", path, name, c.DidYouMean(name, names, keyList(names)))
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		return diag.Errorf("unknown-attribute", at, "%s is a list, and a list has no %q. Write %s[0].%s for one element, or [for x in %s : x.%s] for all.", path, name, path, name, path, name)
	}
	return diag.Errorf("unknown-attribute", at, "%s is a %s, which has no %q.", path, ty.FriendlyName(), name)
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
