package policy

import "slices"

// Clone returns a copy of d that shares nothing with it.
func (d *Document) Clone() *Document {
	c := *d
	c.Statements = slices.Clone(d.Statements)
	for i := range c.Statements {
		c.Statements[i] = d.Statements[i].Clone()
	}
	return &c
}

// Equal reports whether d and e are written alike: the same elements with the
// same values in the same order. Of two that are not, [Canonical] may still be
// equal.
func (d *Document) Equal(e *Document) bool {
	return d.Version == e.Version && d.ID == e.ID &&
		slices.EqualFunc(d.Statements, e.Statements, func(a, b Statement) bool { return a.Equal(&b) })
}

// Duplicates returns the first condition of d that has the operator and key of
// an earlier one of its statement, both as written, with the index of the
// statement from 0. Such a document cannot be written as JSON (see [AppendJSON]).
func (d *Document) Duplicates() (statement int, c Condition, ok bool) {
	for i := range d.Statements {
		list := d.Statements[i].Conditions
		for j := range list {
			for k := range j {
				if list[k].Operator == list[j].Operator && list[k].Key == list[j].Key {
					return i, list[j], true
				}
			}
		}
	}
	return 0, Condition{}, false
}

// Clone returns a copy of s that shares nothing with it.
func (s *Statement) Clone() Statement {
	c := *s
	c.Principal = s.Principal.Clone()
	c.NotPrincipal = s.NotPrincipal.Clone()
	c.Actions = slices.Clone(s.Actions)
	c.NotActions = slices.Clone(s.NotActions)
	c.Resources = slices.Clone(s.Resources)
	c.NotResources = slices.Clone(s.NotResources)
	c.Conditions = slices.Clone(s.Conditions)
	for i := range c.Conditions {
		c.Conditions[i].Values = slices.Clone(c.Conditions[i].Values)
	}
	return c
}

// Equal reports whether s and t are written alike, Sid included. A list that
// is empty differs from one that is absent.
func (s *Statement) Equal(t *Statement) bool {
	return s.SID == t.SID && s.Effect == t.Effect &&
		s.Principal.Equal(t.Principal) && s.NotPrincipal.Equal(t.NotPrincipal) &&
		sameList(s.Actions, t.Actions) && sameList(s.NotActions, t.NotActions) &&
		sameList(s.Resources, t.Resources) && sameList(s.NotResources, t.NotResources) &&
		slices.EqualFunc(s.Conditions, t.Conditions, func(a, b Condition) bool {
			return a.Operator == b.Operator && a.Key == b.Key && slices.Equal(a.Values, b.Values)
		})
}

// sameList tells an absent list from an empty one.
func sameList(a, b []string) bool {
	return (a == nil) == (b == nil) && slices.Equal(a, b)
}

// Clone returns a copy of p that shares nothing with it; nil of nil.
func (p *Principal) Clone() *Principal {
	if p == nil {
		return nil
	}
	return &Principal{
		Any:           p.Any,
		AWS:           slices.Clone(p.AWS),
		Service:       slices.Clone(p.Service),
		Federated:     slices.Clone(p.Federated),
		CanonicalUser: slices.Clone(p.CanonicalUser),
	}
}

// Equal reports whether p and q are written alike; nil equals nil alone.
func (p *Principal) Equal(q *Principal) bool {
	if p == nil || q == nil {
		return p == q
	}
	return p.Any == q.Any && sameList(p.AWS, q.AWS) && sameList(p.Service, q.Service) &&
		sameList(p.Federated, q.Federated) && sameList(p.CanonicalUser, q.CanonicalUser)
}
