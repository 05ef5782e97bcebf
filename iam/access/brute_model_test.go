package access_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// This file is a second opinion on policies: a model of the policy language so
// small that every request of a finite universe can be tried. It is written
// from AWS's documentation alone and shares no code with the comparison, with
// authz or with package policy; it even has a matcher of its own.

// A bruteStatement is one statement of the model.
type bruteStatement struct {
	deny       bool
	actions    []string
	notActions bool
	resources  []string
	notRes     bool
	conditions []bruteCondition
}

type bruteCondition struct {
	operator string // as in JSON
	key      string
	values   []string
}

// A brutePolicy is a layer.
type brutePolicy []bruteStatement

// A bruteRequest is one point of the universe.
type bruteRequest struct {
	action   string
	resource string
	context  map[string][]string // absent: no entry
	lists    map[string]bool
}

// wild matches by plain recursion.
func wild(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	switch pattern[0] {
	case '*':
		return wild(pattern[1:], text) || text != "" && wild(pattern, text[1:])
	case '?':
		return text != "" && wild(pattern[1:], text[1:])
	}
	return text != "" && pattern[0] == text[0] && wild(pattern[1:], text[1:])
}

// wildARN matches segment by segment: five that stop at colons, and the rest.
func wildARN(pattern, text string) bool {
	if pattern == "*" {
		return true
	}
	p, t := strings.SplitN(pattern, ":", 6), strings.SplitN(text, ":", 6)
	if len(p) != 6 || len(t) != 6 {
		return false
	}
	for i := range p {
		if !wild(p[i], t[i]) {
			return false
		}
	}
	return true
}

func (s *bruteStatement) matchesAction(action string) bool {
	hit := slices.ContainsFunc(s.actions, func(p string) bool { return wild(strings.ToLower(p), strings.ToLower(action)) })
	return hit != s.notActions
}

func (s *bruteStatement) matchesResource(resource string) bool {
	hit := slices.ContainsFunc(s.resources, func(p string) bool { return wildARN(p, resource) })
	return hit != s.notRes
}

func (s *bruteStatement) matchesContext(r *bruteRequest) bool {
	for _, c := range s.conditions {
		if !c.holds(r) {
			return false
		}
	}
	return true
}

func (c *bruteCondition) holds(r *bruteRequest) bool {
	op := c.operator
	given, there := r.context[c.key]
	if op == "Null" {
		return (c.values[0] == "true") != there
	}
	all, any := false, false
	op, all = strings.CutPrefix(op, "ForAllValues:")
	op, any = strings.CutPrefix(op, "ForAnyValue:")
	op, ifExists := strings.CutSuffix(op, "IfExists")
	negated := strings.Contains(op, "Not")
	op = strings.Replace(op, "Not", "", 1)
	one := func(v string) bool {
		return slices.ContainsFunc(c.values, func(want string) bool { return bruteEqual(op, want, v) }) != negated
	}
	given = slices.Clone(given)
	if all || any {
		given = slices.DeleteFunc(given, func(v string) bool { return v == "" })
	}
	switch {
	case !there && ifExists:
		return true
	case !there && (all || any):
		return all
	case !there:
		return negated
	case all:
		return !slices.ContainsFunc(given, func(v string) bool { return !one(v) })
	case any:
		return slices.ContainsFunc(given, one)
	case r.lists[c.key]:
		return false
	}
	return one(given[0])
}

