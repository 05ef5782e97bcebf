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
	for i, name := range names {
		o.l.use.verb(o.decl, fmt.Sprint("narrow", n.Range.Start.Byte, name), elementAt(n.Statements, i), slices.Contains(o.labels(), name), "statement", name, o.labels())
	}
	var chosen []*statement
	for i := range o.g.statements {
		s := &o.g.statements[i]
		if s.Effect == policy.Allow && (n.Statements == nil || slices.Contains(names, s.origin.Label)) {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return
	}
	conditions, ok := o.e.conditions(n.Conditions)
	if !ok {
		return
	}
	if n.Actions != nil && !o.limit(n.Actions, chosen, "action", actionWithin, setActions) {
		return
	}
	if n.Resources != nil && !o.limit(n.Resources, chosen, "resource", resourceWithin, setResources) {
		return
	}
	for _, s := range chosen {
		o.conditions(s, conditions, n.Range)
		o.changed(s, n.Range)
	}
	o.dropEmpty()
}

func setActions(s *statement, list []string)   { s.Actions, s.NotActions = list, nil }
func setResources(s *statement, list []string) { s.Resources, s.NotResources = list, nil }

// limit gives each statement those of the values that lie within what it had.
// A value that lies within none of the statements is an error.
func (o *override) limit(a *dsl.Attr, chosen []*statement, kind string, within func(*statement, string) bool, set func(*statement, []string)) bool {
	values, ok := o.e.list(a)
	if !ok {
		return false
	}
	for i, v := range values {
		if !slices.ContainsFunc(chosen, func(s *statement) bool { return within(s, v) }) {
			o.l.errorf("outside-statement", elementAt(a, i), "narrow can only take access away, and the %s %q does not lie within what %s allowed. Write %ss that it had, or add access with allow \"LABEL\" { … }.",
				kind, v, quoteLabels(chosen), kind)
			ok = false
		}
	}
	if !ok {
		return false
	}
	for _, s := range chosen {
		var kept []string
		for _, v := range values {
			if within(s, v) {
				kept = append(kept, v)
			}
		}
		set(s, kept)
	}
	return true
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
		i := slices.IndexFunc(s.Conditions, func(p policy.Condition) bool { return sameKey(p, c.Operator, c.Key) })
		if i < 0 {
			s.Conditions = append(s.Conditions, c)
			continue
		}
		have := s.Conditions[i]
		var both []string
		for _, v := range have.Values {
			if slices.Contains(c.Values, v) {
				both = append(both, v)
			}
		}
		if !isExact(c.Operator) || len(both) == 0 {
			o.l.errorf("duplicate-condition", at, "The statement %q has a condition %s on %q already, and a statement holds one. Write the values that satisfy both with replace %q { condition { … } }.", s.origin.Label, c.Operator, c.Key, s.origin.Label)
			continue
		}
		s.Conditions[i].Values = both
	}
}

// isExact reports whether the values of an operator can be intersected one by
// one: it compares a single value for equality.
func isExact(operator string) bool {
	switch operator {
	case "StringEquals", "NumericEquals", "DateEquals", "Bool", "Null", "BinaryEquals":
		return true
	}
	return false
}
