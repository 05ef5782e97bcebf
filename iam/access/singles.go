package access

import (
	"slices"

	"github.com/sagemaker-roles/smr/iam/authz"
)

// universe returns the type of the key's values: the known one, or that of the
// operators that look at it. Where they disagree values are texts.
func (d *domainBuilder) universe() family {
	if d.known {
		switch d.kind.Kind {
		case authz.ARN:
			return familyARN
		case authz.Bool:
			return familyBool
		case authz.Numeric:
			return familyNumber
		case authz.Date:
			return familyDate
		case authz.IPAddress:
			return familyAddress
		case authz.Binary:
			return familyBinary
		}
		return familyText
	}
	u := familyNone
	for f := range d.present().all {
		if u != familyNone {
			return familyText
		}
		u = family(f)
	}
	if u == familyNone {
		return familyText
	}
	return u
}

// present returns the families of the atoms.
func (d *domainBuilder) present() set {
	s := newSet(int(families))
	for _, a := range d.atoms {
		if f := familyOf(a.op.Comparison); f != familyNone {
			s.add(int(f))
		}
	}
	return s
}

func isTextual(f family) bool { return f == familyText || f == familyARN || f == familyBinary }

// inUniverse reports whether text is a value of the type.
func inUniverse(u family, text string) (ok bool) {
	switch u {
	case familyARN:
		return arnShape().match(text)
	case familyNumber:
		_, ok = parseNumber(text)
	case familyDate:
		_, ok = parseDate(text)
	case familyBool:
		_, ok = parseBool(text)
	case familyAddress:
		_, ok = parseAddress(text)
	default:
		ok = true
	}
	return ok
}

// singles returns every class of single values. Where operators of several
// types look at the key the classes of each are found apart; a combination of
// which no value turned up may still have one, so it is kept as a guess.
func (d *domainBuilder) singles() ([]single, bool) {
	u := d.universe()
	textual, complete := d.textClasses(u)
	samples := append(d.samples(u), d.lone...)
	parts := [][]single{textual}
	for _, s := range textual {
		if s.found {
			samples = append(samples, s.text)
		}
	}
	for _, f := range []family{familyNumber, familyDate, familyBool, familyAddress} {
		if d.present().has(int(f)) {
			texts := d.typedSamples(f, u)
			samples = append(samples, texts...)
			parts = append(parts, d.typedClasses(f, texts))
		}
	}
	var out []single
	seen := newInterner(len(newSet(len(d.atoms))))
	for _, text := range samples {
		if !inUniverse(u, text) {
			continue
		}
		m := d.matched(text)
		if n, isNew := seen.intern(m); isNew {
			out = append(out, single{matched: m, text: text, found: true})
		} else if out[n].text == "" {
			out[n].text = text
		}
	}
	if u == familyBool || len(parts) == 1 && (isTextual(u) || u == familyNone) {
		return out, complete
	}
	if len(parts) == 2 && len(d.textual()) == 0 && u != familyText {
		return out, complete // one type alone: its samples are all
	}
	combined, ok := d.combined(parts)
	for _, s := range combined {
		if _, isNew := seen.intern(s.matched); isNew {
			out = append(out, s)
		}
	}
	return out, complete && ok
}

