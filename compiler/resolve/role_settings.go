package resolve

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/facts"
)

// eval evaluates an attribute of a layer: in the role's context, or once for
// all roles when a persona says it. It is not ok when the value is null, which
// is as if the attribute were not written, or wrong, which is reported.
func (s *scope) eval(in *instance, layer *ir.Layer, a *dsl.Attr) (v cty.Value, ok bool) {
	if !layer.Persona {
		v, diags := s.r.c.Eval(a, in.ctx)
		s.r.diags = append(s.r.diags, diags...)
		return v, v.IsKnown() && !v.IsNull()
	}
	v, done := s.cache[a]
	if !done {
		var diags hcl.Diagnostics
		v, diags = s.r.c.Eval(a, s.ctx)
		s.r.diags = append(s.r.diags, diags...)
		s.cache[a] = v
	}
	return v, v.IsKnown() && !v.IsNull()
}

// last finds the latest layer that sets an attribute to something else than
// null and evaluates it there.
func (s *scope) last(in *instance, name string, pick func(*dsl.Common) *dsl.Attr) (cty.Value, *dsl.Attr, bool) {
	for _, layer := range slices.Backward(in.role.Layers) {
		a := pick(layer.Common)
		if a == nil {
			continue
		}
		v, ok := s.eval(in, layer, a)
		if v.IsKnown() && v.IsNull() {
			continue
		}
		in.role.Ranges[name] = a.Expr.Range()
		return v, a, ok
	}
	return cty.NilVal, nil, false
}

func (s *scope) text(in *instance, name string, pick func(*dsl.Common) *dsl.Attr) (string, bool) {
	v, a, ok := s.last(in, name, pick)
	if !ok {
		return "", false
	}
	text, d := AsString(v, a)
	if d != nil {
		s.r.diags = append(s.r.diags, d)
	}
	return text, d == nil
}

func (s *scope) strings(in *instance, name string, pick func(*dsl.Common) *dsl.Attr) ([]string, bool) {
	v, a, ok := s.last(in, name, pick)
	if !ok {
		return nil, false
	}
	return s.texts(v, a)
}

// texts converts a value to a list of strings and pays for it, since each role
// has its own.
func (s *scope) texts(v cty.Value, a *dsl.Attr) ([]string, bool) {
	list, d := AsStrings(v, a)
	if d != nil {
		s.r.diags = append(s.r.diags, d)
	}
	return list, s.r.charge(len(list)/4, a.Range) && d == nil
}

// settings resolves everything of a role but its name and activities.
func (s *scope) settings(in *instance) {
	role := in.role
	role.Description, _ = s.text(in, "description", func(c *dsl.Common) *dsl.Attr { return c.Description })
	role.PermissionsBoundary, _ = s.text(in, "permissions_boundary", func(c *dsl.Common) *dsl.Attr { return c.PermissionsBoundary })
	role.Layout = s.r.layout
	if layout, ok := s.text(in, "layout", func(c *dsl.Common) *dsl.Attr { return c.Layout }); ok {
		role.Layout = s.r.asLayout(layout, role.Range("layout"))
	}
	s.session(in)
	s.tags(in)
	s.managedPolicies(in)
	if list, ok := s.strings(in, "pass_roles", func(c *dsl.Common) *dsl.Attr { return c.PassRoles }); ok {
		role.PassRoles, role.PassRange = list, role.Range("pass_roles")
	}
	for _, layer := range role.Layers {
		c := layer.Common
		if c.Trust != nil {
			role.Trust = c.Trust
		}
		if c.VPC != nil {
			role.VPC = s.customization(in, layer, c.VPC, "vpc", "subnets", "security_groups")
		}
		if c.KMS != nil {
			role.KMS = s.customization(in, layer, c.KMS, "kms", "data_keys", "volume_keys")
		}
		if l := c.Lifecycle; l != nil {
			role.Retire = s.flag(in, layer, l.Retire)
			role.Exclusive = s.flag(in, layer, l.Exclusive)
		}
	}
}

