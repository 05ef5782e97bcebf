// Package check judges a configuration that could be resolved: what activities
// need, how values are written, IAM's quotas, who may pass which role, what the
// catalogue itself warns of, and statements that cannot do what they say.
//
// Each rule is a value of type Rule in a file of its own, named after its code,
// with the text and the example that `smr explain` prints. What speaks of a
// policy alone is found by package lint and mapped to source lines here.
// RULES.md is generated from both.
package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

//go:generate go run ./gen

// A Rule finds one kind of fault. Program reads the resolved program, Stack the
// policy documents made from it; a rule has one of the two or both.
type Rule struct {
	diag.Entry
	Notice  bool // weaker than the warning that the entry says
	Program func(*ProgramPass)
	Stack   func(*StackPass)
}

// A ProgramPass is one rule reading a program.
type ProgramPass struct {
	*reporter
	*ir.Program
}

// A StackPass is one rule reading the policy documents of a program.
type StackPass struct {
	*reporter
	Program *ir.Program
	*ir.Stack
	shared *stackIndex
}

// Program runs the rules that need no policy documents. It takes a program
// that was resolved with errors as well and judges what there is.
func Program(p *ir.Program) hcl.Diagnostics {
	if p == nil {
		return nil
	}
	rep := newReporter(p)
	for _, r := range Rules() {
		if r.Program != nil {
			rep.code = r.Code
			r.Program(&ProgramPass{reporter: rep, Program: p})
		}
	}
	return rep.diagnostics()
}

// Stack runs the rules that read policy documents; p is the program that s was
// lowered from.
func Stack(p *ir.Program, s *ir.Stack) hcl.Diagnostics {
	if p == nil || s == nil {
		return nil
	}
	return stack(p, s, false)
}

// stack runs the rules; builtin says to judge the catalogue's statements too.
func stack(p *ir.Program, s *ir.Stack, builtin bool) hcl.Diagnostics {
	rep := newReporter(p)
	index := newStackIndex(p, s, builtin)
	for _, r := range Rules() {
		if r.Stack != nil {
			rep.code = r.Code
			r.Stack(&StackPass{reporter: rep, Program: p, Stack: s, shared: index})
		}
	}
	(&StackPass{reporter: rep, Program: p, Stack: s, shared: index}).lint()
	return rep.diagnostics()
}
