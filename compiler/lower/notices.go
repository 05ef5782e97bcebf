package lower

import (
	"fmt"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// dropped is a statement that was left out, and the list that was empty.
type dropped struct {
	origin ir.Origin
	why    string
}

// notices are told once for each statement, with the number of roles.
type notices struct {
	order []string
	first map[string]dropped
	role  map[string]*ir.Role
	count map[string]int
}

func newNotices() *notices {
	return &notices{first: map[string]dropped{}, role: map[string]*ir.Role{}, count: map[string]int{}}
}

func (n *notices) add(d dropped, role *ir.Role) {
	key := fmt.Sprint(d.origin.Activity, "\x00", d.origin.Label, "\x00", d.origin.Range.Filename, d.origin.Range.Start.Byte)
	if n.count[key] == 0 {
		n.order = append(n.order, key)
		n.first[key] = d
		n.role[key] = role
	}
	n.count[key]++
}

func (n *notices) diagnostics() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, key := range n.order {
		d, role := n.first[key], n.role[key]
		what := "The statement " + strconv.Quote(d.origin.Label)
		if d.origin.Activity != "" {
			what += " of the activity " + strconv.Quote(d.origin.Activity)
		}
		where := "the role " + strconv.Quote(role.Address())
		if n.count[key] > 1 {
			where = strconv.Itoa(n.count[key]) + " roles, " + strconv.Quote(role.Address()) + " among them"
		}
		at := d.origin.Use
		if at == (hcl.Range{}) || !d.origin.BuiltIn {
			at = d.origin.Range
		}
		out := diag.Noticef("empty-statement", at, "%s is left out of %s, because it has no %s: IAM admits no empty list.", what, where, d.why)
		diag.InfoOf(out).Count = n.count[key]
		diags = append(diags, out)
	}
	return diags
}
