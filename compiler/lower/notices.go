package lower

import (
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

// notices are told once for each statement, with the number of roles; a role
// of several accounts counts once.
type notices struct {
	order []dropKey
	seen  map[dropKey]*drop
}

type dropKey struct {
	activity, label, file string
	at                    int
}

type drop struct {
	dropped
	role  *ir.Role // the first one
	roles map[string]bool
}

func newNotices() *notices { return &notices{seen: map[dropKey]*drop{}} }

func (n *notices) add(d dropped, role *ir.Role) {
	key := dropKey{d.origin.Activity, d.origin.Label, d.origin.Range.Filename, d.origin.Range.Start.Byte}
	at := n.seen[key]
	if at == nil {
		at = &drop{d, role, map[string]bool{}}
		n.seen[key] = at
		n.order = append(n.order, key)
	}
	at.roles[role.Address()] = true
}

func (n *notices) diagnostics() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, key := range n.order {
		d, role, count := n.seen[key], n.seen[key].role, len(n.seen[key].roles)
		what := "The statement " + strconv.Quote(d.origin.Label)
		if d.origin.Activity != "" {
			what += " of the activity " + strconv.Quote(d.origin.Activity)
		}
		where := "the role " + strconv.Quote(role.Address())
		if count > 1 {
			where = strconv.Itoa(count) + " roles, " + strconv.Quote(role.Address()) + " among them"
		}
		at := d.origin.Use
		if at == (hcl.Range{}) || !d.origin.BuiltIn {
			at = d.origin.Range
		}
		out := diag.Noticef("empty-statement", at, "%s is left out of %s, because it has no %s: IAM admits no empty list.", what, where, d.why)
		diag.InfoOf(out).Count = count
		diags = append(diags, out)
	}
	return diags
}
