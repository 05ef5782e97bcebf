package access

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Level is the access level of an action (Service Authorization Reference,
// "Actions table", Access level), in lower case.
type Level string

// The levels, rising.
const (
	LevelList        Level = "list"
	LevelRead        Level = "read"
	LevelTagging     Level = "tagging"
	LevelWrite       Level = "write"
	LevelPermissions Level = "permissions"
)

// rank orders levels; an unknown one comes last.
func (l Level) rank() int {
	return slices.Index([]Level{LevelList, LevelRead, LevelTagging, LevelWrite, LevelPermissions}, l)
}

// A Row describes part of a difference: Actions but NotActions, on Resources
// but NotResources, by Principals, under Conditions. All rows together cover
// the difference. They are written in the patterns of the policies, and say
// more than the difference only where these cannot spell it.
type Row struct {
	Actions      []string `json:"actions"`
	NotActions   []string `json:"not_actions,omitempty"`
	Resources    []string `json:"resources"`
	NotResources []string `json:"not_resources"`

	// Principals are of resource-based policies alone. NotPrincipals are
	// excepted from them.
	Principals    []string `json:"principals,omitempty"`
	NotPrincipals []string `json:"not_principals,omitempty"`

	// Conditions are operator, key and values, all of which hold.
	Conditions map[string]map[string][]string `json:"conditions"`

	// Level is the highest of the actions, "" if the facts know none of them.
	Level Level `json:"level,omitempty"`

	// Unproven says that policy variables leave it open whether any such
	// request exists.
	Unproven bool `json:"unproven,omitempty"`

	// Statements are those of the side that allows, as it writes them.
	Statements []*policy.Statement `json:"-"`
}

// MarshalJSON writes the row with every list that readers count on, empty where
// there is nothing to say.
func (r Row) MarshalJSON() ([]byte, error) {
	type fields Row // without this method
	f := fields(r)
	for _, list := range []*[]string{&f.Actions, &f.Resources, &f.NotResources} {
		if *list == nil {
			*list = []string{}
		}
	}
	if f.Conditions == nil {
		f.Conditions = map[string]map[string][]string{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(f)
	return bytes.TrimSpace(b.Bytes()), err
}

// A part is a row before its actions are spelled.
type part struct {
	row     Row
	classes set        // of actions
	proved  bool       // some request of it is known
	guesses []*finding // to be tried if not
}

// Bounds of the requests that are tried for rows of which none is sure.
const (
	guessesPerRow = 4
	triesPerRow   = 60
	triedRows     = 40
)

// rows describes what one way found.
func (c *comparison) rows(e *engine, way int) []Row {
	b := &rowBuilder{c: c, e: e, way: way, index: map[string]*part{}, carried: map[string]bool{}}
	b.budget = newBudget(Limits{States: min(rowStates, c.options.Limits.withDefaults().States), Steps: rowStates})
	byGroup := map[int][]*finding{}
	var order []int
	for i := range e.found[way] {
		f := &e.found[way][i]
		if byGroup[f.group] == nil {
			order = append(order, f.group)
		}
		byGroup[f.group] = append(byGroup[f.group], f)
	}
	for _, g := range order {
		b.group(byGroup[g])
	}
	rows := []Row{}
	tried := 0
	for _, p := range b.parts {
		if !p.proved && tried < triedRows {
			tried++
			b.prove(p)
		}
		p.row.Unproven = !p.proved
		rows = append(rows, b.spell(p)...)
	}
	slices.SortStableFunc(rows, func(r, s Row) int {
		return cmp.Or(
			cmp.Compare(s.Level.rank(), r.Level.rank()),
			slices.Compare(r.Actions, s.Actions), slices.Compare(r.Resources, s.Resources),
		)
	})
	return rows
}

// rowStates bounds the automata that are built for rows alone.
const rowStates = 60_000

type rowBuilder struct {
	c       *comparison
	e       *engine
	way     int
	budget  *budget
	parts   []*part
	index   map[string]*part
	carried map[string]bool // of an answer and statement, whether requests are allowed by it
}

// group adds the parts of one group of actions: one for every statement by
// which the requests found are allowed.
func (b *rowBuilder) group(findings []*finding) {
	byStatement := map[int][]*finding{}
	var order []int
	for _, f := range findings {
		for s := range b.e.ways[b.way].allows[0].allow.all {
			if !f.matched.has(s) || !b.carries(f, s) {
				continue
			}
			if byStatement[s] == nil {
				order = append(order, s)
			}
			byStatement[s] = append(byStatement[s], f)
		}
	}
	slices.Sort(order)
	for _, s := range order {
		b.statement(s, byStatement[s])
	}
}

// carries reports whether some of the finding's requests are allowed by
// statement s of the first layer, if it were its only one.
func (b *rowBuilder) carries(f *finding, s int) bool {
	allows := b.e.ways[b.way].allows
	if only := b.soleAllow(f); only >= 0 {
		return only == s
	}
	first := layer{newSet(len(b.e.p.statements)), allows[0].deny}
	first.allow.add(s)
	d := direction{append(layers{first}, allows[1:]...), b.e.ways[b.way].denies}
	found, complete := f.answer.problem.search(d, tierGuess)
	return found != nil || !complete
}

// soleAllow returns the only allow statement of the first layer that matches,
// -1 if there are several.
func (b *rowBuilder) soleAllow(f *finding) int {
	only := -1
	for s := range b.e.ways[b.way].allows[0].allow.all {
		if !f.matched.has(s) {
			continue
		}
		if only >= 0 {
			return -1
		}
		only = s
	}
	return only
}

// statement adds the parts of one statement: findings that differ in nothing
// but the resource are one part.
func (b *rowBuilder) statement(s int, findings []*finding) {
	type sort struct {
		row      Row
		findings []*finding
	}
	sorts := map[string]*sort{}
	var order []string
	for _, f := range findings {
		row := Row{Conditions: b.conditions(s, f)}
		key := row.key()
		if sorts[key] == nil {
			sorts[key] = &sort{row: row}
			order = append(order, key)
		}
		sorts[key].findings = append(sorts[key].findings, f)
	}
	for _, key := range order {
		for _, r := range b.resources(s, sorts[key].findings) {
			row := sorts[key].row
			row.Resources, row.NotResources = r.in, r.out
			row.Principals, row.NotPrincipals = b.e.p.principals[b.e.p.statements[s].principal].names(sorts[key].findings)
			b.add(row, s, sorts[key].findings)
		}
	}
}

// add merges a row with those that differ in their actions alone.
func (b *rowBuilder) add(row Row, s int, findings []*finding) {
	key := row.key()
	p := b.index[key]
	if p == nil {
		p = &part{row: row, classes: newSet(len(b.e.actions))}
		b.index[key] = p
		b.parts = append(b.parts, p)
	}
	for _, n := range b.e.groups[findings[0].group].classes {
		p.classes.add(n)
	}
	for _, f := range findings {
		p.proved = p.proved || f.proved || f.answer.solution.tier != tierGuess
		if len(p.guesses) < guessesPerRow {
			p.guesses = append(p.guesses, f)
		}
	}
	if source := b.e.p.statements[s].source; !slices.Contains(p.row.Statements, source) {
		p.row.Statements = append(p.row.Statements, source)
	}
}

// prove looks for a request of a part of which no finding is sure.
func (b *rowBuilder) prove(p *part) {
	for _, f := range p.guesses {
		if p.proved {
			return
		}
		few := triesPerRow
		p.proved = b.c.try(b.e, f, b.way, &few) != nil
	}
}

// key tells rows apart but for their actions.
func (r *Row) key() string {
	out := *r
	out.Actions, out.NotActions = nil, nil
	return string(appendJSON(out))
}

// names returns the principals that an element lists, of these those that
// speak of callers of the findings.
func (e principalElement) names(findings []*finding) (in, out []string) {
	if e.of == nil {
		return nil, nil
	}
	all := slices.Concat(e.of.AWS, e.of.Service, e.of.Federated, e.of.CanonicalUser)
	if e.not {
		return []string{"*"}, all
	}
	if e.of.Any {
		return []string{"*"}, nil
	}
	for _, text := range all {
		one := principalElement{of: &policy.Principal{
			AWS: having(e.of.AWS, text), Service: having(e.of.Service, text),
			Federated: having(e.of.Federated, text), CanonicalUser: having(e.of.CanonicalUser, text),
		}}
		if slices.ContainsFunc(findings, func(f *finding) bool { return one.holds(f.caller) || slices.ContainsFunc(f.caller.alike, one.holds) }) {
			in = append(in, text)
		}
	}
	return in, nil
}

// having returns the text alone if the list has it.
func having(list []string, text string) []string {
	if slices.Contains(list, text) {
		return []string{text}
	}
	return nil
}

// spell writes the actions of a part: one row for each level of actions that
// are named one by one, and one for those that patterns name.
func (b *rowBuilder) spell(p *part) []Row {
	in, out := b.e.spellActions(p.classes)
	byLevel := map[Level][]string{}
	var levels []Level
	add := func(l Level, text string) {
		if byLevel[l] == nil {
			levels = append(levels, l)
		}
		byLevel[l] = append(byLevel[l], text)
	}
	if len(out) > 0 {
		top := Level("")
		for _, text := range in {
			if l := b.c.level(text, out); l.rank() > top.rank() {
				top = l
			}
		}
		byLevel[top], levels = in, []Level{top}
	} else {
		for _, text := range in {
			add(b.c.level(text, nil), text)
		}
	}
	var rows []Row
	for _, l := range levels {
		row := p.row
		row.Level, row.Actions, row.NotActions = l, byLevel[l], out
		rows = append(rows, row)
	}
	return rows
}

// level returns the highest access level of the actions that a pattern names.
func (c *comparison) level(pattern string, except []string) Level {
	facts := c.options.Facts
	if facts == nil {
		return ""
	}
	if !policy.HasWildcard(pattern) {
		return facts.Level(pattern)
	}
	service, _, _ := strings.Cut(policy.Lower(pattern), ":")
	services := []string{service}
	if policy.HasWildcard(service) {
		services = facts.Services()
	}
	top := Level("")
	for _, s := range services {
		for _, name := range facts.Actions(s) {
			full := s + ":" + name
			if !policy.MatchFold(pattern, full) || slices.ContainsFunc(except, func(x string) bool { return policy.MatchFold(x, full) }) {
				continue
			}
			if l := facts.Level(full); l.rank() > top.rank() {
				if top = l; top == LevelPermissions {
					return top
				}
			}
		}
	}
	return top
}
