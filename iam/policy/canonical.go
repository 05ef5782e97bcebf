package policy

import (
	"bytes"
	"cmp"
	"slices"
)

// CanonicalOptions chooses what [Canonical] keeps.
type CanonicalOptions struct {
	KeepIDs bool // keep Sid and Id, which change no decision
}

// Canonical returns the canonical form of d, a new document that decides every
// request as d does: two documents that differ only in order, repetition, in
// brackets around single values, in the case of actions, condition operators
// and keys, or in how an account is named as principal, have the same one.
//
//   - Version is written out: a document without one has [Version2008].
//   - Actions, and the names of condition keys, are in lower case; operators in
//     AWS's spelling.
//   - Lists are sorted and hold nothing twice; a list with "*" is ["*"], for it
//     is all, unless another value holds a policy variable, which may be missing.
//   - The ARN of an account's root as principal becomes the account id.
//   - Conditions are sorted by operator and key; of two with the same operator
//     and key one is kept if their values are the same, and the values merge
//     where merging means the same (negated comparisons of one value); otherwise
//     both stay, see [Document.Duplicates].
//   - Statements are sorted by their text; equal ones are one.
//
// Canonical of a canonical document is equal to it.
func Canonical(d *Document, o CanonicalOptions) *Document {
	c := d.Clone()
	c.Version = cmp.Or(c.Version, Version2008)
	if !o.KeepIDs {
		c.ID = ""
	}
	type keyed struct {
		text []byte
		st   Statement
	}
	list := make([]keyed, len(c.Statements))
	for i := range c.Statements {
		st := &c.Statements[i]
		if !o.KeepIDs {
			st.SID = ""
		}
		st.canonicalize()
		p := printer{}
		p.statement(st)
		list[i] = keyed{p.dst, *st}
	}
	slices.SortFunc(list, func(a, b keyed) int { return bytes.Compare(a.text, b.text) })
	c.Statements = make([]Statement, 0, len(list))
	for i, k := range list {
		if i == 0 || !bytes.Equal(k.text, list[i-1].text) {
			c.Statements = append(c.Statements, k.st)
		}
	}
	return c
}

// canonicalize changes s in place; s shares nothing with another statement.
func (s *Statement) canonicalize() {
	for _, list := range [][]string{s.Actions, s.NotActions} {
		for i, a := range list {
			list[i] = Lower(a)
		}
	}
	s.Actions = sortedSet(s.Actions)
	s.NotActions = sortedSet(s.NotActions)
	s.Resources = sortedSet(s.Resources)
	s.NotResources = sortedSet(s.NotResources)
	s.Principal.canonicalize()
	s.NotPrincipal.canonicalize()
	s.Conditions = canonicalConditions(s.Conditions)
}

// sortedSet sorts list in place and drops repetitions; all is [*].
func sortedSet(list []string) []string {
	if slices.Contains(list, "*") && !slices.ContainsFunc(list, func(v string) bool { return Variables(v) != nil }) {
		list[0] = "*"
		return list[:1]
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (p *Principal) canonicalize() {
	if p == nil {
		return
	}
	for i, a := range p.AWS {
		if account, ok := RootAccount(a); ok {
			p.AWS[i] = account
		}
	}
	p.AWS = sortedSet(p.AWS)
	slices.Sort(p.Service)
	p.Service = slices.Compact(p.Service)
	slices.Sort(p.Federated)
	p.Federated = slices.Compact(p.Federated)
	slices.Sort(p.CanonicalUser)
	p.CanonicalUser = slices.Compact(p.CanonicalUser)
}

func canonicalConditions(list []Condition) []Condition {
	for i := range list {
		c := &list[i]
		if op, ok := ParseOperator(c.Operator); ok {
			c.Operator = op.String()
		}
		c.Key = Lower(c.Key)
		slices.Sort(c.Values)
		c.Values = slices.Compact(c.Values)
	}
	slices.SortFunc(list, func(a, b Condition) int {
		return cmp.Or(cmp.Compare(a.Operator, b.Operator), cmp.Compare(a.Key, b.Key), slices.Compare(a.Values, b.Values))
	})
	var out []Condition
	for _, c := range list {
		n := len(out) - 1
		if n < 0 || out[n].Operator != c.Operator || out[n].Key != c.Key {
			out = append(out, c)
			continue
		}
		op, _ := ParseOperator(c.Operator)
		switch {
		case slices.Equal(out[n].Values, c.Values):
		case op.Comparison.Negated() && op.Set != ForAnyValue && len(out[n].Values) > 0 && len(c.Values) > 0:
			// Not one of these and not one of those is not one of all.
			out[n].Values = append(slices.Clone(out[n].Values), c.Values...)
			slices.Sort(out[n].Values)
			out[n].Values = slices.Compact(out[n].Values)
		default:
			out = append(out, c)
		}
	}
	return out
}
