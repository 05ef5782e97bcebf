package resolve

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
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
	r          *resolver
	target     *ir.Target
	ctx        *hcl.EvalContext
	cache      map[*dsl.Attr]cty.Value
	absent     map[string]absence // labels without any role, and why
	selections map[*dsl.Override]*selection
}

// An absence is why a label stands for no role.
type absence int

const (
	absentEmpty  absence = iota + 1 // for_each is empty
	absentBroken                    // something is wrong, which is reported
)

func (r *resolver) scope(t *ir.Target) *scope {
	s := &scope{r: r, target: t, cache: map[*dsl.Attr]cty.Value{}, absent: map[string]absence{}, selections: map[*dsl.Override]*selection{}}
	s.ctx = r.base.NewChild()
	s.ctx.Variables = map[string]cty.Value{
		"partition": cty.StringVal(t.Partition), "region": cty.StringVal(t.Region), "account_id": cty.StringVal(t.AccountID),
	}
	return s
}

// target resolves the roles of one target: names first, since other roles
// refer to them, then everything else. It reports whether to go on.
func (r *resolver) target(t *ir.Target) bool {
	s := r.scope(t)
	var instances []*instance
	for _, decl := range r.c.Roles {
		list, d := s.instances(decl)
		if d != nil {
			r.diags = append(r.diags, d)
			return false
		}
		instances = append(instances, list...)
	}
	t.Scope = s.ctx
	if r.anyRefs {
		s.ctx.Variables["role"] = s.roleValues(instances)
		s.deferredLocals()
	}
	s.policies()
	have := s.deployed(instances)
	var roles []*ir.Role
	for _, in := range instances {
		refs := r.refs.settings(in)
		if !r.charge(len(in.role.Layers)/4+refSteps*len(refs), in.decl.Name.Range) {
			return false
		}
		if !s.reachable(in, refs, have) {
			continue
		}
		s.settings(in)
		s.grants(in)
		s.overrides(in)
		more := r.refs.statements(in)
		if !r.charge(refSteps*len(more)+grantSteps*len(in.role.Activities), in.decl.Name.Range) {
			return false
		}
		if !s.reachable(in, more, have) {
			continue
		}
		r.connect(in, refs)
		r.connect(in, more)
		roles = append(roles, in.role)
	}
	slices.SortStableFunc(roles, func(a, b *ir.Role) int {
		return cmp.Or(strings.Compare(a.Label, b.Label), strings.Compare(a.Key, b.Key))
	})
	r.prog.Roles = append(r.prog.Roles, roles...)
	return true
}

// What one activity, one reference to a role and one tag of one role cost.
const (
	grantSteps = 1
	refSteps   = 2
	tagSteps   = 10
)

// deferredLocals evaluates the locals that refer to roles, each with those
// that it needs.
func (s *scope) deferredLocals() {
	if len(s.r.deferred) == 0 {
		return
	}
	if !s.r.charge(len(s.r.static)/16, s.r.deferred[0].Range) {
		return
	}
	values := maps.Clone(s.r.static)
	for _, l := range s.r.deferred {
		needed := map[string]cty.Value{}
		for _, t := range l.Refs {
			if v, ok := values[step(t, 1)]; ok && t.RootName() == "local" {
				needed[step(t, 1)] = v
			}
		}
		values[l.Name] = s.r.local(l, s.ctx, needed)
	}
	s.ctx.Variables["local"] = cty.ObjectVal(values)
}

// instances expands for_each and accounts and gives each role its name. The
// diagnostic is not nil when the budget is used up.
func (s *scope) instances(decl *dsl.Role) ([]*instance, *hcl.Diagnostic) {
	label := decl.Name.Text
	if !eachKey.MatchString(label) {
		if label != "" {
			s.r.spoiledf("invalid-name", decl.Name.Range, "%q is no role label. It takes letters, digits, _ and -; the IAM name can be set with name = ….", label)
		}
		s.absent[label] = absentBroken
		return nil, nil
	}
	if decl.ForEach == nil {
		return s.repeated(decl, []cty.Value{cty.NilVal}, nil)
	}
	v, diags := s.r.c.Eval(decl.ForEach, s.r.base)
	s.r.diags = append(s.r.diags, diags...)
	if !v.IsKnown() || diags.HasErrors() {
		s.absent[label] = absentBroken
		return nil, nil
	}
	if v.IsNull() || !v.CanIterateElements() || v.Type().IsTupleType() || v.Type().IsListType() {
		s.absent[label] = absentBroken
		s.r.spoiledf("invalid-for-each", decl.ForEach.Expr.Range(), "for_each takes a set of strings or a map, and this is %s. Write toset([…]) or { key = value, … }.", TypeName(valueType(v)))
		return nil, nil
	}
	var keys, values []cty.Value
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if v.Type().IsSetType() {
			k = e
		}
		if k.IsNull() || k.Type() != cty.String || !eachKey.MatchString(k.AsString()) {
			s.absent[label] = absentBroken
			s.r.spoiledf("invalid-for-each", keyRange(decl.ForEach, k), "The key %s becomes part of IAM names, so it takes letters, digits, _ and -.", keyText(k))
			continue
		}
		keys, values = append(keys, k), append(values, e)
	}
	if len(keys) == 0 && s.absent[label] == 0 {
		s.absent[label] = absentEmpty
	}
	return s.repeated(decl, keys, values)
}

