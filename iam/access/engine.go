package access

import (
	"slices"

	"github.com/sagemaker-roles/smr/iam/authz"
)

// An engine decides one comparison under one reading of the colons of ARNs.
type engine struct {
	p        *program
	b        *budget
	how      reading
	ways     [2]direction // gained, lost
	callers  []*caller
	actions  []actionClass
	groups   []actionGroup
	found    [2][]finding
	cut      [2]bool // the budget, or a limit, left something undecided
	resource map[string]*resourceResult
	domains  map[string]*keyDomain
	answers  map[string]*answer
	atomSets [][]int                      // of each statement
	known    map[string]map[string]string // see knownAction
	covers   []cover                      // see actionCovers
}

// The ways of a comparison.
const (
	gained = iota
	lost
)

// An actionGroup is the action classes that the same statements speak of.
type actionGroup struct {
	statements set
	classes    []int // of engine.actions
}

// A finding is requests that are allowed by one side and not by the other:
// those of all actions of a group, all resources of a class, of one caller,
// with the values that a solution names.
type finding struct {
	group    int
	resource *resourceClass
	caller   *caller
	matched  set // statements that match but for their conditions
	answer   *answer
	proved   bool // authz confirmed one of its requests
}

// An answer is what was found for one set of statements.
type answer struct {
	problem  *problem
	solution *solution
	complete bool
}

type resourceResult struct {
	classes  []resourceClass
	complete bool
}

// run decides everything. A way with neither findings nor cut is proved empty.
func (e *engine) run() {
	all := newSet(len(e.p.statements))
	for i := range e.p.statements {
		all.add(i)
	}
	if !e.relevant(all) {
		return // the same statements on both sides
	}
	var complete bool
	e.callers, complete = e.p.callers(e.b)
	e.cut = [2]bool{!complete, !complete}
	e.actions, complete = e.p.actionClasses(e.relevant, e.b)
	if !complete {
		e.cut = [2]bool{true, true}
	}
	e.group()
	for i := range e.groups {
		e.runGroup(i)
	}
}

// relevant reports whether requests to which some of the statements apply can
// be found.
func (e *engine) relevant(statements set) bool {
	return e.ways[gained].possible(statements) || e.ways[lost].possible(statements)
}

// group gathers action classes by their statements.
func (e *engine) group() {
	table := newInterner(len(newSet(len(e.p.statements))))
	for i, a := range e.actions {
		if !isRequestable(a.text) {
			continue
		}
		n, isNew := table.intern(a.statements)
		if isNew {
			e.groups = append(e.groups, actionGroup{statements: a.statements})
		}
		e.groups[n].classes = append(e.groups[n].classes, i)
	}
}

func (e *engine) runGroup(i int) {
	g := &e.groups[i]
	can, inside := e.regions(g.statements)
	if !can[gained] && !can[lost] {
		return
	}
	r := e.resources(g.statements, inside)
	for way := range can {
		e.cut[way] = e.cut[way] || can[way] && !r.complete
	}
	for c := range r.classes {
		k := &r.classes[c]
		byResource := e.byResource(g.statements, k)
		for _, who := range e.callers {
			m := e.byCaller(byResource, who)
			for way := range can {
				if !can[way] || !e.ways[way].possible(m) {
					continue
				}
				a := e.solve(m, k, who, way)
				if a.solution != nil {
					e.found[way] = append(e.found[way], finding{group: i, resource: k, caller: who, matched: m, answer: a})
				}
				e.cut[way] = e.cut[way] || !a.complete
			}
		}
	}
}

// regions says which ways can find something for the statements of a group,
// and inside which resource patterns; nil is everywhere.
func (e *engine) regions(statements set) (can [2]bool, inside set) {
	inside = newSet(len(e.p.resourcePatterns))
	everywhere := false
	for way := range can {
		if !e.ways[way].possible(statements) {
			continue
		}
		patterns, all := e.region(way, statements)
		can[way] = all || !patterns.empty()
		if all {
			everywhere = true
		} else {
			inside.or(patterns)
		}
	}
	if everywhere {
		return can, nil
	}
	return can, inside
}

// resources returns the classes of resources for the statements of a group.
func (e *engine) resources(statements, inside set) *resourceResult {
	elements := newSet(len(e.p.resources))
	for s := range statements.all {
		elements.add(e.p.statements[s].resource)
	}
	var list []int
	for n := range elements.all {
		list = append(list, n)
	}
	key := numbersKey("", list)
	for n := range inside.all {
		key = numbersKey(key+"/", []int{n})
	}
	if inside == nil {
		key += "!"
	}
	if r := e.resource[key]; r != nil {
		return r
	}
	r := &resourceResult{}
	r.classes, r.complete = e.p.resourceCompiler(list, e.how).classes(inside, e.b)
	if !r.complete {
		e.b.tooLarge("the resource patterns of %d statements that apply to one action overlap in too many ways", statements.len())
	}
	e.resource[key] = r
	return r
}

