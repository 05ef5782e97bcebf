package compiler

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/emit/cloudformation"
	"github.com/sagemaker-roles/smr/compiler/emit/policyjson"
	"github.com/sagemaker-roles/smr/compiler/emit/terraform"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A Target is a form that roles can be compiled to.
type Target struct {
	Name    string // for `smr compile -t`
	Summary string // what it writes, in a few words
	Emit    func(*ir.Stack, emit.Options) ([]ir.File, hcl.Diagnostics)
}

// Targets lists the targets, the first of which is the plainest. To add one,
// add its directory to compiler/emit and its row here.
func Targets() []Target {
	return []Target{
		{"json", "policy documents, one a file, in a folder for each role", policyjson.Emit},
		{"cloudformation", "templates for CloudFormation and StackSets", cloudformation.Emit},
		{"terraform", "configuration in JSON syntax for Terraform", terraform.Emit},
	}
}

// Emit writes stack for the target with that name. Files come sorted by path;
// there are none when a diagnostic is an error.
func Emit(stack *ir.Stack, target string, o emit.Options) ([]ir.File, hcl.Diagnostics) {
	var names []string
	for _, t := range Targets() {
		if t.Name == target {
			return t.Emit(stack, o)
		}
		names = append(names, t.Name)
	}
	return nil, hcl.Diagnostics{diag.Errorf("unknown-target", hcl.Range{Filename: "--target"}, "There is no target %q.%s", target, diag.DidYouMean(target, names, "The targets are "+diag.Quote(names)+"."))}
}
