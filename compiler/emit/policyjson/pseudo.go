package policyjson

import (
	"fmt"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// pseudoIn names the first part of r that holds a pseudo parameter and would be
// written, "" if none does. held remembers documents that were looked at.
func pseudoIn(r *ir.StackRole, held map[*policy.Document]bool) string {
	texts := []struct{ what, text string }{
		{"its name", r.IAMName},
		{"its path", r.Path},
		{"its description", r.Description},
		{"its permissions boundary", r.PermissionsBoundary},
	}
	for _, a := range r.Attached {
		texts = append(texts, struct{ what, text string }{"managed_policies", a.Text})
	}
	for _, t := range r.Tags {
		texts = append(texts, struct{ what, text string }{fmt.Sprintf("its tag %q", t.Key), t.Key + t.Value})
	}
	for _, t := range texts {
		if policy.HasPseudo(t.text) {
			return t.what
		}
	}
	look := func(what string, p *ir.Policy) string {
		has, ok := held[p.Document]
		if !ok {
			has = emit.HasPseudo(p.Document)
			held[p.Document] = has
		}
		switch {
		case policy.HasPseudo(p.Name):
			return "the name of a policy"
		case has:
			return what
		}
		return ""
	}
	if w := look("its trust policy", &r.Trust); w != "" {
		return w
	}
	for _, list := range [][]ir.Policy{r.Managed, r.Inline} {
		for i := range list {
			if w := look(fmt.Sprintf("the policy %q", list[i].Name), &list[i]); w != "" {
				return w
			}
		}
	}
	return ""
}
