// Package emit holds what the targets of compilation share: options, reading
// documents that hold pseudo parameters, ordered JSON, and the manifest that
// stands beside every output. The targets are its subdirectories.
package emit

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// The formats of CloudFormation templates.
const (
	YAML = "yaml"
	JSON = "json"
)

// Options chooses how a target spells a stack. The zero value is good for
// every target.
type Options struct {
	// Format is YAML or JSON for CloudFormation templates; "" is YAML. Other
	// targets have one format and do not look at it.
	Format string
	// Split allows CloudFormation several templates where one would pass its
	// limits.
	Split bool
}

// Source is the place of r as the manifest and templates name it.
func Source(r hcl.Range) (file string, line int) { return r.Filename, r.Start.Line }

// Sort orders files by path, which is the order in which every target returns
// them.
func Sort(files []ir.File) {
	slices.SortFunc(files, func(a, b ir.File) int { return strings.Compare(a.Path, b.Path) })
}

// Folders gives each role its name among the emitted files of its target: its
// folder. Roles whose folders a file system without case would confuse are an
// error, as label "a-b" and key "b" of label "a".
func Folders(stack *ir.Stack) (map[*ir.StackRole]string, hcl.Diagnostics) {
	type place struct{ target, folder string }
	folders := make(map[*ir.StackRole]string, len(stack.Roles))
	first := make(map[place]*ir.StackRole, len(stack.Roles))
	var diags hcl.Diagnostics
	for _, r := range stack.Roles {
		folder := r.Folder()
		at := place{r.Target.Name, strings.ToLower(folder)}
		if other, taken := first[at]; taken {
			d := diag.Errorf("duplicate-folder", RoleRange(r), "The roles %s and %s would both be written to %q, for file names are unique without regard to case. Rename one of them.", r.Address(), other.Address(), folder)
			diags = append(diags, diag.Relate(d, RoleRange(other), "the other role"))
			continue
		}
		first[at] = r
		folders[r] = folder
	}
	return folders, diags
}

// RoleRange is the label of r's block.
func RoleRange(r *ir.StackRole) hcl.Range {
	if r.Decl == nil {
		return hcl.Range{}
	}
	return r.Decl.Name.Range
}
