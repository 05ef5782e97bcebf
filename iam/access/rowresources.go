package access

import (
	"maps"
	"slices"
)

// A span is resources: those that a pattern of in matches and none of out.
type span struct{ in, out []string }

// resources describes the resources of findings that statement s carries.
func (b *rowBuilder) resources(s int, findings []*finding) []span {
	p := b.e.p
	number := p.statements[s].resource
	element := p.resources[number]
	own := span{in: p.patternTexts(element.patterns)}
	if element.not {
		own = span{in: []string{"*"}, out: own.in}
	}
	if len(element.patterns) == 0 {
		own = span{in: []string{"*"}} // the policy belongs to its resource and names none
	}
	group := &b.e.groups[findings[0].group]
	_, inside := b.e.regions(group.statements)
	if b.wholeElement(number, findings, inside) {
		return []span{own}
	}
	classes, open, ok := b.patternClasses(s, group.statements)
	if !ok {
		return []span{own}
	}
	found := newSet(len(classes))
	for i, k := range classes {
		if slices.ContainsFunc(findings, func(f *finding) bool { return f.resource.has(k) }) {
			found.add(i)
		}
	}
	return b.cover(element, classes, found, open)
}

// wholeElement reports whether the element holds of nothing but what was
// found.
func (b *rowBuilder) wholeElement(number int, findings []*finding, inside set) bool {
	element := b.e.p.resources[number]
	if inside != nil {
		if element.not {
			return false
		}
		for _, n := range element.patterns {
			if !inside.has(n) {
				return false
			}
		}
	}
	statements := b.e.groups[findings[0].group].statements
	r := b.e.resources(statements, inside)
	for i := range r.classes {
		k := &r.classes[i]
		if holdsIn(number, k) && !slices.ContainsFunc(findings, func(f *finding) bool { return f.resource == k }) {
			return false
		}
	}
	return r.complete
}

// holdsIn reports whether an element holds, or may hold, of a class.
func holdsIn(element int, k *resourceClass) bool {
	return k.holds.has(element) || k.opens(element) != nil
}

// A patternClass is the resources that the same patterns match.
type patternClass struct {
	text     string
	patterns set
	kind     set // of the resourceClass that they are of
}

// patternClasses returns the classes of the resources that statement s speaks
// of, told apart by every pattern of the group's statements. open says that a
// pattern of a class may still not match; ok is false if the classes are too
// many.
func (b *rowBuilder) patternClasses(s int, statements set) (list []patternClass, open, ok bool) {
	p := b.e.p
	elements := newSet(len(p.resources))
	for n := range statements.all {
		elements.add(p.statements[n].resource)
	}
	c := p.resourceCompiler(slices.Collect(elements.all), b.e.how)
	offset := 64 * len(newSet(len(p.resourcePatterns))) // where the kind starts, on a word
	k := classifier{size: offset + c.size(), kind: func(out, matched set) {
		c.kind(out[offset/64:], matched)
		for n, globs := range c.slot {
			if slices.ContainsFunc(globs, matched.has) {
				out.add(n)
			}
		}
	}}
	split := func(text string, kind set) patternClass {
		return patternClass{text, kind[:offset/64], kind[offset/64:]}
	}
	own := p.resources[p.statements[s].resource]
	if !own.not {
		k.inside = newSet(len(c.globs) + 1)
		for _, n := range own.patterns {
			for _, g := range c.slot[n] {
				k.inside.add(g)
			}
		}
	}
	shape := len(c.globs)
	found, ok := newMachine(append(slices.Clone(c.globs), arnShape()), shape).classes(k, b.budget)
	if !ok {
		return nil, false, false
	}
	if m := c.matches("*"); k.inside == nil || k.inside.meets(m) {
		out := newSet(k.size)
		k.kind(out, m)
		list = append(list, split("*", out))
	}
	for _, f := range found {
		list = append(list, split(f.text, f.kind))
	}
	return list, c.open, true
}

// has reports whether the class holds those of another partition by the same
// elements.
func (k *resourceClass) has(p patternClass) bool {
	return (p.text == "*") == (k.text == "*") && k.kind.equal(p.kind)
}

// cover spells the found classes by patterns. A pattern that may not match
// where it seems to covers nothing: then all of the element's are named.
func (b *rowBuilder) cover(element element, classes []patternClass, found set, open bool) []span {
	p := b.e.p
	covers := map[int]cover{}
	for n, r := range p.resourcePatterns {
		c := cover{r.text, newSet(len(classes))}
		for i, k := range classes {
			if k.patterns.has(n) {
				c.classes.add(i)
			}
		}
		if !c.classes.empty() {
			covers[n] = c
		}
	}
	pick := func(from []int, keep func(cover) bool) []cover {
		var list []cover
		for _, n := range from {
			if c, ok := covers[n]; ok && keep(c) {
				list = append(list, c)
			}
		}
		slices.SortStableFunc(list, func(a, b cover) int { return b.classes.len() - a.classes.len() })
		return list
	}
	everything := slices.Sorted(maps.Keys(covers))
	pure := func(c cover) bool { return !open && c.classes.within(found) }
	in, rest := greedy(pick(element.patterns, pure), found)
	if !rest.empty() {
		var more []string
		more, rest = greedy(pick(b.inElement(element, everything), pure), rest)
		in = append(in, more...)
	}
	var out []span
	if len(in) > 0 {
		out = append(out, span{in: in})
	}
	if rest.empty() {
		return out
	}
	all := cover{"*", newSet(len(classes))}
	for i := range classes {
		all.classes.add(i)
	}
	anyway := func(cover) bool { return true }
	if open {
		own := pick(element.patterns, func(c cover) bool { return c.classes.meets(found) })
		if element.not {
			own = []cover{all}
		}
		return append(out, anyOf(own, pick(everything, anyway), rest, found))
	}
	candidates := pick(b.inElement(element, everything), anyway)
	if element.not {
		candidates = append(candidates, all)
	}
	in, holes := withHoles(candidates, pick(everything, anyway), rest, found)
	return append(out, span{in, holes})
}

// anyOf names all of the patterns, any of which may be the one that matches,
// with holes.
func anyOf(patterns, holes []cover, rest, found set) span {
	one := cover{"", make(set, len(found))}
	var s span
	for _, c := range patterns {
		one.classes.or(c.classes)
		s.in = append(s.in, c.name)
	}
	_, s.out = withHoles([]cover{one}, holes, rest, found)
	return s
}

// inElement keeps the patterns of which naming one says nothing that the
// element does not: those that it plainly covers. Of NotResource that is all,
// for what it excepts is never found.
func (b *rowBuilder) inElement(element element, patterns []int) []int {
	var list []int
	for _, n := range patterns {
		if element.not || b.e.p.coversOne(element.patterns, n, b.e.how) {
			list = append(list, n)
		}
	}
	return list
}

func (p *program) patternTexts(list []int) []string {
	out := make([]string, 0, len(list))
	for _, n := range list {
		out = append(out, p.resourcePatterns[n].text)
	}
	slices.Sort(out)
	return out
}
