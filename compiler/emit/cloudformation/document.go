package cloudformation

import (
	"go.yaml.in/yaml/v3"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A speller turns strings into nodes: references to roles of the same template,
// pseudo parameters, or text.
type speller func(string) *yaml.Node

// document is d as a node, with elements in the order of [policy.AppendJSON]
// and, as there, a list of one value as the value.
func (spell speller) document(d *policy.Document) *yaml.Node {
	n := object()
	setText(n, "Version", d.Version)
	setText(n, "Id", d.ID)
	statements := list()
	for i := range d.Statements {
		add(statements, spell.statement(&d.Statements[i]))
	}
	set(n, "Statement", statements)
	return n
}

func (spell speller) statement(s *policy.Statement) *yaml.Node {
	n := object()
	setText(n, "Sid", s.SID)
	setText(n, "Effect", string(s.Effect))
	spell.principal(n, "Principal", s.Principal)
	spell.principal(n, "NotPrincipal", s.NotPrincipal)
	spell.values(n, "Action", s.Actions)
	spell.values(n, "NotAction", s.NotActions)
	spell.values(n, "Resource", s.Resources)
	spell.values(n, "NotResource", s.NotResources)
	if len(s.Conditions) > 0 {
		set(n, "Condition", spell.conditions(s.Conditions))
	}
	return n
}

func (spell speller) principal(n *yaml.Node, key string, p *policy.Principal) {
	switch {
	case p == nil:
	case p.Any:
		set(n, key, text("*"))
	default:
		o := object()
		spell.values(o, "AWS", p.AWS)
		spell.values(o, "Service", p.Service)
		spell.values(o, "Federated", p.Federated)
		spell.values(o, "CanonicalUser", p.CanonicalUser)
		set(n, key, o)
	}
}

// conditions groups by operator, in the order in which operators first appear.
func (spell speller) conditions(conditions []policy.Condition) *yaml.Node {
	n := object()
	operators := make(map[string]*yaml.Node, 2)
	for i := range conditions {
		c := &conditions[i]
		o := operators[c.Operator]
		if o == nil {
			o = object()
			operators[c.Operator] = o
			set(n, c.Operator, o)
		}
		key := len(o.Content)
		spell.values(o, c.Key, c.Values)
		if len(o.Content) == key { // a nil list, which no statement should have
			set(o, c.Key, list())
		}
	}
	return n
}

// values adds a member that is left out when nil.
func (spell speller) values(n *yaml.Node, key string, values []string) {
	switch {
	case values == nil:
	case len(values) == 1:
		set(n, key, spell(values[0]))
	default:
		l := list()
		for _, v := range values {
			add(l, spell(v))
		}
		set(n, key, l)
	}
}