// byResource keeps the statements whose resource element holds or may hold.
func (e *engine) byResource(statements set, k *resourceClass) set {
	m := newSet(len(e.p.statements))
	for s := range statements.all {
		element := e.p.statements[s].resource
		if k.holds.has(element) || k.opens(element) != nil {
			m.add(s)
		}
	}
	return m
}

func (e *engine) byCaller(statements set, c *caller) set {
	if e.p.identity {
		return statements
	}
	m := newSet(len(e.p.statements))
	for s := range statements.all {
		if e.p.principals[e.p.statements[s].principal].holds(c) {
			m.add(s)
		}
	}
	return m
}

// solve looks for values of the condition keys. Answers are remembered: most
// requests are like others.
func (e *engine) solve(m set, k *resourceClass, who *caller, way int) *answer {
	key := string(rune('0'+way)) + string(m.key())
	var open []*openClass
	for s := range m.all {
		if o := k.opens(e.p.statements[s].resource); o != nil && !slices.Contains(open, o) {
			open = append(open, o)
		}
	}
	for _, o := range open {
		key += o.key()
	}
	if len(who.fixed) > 0 {
		key += who.principal.ID
	}
	if a := e.answers[key]; a != nil {
		return a
	}
	a := e.answer(m, open, who, way)
	e.answers[key] = a
	return a
}

func (e *engine) answer(m set, open []*openClass, who *caller, way int) *answer {
	atomsOf := func(s int) []int { return e.atomSets[s] }
	if len(open) > 0 {
		atomsOf = e.withOpen(open)
	}
	domains, complete := e.domainsOf(m, atomsOf, open, who)
	a := &answer{problem: newProblem(m, domains, atomsOf, e.b), complete: complete}
	for _, most := range []tier{tierGuess, tierSure, tierAbsent} {
		if a.solution != nil && a.solution.tier <= most {
			break
		}
		s, ok := a.problem.search(e.ways[way], most)
		if s != nil {
			a.solution = s
		}
		if !ok {
			a.complete = false
			e.b.tooLarge("the conditions of %d statements that apply to one request look at %d keys in too many ways", m.len(), len(domains))
		}
		if a.solution == nil {
			break
		}
	}
	return a
}

// domainsOf returns the domains of the keys that the statements look at.
func (e *engine) domainsOf(m set, atomsOf func(int) []int, open []*openClass, who *caller) ([]*keyDomain, bool) {
	byKey := map[string][]int{}
	var order []string
	for s := range m.all {
		for _, n := range atomsOf(s) {
			key := openKey
			if n < len(e.p.atoms) {
				key = e.p.atoms[n].key
			}
			if byKey[key] == nil {
				order = append(order, key)
			}
			if !slices.Contains(byKey[key], n) {
				byKey[key] = append(byKey[key], n)
			}
		}
	}
	slices.Sort(order)
	complete := true
	var list []*keyDomain
	for _, key := range order {
		atoms := byKey[key]
		slices.Sort(atoms)
		var d *keyDomain
		if key == openKey {
			d = e.openDomain(open, atoms)
		} else {
			d = e.domain(key, atoms, who)
		}
		complete = complete && d.complete
		list = append(list, d)
	}
	return list, complete
}

func (e *engine) domain(key string, atoms []int, who *caller) *keyDomain {
	if values, ok := who.fixed[key]; ok {
		d := e.p.fixedDomain(key, atoms, values, e.b)
		return &d
	}
	name := numbersKey(key, atoms)
	if d := e.domains[name]; d != nil {
		return d
	}
	d := e.p.domain(key, atoms, e.b)
	e.domains[name] = &d
	return &d
}

func newEngine(p *program, ways [2]direction, how reading, b *budget) *engine {
	e := &engine{
		p: p, b: b, how: how, ways: ways,
		known: map[string]map[string]string{}, resource: map[string]*resourceResult{}, domains: map[string]*keyDomain{}, answers: map[string]*answer{},
	}
	for _, s := range p.statements {
		e.atomSets = append(e.atomSets, s.atoms)
	}
	if p.identity {
		e.callers = []*caller{{principal: authz.Principal{Type: authz.AWS}}}
	}
	return e
}