// repeated makes one instance for each key.
func (s *scope) repeated(decl *dsl.Role, keys, values []cty.Value) ([]*instance, *hcl.Diagnostic) {
	var out []*instance
	for i, k := range keys {
		if d := s.r.c.Budget.ChargeRole(decl.Name.Range); d != nil {
			s.r.stopped = true
			return nil, d
		}
		ctx, key := s.ctx, ""
		if k != cty.NilVal {
			key, ctx = k.AsString(), s.ctx.NewChild()
			ctx.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": k, "value": values[i]})}
		}
		if in := s.instance(decl, key, ctx); in != nil {
			out = append(out, in)
		}
	}
	return out, nil
}

// valueType is the type of a value; null has none.
func valueType(v cty.Value) cty.Type {
	if v.IsNull() {
		return cty.DynamicPseudoType
	}
	return v.Type()
}

// keyRange is where a key stands.
func keyRange(a *dsl.Attr, k cty.Value) hcl.Range {
	if !k.IsNull() && k.Type() == cty.String {
		return a.Find(k.AsString())
	}
	return a.Expr.Range()
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
	return in
}

// layers finds the persona of a role and the blocks that it takes settings from.
func (s *scope) layers(in *instance) bool {
	before := len(s.r.diags)
	name, ok := s.r.text(in.decl.Persona, in.ctx)
	if !ok && len(s.r.diags) > before {
		s.absent[in.role.Label] = absentBroken
		return false
	}
	if ok {
		def := s.r.personas[name]
		if def == nil {
			s.r.unknownPersona(name, in.decl.Persona.Expr.Range())
			s.absent[in.role.Label] = absentBroken
			return false
		}
		in.role.Persona = name
		for _, p := range s.r.chain(def, nil) {
			s.r.taken[p] = true
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
	for _, name := range list {
		if !s.r.accounts[name] {
			s.absent[in.role.Label] = absentBroken
			names := slices.Collect(maps.Keys(s.r.accounts))
			s.r.spoiledf("unknown-account", in.role.Range("accounts"), "No account %q is declared.%s", name, s.r.c.DidYouMean(name, names, "Declare it: account \""+name+"\" { id = \"…\", region = \"…\" }."))
		}
	}
	return slices.Contains(list, s.target.Name)
}

// deployed are the roles of the target by label and key.
func (s *scope) deployed(instances []*instance) map[string]map[string]bool {
	have := map[string]map[string]bool{}
	for _, in := range instances {
		if have[in.role.Label] == nil {
			have[in.role.Label] = map[string]bool{}
		}
		have[in.role.Label][in.role.Key] = true
	}
	return have
}

// reachable reports whether every role that a role refers to goes to the same
// target. A role that refers to another which does not is left out.
func (s *scope) reachable(in *instance, list []ref, have map[string]map[string]bool) bool {
	ok := true
	for _, f := range list {
		keys := have[f.label]
		if s.absent[f.label] != 0 || keys != nil && (f.key == "" || keys[f.key]) {
			continue
		}
		ok = false
		switch {
		case keys == nil:
			s.r.errorf("role-not-deployed", f.rng, "The role %q goes to the account %q, and %q, which it refers to, does not. Let both go to the same accounts, or write the ARN out.", in.role.Address(), s.target.Name, f.label)
		case f.key == "arn" || f.key == "name":
			s.r.errorf("invalid-index", f.rng, "The role %q has for_each, so it stands for several roles. Write role.%s[\"KEY\"].%s.", f.label, f.label, f.key)
		default:
			s.r.errorf("unknown-role", f.rng, "The role %q has no key %q.%s", f.label, f.key, s.r.c.DidYouMean(f.key, slices.Collect(maps.Keys(keys)), "for_each of that role settles its keys."))
		}
	}
	return ok
}
