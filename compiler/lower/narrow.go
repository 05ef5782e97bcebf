package lower

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// narrow limits the Allow statements of the activity, or those it names, to
// actions and resources that lie within what they had, and adds conditions.
func (o *override) narrow(n *dsl.Narrow) {
	names, ok := o.e.list(n.Statements)
	if !ok {
		return
	}
	named := map[string]bool{}
	for i, name := range names {
		named[name] = true
		o.named("narrow", n.Range.Start.Byte+i, n.Statements.Find(name), name)
	}
	var chosen []*statement
	for i := range o.g.statements {
		s := &o.g.statements[i]
		switch {
		case n.Statements != nil && !named[s.origin.Label]:
		case s.Effect == policy.Allow:
			chosen = append(chosen, s)
		case n.Statements != nil:
			o.l.errorf("narrowed-deny", n.Statements.Find(s.origin.Label), "The statement %q denies, and narrow limits what is allowed: a narrower Deny would give access. Leave it out, or write replace %q { … }.", s.origin.Label, s.origin.Label)
		}
	}
	if n.Statements == nil {
		o.l.use.verb(verbKey{o.decl, "narrow", n.Range.Start.Byte, ""}, n.Range, len(chosen) > 0, "statement", nil, "")
	}
	if len(chosen) == 0 {
		return
	}
	conditions, ok := o.e.conditions(n.Conditions)
	if !ok {
		return
	}
	if n.Actions != nil && !o.limit(n.Actions, chosen, "action", actionWithin, actionsOf) {
		return
	}
	if n.Resources != nil && !o.limit(n.Resources, chosen, "resource", resourceWithin, resourcesOf) {
		return
	}
	for _, s := range chosen {
		o.conditions(s, conditions, n.Range)
		o.changed(s, n.Range)
	}
	o.dropEmpty()
}

func actionsOf(s *statement) (list, not *[]string)   { return &s.Actions, &s.NotActions }
func resourcesOf(s *statement) (list, not *[]string) { return &s.Resources, &s.NotResources }

// limit leaves in each statement what both it and the values allow. A value
// that lies within none of the statements is an error.
func (o *override) limit(a *dsl.Attr, chosen []*statement, kind string, within func(*statement, string) bool, of func(*statement) (list, not *[]string)) bool {
	values, ok := o.e.list(a)
	if !ok {
		return false
	}
	kept := make([][]string, len(chosen))
	places := a.Places(len(values))
	for i, v := range values {
		inside := false
		for j, s := range chosen {
			list, not := of(s)
			if !o.l.charge(1+(len(*list)+len(*not))/8, a.Range) {
				return false
			}
			if within(s, v) {
				inside = true
				kept[j] = append(kept[j], v)
				continue
			}
			for _, own := range *list { // the value is wider here: what the statement had stays
				if Covers(fold(kind, v), fold(kind, own)) {
					kept[j] = append(kept[j], own)
				}
			}
		}
		if !inside {
			o.l.errorf("outside-statement", places[i], "narrow can only take access away, and the %s %q does not lie within what %s allowed. Write %ss that it had, or add access with allow \"LABEL\" { … }.",
				kind, v, quoteLabels(chosen), kind)
			ok = false
		}
	}
	for j, s := range chosen {
		if ok {
			list, not := of(s)
			*list, *not = distinct(kept[j]), nil
		}
	}
	return ok
}

// fold is a text as it compares: actions without regard to case.
func fold(kind, s string) string {
	if kind == "action" {
		return policy.Lower(s)
	}
	return s
}

func distinct(list []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(s string) bool {
		again := seen[s]
		seen[s] = true
		return again
	})
}

func quoteLabels(list []*statement) string {
	if len(list) == 1 {
		return fmt.Sprintf("the statement %q", list[0].origin.Label)
	}
	return fmt.Sprintf("any of the %d statements", len(list))
}

func actionWithin(s *statement, action string) bool {
	if len(s.NotActions) > 0 {
		return !policy.HasWildcard(action) && !slices.ContainsFunc(s.NotActions, func(p string) bool { return policy.MatchFold(p, action) })
	}
	return slices.ContainsFunc(s.Actions, func(p string) bool { return Covers(policy.Lower(p), policy.Lower(action)) })
}

func resourceWithin(s *statement, resource string) bool {
	if len(s.NotResources) > 0 {
		return !policy.HasWildcard(resource) && !strings.Contains(resource, "${") &&
			!slices.ContainsFunc(s.NotResources, func(p string) bool { return strings.Contains(p, "${") || policy.Match(p, resource) })
	}
	return slices.ContainsFunc(s.Resources, func(p string) bool { return Covers(p, resource) })
}

// Covers reports whether every text that sub matches is matched by pattern:
// a "*" of sub is covered by a "*", a "?" by a "?" or a "*". It is never true
// wrongly; it misses patterns such as "*?" against "?*", and "?" against a
// character outside ASCII.
func Covers(pattern, sub string) bool {
	p, s, star, mark := 0, 0, -1, 0
	for s < len(sub) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, s
			p++
		case p < len(pattern) && (pattern[p] == sub[s] || pattern[p] == '?' && sub[s] != '*' && sub[s] < utf8.RuneSelf):
			p++
			s++
		case star >= 0:
			mark++
			p, s = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// conditions adds conditions to a statement with AND. Where the statement has
// the operator and key already, IAM's JSON has one place for both: the values
// that both admit are kept where that says the same, else it is an error.
func (o *override) conditions(s *statement, list []policy.Condition, at hcl.Range) {
	for _, c := range list {
		i := slices.IndexFunc(s.Conditions, func(p policy.Condition) bool {
			return policy.Lower(p.Operator) == policy.Lower(c.Operator) && policy.Lower(p.Key) == policy.Lower(c.Key)
		})
		if i < 0 {
			s.Conditions = append(s.Conditions, c)
			continue
		}
		both, exact := intersect(s.Conditions[i].Values, c.Values)
		if !isExact(c.Operator) || !exact || len(both) == 0 {
			o.l.errorf("duplicate-condition", at, "The statement %q has a condition %s on %q already, and a statement holds one. Write the values that satisfy both with replace %q { condition { … } }.", s.origin.Label, c.Operator, c.Key, s.origin.Label)
			continue
		}
		s.Conditions[i].Values = both
	}
}

// intersect returns the values that both lists have. It is not exact when
// other values may be equal: those with policy variables, or with what is
// known only at deployment.
func intersect(a, b []string) (both []string, exact bool) {
	exact = true
	in := map[string]bool{}
	for _, v := range b {
		in[v] = true
	}
	for _, v := range a {
		if in[v] {
			both = append(both, v)
			delete(in, v)
		} else {
			exact = exact && !open(v)
		}
	}
	for v := range in {
		exact = exact && !open(v)
	}
	return both, exact
}

func open(v string) bool { return strings.Contains(v, "${") || dsl.HasReserved(v) }

// isExact reports whether the values of an operator can be intersected one by
// one: it compares a single value for equality.
func isExact(operator string) bool {
	switch operator {
	case "StringEquals", "NumericEquals", "DateEquals", "Bool", "Null", "BinaryEquals":
		return true
	}
	return false
}
