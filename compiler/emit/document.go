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

// RefARNs are the ARNs of the roles that r refers to, in its target, with the
// roles: what a target may spell as a reference rather than as text. in says
// which roles can be referred to; nil is every role.
func RefARNs(r *ir.StackRole, byLabel map[Label][]*ir.StackRole, in func(*ir.StackRole) bool) map[string]*ir.StackRole {
	var arns map[string]*ir.StackRole
	for _, label := range r.Refs {
		for _, other := range byLabel[Label{r.Target, label}] {
			if in != nil && !in(other) {
				continue
			}
			if arns == nil {
				arns = map[string]*ir.StackRole{}
			}
			arns[other.ARN()] = other
		}
	}
	return arns
}

// A Label is a role's label in one target; with for_each it stands for several
// roles.
type Label struct {
	Target *ir.Target
	Label  string
}

// ByLabel indexes roles.
func ByLabel(roles []*ir.StackRole) map[Label][]*ir.StackRole {
	index := make(map[Label][]*ir.StackRole, len(roles))
	for _, r := range roles {
		l := Label{r.Target, r.Label}
		index[l] = append(index[l], r)
	}
	return index
}
