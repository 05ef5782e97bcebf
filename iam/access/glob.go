package access

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A token is one piece of a glob.
type token struct {
	kind   tokenKind
	r      rune // of a literal token
	fold   bool // a literal that compares without regard to case
	narrow bool // a wildcard that never takes a colon: it stands in one of the first five segments of an ARN
}

type tokenKind uint8

const (
	literal tokenKind = iota
	one               // exactly one character
	star              // any text, also none
)

// A glob is a pattern over characters.
type glob []token

// textGlob compiles a template without segments, as StringLike reads it. A
// variable becomes a star: text that it may stand for.
func textGlob(t policy.Template, fold bool) glob {
	var g glob
	for _, p := range t {
		g = g.part(p, fold, false)
	}
	return g
}

// literalGlob compiles text without wildcards.
func literalGlob(s string, fold bool) glob {
	return glob(nil).part(policy.Part{Kind: policy.Literal, Text: s}, fold, false)
}

func (g glob) part(p policy.Part, fold, narrow bool) glob {
	switch p.Kind {
	case policy.Literal:
		for _, r := range p.Text {
			g = append(g, token{kind: literal, r: r, fold: fold && otherCase(r) != r})
		}
	case policy.AnyOne:
		g = append(g, token{kind: one, narrow: narrow})
	case policy.AnyText, policy.Variable:
		if n := len(g); n > 0 && g[n-1].kind == star {
			g[n-1].narrow = g[n-1].narrow && narrow
			return g
		}
		g = append(g, token{kind: star, narrow: narrow})
	}
	return g
}

// trivial reports whether g matches every text.
func (g glob) trivial() bool { return len(g) == 1 && g[0].kind == star && !g[0].narrow }

// trieLength returns the number of literals of g if g is literals alone or
// literals before one star that takes everything, and which of the two.
func (g glob) trieLength() (n int, prefix, ok bool) {
	for i, t := range g {
		switch {
		case t.kind == literal && !t.fold:
			n++
		case t.kind == star && !t.narrow && i == len(g)-1:
			return n, true, true
		default:
			return 0, false, false
		}
	}
	return n, false, true
}

// match reports whether g covers the whole of s, by the textbook method of
// sets of positions. It serves where one text is asked about; the classes of
// all texts come from a machine.
func (g glob) match(s string) bool {
	now, next := make([]bool, len(g)+1), make([]bool, len(g)+1)
	now[0] = true
	g.skip(now)
	for _, r := range s {
		clear(next)
		for i, t := range g {
			if !now[i] || !t.takes(r) {
				continue
			}
			if t.kind == star {
				next[i] = true
			} else {
				next[i+1] = true
			}
		}
		g.skip(next)
		now, next = next, now
	}
	return now[len(g)]
}

// skip lets stars match nothing.
func (g glob) skip(at []bool) {
	for i, t := range g {
		if at[i] && t.kind == star {
			at[i+1] = true
		}
	}
}

func (t token) takes(r rune) bool {
	if t.kind != literal {
		return r != ':' || !t.narrow
	}
	return r == t.r || t.fold && r == otherCase(t.r)
}

// otherCase returns an ASCII letter in the other case, and any other character
// as it is.
func otherCase(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r ^ 0x20
	}
	return r
}

// example returns a text that g matches, with word where g has a star.
func (g glob) example(word string) string {
	var b strings.Builder
	for _, t := range g {
		switch t.kind {
		case literal:
			b.WriteRune(t.r)
		case one:
			b.WriteByte('x')
		case star:
			b.WriteString(word)
		}
	}
	return b.String()
}

// covers reports whether g plainly matches all that h does: piece by piece, a
// wildcard of h being taken by a wider one of g. It may say no of patterns
// that do.
func (g glob) covers(h glob) bool {
	now, next := make([]bool, len(g)+1), make([]bool, len(g)+1)
	now[0] = true
	g.skip(now)
	for _, t := range h {
		clear(next)
		for i, w := range g {
			if !now[i] || !w.includes(t) {
				continue
			}
			if w.kind == star {
				next[i] = true
			} else {
				next[i+1] = true
			}
		}
		g.skip(next)
		now, next = next, now
	}
	return now[len(g)]
}

// includes reports whether one piece takes all that another stands for.
func (t token) includes(u token) bool {
	switch {
	case u.kind == literal && !u.fold:
		return t.takes(u.r)
	case t.narrow && !u.narrow:
		return false
	}
	return t.kind == star || t.kind == one && u.kind != star
}
