package review

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// spelled writes pseudo parameters as the language does.
func spelled(s string) string { return emit.Replace(s, "${partition}", "${region}", "${account_id}") }

func spelledAll(list []string) []string {
	if !slices.ContainsFunc(list, policy.HasPseudo) {
		return list
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = spelled(s)
	}
	return out
}

// grant makes one of a row.
func grant(row *access.Row) Grant {
	g := Grant{
		Actions: list(row.Actions), NotActions: row.NotActions,
		Resources: list(spelledAll(row.Resources)), NotResources: list(spelledAll(row.NotResources)),
		Principals: spelledAll(row.Principals), NotPrincipals: spelledAll(row.NotPrincipals),
		Conditions: map[string]map[string][]string{}, Level: row.Level, Unproven: row.Unproven,
	}
	for operator, keys := range row.Conditions {
		g.Conditions[operator] = map[string][]string{}
		for key, values := range keys {
			g.Conditions[operator][spelled(key)] = list(spelledAll(values))
		}
	}
	return g
}

// list is never null in JSON.
func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

// spellWitness spells pseudo parameters in a request.
func spellWitness(w *access.Witness) *access.Witness {
	if w == nil {
		return nil
	}
	out := *w
	out.Resource, out.Principal, out.ResourceAccount = spelled(w.Resource), spelled(w.Principal), spelled(w.ResourceAccount)
	out.Context = authz.Context{}
	for i := range w.Context.Len() {
		key, values, multi := w.Context.At(i)
		if values = spelledAll(values); multi {
			out.Context.SetList(spelled(key), values...)
		} else {
			out.Context.Set(spelled(key), values[0])
		}
	}
	return &out
}

// grants describes rows, each with what caused it.
func (p *pair) grants(rows []access.Row, w way) []Grant {
	out := make([]Grant, len(rows))
	for i := range rows {
		out[i] = grant(&rows[i])
		out[i].From = p.cause(&rows[i], w)
	}
	return out
}

// cause finds what makes a row new or gone: an Allow that only the allowing side
// has; else a Deny that only the other has; else the boundary; else, as when an
// unchanged statement is all there is, the statement that allows it.
func (p *pair) cause(row *access.Row, w way) *Cause {
	allows, denies := p.sides(w)
	var first *Cause
	for _, st := range row.Statements {
		key := statementKey(st)
		for i := range allows.sources {
			src := &allows.sources[i]
			n := slices.Index(src.statements(), key)
			if n < 0 {
				continue
			}
			cause := p.at(allows, src, n, w == gained)
			if !denies.has(key) {
				return cause
			}
			if first == nil {
				first = cause
			}
		}
	}
	if denies == nil {
		return first
	}
	if cause := p.deny(row, allows, denies, w); cause != nil {
		return cause
	}
	if cause := p.boundary(w); cause != nil {
		return cause
	}
	return first
}

// deny finds a Deny statement that withheld the row.
func (p *pair) deny(row *access.Row, allows, denies *subject, w way) *Cause {
	what := &policy.Statement{Actions: row.Actions, Resources: row.Resources}
	for i := range denies.sources {
		src := &denies.sources[i]
		for n := range src.document.Statements {
			st := &src.document.Statements[n]
			if st.Effect == policy.Deny && !allows.has(src.statements()[n]) && prove.MayMeet(st, what) {
				cause := p.at(denies, src, n, w == lost)
				cause.Kind = CauseDeny
				return cause
			}
		}
	}
	return nil
}

// boundary is the cause where the permissions boundary differs.
func (p *pair) boundary(w way) *Cause {
	before, after := p.base.role.PermissionsBoundary, p.head.role.PermissionsBoundary
	if before == after && !p.base.boundary.changed(p.head.boundary) {
		return nil
	}
	side, name, arn := p.head, "head", after
	if after == "" {
		side, name, arn = p.base, "base", before
	}
	c := &Cause{Kind: CauseBoundary, Side: name, Policy: spelled(arn)}
	at := attribute(side.role, "permissions_boundary")
	if known := side.role.Target.Policies[arn]; before == after && known != nil {
		at = known.Range // the same boundary, with another text
	}
	c.File, c.Line = emit.Source(at)
	return c
}

// at is the place of one statement of a source.
func (p *pair) at(s *subject, src *source, statement int, head bool) *Cause {
	c := &Cause{Kind: CauseStatement, Side: "base", Policy: spelled(src.name)}
	if head {
		c.Side = "head"
	}
	if src.kind == attached {
		c.Kind = CauseManaged
		c.File, c.Line = emit.Source(src.attached.Range)
		return c
	}
	c.origin(s, src.origins, statement)
	return c
}

// origin fills in where a statement comes from.
func (c *Cause) origin(s *subject, origins []ir.Origin, statement int) {
	if statement >= len(origins) {
		c.File, c.Line = emit.Source(emit.RoleRange(s.role))
		return
	}
	o := &origins[statement]
	c.Activity, c.Label = o.Activity, o.Label
	c.File, c.Line = emit.Source(o.Place())
	c.Override = place(o.Override)
}

// trustGrants describes rows of the trust policy.
func (p *pair) trustGrants(rows []access.Row, w way) []Grant {
	allows, denies := p.sides(w)
	out := make([]Grant, len(rows))
	for i := range rows {
		out[i] = grant(&rows[i])
		side := "base"
		if w == gained {
			side = "head"
		}
		var first *Cause
		for _, st := range rows[i].Statements {
			key := statementKey(st)
			n := slices.Index(allows.trust.statements(), key)
			if n < 0 {
				continue
			}
			c := &Cause{Kind: CauseTrust, Side: side}
			c.origin(allows, allows.role.Trust.Origins, n)
			if denies == nil || denies.trust == nil || !slices.Contains(denies.trust.statements(), key) {
				first = c
				break
			}
			if first == nil {
				first = c
			}
		}
		out[i].From = first
	}
	return out
}

// attribute is where a role's attribute is set, or its label.
func attribute(r *ir.StackRole, name string) hcl.Range {
	if rng, ok := r.Ranges[name]; ok {
		return rng
	}
	return emit.RoleRange(r)
}

// place is nil for a zero range.
func place(r hcl.Range) *Place {
	file, line := emit.Source(r)
	if file == "" {
		return nil
	}
	return &Place{file, line}
}

// declared is the role's block.
func declared(r *ir.StackRole) *Place { return place(emit.RoleRange(r)) }

// Grants describes rows of a comparison that belongs to no configuration.
func Grants(rows []access.Row) []Grant {
	out := make([]Grant, len(rows))
	for i := range rows {
		out[i] = grant(&rows[i])
	}
	return out
}
