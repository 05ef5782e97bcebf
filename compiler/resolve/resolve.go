// Package resolve turns a decoded configuration into a Program: it gives
// variables and locals their values, expands for_each, merges personas into
// roles, follows references between roles and loads what the configuration
// names from the catalogue.
package resolve

import (
	"fmt"
	"io/fs"
	gopath "path"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

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

	stopped      bool                 // the budget is used up
	base         *hcl.EvalContext     // var, local and account
	static       map[string]cty.Value // the locals that do not refer to roles
	deferred     []*dsl.Attr          // locals that refer to roles, in dependency order
	accounts     map[string]bool      // that are declared
	layout       ir.Layout
	catalog      *catalog
	known        []string // names of activities, once they are asked for
	personas     map[string]*persona
	personaNames []string              // sorted, once they are asked for
	taken        map[*dsl.Persona]bool // by some role
	files        map[string]document   // that policy_file read
	excludes     *excludes
	roles        map[string]*dsl.Role // by label
	refs         *refs
	anyRefs      bool                       // some expression refers to a role
	topLevel     map[string][]*dsl.Override // by activity
	edges        map[string][]ref           // by label of the role that refers
	connected    map[string]map[string]bool // the same as a set
}

// maxFindings is how many findings are collected before the rest of the roles
// is passed over: far more than a report shows.
const maxFindings = 10_000

// Resolve resolves a configuration. The program holds every role that could be
// resolved, also when there are errors.
func Resolve(c *dsl.Config, in Inputs) (*ir.Program, hcl.Diagnostics) {
	r := &resolver{
		in: in, c: c, taken: map[*dsl.Persona]bool{}, files: map[string]document{}, excludes: newExcludes(), edges: map[string][]ref{}, connected: map[string]map[string]bool{},
		prog: &ir.Program{Config: c, Overrides: c.Overrides, Definitions: map[string]*ir.Activity{}, Partial: in.Account != ""},
	}
	r.base = &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: dsl.Functions(c.Budget, r.policyFile)}
	r.names()
	r.settings()
	r.variables()
	r.base.Variables["account"] = r.accountValues()
	r.locals()
	r.targets()
	r.definitions()
	r.definePersonas()
	r.catalog.prefetch(r.namedActivities())
	r.overrideNames()
	r.references()
	for _, target := range r.prog.Targets {
		if !r.target(target) {
			break
		}
	}
	r.cycles()
	r.unused()
	r.globs()
	return r.prog, r.diags
}

// charge pays for work that grows with the product of two lists; it reports
// whether to go on.
func (r *resolver) charge(steps int, rng hcl.Range) bool {
	if !r.stopped {
		if d := r.c.Budget.Charge(steps, rng); d != nil {
			r.spoiled(d)
			r.stopped = true
		}
	}
	return !r.stopped && len(r.diags) < maxFindings
}

func (r *resolver) errorf(code string, rng hcl.Range, format string, args ...any) {
	r.diags = append(r.diags, diag.Errorf(code, rng, format, args...))
}

// policyFile reads a JSON document of the configuration as a value, each file
// once.
func (r *resolver) policyFile(name string) (cty.Value, error) {
	if r.in.FS == nil {
		return cty.NilVal, dsl.Failed("unreadable-file", "No file can be read here.")
	}
	name = gopath.Clean(name)
	doc, done := r.files[name]
	if !done {
		doc.value, doc.err = r.readFile(name)
		r.files[name] = doc
	}
	return doc.value, doc.err
}

// A document is what a file held, or why it cannot be read.
type document struct {
	value cty.Value
	err   error
}

func (r *resolver) readFile(name string) (cty.Value, error) {
	data, d := dsl.ReadFile(r.in.FS, name, hcl.Range{})
	if d == nil {
		d = r.c.Budget.Charge(len(data)/bytesAStep, hcl.Range{})
	}
	if d != nil {
		return cty.NilVal, dsl.Failed(diag.InfoOf(d).Code, d.Detail)
	}
	v, err := dsl.DecodeJSON(data)
	if err != nil {
		return v, dsl.Failed("invalid-json", fmt.Sprintf("%q: %s.", name, err))
	}
	return v, nil
}

// bytesAStep is how many bytes of a document cost one step.
const bytesAStep = 64

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
	r.errorf("unknown-layout", rng, "There is no layout %q. It is one of %s.%s", s, diag.Quote(ir.Layouts), r.c.DidYouMean(s, ir.Layouts, ""))
	return ir.PerActivity
}