func bruteEqual(op, want, v string) bool {
	switch op {
	case "StringEquals":
		return want == v
	case "StringEqualsIgnoreCase":
		return strings.EqualFold(want, v)
	case "StringLike":
		return wild(want, v)
	case "ArnLike", "ArnEquals":
		return strings.Count(v, ":") >= 5 && wildARN(want, v)
	case "Bool":
		return want == v
	case "IpAddress":
		return netip.MustParsePrefix(want).Contains(netip.MustParseAddr(v))
	}
	a, err := strconv.ParseFloat(v, 64)
	b, err2 := strconv.ParseFloat(want, 64)
	if err != nil || err2 != nil {
		panic(fmt.Sprintf("the model compares %q %s %q", v, op, want))
	}
	switch op {
	case "NumericEquals":
		return a == b
	case "NumericLessThan":
		return a < b
	case "NumericLessThanEquals":
		return a <= b
	case "NumericGreaterThan":
		return a > b
	case "NumericGreaterThanEquals":
		return a >= b
	}
	panic("the model does not know " + op)
}

// resolve replaces the policy variable in all patterns; where the request lacks
// it (value nil) they match nothing and are left out.
func resolve(side []brutePolicy, value []string) []brutePolicy {
	replace := func(list []string) []string {
		out := []string{}
		for _, p := range list {
			if !strings.Contains(p, bruteVariable) {
				out = append(out, p)
			} else if value != nil {
				out = append(out, strings.ReplaceAll(p, bruteVariable, value[0]))
			}
		}
		return out
	}
	var out []brutePolicy
	for _, layer := range side {
		var p brutePolicy
		for _, s := range layer {
			s.resources = replace(s.resources)
			s.conditions = slices.Clone(s.conditions)
			for i := range s.conditions {
				s.conditions[i].values = replace(s.conditions[i].values)
			}
			p = append(p, s)
		}
		out = append(out, p)
	}
	return out
}

// allows decides one request by one side, a list of layers.
func allows(side []brutePolicy, r *bruteRequest) bool {
	side = resolve(side, r.context["aws:username"])
	for _, layer := range side {
		allowed := false
		for i := range layer {
			s := &layer[i]
			if s.matchesAction(r.action) && s.matchesResource(r.resource) && s.matchesContext(r) {
				if s.deny {
					return false
				}
				allowed = true
			}
		}
		if !allowed {
			return false
		}
	}
	return true
}

// texts returns all texts over letters up to a length.
func texts(letters string, from, to int) []string {
	list := []string{""}
	var out []string
	for n := 0; n <= to; n++ {
		if n >= from {
			out = append(out, list...)
		}
		var next []string
		for _, t := range list {
			for _, l := range letters {
				next = append(next, t+string(l))
			}
		}
		list = next
	}
	return out
}

// A bruteKey is a condition key of the universe.
type bruteKey struct {
	name   string
	values [][]string // nil: absent
	list   bool
}

// bruteKeys is the universe of condition values.
func bruteKeys() []bruteKey {
	single := func(list ...string) [][]string {
		out := [][]string{nil}
		for _, v := range list {
			out = append(out, []string{v})
		}
		return out
	}
	sets := [][]string{nil, {""}}
	for _, s := range []string{"a", "b", "c", "ab", "ac", "bc", "abc"} {
		sets = append(sets, strings.Split(s, ""))
	}
	return []bruteKey{
		{name: "aws:PrincipalTag/t", values: single(append(texts("abc", 0, 3), "A", "B", "Ab", "aB")...)},
		{name: "aws:SecureTransport", values: single("true", "false")},
		{name: "aws:MultiFactorAuthAge", values: single("0", "1", "1.5", "2", "2.5", "3", "4")},
		{name: "aws:SourceIp", values: single("10.0.0.1", "10.0.1.1", "10.1.0.1", "11.0.0.1", "9.0.0.1", "2001:db8::1", "2001:db8:1::1", "::1")},
		{name: "aws:TagKeys", values: sets, list: true},
		{name: "aws:SourceArn", values: single(arnTexts("abc")...)},
	}
}

func arnTexts(letters string) []string {
	var list []string
	for _, region := range append(texts(letters, 0, 1), "ab") {
		for _, name := range append(texts(letters, 0, 2), "a:b", "aab", "abb") {
			list = append(list, "arn:aws:s:"+region+"::"+name)
		}
	}
	return list
}
