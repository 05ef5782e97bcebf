package resolve

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// NamePrefix begins the name of every role that has no name of its own, as in
// SageMaker Role Manager.
const NamePrefix = "SageMaker-"

// eachKey is what for_each keys may look like: they become part of IAM names
// and folders.
var eachKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// An instance is one role of one target while it is resolved.
type instance struct {
	decl *dsl.Role
	role *ir.Role
	ctx  *hcl.EvalContext // with each, where there is one
}

// A scope is one target's evaluation: the context that everything sees, and
// the values of persona attributes, which are the same for every role.
type scope struct {
	r      *resolver
	target *ir.Target
	ctx    *hcl.EvalContext
	cache  map[*dsl.Attr]cty.Value
}

// target resolves the roles of one target: names first, since other roles
// refer to them, then everything else.
func (r *resolver) target(t *ir.Target) {
	s := &scope{r: r, target: t, cache: map[*dsl.Attr]cty.Value{}}
	s.ctx = r.base.NewChild()
	s.ctx.Variables = map[string]cty.Value{
		"partition": cty.StringVal(t.Partition), "region": cty.StringVal(t.Region), "account_id": cty.StringVal(t.AccountID),
	}
	var instances []*instance
	for _, decl := range r.c.Roles {
		instances = append(instances, s.instances(decl)...)
	}
	t.Scope = s.ctx
	if r.anyRefs || len(r.c.Expects)+len(r.c.Guardrails) > 0 {
		s.ctx.Variables["role"] = r.roleValues(instances)
		s.deferredLocals()
		instances = s.deployed(instances)
	}
	s.policies()
	for _, in := range instances {
		if d := r.c.Budget.ChargeRole(in.decl.Name.Range); d != nil {
			r.diags = append(r.diags, d)
			return
		}
		s.settings(in)
		s.grants(in)
		r.prog.Roles = append(r.prog.Roles, in.role)
	}
	slices.SortStableFunc(r.prog.Roles, func(a, b *ir.Role) int {
		if a.Target != b.Target {
			return 0
		}
		return strings.Compare(a.Label+"\x00"+a.Key, b.Label+"\x00"+b.Key)
	})
}

func (s *scope) deferredLocals() {
	values := s.r.base.Variables["local"].AsValueMap()
	if values == nil {
		values = map[string]cty.Value{}
	}
	for _, l := range s.r.deferred {
		s.ctx.Variables["local"] = cty.ObjectVal(values)
		values[l.Name] = s.r.local(l, s.ctx)
	}
	s.ctx.Variables["local"] = cty.ObjectVal(values)
}

// instances expands for_each and accounts and gives each role its name.
func (s *scope) instances(decl *dsl.Role) []*instance {
	if !eachKey.MatchString(decl.Name.Text) {
		if decl.Name.Text != "" {
			s.r.errorf("invalid-name", decl.Name.Range, "%q is no role label. It takes letters, digits, _ and -; the IAM name can be set with name = ….", decl.Name.Text)
		}
		return nil
	}
	if decl.ForEach == nil {
		if in := s.instance(decl, "", s.ctx); in != nil {
			return []*instance{in}
		}
		return nil
	}
	v, diags := s.r.c.Eval(decl.ForEach, s.r.base)
	s.r.diags = append(s.r.diags, diags...)
	if diags.HasErrors() {
		return nil
	}
	if v.IsNull() || !v.CanIterateElements() || v.Type().IsTupleType() || v.Type().IsListType() {
		s.r.errorf("invalid-for-each", decl.ForEach.Expr.Range(), "for_each takes a set of strings or a map, and this is %s. Write toset([…]) or { key = value, … }.", TypeName(v.Type()))
		return nil
	}
	var out []*instance
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if v.Type().IsSetType() {
			k = e
		}
		if k.IsNull() || k.Type() != cty.String || !eachKey.MatchString(k.AsString()) {
			s.r.errorf("invalid-for-each", decl.ForEach.Expr.Range(), "The key %s becomes part of IAM names, so it takes letters, digits, _ and -.", keyText(k))
			continue
		}
		ctx := s.ctx.NewChild()
		ctx.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": k, "value": e})}
		if in := s.instance(decl, k.AsString(), ctx); in != nil {
			out = append(out, in)
		}
	}
	return out
}

