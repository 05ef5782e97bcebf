package lint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Pass is one rule reading one statement. What several rules look at is
// worked out once.
type Pass struct {
	*linter
	*policy.Statement
	Document *policy.Document
	Index    int

	looked     bool
	actions    []action
	resources  []*facts.Resource
	conditions []condition
}

// A DocumentPass is one rule reading a whole document.
type DocumentPass struct {
	*linter
	*policy.Document
}

// An action is one element of a statement's Action list.
type action struct {
	pattern string
	wide    bool // names actions of several services: nothing is said of it
	service *facts.Service
	known   []*facts.Action // that the pattern matches
}

// A condition is one condition with what is known of its operator and key.
type condition struct {
	*policy.Condition
	op     policy.Operator
	key    *facts.Key // nil when AWS lists no such key
	global *facts.GlobalKey
}

// maxList is how many actions and resources of one statement are looked up. No
// policy that IAM takes has more.
const maxList = 2000

// look works out the facts of the statement, once.
func (p *Pass) look() {
	if p.looked {
		return
	}
	p.looked = true
	for i := range p.Conditions {
		c := condition{Condition: &p.Conditions[i]}
		op, ok := policy.ParseOperator(c.Operator)
		if !ok {
			continue // the parser refuses it
		}
		c.op = op
		if c.global, ok = facts.FindGlobalKey(c.Key); ok {
			c.key = &c.global.Key
		} else {
			c.global = nil
			if c.key, ok = facts.FindKey(c.Key); !ok {
				c.key = nil
			}
		}
		p.conditions = append(p.conditions, c)
	}
	if len(p.Actions)+len(p.Resources) > maxList {
		return
	}
	for _, pattern := range p.Actions {
		p.actions = append(p.actions, lookAction(pattern))
	}
	for _, r := range p.Resources {
		p.resources = append(p.resources, facts.ParseResource(r))
	}
}

func lookAction(pattern string) action {
	a := action{pattern: pattern}
	prefix, name, ok := strings.Cut(pattern, ":")
	if !ok || policy.HasWildcard(prefix) {
		a.wide = true
		return a
	}
	service, ok := facts.FindService(prefix)
	if !ok {
		return a
	}
	a.service = service
	if !policy.HasWildcard(name) {
		if one, ok := service.Action(name); ok {
			a.known = []*facts.Action{one}
		}
		return a
	}
	for action := range service.Match(name) {
		a.known = append(a.known, action)
	}
	return a
}

// all reports whether something holds for every action of the pattern, and the
// pattern names at least one.
func (a *action) all(holds func(*facts.Action) bool) bool {
	for _, one := range a.known {
		if !holds(one) {
			return false
		}
	}
	return len(a.known) > 0
}

// names reports whether the pattern is the name of one action, without
// wildcards.
func (a *action) names() bool { return len(a.known) == 1 && !policy.HasWildcard(a.pattern) }

// allow reports whether the statement grants something by itself.
func (p *Pass) allow() bool { return p.Effect == policy.Allow && !p.options.Kind.bounds() }

// at starts a finding about a value of one of the statement's lists.
func (p *Pass) at(element string, list []string, i int, format string, args ...any) *Finding {
	return p.add(Finding{Statement: p.Index, Pointer: pointer(p.Index, append(strings.Split(element, "/"), strconv.Itoa(i))...), Text: list[i], Message: fmt.Sprintf(format, args...)})
}

// action starts a finding about the i-th action.
func (p *Pass) action(i int, format string, args ...any) *Finding {
	return p.at("Action", p.Actions, i, format, args...)
}

// resource starts a finding about the i-th resource.
func (p *Pass) resource(i int, format string, args ...any) *Finding {
	return p.at("Resource", p.Resources, i, format, args...)
}

// key starts a finding about the key of a condition.
func (p *Pass) key(c *condition, format string, args ...any) *Finding {
	return p.add(Finding{Statement: p.Index, Pointer: pointer(p.Index, "Condition", c.Operator, c.Key), Text: c.Key, Message: fmt.Sprintf(format, args...)})
}

// value starts a finding about the i-th value of a condition.
func (p *Pass) value(c *condition, i int, format string, args ...any) *Finding {
	return p.add(Finding{Statement: p.Index, Pointer: pointer(p.Index, "Condition", c.Operator, c.Key, strconv.Itoa(i)), Text: c.Values[i], Message: fmt.Sprintf(format, args...)})
}

// whole starts a finding about the statement.
func (p *Pass) whole(format string, args ...any) *Finding {
	return p.add(Finding{Statement: p.Index, Pointer: pointer(p.Index), Message: fmt.Sprintf(format, args...)})
}

// conditioned reports whether a condition of the statement is on the key.
func conditioned(s *policy.Statement, keys ...string) bool {
	for i := range s.Conditions {
		for _, k := range keys {
			if strings.EqualFold(s.Conditions[i].Key, k) {
				return true
			}
		}
	}
	return false
}

// listed names up to three of a list.
func listed(names []string) string {
	more := ""
	if len(names) > 3 {
		more = fmt.Sprintf(" and %d more", len(names)-3)
		names = names[:3]
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	if last := len(quoted) - 1; last > 0 && more == "" {
		return strings.Join(quoted[:last], ", ") + " and " + quoted[last]
	}
	return strings.Join(quoted, ", ") + more
}

func they(list []string) string {
	if len(list) == 1 {
		return "the action"
	}
	return "these actions"
}
