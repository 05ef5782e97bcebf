package access

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// An actionClass is the actions that match the same action patterns.
type actionClass struct {
	text       string // one of them, in lower case
	patterns   set    // the action patterns that match them
	statements set    // the statements whose Action or NotAction holds for them
}

// Actions are texts "service:name" in which neither part is empty and name
// holds no colon. They are split by service: a pattern names one service,
// unless its service has a wildcard, when it takes part in every split.

// actionClasses returns every class of actions. Of a service whose statements
// are not relevant it returns one class that no statement speaks of.
func (p *program) actionClasses(relevant func(statements set) bool, b *budget) ([]actionClass, bool) {
	byService := map[string][]int{}
	var everywhere []int
	for i, text := range p.actionPatterns {
		service, _, ok := strings.Cut(text, ":")
		switch {
		case ok && !policy.HasWildcard(service):
			byService[service] = append(byService[service], i)
		case text == "*" || ok || policy.HasWildcard(text):
			everywhere = append(everywhere, i)
		}
	}
	services := make([]string, 0, len(byService))
	for s := range byService {
		services = append(services, s)
	}
	slices.Sort(services)
	c := actionCompiler{p: p, b: b, table: newActionTable(p)}
	complete := true
	for _, s := range services {
		if !relevant(c.table.mentioning(byService[s], everywhere)) {
			c.found = append(c.found, actionClass{
				text: s + ":x", patterns: newSet(len(p.actionPatterns)), statements: newSet(len(p.statements)),
			})
			continue
		}
		complete = c.service(s, byService[s], everywhere) && complete
	}
	complete = c.others(services, everywhere) && complete
	return c.found, complete
}

type actionCompiler struct {
	p     *program
	b     *budget
	table actionTable
	found []actionClass
}

// service adds the classes of one service's actions. Where all its patterns
// name it, or are "*", names alone are compared; otherwise whole texts.
func (c *actionCompiler) service(name string, own, everywhere []int) bool {
	ids := slices.Concat(own, everywhere)
	globs := make([]glob, 0, len(ids)+1)
	head := name + ":"
	var shape glob
	if !c.plain(everywhere) {
		shape = append(literalGlob(head, false), token{kind: one, narrow: true}, token{kind: star, narrow: true})
		head = ""
	}
	for _, id := range ids {
		text, _ := strings.CutPrefix(c.p.actionPatterns[id], head)
		globs = append(globs, actionGlob(text))
	}
	return c.add(head, globs, ids, shape)
}

// plain reports whether all the patterns are "*".
func (c *actionCompiler) plain(ids []int) bool {
	for _, id := range ids {
		if c.p.actionPatterns[id] != "*" {
			return false
		}
	}
	return true
}

// others adds the classes of the actions of services that no pattern names.
func (c *actionCompiler) others(services []string, everywhere []int) bool {
	globs := make([]glob, 0, len(everywhere)+len(services)+1)
	for _, id := range everywhere {
		globs = append(globs, actionGlob(c.p.actionPatterns[id]))
	}
	if c.plain(everywhere) {
		return c.add(c.p.otherService(services)+":", globs, everywhere, nil)
	}
	for _, s := range services {
		globs = append(globs, append(literalGlob(s+":", false), token{kind: star}))
	}
	shape := glob{
		{kind: one, narrow: true},
		{kind: star, narrow: true},
		{kind: literal, r: ':'},
		{kind: one, narrow: true},
		{kind: star, narrow: true},
	}
	return c.add("", globs, everywhere, shape)
}

// add runs the globs, of which the first len(ids) are the patterns ids, over
// the texts of shape; a text that matches a further one is left out.
func (c *actionCompiler) add(prefix string, globs []glob, ids []int, shape glob) bool {
	if shape == nil {
		shape = glob{{kind: one, narrow: true}, {kind: star, narrow: true}}
	}
	must := len(globs)
	classes, complete := newMachine(append(globs, shape), must).classes(classifier{}, c.b)
	if !complete {
		c.b.tooLarge("the action patterns of service %q overlap in too many ways", strings.TrimSuffix(prefix, ":"))
	}
next:
	for _, k := range classes {
		a := actionClass{text: prefix + k.text, patterns: newSet(len(c.p.actionPatterns))}
		for g := range k.kind.all {
			switch {
			case g < len(ids):
				a.patterns.add(ids[g])
			case g != must:
				continue next
			}
		}
		a.statements = c.table.statements(a.patterns)
		c.found = append(c.found, a)
	}
	return complete
}

func actionGlob(text string) glob {
	return textGlob(policy.ParseTemplate(text, false), false)
}

// otherService returns a service that is not in the list.
func (p *program) otherService(services []string) string {
	name := "service"
	for slices.Contains(services, name) {
		name += "x"
	}
	return name
}

// An actionTable says which statements a set of patterns brings.
type actionTable struct {
	byAction [][]int // of each action pattern, statements with it in Action
	byNot    [][]int // and in NotAction
	nots     set     // statements with NotAction
}

func newActionTable(p *program) actionTable {
	t := actionTable{
		nots:     newSet(len(p.statements)),
		byAction: make([][]int, len(p.actionPatterns)), byNot: make([][]int, len(p.actionPatterns)),
	}
	for i, s := range p.statements {
		e, table := p.actions[s.action], t.byAction
		if e.not {
			t.nots.add(i)
			table = t.byNot
		}
		for _, n := range e.patterns {
			table[n] = append(table[n], i)
		}
	}
	return t
}

// mentioning returns the statements that have one of the patterns, or
// NotAction.
func (t actionTable) mentioning(lists ...[]int) set {
	out := t.nots.clone()
	for _, list := range lists {
		for _, n := range list {
			for _, s := range t.byAction[n] {
				out.add(s)
			}
		}
	}
	return out
}

// statements returns those that speak of the actions that match just the given
// patterns.
func (t actionTable) statements(patterns set) set {
	out := t.nots.clone()
	for n := range patterns.all {
		for _, s := range t.byNot[n] {
			out.remove(s)
		}
	}
	for n := range patterns.all {
		for _, s := range t.byAction[n] {
			out.add(s)
		}
	}
	return out
}

// isRequestable reports whether an action can stand in a request: no action
// holds a blank or wildcard, and each names a service.
func isRequestable(action string) bool {
	return !strings.ContainsAny(action, "*? ") && !strings.HasPrefix(action, ":")
}