// flag evaluates what is true or false; unset it is false.
func (s *scope) flag(in *instance, layer *ir.Layer, a *dsl.Attr) bool {
	if a == nil {
		return false
	}
	v, ok := s.eval(in, layer, a)
	if !ok {
		return false
	}
	b, err := convert.Convert(v, cty.Bool)
	if err != nil {
		s.r.errorf("wrong-type", a.Expr.Range(), "%s takes true or false, and this is %s.", a.Name, TypeName(v.Type()))
		return false
	}
	return b.True()
}

// session reads a duration such as "4h", "90m" or a number of seconds.
func (s *scope) session(in *instance) {
	text, ok := s.text(in, "max_session_duration", func(c *dsl.Common) *dsl.Attr { return c.MaxSessionDuration })
	if !ok {
		return
	}
	if seconds, err := strconv.Atoi(text); err == nil {
		in.role.MaxSessionDuration = seconds
	} else if d, err := time.ParseDuration(text); err == nil && d%time.Second == 0 {
		in.role.MaxSessionDuration = int(d / time.Second)
	} else {
		s.r.errorf("invalid-duration", in.role.Range("max_session_duration"), "%q is no duration. Write hours, minutes or seconds such as \"4h\", \"90m\" or 14400.", text)
	}
}

func (s *scope) tags(in *instance) {
	merged := map[string]ir.Tag{}
	for _, layer := range in.role.Layers {
		a := layer.Common.Tags
		if a == nil {
			continue
		}
		v, ok := s.eval(in, layer, a)
		if !ok {
			continue
		}
		if !s.r.charge(tagSteps*countTags(v), a.Range) {
			return
		}
		m, d, err := s.r.c.Convert(v, cty.Map(cty.String), a.Expr.Range())
		if d != nil {
			s.r.diags = append(s.r.diags, d)
			continue
		}
		if err != nil {
			s.r.errorf("wrong-type", a.Expr.Range(), "tags takes an object of strings such as { team = \"forecast\" }, and this is %s.", TypeName(v.Type()))
			continue
		}
		in.role.Ranges["tags"] = a.Expr.Range()
		for k, e := range m.AsValueMap() {
			if e.IsNull() {
				delete(merged, k)
				continue
			}
			merged[k] = ir.Tag{Key: k, Value: e.AsString(), Range: a.Expr.Range()}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(merged)) {
		in.role.Tags = append(in.role.Tags, merged[k])
	}
}

// countTags is the number of tags that v would be. Those beyond a quota, which
// the role is refused for, count four times: converting them is slow.
func countTags(v cty.Value) int {
	n := 0
	if v.CanIterateElements() {
		n = v.LengthInt()
	}
	q, _ := facts.FindQuota("tags")
	return n + 3*max(0, n-q.Default)
}

// managedPolicies adds up over the layers; each ARN counts once.
func (s *scope) managedPolicies(in *instance) {
	seen := map[string]bool{}
	for _, layer := range in.role.Layers {
		a := layer.Common.ManagedPolicies
		if a == nil {
			continue
		}
		v, ok := s.eval(in, layer, a)
		if !ok {
			continue
		}
		list, ok := s.texts(v, a)
		if !ok {
			continue
		}
		if !s.r.charge(2*len(list), a.Range) {
			return
		}
		places := a.Places(len(list))
		for i, arn := range list {
			if !seen[arn] {
				seen[arn] = true
				in.role.ManagedPolicies = append(in.role.ManagedPolicies, ir.Value{Text: arn, Range: places[i]})
			}
		}
	}
}

func (s *scope) customization(in *instance, layer *ir.Layer, c *dsl.Customization, block, first, second string) *ir.Customization {
	out := &ir.Customization{Range: c.Range}
	ok := true
	list := func(a *dsl.Attr, name string) ([]string, hcl.Range) {
		if a == nil {
			ok = false
			return nil, c.Range
		}
		v, known := s.eval(in, layer, a)
		if !known {
			ok = false
			return nil, a.Expr.Range()
		}
		values, right := s.texts(v, a)
		if right && len(values) == 0 {
			right = false
			s.r.errorf("empty-list", a.Expr.Range(), "A %s block needs both of its lists with at least one element, and %s is empty. Delete the block to go without.", block, name)
		}
		ok = ok && right
		return values, a.Expr.Range()
	}
	out.First, out.FirstRange = list(c.First, first)
	out.Second, out.SecondRange = list(c.Second, second)
	if !ok {
		return nil
	}
	return out
}