func keyText(k cty.Value) string {
	if !k.IsNull() && k.Type() == cty.String {
		return `"` + k.AsString() + `"`
	}
	return "(" + TypeName(k.Type()) + ")"
}

// instance resolves what names a role; nil when the role does not go to the
// target or has no persona that exists.
func (s *scope) instance(decl *dsl.Role, key string, ctx *hcl.EvalContext) *instance {
	role := &ir.Role{Label: decl.Name.Text, Key: key, Decl: decl, Target: s.target, Ranges: map[string]hcl.Range{}}
	in := &instance{decl: decl, role: role, ctx: ctx}
	if !s.layers(in) || !s.deploys(in) {
		return nil
	}
	role.IAMName = NamePrefix + role.Folder()
	if name, ok := s.text(in, "name", func(c *dsl.Common) *dsl.Attr { return c.IAMName }); ok {
		role.IAMName = name
	}
	role.Path = "/smr/"
	if s.r.prog.Project != "" {
		role.Path += s.r.prog.Project + "/"
	}
	if p, ok := s.text(in, "path", func(c *dsl.Common) *dsl.Attr { return c.Path }); ok {
		role.Path = p
	}
	role.Scope = func(persona bool) *hcl.EvalContext {
		if persona {
			return s.ctx
		}
		return ctx
	}
	for _, f := range s.r.refs[role.Label] {
		if !slices.Contains(role.Refs, f.label) {
			role.Refs = append(role.Refs, f.label)
		}
	}
	slices.Sort(role.Refs)
	return in
}

// layers finds the persona of a role and the blocks that it takes settings from.
func (s *scope) layers(in *instance) bool {
	name, ok := s.r.text(in.decl.Persona, in.ctx)
	if in.decl.Persona != nil && !ok {
		return false
	}
	if ok {
		def := s.r.personas[name]
		if def == nil {
			s.r.unknownPersona(name, in.decl.Persona.Expr.Range())
			return false
		}
		in.role.Persona = name
		for _, p := range s.r.chain(def, nil) {
			in.role.Layers = append(in.role.Layers, &ir.Layer{Name: p.Name.Text, Common: &p.Common, Persona: true})
		}
	}
	in.role.Layers = append(in.role.Layers, &ir.Layer{Common: &in.decl.Common})
	return true
}

// deploys reports whether the role goes to the target.
func (s *scope) deploys(in *instance) bool {
	list, ok := s.strings(in, "accounts", func(c *dsl.Common) *dsl.Attr { return c.Accounts })
	if !ok {
		return true
	}
	var names []string
	for _, a := range s.r.c.Accounts {
		names = append(names, a.Name.Text)
	}
	for _, name := range list {
		if !slices.Contains(names, name) {
			s.r.errorf("unknown-account", in.role.Range("accounts"), "No account %q is declared.%s", name, diag.DidYouMean(name, names, "Declare it: account \""+name+"\" { id = \"…\", region = \"…\" }."))
		}
	}
	return slices.Contains(list, s.target.Name)
}

// deployed drops roles that refer to one which is not in this target.
func (s *scope) deployed(instances []*instance) []*instance {
	have := map[string]map[string]bool{}
	for _, in := range instances {
		if have[in.role.Label] == nil {
			have[in.role.Label] = map[string]bool{}
		}
		have[in.role.Label][in.role.Key] = true
	}
	return slices.DeleteFunc(instances, func(in *instance) bool {
		for _, f := range s.r.refs[in.role.Label] {
			if have[f.label] == nil {
				s.r.errorf("role-not-deployed", f.rng, "The role %q goes to the account %q, and %q, which it refers to, does not. Let both go to the same accounts, or write the ARN out.", in.role.Address(), s.target.Name, f.label)
				return true
			}
			if f.key != "" && !have[f.label][f.key] {
				var keys []string
				for k := range have[f.label] {
					keys = append(keys, k)
				}
				s.r.errorf("unknown-role", f.rng, "The role %q has no key %q.%s", f.label, f.key, diag.DidYouMean(f.key, keys, ""))
				return true
			}
		}
		return false
	})
}
