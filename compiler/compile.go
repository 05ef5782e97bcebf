// Package compiler turns a configuration into roles with policies and checks
// them: resolve, lower, fit, prove, check. Emitting is a step of its own, since it is
// done only for a stack without errors.
package compiler

import (
	"io/fs"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/check"
	"github.com/sagemaker-roles/smr/compiler/fit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/lower"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// Version is the version of smr, which required_version is compared with.
const Version = "0.1.0"

// Options is what a configuration is compiled with.
type Options struct {
	FS       fs.FS             // the configuration's directory
	Env      map[string]string // variables from the environment, by name, as text
	Vars     map[string]string // variables from the command line, by name, as text
	VarFiles []dsl.File        // files of variable values named on the command line
	Account  string            // only this account; "" means all
	Pseudo   bool              // lower with pseudo parameters where accounts are declared
}

// A Result is what compiling gave: as much as could be made, and everything
// that is to be said about it.
type Result struct {
	Config  *dsl.Config
	Program *ir.Program
	Stack   *ir.Stack
	Diags   hcl.Diagnostics
	// Incomplete says that errors kept roles or parts of them out of Stack, so
	// that nothing may be concluded from what it lacks.
	Incomplete bool
	// Fault is a fault of smr itself that leaves the result without a verdict:
	// a proof and the evaluation contradict one another.
	Fault error
}

// Compile runs every step up to the checks. A step works on what the one
// before could still make, so that one run reports all it can.
func Compile(o Options) *Result {
	files, diags := dsl.Load(o.FS)
	config, more := dsl.Decode(files)
	diags = append(diags, more...)
	in := resolve.Inputs{FS: o.FS, Env: o.Env, Vars: o.Vars, Account: o.Account, Pseudo: o.Pseudo, Version: Version}
	for _, f := range o.VarFiles {
		config.Sources[f.Name] = f.Bytes
		values, more := dsl.DecodeValues(f, config.Budget)
		in.Values, diags = append(in.Values, values...), append(diags, more...)
	}
	r := &Result{Config: config}
	r.Program, more = resolve.Resolve(config, in)
	diags = append(diags, more...)
	r.Incomplete = diags.HasErrors()
	diags = append(diags, check.Program(r.Program)...)
	r.Stack, more = lower.Lower(r.Program)
	diags = append(diags, more...)
	r.Incomplete = r.Incomplete || more.HasErrors()
	fit.Fit(r.Stack)
	if !diags.HasErrors() {
		more, r.Fault = prove.Stack(r.Program, r.Stack)
		diags = append(diags, more...)
	}
	r.Diags = append(diags, check.Stack(r.Program, r.Stack)...)
	return r
}

// Report is the result's diagnostics as they are shown: sorted, without
// repetitions, ignored ones left out.
func (r *Result) Report() *diag.Report {
	return diag.NewReport(r.Diags, r.Config.Sources, r.Config.Ignores)
}
