package plan

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// closedTrust lets nobody assume a role: no statement allows, and one denies,
// for a trust policy has at least one statement.
func closedTrust() *live.Document {
	return live.FromPolicy(&policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		SID: "Closed", Effect: policy.Deny, Principal: &policy.Principal{Any: true}, Actions: []string{"sts:AssumeRole"},
	}}})
}

// common is a trust policy for those whom both trust policies let in: no
// fewer, and, since every statement of it is narrower than one of each, no
// more. ok is false where that cannot be written. Without any statement nobody
// is let in by both.
func common(a, b *form) (d *policy.Document, ok bool) {
	if a == nil || b == nil || a.opaque() || b.opaque() {
		return nil, a == nil || b == nil
	}
	d = &policy.Document{Version: policy.Version2012}
	mine, theirs := formSets(a), formSets(b)
	var list []*atom
	for _, x := range mine.allow.sorted() {
		if theirs.allow[x.id] != nil {
			list = append(list, x)
		}
	}
	for _, x := range mine.allow.without(theirs.allow) {
		for _, y := range theirs.allow.without(mine.allow) {
			st, empty, ok := product(&x.st, &y.st)
			switch {
			case !ok || x.version != policy.Version2012 && hasVariable(&x.st) || y.version != policy.Version2012 && hasVariable(&y.st):
				return nil, false
			case !empty:
				list = append(list, newAtom(policy.Version2012, st))
			}
		}
	}
	if len(list) == 0 {
		return d, true
	}
	list = append(list, mine.deny.sorted()...)
	list = append(list, theirs.deny.without(mine.deny)...)
	return compose(nil, nil, list)
}

// disjoint reports whether two trust policies surely let in nobody that both
// let in.
func disjoint(a, b *form) bool {
	d, ok := common(a, b)
	return ok && (d == nil || len(d.Statements) == 0)
}

// product is a statement that matches what two Allow statements of trust
// policies match; empty if that is nothing. ok is false where no statement says
// so.
func product(x, y *policy.Statement) (st policy.Statement, empty, ok bool) {
	if x.NotPrincipal != nil || y.NotPrincipal != nil || x.Principal == nil || y.Principal == nil ||
		len(x.NotActions)+len(y.NotActions)+len(x.Resources)+len(y.Resources)+len(x.NotResources)+len(y.NotResources) > 0 {
		return st, false, false
	}
	actions, ok := commonActions(x.Actions, y.Actions)
	if !ok {
		return st, false, false
	}
	who, ok := commonPrincipals(x.Principal, y.Principal)
	if !ok {
		return st, false, false
	}
	if len(actions) == 0 || who == nil {
		return st, true, true
	}
	conditions := slices.Clone(x.Conditions)
	for _, c := range y.Conditions {
		i := slices.IndexFunc(conditions, func(d policy.Condition) bool {
			return strings.EqualFold(d.Operator, c.Operator) && strings.EqualFold(d.Key, c.Key)
		})
		switch {
		case i < 0:
			conditions = append(conditions, c)
		case !slices.Equal(slices.Sorted(slices.Values(conditions[i].Values)), slices.Sorted(slices.Values(c.Values))):
			return st, false, false // JSON has no place for both
		}
	}
	return policy.Statement{Effect: policy.Allow, Principal: who, Actions: actions, Conditions: conditions}, false, true
}

// commonActions are the actions of both lists, of which one must hold no
// pattern.
func commonActions(a, b []string) ([]string, bool) {
	plain := func(list []string) bool { return !slices.ContainsFunc(list, policy.HasWildcard) }
	if !plain(a) {
		a, b = b, a
	}
	if !plain(a) {
		return slices.Clone(a), slices.Equal(a, b)
	}
	var out []string
	for _, x := range a {
		if slices.ContainsFunc(b, func(y string) bool { return policy.MatchFold(y, x) }) {
			out = append(out, x)
		}
	}
	return out, true
}

// commonPrincipals are those whom both name; nil if there are none. An account
// and a principal of it are not compared.
func commonPrincipals(a, b *policy.Principal) (*policy.Principal, bool) {
	switch {
	case a.Equal(b):
		return a.Clone(), true
	case a.Any || b.Any || slices.Contains(a.AWS, "*") || slices.Contains(b.AWS, "*") || len(a.CanonicalUser)+len(b.CanonicalUser) > 0:
		return nil, false
	}
	out := &policy.Principal{Service: both(a.Service, b.Service), Federated: both(a.Federated, b.Federated)}
	plain := func(list []string) bool {
		return !slices.ContainsFunc(list, func(p string) bool {
			_, root := policy.RootAccount(p)
			return root || strings.Contains(p, ":sts:")
		})
	}
	out.AWS = both(a.AWS, b.AWS)
	if len(a.AWS) > 0 && len(b.AWS) > 0 && !slices.Equal(a.AWS, b.AWS) && (!plain(a.AWS) || !plain(b.AWS)) {
		return nil, false
	}
	if len(out.AWS)+len(out.Service)+len(out.Federated) == 0 {
		return nil, true
	}
	return out, true
}

func both(a, b []string) []string {
	var out []string
	for _, x := range a {
		if slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}
