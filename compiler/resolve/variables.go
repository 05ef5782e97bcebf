package resolve

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// variables gives every variable its value. Later sources win: default,
// SMR_VAR_name, *.auto.smrvars in name order, --var-file, --var.
func (r *resolver) variables() {
	declared := map[string]*dsl.Variable{}
	for _, v := range r.c.Variables {
		r.identifier(v.Name, "variable")
		declared[v.Name.Text] = v
	}
	names := slices.Sorted(maps.Keys(declared))
	files := map[string]*dsl.Attr{}
	for _, a := range slices.Concat(r.c.Values, r.in.Values) {
		if declared[a.Name] == nil {
			r.diags = append(r.diags, diag.Warnf("undeclared-variable", a.NameRange, "No variable %q is declared, so the value is not used.%s", a.Name, r.c.DidYouMean(a.Name, names, "Declare it: variable \""+a.Name+"\" {}.")))
			continue
		}
		files[a.Name] = a
	}
	for _, name := range slices.Sorted(maps.Keys(r.in.Vars)) {
		if declared[name] == nil {
			r.errorf("undeclared-variable", hcl.Range{Filename: "--var"}, "No variable %q is declared.%s", name, r.c.DidYouMean(name, names, "Declare it: variable \""+name+"\" {}."))
		}
	}
	values := map[string]cty.Value{}
	for _, v := range r.c.Variables {
		values[v.Name.Text] = r.variable(v, files[v.Name.Text])
	}
	r.base.Variables["var"] = cty.ObjectVal(values)
	for _, v := range r.c.Variables {
		r.validate(v, values[v.Name.Text])
	}
}

func (r *resolver) variable(v *dsl.Variable, file *dsl.Attr) cty.Value {
	ty, defaults := cty.DynamicPseudoType, (*typeexpr.Defaults)(nil)
	if v.Type != nil {
		var diags hcl.Diagnostics
		ty, defaults, diags = typeexpr.TypeConstraintWithDefaults(v.Type.Expr)
		if diags.HasErrors() {
			return r.spoiled(diag.Errorf("invalid-type", *diags[0].Subject, "%s A variable's type is string, number, bool, any, list(T), set(T), map(T), tuple([…]) or object({…}).", diags[0].Detail))
		}
	}
	value, rng, ok := r.given(v, ty, file)
	if !ok {
		return cty.DynamicVal
	}
	if defaults != nil && !value.IsNull() {
		value = defaults.Apply(value)
	}
	converted, d, err := r.c.Convert(value, ty, rng)
	if err != nil {
		d = diag.Errorf("wrong-type", rng, "The variable %q takes %s: %s.", v.Name.Text, typeexpr.TypeString(ty), err)
	}
	if d != nil {
		return r.spoiled(d)
	}
	return converted
}

// spoiled reports an error that leaves a value unknown. What is evaluated to
// it later fails with the same error, which is shown once.
func (r *resolver) spoiled(d *hcl.Diagnostic) cty.Value {
	r.diags = append(r.diags, d)
	r.c.Blame(d)
	return cty.DynamicVal
}

// given finds the value that counts and the place to blame for it.
func (r *resolver) given(v *dsl.Variable, ty cty.Type, file *dsl.Attr) (cty.Value, hcl.Range, bool) {
	name := v.Name.Text
	if text, ok := r.in.Vars[name]; ok {
		return r.parsed(v, "--var", text, ty)
	}
	attr := v.Default
	if file != nil {
		attr = file
	} else if text, ok := r.in.Env[name]; ok {
		return r.parsed(v, "SMR_VAR_"+name, text, ty)
	}
	if attr == nil {
		r.spoiledf("missing-variable", v.Name.Range, "The variable %q has no default and no value is given. Give one with --var %s=…, in a file *.auto.smrvars, or write a default.", name, name)
		return cty.NilVal, hcl.Range{}, false
	}
	value, diags := r.c.Eval(attr, &hcl.EvalContext{Functions: r.base.Functions})
	r.diags = append(r.diags, diags...)
	return value, attr.Expr.Range(), !diags.HasErrors()
}

