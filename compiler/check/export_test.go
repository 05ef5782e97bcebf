package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
)

// StackOfCatalog runs the rules that read policy documents as if the
// catalogue's own statements were a user's.
func StackOfCatalog(p *ir.Program, s *ir.Stack) hcl.Diagnostics {
	return stack(p, s, true)
}
