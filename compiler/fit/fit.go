// Package fit distributes a role's statements over policies, as its layout
// says.
package fit

import (
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Fit sets the managed and inline policies of every role from its groups.
func Fit(stack *ir.Stack) {
	p := newPacker()
	for _, role := range stack.Roles {
		p.fit(role, role.Layout)
	}
}

// Try returns how many managed policies and how many characters of inline
// policies a role would have in a layout, without changing it.
func Try(role *ir.StackRole, layout ir.Layout) (managed, inline int) {
	trial := &ir.StackRole{Role: role.Role, Groups: role.Groups}
	newPacker().fit(trial, layout)
	for _, p := range trial.Inline {
		inline += policy.Size(p.Document)
	}
	return len(trial.Managed), inline
}

func newPacker() *packer {
	return &packer{limit: limit(), cache: map[string][]ir.Policy{}, proved: map[string]bool{}}
}

// fit sets the policies of one role for a layout.
func (p *packer) fit(role *ir.StackRole, layout ir.Layout) {
	role.Managed, role.Inline = nil, nil
	switch layout {
	case ir.Inline:
		role.Inline = role.Groups
	case ir.Packed:
		role.Managed = p.pack(role)
	default:
		role.Managed = role.Groups
	}
}

func limit() int {
	q, _ := facts.FindQuota("managed_policy_size")
	return q.Default
}

// A packer packs statements into managed policies of at most limit characters.
type packer struct {
	limit  int
	cache  map[string][]ir.Policy // by the documents of the groups
	proved map[string]bool        // by the statements before and after, as JSON
}

// pack makes the fewest policies, named <role>_1, <role>_2.
func (p *packer) pack(role *ir.StackRole) []ir.Policy {
	name := strings.TrimPrefix(role.IAMName, resolve.NamePrefix)
	var out []ir.Policy
	for i, packed := range p.packed(role.Groups) {
		packed.Name = name + "_" + strconv.Itoa(i+1)
		out = append(out, packed)
	}
	return out
}