// textClasses returns the classes with regard to the textual atoms alone. A
// class that holds one text alone is left out if that is not in the universe.
func (d *domainBuilder) textClasses(u family) ([]single, bool) {
	var globs []glob
	var owner []int
	for i, a := range d.atoms {
		if !isTextual(familyOf(a.op.Comparison)) {
			continue
		}
		for _, g := range d.globs[i] {
			globs = append(globs, g)
			owner = append(owner, i)
		}
	}
	must := -1
	if u == familyARN {
		must = len(globs)
		globs = append(globs, arnShape())
	}
	classes, complete := newMachine(globs, must).classes(classifier{}, d.b)
	if !complete {
		d.b.tooLarge("the patterns that look at the condition key %s overlap in too many ways", d.domain.name)
	}
	var out []single
	seen := newInterner(len(newSet(len(d.atoms))))
	for _, c := range classes {
		s := single{matched: newSet(len(d.atoms)), text: c.text, found: inUniverse(u, c.text)}
		lone := false
		for g := range c.kind.all {
			if g == must {
				continue
			}
			s.matched.add(owner[g])
			lone = lone || isExact(globs[g])
		}
		if s.lone = lone; lone && !s.found {
			continue
		}
		if lone {
			d.lone = append(d.lone, c.text)
		}
		n, isNew := seen.intern(s.matched)
		if isNew {
			out = append(out, s)
			continue
		}
		both := out[n].lone && s.lone
		if s.found && (!out[n].found || out[n].text == "") {
			out[n] = s
		}
		out[n].lone = both
	}
	return out, complete
}

// sameMatches reports whether the same globs match both texts.
func sameMatches(globs []glob, s, t string) bool {
	return !slices.ContainsFunc(globs, func(g glob) bool { return g.match(s) != g.match(t) })
}

func isExact(g glob) bool {
	return !slices.ContainsFunc(g, func(t token) bool { return t.kind != literal || t.fold })
}

// samples are texts of a typed universe that constants of other types do not
// bring.
func (d *domainBuilder) samples(u family) []string {
	switch u {
	case familyNumber:
		return numberSamples(nil)
	case familyDate:
		return dateSamples(nil, d.domain.key == "aws:epochtime")
	case familyBool:
		return []string{"true", "false"}
	case familyAddress:
		return append([]string{"203.0.113.7", "2001:db8::7"}, addressSamples(nil)...)
	case familyARN:
		return []string{"arn:aws:iam::123456789012:role/example"}
	}
	return nil
}

// typedSamples returns a text of every class with regard to the atoms of one
// type; where values are of another type, also one that is not of this.
func (d *domainBuilder) typedSamples(f, u family) []string {
	var values []string
	for _, a := range d.atoms {
		if familyOf(a.op.Comparison) == f {
			values = append(values, a.values...)
		}
	}
	var texts []string
	switch f {
	case familyNumber:
		texts = numberSamples(values)
	case familyDate:
		texts = dateSamples(values, d.domain.key == "aws:epochtime")
	case familyAddress:
		texts = addressSamples(values)
	default:
		texts = []string{"true", "false"}
	}
	if u != f {
		texts = append(texts, "x")
	}
	return texts
}

// typedClasses returns the classes with regard to the atoms of one type.
func (d *domainBuilder) typedClasses(f family, texts []string) []single {
	var out []single
	seen := newInterner(len(newSet(len(d.atoms))))
	for _, text := range texts {
		m := newSet(len(d.atoms))
		for i, a := range d.atoms {
			if familyOf(a.op.Comparison) == f && d.p.matches(a, nil, text) {
				m.add(i)
			}
		}
		if _, isNew := seen.intern(m); isNew {
			out = append(out, single{matched: m, text: text, found: true})
		}
	}
	return out
}

// combined returns every combination of one class of each part, and false if
// they are too many.
func (d *domainBuilder) combined(parts [][]single) ([]single, bool) {
	all := []single{{matched: newSet(len(d.atoms))}}
	for _, part := range parts {
		var next []single
		for _, s := range all {
			for _, t := range part {
				if t.lone {
					continue // its one text is among the samples
				}
				m := s.matched.clone()
				m.or(t.matched)
				next = append(next, single{matched: m, text: t.text})
			}
			if len(next) > d.b.left.Values {
				d.b.tooLarge("the condition key %s has more than %d classes of values", d.domain.name, d.b.left.Values)
				return all, false
			}
		}
		all = next
	}
	return all, true
}

// textual returns the textual atoms.
func (d *domainBuilder) textual() []*atom {
	var list []*atom
	for _, a := range d.atoms {
		if isTextual(familyOf(a.op.Comparison)) {
			list = append(list, a)
		}
	}
	return list
}
