package facts

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// An Overlap says whether a resource pattern of a statement can match the ARN
// of some resource of a given kind.
type Overlap uint8

// The answers of Match, from never to plainly.
const (
	// NoOverlap: no ARN of that kind matches the pattern, read either way.
	NoOverlap Overlap = iota
	// AcrossColons: an ARN matches only if a "*" of the pattern may run across
	// the colons between the parts of an ARN. AWS advises against relying on it
	// (IAM User Guide, "IAM JSON policy elements: Resource").
	AcrossColons
	// Overlaps: an ARN matches part by part.
	Overlaps
)

// A Resource is a resource pattern of a statement, made ready for many
// comparisons. The zero Resource matches nothing.
type Resource struct {
	whole  []element
	parts  [][]element // the six parts of an ARN, nil when the pattern has fewer
	any    bool        // nothing but stars
	star   bool        // matches the resource "*" of actions without resource types
	across bool        // a wildcard could run across a colon between the parts
}

// A shape is an ARN format of the reference in the same form.
type shape struct {
	whole []element
	parts [][]element
}

// An element is one place of a pattern or of an ARN format: a character, or one
// character of a class, or any number of them.
type element struct {
	class class // literal: the character lit
	lit   byte
	star  bool // zero or more of the class
}

type class uint8

const (
	literal class = iota
	anything
	noColon // names in which AWS admits no colon
	noSlash // names in which AWS admits neither colon nor slash
	place   // partition, Region and account: a-z, 0-9 and hyphen
)

func (c class) admits(b byte) bool {
	switch c {
	case noColon:
		return b != ':'
	case noSlash:
		return b != ':' && b != '/'
	case place:
		return 'a' <= b && b <= 'z' || '0' <= b && b <= '9' || b == '-'
	}
	return true
}

// ParseResource reads a resource pattern as it stands in a policy: "*" and "?"
// are wildcards. Policy variables ("${aws:username}") and pseudo parameters may
// have any value; "${*}", "${?}" and "${$}" are the characters themselves. Any
// text is accepted.
func ParseResource(pattern string) *Resource {
	r := &Resource{any: pattern != "", whole: make([]element, 0, len(pattern))}
	for i := 0; i < len(pattern); {
		e, n := patternElement(pattern[i:])
		if e.class == literal || !e.star {
			r.any = false
		}
		r.whole = append(r.whole, e)
		i += n
	}
	r.parts = split(r.whole)
	r.across = r.parts == nil || wild(r.whole[:len(r.whole)-len(r.parts[5])])
	r.star = overlap(r.whole, []element{{lit: '*'}})
	return r
}

// patternElement reads the first element of a pattern and its length in bytes.
func patternElement(s string) (element, int) {
	switch {
	case s[0] == '*':
		return element{class: anything, star: true}, 1
	case s[0] == '?':
		return element{class: anything}, 1
	case strings.HasPrefix(s, "${"):
		end := strings.IndexByte(s, '}')
		if end < 0 {
			break
		}
		if end == len("${*") && strings.IndexByte("*?$", s[2]) >= 0 {
			return element{lit: s[2]}, end + 1
		}
		return element{class: anything, star: true}, end + 1
	case s[0] == 0xEE: // first byte of the private-use characters U+E000 to U+EFFF
		if _, n := utf8.DecodeRuneInString(s); n > 1 {
			return element{class: anything, star: true}, n
		}
	}
	return element{lit: s[0]}, 1
}

// parseFormat reads an ARN format of a service: a placeholder stands for one
// character or more, of those that AWS admits in it.
func parseFormat(service, format string) shape {
	var list []element
	for i := 0; i < len(format); {
		if name, n := placeholderAt(format[i:]); n > 0 {
			c := placeholderClass(service, name)
			if c != place || !ownedByAWS(service) {
				list = append(list, element{class: c})
			}
			list = append(list, element{class: c, star: true})
			i += n
			continue
		}
		if format[i] == '*' {
			list = append(list, element{class: anything, star: true})
		} else {
			list = append(list, element{lit: format[i]})
		}
		i++
	}
	return shape{withoutColons(service, list), split(list)}
}

// withoutColons is a format for the reading in which "*" crosses colons. There,
// a placeholder that admits anything would make nearly every pattern match, so
// it holds no colon, except in keys of S3 objects.
func withoutColons(service string, list []element) []element {
	if service == "s3" {
		return list
	}
	whole := slices.Clone(list)
	for i := range whole {
		if whole[i].class == anything {
			whole[i].class = noColon
		}
	}
	return whole
}