// parsed reads a value from text: a string as it is, other types as an
// expression, as Terraform does.
func (r *resolver) parsed(v *dsl.Variable, source, text string, ty cty.Type) (cty.Value, hcl.Range, bool) {
	rng := hcl.Range{Filename: source}
	if v.Type == nil || ty.IsPrimitiveType() {
		if dsl.HasReserved(text) {
			r.spoiledf("reserved-character", rng, "The characters U+E000 to U+E0FF are reserved. Delete them from the value of %q.", v.Name.Text)
			return cty.NilVal, rng, false
		}
		return cty.StringVal(text), rng, true
	}
	attr, diags := dsl.DecodeValue(dsl.File{Name: source, Bytes: []byte(text)}, v.Name.Text, r.c.Budget)
	if diags.HasErrors() {
		r.diags = append(r.diags, diags...)
		r.c.Blame(diags[0])
		return cty.NilVal, rng, false
	}
	value, diags := r.c.Eval(attr, &hcl.EvalContext{Functions: r.base.Functions})
	r.diags = append(r.diags, diags...)
	return value, rng, !diags.HasErrors()
}

func (r *resolver) spoiledf(code string, rng hcl.Range, format string, args ...any) {
	r.spoiled(diag.Errorf(code, rng, format, args...))
}

func (r *resolver) validate(v *dsl.Variable, value cty.Value) {
	if !value.IsKnown() {
		return
	}
	for _, rule := range v.Validations {
		if rule.Condition == nil || rule.ErrorMessage == nil {
			continue
		}
		ok, diags := r.c.Eval(rule.Condition, r.base)
		r.diags = append(r.diags, diags...)
		if diags.HasErrors() {
			continue
		}
		if b, err := convert.Convert(ok, cty.Bool); err != nil || b.IsNull() || !b.IsKnown() {
			r.errorf("wrong-type", rule.Condition.Expr.Range(), "condition takes true or false, and this is %s.", TypeName(ok.Type()))
		} else if b.False() {
			message, _ := r.text(rule.ErrorMessage, r.base)
			r.diags = append(r.diags, diag.Relate(
				diag.Errorf("invalid-variable", v.Name.Range, "The value of the variable %q does not meet its validation: %s", v.Name.Text, message),
				rule.Condition.Range, "the condition"))
		}
	}
}

// locals evaluates locals in dependency order. Those that refer to a role, by
// themselves or through another local, wait until a target is known.
func (r *resolver) locals() {
	o := &localOrder{r: r, byName: map[string]*dsl.Attr{}, state: map[string]localState{}, values: map[string]cty.Value{}}
	for _, l := range r.c.Locals {
		o.byName[l.Name] = l
	}
	for _, l := range r.c.Locals {
		o.visit(l, nil)
	}
	r.static = o.values
	r.base.Variables["local"] = cty.ObjectVal(o.values)
}

type localState int

const (
	localNew localState = iota
	localOpen
	localStatic
	localDeferred
)

// A localOrder visits locals depth first.
type localOrder struct {
	r      *resolver
	byName map[string]*dsl.Attr
	state  map[string]localState
	values map[string]cty.Value
}

// visit evaluates l after what it builds on and reports whether it waits.
func (o *localOrder) visit(l *dsl.Attr, trail []string) bool {
	switch s := o.state[l.Name]; {
	case s == localOpen:
		o.r.spoiledf("local-cycle", l.NameRange, "The local %q is defined by itself: %s. Break the circle.", l.Name, path(append(trail[max(0, slices.Index(trail, l.Name)):], l.Name)))
		o.values[l.Name] = cty.DynamicVal
		return false
	case s != localNew:
		return s == localDeferred
	case len(trail) > maxLocalDepth:
		o.r.spoiledf("local-chain-too-long", l.NameRange, "More than %d locals build on one another. Shorten the chain.", maxLocalDepth)
		o.state[l.Name] = localStatic
		o.values[l.Name] = cty.DynamicVal
		return false
	}
	o.state[l.Name] = localOpen
	waits := false
	needed := map[string]cty.Value{}
	for _, t := range l.Refs {
		name := step(t, 1)
		switch next := o.byName[name]; {
		case t.RootName() == "role":
			waits = true
		case t.RootName() == "local" && next != nil:
			waits = o.visit(next, append(trail, l.Name)) || waits
			if v, ok := o.values[name]; ok {
				needed[name] = v
			}
		}
	}
	if waits {
		o.state[l.Name] = localDeferred
		o.r.deferred = append(o.r.deferred, l)
		return true
	}
	o.state[l.Name] = localStatic
	o.values[l.Name] = o.r.local(l, o.r.base, needed)
	return false
}

// local evaluates one local, which sees the locals that it needs; what is
// wrong is reported once.
func (r *resolver) local(l *dsl.Attr, parent *hcl.EvalContext, needed map[string]cty.Value) cty.Value {
	ctx := parent.NewChild()
	ctx.Variables = map[string]cty.Value{"local": cty.ObjectVal(needed)}
	v, diags := r.c.Eval(l, ctx)
	r.diags = append(r.diags, diags...)
	return v
}
