// Package resolve turns a decoded configuration into a Program: it gives
// variables and locals their values, expands for_each, merges personas into
// roles, follows references between roles and loads what the configuration
// names from the catalogue.
package resolve

import (
	"io/fs"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// Inputs is what a configuration is resolved with, besides its own files.
type Inputs struct {
	FS      fs.FS             // where policy_file reads; nil refuses it
	Env     map[string]string // variables from the environment, as text
	Vars    map[string]string // variables from the command line, as text
	Values  []*dsl.Attr       // variables from files named on the command line
	Account string            // resolve for this account only; "" means all
	Pseudo  bool              // pseudo parameters also where accounts are declared
	Version string            // of the program, for required_version
}

// A resolver is the state of one run.
type resolver struct {
	in    Inputs
	c     *dsl.Config
	prog  *ir.Program
	diags hcl.Diagnostics

	base     *hcl.EvalContext // var, local and account
	deferred []*dsl.Attr      // locals that refer to roles, in dependency order
	layout   ir.Layout
	catalog  *catalog
	personas map[string]*persona
	roles    map[string]*dsl.Role // by label
	refs     map[string][]ref     // by label of the role that refers
	anyRefs  bool
}

// Resolve resolves a configuration. The program holds every role that could be
// resolved, also when there are errors.
func Resolve(c *dsl.Config, in Inputs) (*ir.Program, hcl.Diagnostics) {
	r := &resolver{in: in, c: c, prog: &ir.Program{Config: c, Overrides: c.Overrides, Definitions: map[string]*ir.Activity{}}}
	r.base = &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: dsl.Functions(c.Budget, r.policyFile)}
	r.settings()
	r.variables()
	r.locals()
	r.targets()
	r.definitions()
	r.definePersonas()
	r.references()
	r.catalog.prefetch(r.namedActivities())
	for _, target := range r.prog.Targets {
		r.target(target)
	}
	return r.prog, r.diags
}

func (r *resolver) errorf(code string, rng hcl.Range, format string, args ...any) {
	r.diags = append(r.diags, diag.Errorf(code, rng, format, args...))
}

// policyFile reads a JSON document of the configuration as a value.
func (r *resolver) policyFile(name string) (cty.Value, error) {
	if r.in.FS == nil {
		return cty.NilVal, errorString("this program reads no files here")
	}
	data, d := dsl.ReadFile(r.in.FS, name, hcl.Range{})
	if d != nil {
		return cty.NilVal, errorString(d.Detail)
	}
	if !deepEnough(data) {
		return cty.NilVal, errorString("the document is nested more than 100 deep")
	}
	decode := r.base.Functions["jsondecode"]
	return callString(decode, string(data))
}

type errorString string

func (e errorString) Error() string { return string(e) }

func callString(f function.Function, s string) (cty.Value, error) {
	return f.Call([]cty.Value{cty.StringVal(s)})
}

// deepEnough reports whether brackets in JSON text nest at most MaxNesting
// deep; brackets in strings count too, which only refuses more.
func deepEnough(data []byte) bool {
	depth := 0
	for _, b := range data {
		switch b {
		case '[', '{':
			if depth++; depth > dsl.MaxNesting {
				return false
			}
		case ']', '}':
			depth--
		}
	}
	return true
}

// text evaluates an attribute to a string; ok is false when it is absent, null
// or wrong, which is reported.
func (r *resolver) text(a *dsl.Attr, ctx *hcl.EvalContext) (s string, ok bool) {
	if a == nil {
		return "", false
	}
	v, diags := r.c.Eval(a, ctx)
	r.diags = append(r.diags, diags...)
	if diags.HasErrors() || v.IsNull() {
		return "", false
	}
	s, d := AsString(v, a)
	if d != nil {
		r.diags = append(r.diags, d)
	}
	return s, d == nil
}

// texts evaluates an attribute to a list of strings; nested lists flatten.
func (r *resolver) texts(a *dsl.Attr, ctx *hcl.EvalContext) (list []string, ok bool) {
	if a == nil {
		return nil, false
	}
	v, diags := r.c.Eval(a, ctx)
	r.diags = append(r.diags, diags...)
	if diags.HasErrors() || v.IsNull() {
		return nil, false
	}
	list, d := AsStrings(v, a)
	if d != nil {
		r.diags = append(r.diags, d)
	}
	return list, d == nil
}

func (r *resolver) settings() {
	s := r.c.Settings
	r.prog.Edition, r.layout = catalogDefault, ir.PerActivity
	if s == nil {
		r.catalog = newCatalog(r.prog.Edition, r.c.Budget)
		return
	}
	if project, ok := r.text(s.Project, r.base); ok {
		if !projectName.MatchString(project) {
			r.errorf("invalid-project", s.Project.Expr.Range(), "The project %q names a path in IAM. It takes 1 to 64 letters, digits and the characters . _ - and begins with a letter or digit.", project)
		} else {
			r.prog.Project = project
		}
	}
	if edition, ok := r.text(s.Edition, r.base); ok {
		r.edition(edition, s.Edition)
	}
	r.catalog = newCatalog(r.prog.Edition, r.c.Budget)
	if layout, ok := r.text(s.Layout, r.base); ok {
		r.layout = r.asLayout(layout, s.Layout.Expr.Range())
	}
	if want, ok := r.text(s.RequiredVersion, r.base); ok {
		r.requireVersion(want, s.RequiredVersion.Expr.Range())
	}
}

func (r *resolver) asLayout(s string, rng hcl.Range) ir.Layout {
	for _, l := range ir.Layouts {
		if s == l {
			return ir.Layout(s)
		}
	}
	r.errorf("unknown-layout", rng, "There is no layout %q. It is one of %s.%s", s, diag.Quote(ir.Layouts), diag.DidYouMean(s, ir.Layouts, ""))
	return ir.PerActivity
}
