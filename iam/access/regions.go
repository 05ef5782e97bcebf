package access

import "slices"

// A resourceClass is the resources for which the same elements hold.
type resourceClass struct {
	text  string
	holds set         // elements that hold
	open  []openClass // elements that hold if a term does
	of    *resourceCompiler
	kind  set
}

// An openClass is an element whose truth depends on terms: it holds, or for a
// NotResource does not, if all terms of one of the lists hold.
type openClass struct {
	element int
	not     bool
	any     [][]int
}

// arnShape matches the texts of six segments.
func arnShape() glob {
	g := literalGlob("arn", false)
	for range lastSegment - 1 {
		g = append(g, token{kind: literal, r: ':'}, token{kind: star, narrow: true})
	}
	return append(g, token{kind: literal, r: ':'}, token{kind: star})
}

// A resourceCompiler finds the classes of resources for some elements.
type resourceCompiler struct {
	p        *program
	elements []int
	how      reading
	globs    []glob
	variants []variant     // of the globs
	slot     map[int][]int // of a pattern, its globs
	open     bool          // some variant depends on terms
}

func (p *program) resourceCompiler(elements []int, how reading) *resourceCompiler {
	c := &resourceCompiler{p: p, elements: elements, how: how, slot: map[int][]int{}}
	for _, e := range elements {
		for _, n := range p.resources[e].patterns {
			c.addPattern(n)
		}
	}
	return c
}

func (c *resourceCompiler) addPattern(n int) {
	if _, ok := c.slot[n]; ok {
		return
	}
	for _, v := range c.p.variants(n, c.how) {
		c.slot[n] = append(c.slot[n], len(c.globs))
		c.globs = append(c.globs, v.glob)
		c.variants = append(c.variants, v)
		c.open = c.open || len(v.terms) > 0
	}
}

// classes returns every class of resources: "*" itself, and texts of six
// segments. inside, if not nil, are patterns: resources that none of them
// matches are left out.
func (c *resourceCompiler) classes(inside set, b *budget) ([]resourceClass, bool) {
	k := classifier{kind: c.kind, size: c.size()}
	if !c.open && len(c.elements) < 16 {
		k.kinds = 1 << len(c.elements)
	}
	var list []resourceClass
	if inside != nil {
		k.inside = newSet(len(c.globs) + 1)
		for n := range inside.all {
			for _, g := range c.slot[n] {
				k.inside.add(g)
			}
		}
	}
	if m := c.matches("*"); k.inside == nil || k.inside.meets(m) {
		out := newSet(c.size())
		c.kind(out, m)
		list = append(list, c.class(class{out, "*"}))
	}
	shape := len(c.globs)
	m := newMachine(append(slices.Clone(c.globs), arnShape()), shape)
	found, complete := m.classes(k, b)
	for _, f := range found {
		list = append(list, c.class(f))
	}
	return list, complete
}

// matches returns the globs that match one text.
func (c *resourceCompiler) matches(text string) set {
	m := newSet(len(c.globs) + 1)
	for i, g := range c.globs {
		if g.match(text) {
			m.add(i)
		}
	}
	return m
}

// A kind of resources is which elements hold for certain, and of the others,
// which globs match that depend on terms.
func (c *resourceCompiler) size() int { return len(c.elements) + len(c.globs) }

func (c *resourceCompiler) kind(out, matched set) {
	for i, e := range c.elements {
		element := c.p.resources[e]
		sure := false
		for _, n := range element.patterns {
			for _, g := range c.slot[n] {
				sure = sure || matched.has(g) && len(c.variants[g].terms) == 0
			}
		}
		if sure != element.not {
			out.add(i)
		}
		if sure || !c.open {
			continue
		}
		for _, n := range element.patterns {
			for _, g := range c.slot[n] {
				if matched.has(g) {
					out.add(len(c.elements) + g)
				}
			}
		}
	}
}

// class reads a kind.
func (c *resourceCompiler) class(k class) resourceClass {
	r := resourceClass{text: k.text, holds: newSet(len(c.p.resources)), of: c, kind: k.kind}
	for i, e := range c.elements {
		element := c.p.resources[e]
		if k.kind.has(i) != element.not { // a pattern without terms matches
			if !element.not {
				r.holds.add(e)
			}
			continue
		}
		var any [][]int
		for _, n := range element.patterns {
			for _, g := range c.slot[n] {
				if k.kind.has(len(c.elements) + g) {
					any = append(any, c.variants[g].terms)
				}
			}
		}
		switch {
		case len(any) > 0:
			r.open = append(r.open, openClass{e, element.not, any})
		case element.not:
			r.holds.add(e)
		}
	}
	return r
}

