package emit

import (
	"slices"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Rewrite returns d with f applied to every string that an author writes:
// principals, actions, resources, condition keys and values, Sids and the Id.
// Versions, effects and operators stay. A list that f leaves alone is shared
// with d, which is not changed.
func Rewrite(d *policy.Document, f func(string) string) *policy.Document {
	out := *d
	out.ID = f(d.ID)
	out.Statements = make([]policy.Statement, len(d.Statements))
	for i := range d.Statements {
		st := d.Statements[i]
		st.SID = f(st.SID)
		st.Principal = rewritePrincipal(st.Principal, f)
		st.NotPrincipal = rewritePrincipal(st.NotPrincipal, f)
		st.Actions = rewriteList(st.Actions, f)
		st.NotActions = rewriteList(st.NotActions, f)
		st.Resources = rewriteList(st.Resources, f)
		st.NotResources = rewriteList(st.NotResources, f)
		if st.Conditions != nil {
			conditions := make([]policy.Condition, len(st.Conditions))
			for j, c := range st.Conditions {
				conditions[j] = policy.Condition{Operator: c.Operator, Key: f(c.Key), Values: rewriteList(c.Values, f)}
			}
			st.Conditions = conditions
		}
		out.Statements[i] = st
	}
	return &out
}

func rewritePrincipal(p *policy.Principal, f func(string) string) *policy.Principal {
	if p == nil {
		return nil
	}
	return &policy.Principal{
		Any:           p.Any,
		AWS:           rewriteList(p.AWS, f),
		Service:       rewriteList(p.Service, f),
		Federated:     rewriteList(p.Federated, f),
		CanonicalUser: rewriteList(p.CanonicalUser, f),
	}
}

func rewriteList(list []string, f func(string) string) []string {
	out, own := list, false
	for i, s := range list {
		t := f(s)
		if t != s && !own {
			out, own = slices.Clone(list), true
		}
		if own {
			out[i] = t
		}
	}
	return out
}

// HasPseudo reports whether a string of d holds a pseudo parameter.
func HasPseudo(d *policy.Document) bool {
	found := false
	Strings(d, func(s string) { found = found || policy.HasPseudo(s) })
	return found
}

// Strings calls f with every string of d that [Rewrite] passes to its
// function, in the same order.
func Strings(d *policy.Document, f func(string)) {
	each := func(lists ...[]string) {
		for _, list := range lists {
			for _, s := range list {
				f(s)
			}
		}
	}
	f(d.ID)
	for i := range d.Statements {
		st := &d.Statements[i]
		f(st.SID)
		for _, p := range []*policy.Principal{st.Principal, st.NotPrincipal} {
			if p != nil {
				each(p.AWS, p.Service, p.Federated, p.CanonicalUser)
			}
		}
		each(st.Actions, st.NotActions, st.Resources, st.NotResources)
		for _, c := range st.Conditions {
			f(c.Key)
			each(c.Values)
		}
	}
}

// References finds the roles that roles refer to, by ARN: what a target may
// spell as a reference rather than as text.
type References map[label]map[string]*ir.StackRole

// A label is a role's label in one target; with for_each it stands for several
// roles.
type label struct {
	target *ir.Target
	text   string
}

// NewReferences indexes roles.
func NewReferences(roles []*ir.StackRole) References {
	index := make(References, len(roles))
	for _, r := range roles {
		l := label{r.Target, r.Label}
		if index[l] == nil {
			index[l] = map[string]*ir.StackRole{}
		}
		index[l][r.ARN()] = r
	}
	return index
}

// Find returns the role that has arn, if r refers to it and it is not r itself.
// A role that r names by a written-out ARN is none: references order what is
// made, and there only those of the configuration are without a circle.
func (index References) Find(r *ir.StackRole, arn string) *ir.StackRole {
	for _, text := range r.Refs {
		if other := index[label{r.Target, text}][arn]; other != nil && other != r {
			return other
		}
	}
	return nil
}
