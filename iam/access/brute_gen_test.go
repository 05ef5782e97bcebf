package access_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
)

// A bruteGen makes random policies of the model.
type bruteGen struct {
	*rand.Rand
	keys      []bruteKey // that conditions of this pair look at
	variables bool       // patterns may hold the policy variable of bruteVariable
}

// bruteVariable is the policy variable of the model.
const bruteVariable = "${aws:username}"

func (g *bruteGen) one(list ...string) string { return list[g.IntN(len(list))] }

func (g *bruteGen) some(most int, make func() string) []string {
	list := []string{make()}
	for len(list) < most && g.IntN(3) == 0 {
		list = append(list, make())
	}
	return list
}

// pattern is a short text with wildcards.
func (g *bruteGen) pattern() string {
	if g.variables && g.IntN(3) == 0 {
		return g.one("", "", "a", "b", "?") + bruteVariable + g.one("", "", "*", "b", "?")
	}
	return g.one("a", "b", "*", "a*", "*a", "?", "?*", "a?", "*b", "ab", "a*b", "?b", "b*", "??", "ab*", "*a*", "??*", "aa")
}

func (g *bruteGen) action() string {
	if g.IntN(12) == 0 {
		return "*"
	}
	p := g.one("a", "b", "*", "a*", "*a", "?", "a?", "*b", "Ab", "a*b", "b*", "??*", "A*")
	return g.one("s", "s", "s", "S", "t") + ":" + p
}

func (g *bruteGen) arn() string {
	if g.IntN(8) == 0 {
		return "*"
	}
	region := g.one("", "", "*", "a", "?", "a*", "ab", "*b")
	return "arn:aws:s:" + region + ":" + g.one("", "", "*") + ":" + g.pattern()
}

func (g *bruteGen) statement(deny bool) bruteStatement {
	s := bruteStatement{deny: deny}
	s.actions, s.notActions = g.some(3, g.action), g.IntN(6) == 0
	s.resources, s.notRes = g.some(3, g.arn), g.IntN(6) == 0
	for g.IntN(3) == 0 && len(s.conditions) < 2 {
		c := g.condition()
		if !s.clashes(c) {
			s.conditions = append(s.conditions, c)
		}
	}
	return s
}

// clashes reports whether JSON has no second place for c in the statement.
func (s *bruteStatement) clashes(c bruteCondition) bool {
	return slices.ContainsFunc(s.conditions, func(d bruteCondition) bool { return d.operator == c.operator && d.key == c.key })
}

func (g *bruteGen) condition() bruteCondition {
	k := g.keys[g.IntN(len(g.keys))]
	c := bruteCondition{key: k.name}
	if g.IntN(8) == 0 {
		c.operator, c.values = "Null", []string{g.one("true", "false")}
		return c
	}
	not := g.one("", "", "Not")
	switch k.name {
	case "aws:SecureTransport":
		c.operator, c.values = "Bool", []string{g.one("true", "false")}
	case "aws:MultiFactorAuthAge":
		c.operator = g.one("NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "Numeric"+not+"Equals")
		c.values = g.some(2, func() string { return g.one("1", "2", "3", "2.0") })
	case "aws:SourceIp":
		c.operator = not + "IpAddress"
		c.values = g.some(2, func() string {
			return g.one("10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/24", "10.0.1.0/24", "0.0.0.0/0", "2001:db8::/32", "2001:db8::/48", "::/0")
		})
	case "aws:SourceArn":
		c.operator, c.values = "Arn"+not+g.one("Like", "Equals"), g.some(2, g.arn)
	default:
		c.operator = "String" + not + g.one("Equals", "Like", "EqualsIgnoreCase")
		c.values = g.some(3, func() string {
			if strings.HasSuffix(c.operator, "Like") {
				return g.pattern()
			}
			if g.variables && g.IntN(4) == 0 {
				return bruteVariable
			}
			return g.one("a", "b", "ab", "A", "c")
		})
	}
	if k.list && g.IntN(6) > 0 {
		c.operator = g.one("ForAllValues:", "ForAnyValue:") + c.operator
	}
	if g.IntN(4) == 0 {
		c.operator += "IfExists"
	}
	return c
}

func (g *bruteGen) policy() brutePolicy {
	var p brutePolicy
	for n := 1 + g.IntN(3); n > 0; n-- {
		p = append(p, g.statement(false))
	}
	for n := g.IntN(3); n > 0; n-- {
		p = append(p, g.statement(true))
	}
	return p
}

// side is one or two layers.
func (g *bruteGen) side() []brutePolicy {
	side := []brutePolicy{g.policy()}
	if g.IntN(4) == 0 {
		side = append(side, g.policy())
	}
	return side
}

// near is a side that differs from another in a few places, as versions of one
// policy do: most random pairs differ so much that they tell nothing.
func (g *bruteGen) near(side []brutePolicy) []brutePolicy {
	var out []brutePolicy
	for _, layer := range side {
		var p brutePolicy
		for _, s := range layer {
			switch g.IntN(10) {
			case 0: // left out
			case 1: // cut in two by a condition and its opposite
				c := g.condition()
				d := c
				d.operator = strings.Replace(c.operator, "String", "StringNot", 1)
				if c.operator != d.operator && !strings.Contains(c.operator, "Not") && !s.clashes(c) && !s.clashes(d) {
					first, second := s, s
					first.conditions = append(first.conditions[:len(first.conditions):len(first.conditions)], c)
					second.conditions = append(second.conditions[:len(second.conditions):len(second.conditions)], d)
					p = append(p, first, second)
					continue
				}
				p = append(p, s)
			case 2:
				p = append(p, g.statement(s.deny))
			case 3:
				t := s
				t.resources = append(append([]string(nil), s.resources...), g.arn())
				p = append(p, t)
			case 4:
				t := s
				t.actions = append([]string{g.action()}, s.actions[1:]...)
				p = append(p, t)
			case 5:
				p = append(p, s, g.statement(g.IntN(2) == 0))
			case 6:
				t := s
				t.conditions = nil
				p = append(p, t)
			default:
				p = append(p, s)
			}
		}
		if len(p) == 0 {
			p = append(p, g.statement(false))
		}
		out = append(out, p)
	}
	return out
}

// json writes a side as "smr diff" reads it.
func sideJSON(side []brutePolicy) json.RawMessage {
	docs := make([]any, len(side))
	for i, layer := range side {
		var statements []any
		for _, s := range layer {
			m := map[string]any{"Effect": "Allow"}
			if s.deny {
				m["Effect"] = "Deny"
			}
			m[map[bool]string{false: "Action", true: "NotAction"}[s.notActions]] = s.actions
			m[map[bool]string{false: "Resource", true: "NotResource"}[s.notRes]] = s.resources
			block := map[string]map[string][]string{}
			for _, c := range s.conditions {
				if block[c.operator] == nil {
					block[c.operator] = map[string][]string{}
				}
				block[c.operator][c.key] = c.values
			}
			if len(block) > 0 {
				m["Condition"] = block
			}
			statements = append(statements, m)
		}
		docs[i] = map[string]any{"Version": "2012-10-17", "Statement": statements}
	}
	out := map[string]any{"identity_policies": docs[:1]}
	if len(docs) > 1 {
		out["permissions_boundary"] = docs[1]
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	return text
}