// contains reports whether a resource is of the class.
func (k *resourceClass) contains(text string) bool {
	if text != "*" && !arnShape().match(text) {
		return false
	}
	out := newSet(k.of.size())
	k.of.kind(out, k.of.matches(text))
	return out.equal(k.kind)
}

// opens returns the open class of an element, nil if its truth is known.
func (k *resourceClass) opens(element int) *openClass {
	for i := range k.open {
		if k.open[i].element == element {
			return &k.open[i]
		}
	}
	return nil
}

// region returns the patterns within which a way can find anything for the
// statements of a group; all is true if that is everywhere. Where a statement
// of the other side plainly covers a pattern nothing is found inside it, and
// no automaton need be built to see it. That is the case of most statements
// of two versions of one policy.
func (e *engine) region(way int, m set) (patterns set, all bool) {
	d := e.ways[way]
	var open []layer
	for _, l := range d.denies {
		if !d.implied(l, m) {
			open = append(open, l)
		}
	}
	best := -1
	for _, l := range d.allows {
		p, everywhere := e.uncovered(way, l, open, m)
		if everywhere {
			continue
		}
		if n := p.len(); best < 0 || n < best {
			patterns, best = p, n
		}
	}
	return patterns, best < 0
}

// uncovered returns the patterns of the allow statements of layer l that the
// one open layer of the other side does not plainly cover.
func (e *engine) uncovered(way int, l layer, open []layer, m set) (patterns set, all bool) {
	p := newSet(len(e.p.resourcePatterns))
	coverable := len(open) == 1 && e.deniedAnyway(way, open[0], m)
	for h := range l.allow.all {
		if !m.has(h) {
			continue
		}
		element := e.p.resources[e.p.statements[h].resource]
		rest := element.patterns
		if coverable {
			var covered bool
			if rest, covered = e.notCovered(h, open[0], m); covered {
				continue
			}
		}
		if element.not {
			return nil, true
		}
		for _, n := range rest {
			p.add(n)
		}
	}
	return p, false
}

// deniedAnyway reports whether the side that allows has all deny statements of
// a layer of the other that apply.
func (e *engine) deniedAnyway(way int, l layer, m set) bool {
	for s := range l.deny.all {
		if m.has(s) && !slices.ContainsFunc(e.ways[way].allows, func(h layer) bool { return h.deny.has(s) }) {
			return false
		}
	}
	return true
}

// notCovered returns the patterns of statement h that no statement of layer l
// covers; covered says that l covers all resources that h speaks of.
func (e *engine) notCovered(h int, l layer, m set) (rest []int, covered bool) {
	own := e.p.statements[h]
	rest = e.p.resources[own.resource].patterns
	for b := range l.allow.all {
		other := e.p.statements[b]
		if !m.has(b) || !other.weaker(own) {
			continue
		}
		element := e.p.resources[other.resource]
		if other.resource == own.resource || other.resource == 0 {
			return nil, true
		}
		if element.not || e.p.resources[own.resource].not {
			continue
		}
		rest = slices.DeleteFunc(slices.Clone(rest), func(n int) bool { return e.p.coversOne(element.patterns, n, e.how) })
		if len(rest) == 0 {
			return nil, true
		}
	}
	return rest, false
}

// weaker reports whether s applies to every caller and context that t applies
// to.
func (s *statement) weaker(t *statement) bool {
	if s.principal != 0 && s.principal != t.principal {
		return false
	}
	for _, a := range s.atoms {
		if !slices.Contains(t.atoms, a) {
			return false
		}
	}
	return true
}

// coversOne reports whether one of the patterns plainly covers pattern n.
func (p *program) coversOne(patterns []int, n int, how reading) bool {
	if slices.Contains(patterns, n) {
		return true
	}
	v := p.variants(n, how)[0]
	for _, w := range patterns {
		wide := p.variants(w, how)[0]
		if len(wide.terms) == 0 && (len(v.terms) == 0 || wide.glob.trivial()) && wide.glob.covers(v.glob) {
			return true
		}
	}
	return false
}
