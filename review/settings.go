package review

import (
	"cmp"
	"slices"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// properties fills in everything about the pair but access. texts reports
// whether anything changed whose meaning is that of texts alone: policies,
// their order, the description.
func (p *pair) properties(c *comparer, r *Role) (texts bool) {
	value := func(f func(*ir.StackRole) string) Values {
		return Values{p.base.value(f), p.head.value(f)}
	}
	changed := func(f func(*ir.StackRole) string) *Values {
		if v := value(f); p.both() && !same(v.Before, v.After) {
			return &v
		}
		return nil
	}
	r.Boundary = value(func(r *ir.StackRole) string { return r.PermissionsBoundary })
	r.Name = changed(func(r *ir.StackRole) string { return r.IAMName })
	r.Path = changed(func(r *ir.StackRole) string { return r.Path })
	r.ARN = changed(func(r *ir.StackRole) string { return r.ARN() })
	r.Description = changed(func(r *ir.StackRole) string { return r.Description })
	r.Quotas = p.quotas()
	if !p.both() {
		return true
	}
	base, head := p.base.role, p.head.role
	if base.MaxSessionDuration != head.MaxSessionDuration {
		r.SessionDuration = &Numbers{session(base), session(head)}
	}
	r.Tags = tagChanges(base.Tags, head.Tags)
	r.Attached = attachedChanges(base, head)
	r.Policies = p.policies()
	return len(r.Policies) > 0 || len(r.Attached) > 0 || r.Description != nil || p.trust != nil || p.renamed ||
		p.base.boundary.changed(p.head.boundary) || !slices.EqualFunc(p.base.sources, p.head.sources, source.equal) ||
		!slices.Equal(p.base.missing(), p.head.missing())
}

func (p *pair) both() bool { return p.base != nil && p.head != nil }

// value is a property of the role; nil where it is not set.
func (s *subject) value(f func(*ir.StackRole) string) *string {
	if s == nil || f(s.role) == "" {
		return nil
	}
	text := spelled(f(s.role))
	return &text
}

// equal reports whether two sources are the same policy with the same text.
func (s source) equal(other source) bool {
	return s.name == other.name && s.kind == other.kind && s.digest == other.digest
}

func (t *text) changed(other *text) bool {
	if t == nil || other == nil {
		return t != other
	}
	return t.digest != other.digest
}

// session is how long sessions of the role may last: nil for IAM's default.
func session(r *ir.StackRole) *int {
	if r.MaxSessionDuration == 0 {
		return nil
	}
	return &r.MaxSessionDuration
}

// tagChanges compares tags, which are sorted by key.
func tagChanges(base, head []ir.Tag) []TagChange {
	var out []TagChange
	find := func(tags []ir.Tag, key string) *string {
		for _, t := range tags {
			if t.Key == key {
				v := spelled(t.Value)
				return &v
			}
		}
		return nil
	}
	for _, t := range base {
		if after := find(head, t.Key); after == nil || *after != spelled(t.Value) {
			out = append(out, TagChange{spelled(t.Key), Values{find(base, t.Key), after}})
		}
	}
	for _, t := range head {
		if find(base, t.Key) == nil {
			out = append(out, TagChange{spelled(t.Key), Values{nil, find(head, t.Key)}})
		}
	}
	slices.SortFunc(out, func(a, b TagChange) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func attachedChanges(base, head *ir.StackRole) []Attached {
	arns := func(r *ir.StackRole) []string {
		var list []string
		for _, v := range r.Attached {
			list = append(list, v.Text)
		}
		return list
	}
	before, after := arns(base), arns(head)
	var out []Attached
	for _, arn := range difference(before, after) {
		if slices.Contains(after, arn) {
			out = append(out, Attached{spelled(arn), Added})
		} else {
			out = append(out, Attached{spelled(arn), Removed})
		}
	}
	return slices.Compact(out)
}

// policies lists the policies of the role whose text changed, managed ones first.
func (p *pair) policies() []Policy {
	type id struct{ kind, name string }
	before := map[id]*text{}
	var out []Policy
	for _, s := range p.base.sources {
		before[id{s.kind, s.name}] = s.text
	}
	for _, s := range p.head.sources {
		old := before[id{s.kind, s.name}]
		delete(before, id{s.kind, s.name})
		if s.kind == attached || old != nil && old.digest == s.digest {
			continue
		}
		change := Policy{Name: spelled(s.name), Kind: s.kind, Change: Added, Numbers: Numbers{After: &s.size}, Texts: [2]*policy.Document{nil, s.document}}
		if old != nil {
			change.Change, change.Before, change.Texts[0] = Changed, &old.size, old.document
		}
		out = append(out, change)
	}
	for _, s := range p.base.sources {
		if s.kind != attached && before[id{s.kind, s.name}] != nil {
			out = append(out, Policy{Name: spelled(s.name), Kind: s.kind, Change: Removed, Numbers: Numbers{Before: &s.size}, Texts: [2]*policy.Document{s.document, nil}})
		}
	}
	slices.SortStableFunc(out, func(a, b Policy) int { return cmp.Or(-cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	return out
}

// QuotaNames are the names that the quotas of a role have in a diff, the ones
// that are met first in front.
func QuotaNames() []string {
	return []string{"attached_policies", "managed_policy_size", "inline_policies_size", "trust_policy_size", "tags"}
}

// quotas says how much of each quota is used.
func (p *pair) quotas() map[string]Quota {
	out := map[string]Quota{}
	var before, after map[string]usage
	if p.base != nil {
		before = p.base.usage()
	}
	if p.head != nil {
		after = p.head.usage()
	}
	for _, name := range QuotaNames() {
		quotaName := name
		if name == "attached_policies" {
			quotaName = "attached_policies_per_role"
		}
		quota := Quota{Limit: limit(p.main().role.Target, quotaName)}
		if u, ok := before[name]; ok {
			quota.Before, quota.Of = &u.n, u.of
		}
		if u, ok := after[name]; ok {
			quota.After, quota.Of = &u.n, u.of
		}
		out[name] = quota
	}
	return out
}

// A usage is how much a role uses of a quota, and the policy that uses most.
type usage struct {
	n  int
	of string
}

func (s *subject) usage() map[string]usage {
	largest, inlined, made := usage{}, usage{}, 0
	for _, src := range s.sources {
		switch src.kind {
		case managed:
			made++
			if src.size > largest.n {
				largest = usage{src.size, spelled(src.name)}
			}
		case inline:
			inlined.n += src.size
		}
	}
	trust := usage{}
	if s.trust != nil {
		trust.n = s.trust.size
	}
	return map[string]usage{
		"attached_policies": {n: made + len(s.role.Attached)}, "managed_policy_size": largest,
		"inline_policies_size": inlined, "trust_policy_size": trust, "tags": {n: len(s.role.Tags)},
	}
}

// limit is what the account block says of a quota, or IAM's default.
func limit(t *ir.Target, name string) int {
	if q, ok := t.Quotas[name]; ok {
		return q.Value
	}
	q, _ := facts.FindQuota(name)
	return q.Default
}