// placeholderAt returns the name and the length in bytes of the placeholder
// "${Name}" or, in a single format, "{Name}", that s begins with.
func placeholderAt(s string) (name string, n int) {
	open := 0
	switch {
	case strings.HasPrefix(s, "${"):
		open = len("${")
	case s[0] == '{':
		open = len("{")
	default:
		return "", 0
	}
	end := strings.IndexByte(s, '}')
	if end < 0 {
		return "", 0
	}
	return s[open:end], end + 1
}

// split cuts an ARN at its first five colons; nil when it has fewer.
func split(list []element) [][]element {
	if !atLeastFiveColons(list) {
		return nil
	}
	parts := make([][]element, 0, 6)
	start := 0
	for i, e := range list {
		if e.class == literal && e.lit == ':' && len(parts) < 5 {
			parts = append(parts, list[start:i])
			start = i + 1
		}
	}
	return append(parts, list[start:])
}

func atLeastFiveColons(list []element) bool {
	n := 0
	for _, e := range list {
		if e.class == literal && e.lit == ':' {
			n++
		}
	}
	return n >= 5
}

func wild(list []element) bool {
	for _, e := range list {
		if e.class != literal {
			return true
		}
	}
	return false
}

// match compares a pattern with ARN formats.
func (r *Resource) match(formats []shape) Overlap {
	if r.any {
		return Overlaps
	}
	for _, f := range formats {
		if overlapParts(r.parts, f.parts) {
			return Overlaps
		}
	}
	if r.across {
		for _, f := range formats {
			if overlap(r.whole, f.whole) {
				return AcrossColons
			}
		}
	}
	return NoOverlap
}

func overlapParts(a, b [][]element) bool {
	if len(a) != len(b) || a == nil {
		return false
	}
	// The service and the resource decide most comparisons.
	for _, i := range [...]int{2, 5, 0, 1, 3, 4} {
		if !overlap(a[i], b[i]) {
			return false
		}
	}
	return true
}

// overlap says whether some text fits both a and b. Each state is a place in a
// and a place in b and is visited once.
func overlap(a, b []element) bool {
	for len(a) > 0 && len(b) > 0 && a[0].class == literal && b[0].class == literal {
		if a[0].lit != b[0].lit {
			return false
		}
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1].class == literal && b[len(b)-1].class == literal {
		if a[len(a)-1].lit != b[len(b)-1].lit {
			return false
		}
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	switch {
	case len(a) == 0 && len(b) == 0:
		return true
	case len(a) == 0:
		return allStars(b)
	case len(b) == 0:
		return allStars(a)
	}
	return search(a, b)
}

func allStars(list []element) bool {
	for _, e := range list {
		if !e.star {
			return false
		}
	}
	return true
}

// search walks the product of two element lists depth first.
func search(a, b []element) bool {
	width := len(b) + 1
	var (
		room  [64]uint64
		stack [64][2]int
		seen  = room[:]
		todo  = stack[:0]
	)
	if need := ((len(a)+1)*width + 63) / 64; need > len(seen) {
		seen = make([]uint64, need)
	}
	visit := func(i, j int) {
		at := i*width + j
		if bit := uint64(1) << (at % 64); seen[at/64]&bit == 0 {
			seen[at/64] |= bit
			todo = append(todo, [2]int{i, j})
		}
	}
	visit(0, 0)
	for len(todo) > 0 {
		i, j := todo[len(todo)-1][0], todo[len(todo)-1][1]
		todo = todo[:len(todo)-1]
		if i == len(a) && j == len(b) {
			return true
		}
		if i < len(a) && a[i].star {
			visit(i+1, j)
		}
		if j < len(b) && b[j].star {
			visit(i, j+1)
		}
		if i < len(a) && j < len(b) && meet(a[i], b[j]) {
			visit(next(a, i), next(b, j))
		}
	}
	return false
}

// next is the place after an element has taken one character.
func next(list []element, i int) int {
	if list[i].star {
		return i
	}
	return i + 1
}

// meet says whether one character fits both elements; all classes share the
// digits, so two classes always meet.
func meet(a, b element) bool {
	switch {
	case a.class == literal && b.class == literal:
		return a.lit == b.lit
	case a.class == literal:
		return b.class.admits(a.lit)
	case b.class == literal:
		return a.class.admits(b.lit)
	}
	return true
}
