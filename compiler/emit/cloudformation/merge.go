package cloudformation

import "github.com/sagemaker-roles/smr/iam/policy"

// document merges the same document of every target.
func (m *merger) document(docs []*policy.Document) *policy.Document {
	first := docs[0]
	shared := true
	for _, d := range docs[1:] {
		shared = shared && d == first
		if d.Version != first.Version || len(d.Statements) != len(first.Statements) {
			m.fail()
		}
	}
	if shared || !m.ok {
		return first
	}
	out := &policy.Document{
		Version:    first.Version,
		ID:         mergeEach(m, docs, func(d *policy.Document) string { return d.ID }),
		Statements: make([]policy.Statement, len(first.Statements)),
	}
	each := make([]*policy.Statement, len(docs))
	for k := range first.Statements {
		for i, d := range docs {
			each[i] = &d.Statements[k]
		}
		out.Statements[k] = m.statement(each)
		if !m.ok {
			return first
		}
	}
	return out
}

func (m *merger) statement(of []*policy.Statement) policy.Statement {
	first := of[0]
	for _, s := range of[1:] {
		if s.Effect != first.Effect || len(s.Conditions) != len(first.Conditions) {
			m.fail()
			return *first
		}
	}
	lists := func(get func(*policy.Statement) []string) []string { return mergeLists(m, of, get) }
	out := policy.Statement{
		SID:          mergeEach(m, of, func(s *policy.Statement) string { return s.SID }),
		Effect:       first.Effect,
		Principal:    mergePrincipals(m, of, func(s *policy.Statement) *policy.Principal { return s.Principal }),
		NotPrincipal: mergePrincipals(m, of, func(s *policy.Statement) *policy.Principal { return s.NotPrincipal }),
		Actions:      lists(func(s *policy.Statement) []string { return s.Actions }),
		NotActions:   lists(func(s *policy.Statement) []string { return s.NotActions }),
		Resources:    lists(func(s *policy.Statement) []string { return s.Resources }),
		NotResources: lists(func(s *policy.Statement) []string { return s.NotResources }),
	}
	for i := range first.Conditions {
		out.Conditions = append(out.Conditions, policy.Condition{
			Operator: mergeEach(m, of, func(s *policy.Statement) string { return s.Conditions[i].Operator }),
			Key:      mergeEach(m, of, func(s *policy.Statement) string { return s.Conditions[i].Key }),
			Values:   lists(func(s *policy.Statement) []string { return s.Conditions[i].Values }),
		})
	}
	return out
}

func mergePrincipals(m *merger, of []*policy.Statement, get func(*policy.Statement) *policy.Principal) *policy.Principal {
	first := get(of[0])
	for _, s := range of[1:] {
		p := get(s)
		if (p == nil) != (first == nil) || p != nil && p.Any != first.Any {
			m.fail()
			return first
		}
	}
	if first == nil {
		return nil
	}
	lists := func(list func(*policy.Principal) []string) []string {
		return mergeLists(m, of, func(s *policy.Statement) []string { return list(get(s)) })
	}
	return &policy.Principal{
		Any:           first.Any,
		AWS:           lists(func(p *policy.Principal) []string { return p.AWS }),
		Service:       lists(func(p *policy.Principal) []string { return p.Service }),
		Federated:     lists(func(p *policy.Principal) []string { return p.Federated }),
		CanonicalUser: lists(func(p *policy.Principal) []string { return p.CanonicalUser }),
	}
}

// mergeLists merges lists of strings, item by item; nil stays nil.
func mergeLists[T any](m *merger, of []T, get func(T) []string) []string {
	first := get(of[0])
	for _, o := range of[1:] {
		if l := get(o); len(l) != len(first) || (l == nil) != (first == nil) {
			m.fail()
			return first
		}
	}
	if first == nil {
		return nil
	}
	out := make([]string, len(first))
	for k := range first {
		out[k] = mergeEach(m, of, func(o T) string { return get(o)[k] })
	}
	return out
}

func mergeEach[T any](m *merger, of []T, get func(T) string) string {
	values := make([]string, len(of))
	for i, o := range of {
		values[i] = get(o)
	}
	return m.text(values)
}
