package policy

import (
	"strings"
	"unicode/utf8"
)

// A Lookup gives the values of policy variables.
type Lookup interface {
	// Variable returns the value of a condition key, given in lower case; ok is
	// false if the request has no single value for it.
	Variable(key string) (value string, ok bool)
}

// PatternOptions says how the text of a [Pattern] is to be read.
type PatternOptions struct {
	Variables bool // "${" starts a policy variable, see [Document.HasVariables]
	Exact     bool // * and ? are ordinary characters, as for StringEquals
	Fold      bool // compare ASCII letters without regard to case
}

// A Pattern is a value of a policy made ready to be compared with values of
// requests. The zero Pattern matches the empty text alone.
type Pattern struct {
	text  string // of every form but patternTemplate, lower case if fold
	form  patternForm
	fold  bool
	parts Template // of patternTemplate
}

type patternForm uint8

const (
	patternLiteral  patternForm = iota // text
	patternAll                         // *
	patternPrefix                      // text*
	patternWild                        // text with * and ?
	patternTemplate                    // parts: variables, or literal * and ? beside wildcards
)

// NewPattern makes s ready.
func NewPattern(s string, o PatternOptions) Pattern {
	p := Pattern{text: s, fold: o.Fold}
	wild := !o.Exact && HasWildcard(s)
	switch {
	case o.Variables && strings.Contains(s, "${"):
		p.form, p.text = patternTemplate, ""
		p.parts = ParseTemplate(s, true).lowerKeys()
		if o.Exact {
			p.parts = p.parts.withoutWildcards()
		}
		if text, ok := p.parts.Constant(); ok {
			p = Pattern{text: text, fold: o.Fold}
		}
	case !wild:
	case s == "*":
		p.form = patternAll
	case strings.IndexByte(s, '*') == len(s)-1 && strings.IndexByte(s, '?') < 0:
		p.form, p.text = patternPrefix, s[:len(s)-1]
	default:
		p.form = patternWild
	}
	if p.fold {
		p.text = Lower(p.text)
	}
	return p
}

// lowerKeys puts the keys of t's variables in lower case, in place.
func (t Template) lowerKeys() Template {
	for i := range t {
		if t[i].Kind == Variable {
			t[i].Text = Lower(t[i].Text)
		}
	}
	return t
}

// withoutWildcards returns t with its wildcards as literal text.
func (t Template) withoutWildcards() Template {
	out := make(Template, 0, len(t))
	for _, p := range t {
		switch p.Kind {
		case AnyText:
			out = out.literal("*")
		case AnyOne:
			out = out.literal("?")
		case Literal:
			out = out.literal(p.Text)
		default:
			out = append(out, p)
		}
	}
	return out
}

// All reports whether p matches every text.
func (p *Pattern) All() bool { return p.form == patternAll }

// Match reports whether p covers the whole of s. vars gives the values of
// policy variables and may be nil if p holds none. A variable without value and
// default makes p match nothing: "the value is effectively null. There is no
// equal or like value" (IAM User Guide, "IAM policy elements: Variables and
// tags"). Time is bounded as for the function [Match]; nothing is allocated
// unless p holds more than sixteen parts.
func (p *Pattern) Match(s string, vars Lookup) bool {
	switch p.form {
	case patternAll:
		return true
	case patternLiteral:
		if p.fold {
			return len(s) == len(p.text) && hasPrefixFold(s, p.text)
		}
		return s == p.text
	case patternPrefix:
		if p.fold {
			return len(s) >= len(p.text) && hasPrefixFold(s, p.text)
		}
		return strings.HasPrefix(s, p.text)
	case patternWild:
		return match(p.text, s, p.fold)
	}
	var space [16]Part
	parts, ok := p.resolve(space[:0], vars)
	return ok && matchParts(parts, s, p.fold)
}

// hasPrefixFold compares with prefix, which is in lower case.
func hasPrefixFold(s, prefix string) bool {
	for i := range len(prefix) {
		if lower(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}

// Resolvable reports whether every variable of p has a value or default.
func (p *Pattern) Resolvable(vars Lookup) bool {
	if p.form != patternTemplate {
		return true
	}
	var space [16]Part
	_, ok := p.resolve(space[:0], vars)
	return ok
}

// resolve appends the parts of p with variables replaced by literals. A value
// is literal: a * in it is no wildcard.
func (p *Pattern) resolve(dst []Part, vars Lookup) (parts []Part, ok bool) {
	for _, part := range p.parts {
		if part.Kind == Variable {
			value, ok := "", false
			if vars != nil {
				value, ok = vars.Variable(part.Text)
			}
			if !ok {
				if !part.HasDefault {
					return nil, false
				}
				value = part.Default
			}
			part = Part{Kind: Literal, Text: value}
		}
		dst = append(dst, part)
	}
	return dst, true
}

// matchParts reports whether parts, which hold no variables, cover s.
func matchParts(parts []Part, s string, fold bool) bool {
	k, i := 0, 0
	star, mark := -1, 0 // as in match
	for {
		for k < len(parts) {
			n := 0
			switch part := &parts[k]; part.Kind {
			case AnyText:
				k++
				star, mark = k, i
				continue
			case AnyOne:
				if i < len(s) {
					n = runeWidth(s[i:])
				}
			case Literal:
				n = literalAt(s[i:], part.Text, fold)
			}
			if n == 0 && parts[k].Text != "" || n == 0 && parts[k].Kind == AnyOne {
				break
			}
			k++
			i += n
		}
		if k == len(parts) && (i == len(s) || star == k) {
			return true
		}
		if star < 0 || mark >= len(s) {
			return false
		}
		mark += runeWidth(s[mark:])
		k, i = star, mark
	}
}

// literalAt returns the length of text if s starts with it, else 0.
func literalAt(s, text string, fold bool) int {
	if len(s) < len(text) {
		return 0
	}
	if !fold {
		if s[:len(text)] == text {
			return len(text)
		}
		return 0
	}
	for i := range len(text) {
		if lower(s[i]) != lower(text[i]) {
			return 0
		}
	}
	return len(text)
}

// An ARNPattern is a value of Resource or NotResource, or of an ARN condition
// operator, made ready: ARNs are compared segment by segment.
type ARNPattern struct {
	all     bool       // the value is "*"
	arn     bool       // the value is ARN-shaped, and segment is set
	whole   Pattern    // of another shape: compared as a whole
	segment [5]Pattern // partition, service, Region, account, resource
	crosses bool       // see NewARNPattern
	cross   Pattern    // with crosses: the whole value
}

// ARNOptions says how a value is read by [NewARNPattern].
type ARNOptions struct {
	Variables bool // "${" starts a policy variable

	// Complete fills the missing segments of a short ARN with *, as AWS does
	// in identity-based policies (IAM User Guide, "IAM identifiers": "AWS
	// automatically completes the ARN by adding wildcard characters (*) to all
	// missing fields"). Without it a short ARN that ends in * runs on over the
	// missing segments and any other matches nothing.
	Complete bool

	// StarCrossesColons lets a * that ends a segment run on over colons, as
	// "IAM JSON policy elements: Resource" says that it can. Without it every
	// * stays in its segment.
	StarCrossesColons bool
}

// NewARNPattern makes a value ready. A value that does not start with "arn:"
// is compared as a whole, * crossing everything.
func NewARNPattern(s string, o ARNOptions) ARNPattern {
	if s == "*" {
		return ARNPattern{all: true}
	}
	options := PatternOptions{Variables: o.Variables}
	a, ok := ParseARN(s)
	if !ok {
		if !strings.HasPrefix(s, "arn:") {
			return ARNPattern{whole: NewPattern(s, options)}
		}
		if !o.Complete && !strings.HasSuffix(s, "*") {
			return ARNPattern{whole: NewPattern(s, PatternOptions{Exact: true})}
		}
		for !ok {
			s += ":*"
			a, ok = ParseARN(s)
		}
	}
	p := ARNPattern{arn: true, crosses: o.StarCrossesColons}
	for i, text := range [...]string{a.Partition, a.Service, a.Region, a.Account, a.Resource} {
		p.segment[i] = NewPattern(text, options)
	}
	if p.crosses {
		p.cross = Pattern{form: patternTemplate, parts: ParseTemplate(s, o.Variables).lowerKeys()}
	}
	return p
}

// All reports whether p is "*", which also covers requests without resource.
func (p *ARNPattern) All() bool { return p.all }

// Resolvable reports whether every variable of p has a value or default.
func (p *ARNPattern) Resolvable(vars Lookup) bool {
	for i := range p.segment {
		if !p.segment[i].Resolvable(vars) {
			return false
		}
	}
	return p.whole.Resolvable(vars)
}

// A ResourceName is the resource of a request, cut once for many patterns.
type ResourceName struct {
	text  string
	arn   ARN
	isARN bool
}

// NewResourceName cuts s, an ARN or "*".
func NewResourceName(s string) ResourceName {
	// No variable stands in a request, so every colon cuts.
	rest, ok := strings.CutPrefix(s, "arn:")
	var part [4]string
	for i := 0; ok && i < len(part); i++ {
		part[i], rest, ok = strings.Cut(rest, ":")
	}
	if !ok {
		return ResourceName{text: s}
	}
	return ResourceName{s, ARN{part[0], part[1], part[2], part[3], rest}, true}
}

// Text returns the resource as given.
func (r *ResourceName) Text() string { return r.text }

// ARN returns the segments; ok is false if the resource is no ARN.
func (r *ResourceName) ARN() (arn ARN, ok bool) { return r.arn, r.isARN }

// Match reports whether p covers r.
func (p *ARNPattern) Match(r *ResourceName, vars Lookup) bool {
	switch {
	case p.all:
		return true
	case !p.arn:
		return p.whole.Match(r.text, vars)
	case !r.isARN:
		return false
	case p.segment[1].Match(r.arn.Service, vars) && p.segment[0].Match(r.arn.Partition, vars) &&
		p.segment[4].Match(r.arn.Resource, vars) && p.segment[3].Match(r.arn.Account, vars) &&
		p.segment[2].Match(r.arn.Region, vars):
		return true
	case p.crosses:
		var space [16]Part
		parts, ok := p.cross.resolve(space[:0], vars)
		return ok && crossMatch(parts, r.text)
	}
	return false
}

// crossMatch reports whether parts cover s when a * before a colon, in the
// last segment or at the end runs over colons and every other stays in its
// segment. It keeps the set of reachable places of s, part by part.
func crossMatch(parts []Part, s string) bool {
	here := make([]bool, len(s)+1)
	next := make([]bool, len(s)+1)
	here[0] = true
	colons := 0 // before the current part
	for k, part := range parts {
		clear(next)
		switch part.Kind {
		case AnyText:
			free := colons >= 5 || k+1 == len(parts) || parts[k+1].Kind == Literal && strings.HasPrefix(parts[k+1].Text, ":")
			for i, on := 0, false; i <= len(s); i++ {
				on = here[i] || on && (free || s[i-1] != ':')
				next[i] = on
			}
		case AnyOne:
			for i := 0; i < len(s); {
				_, n := utf8.DecodeRuneInString(s[i:])
				if here[i] && (colons >= 5 || s[i] != ':') {
					next[i+n] = true
				}
				i += n
			}
		case Literal:
			for i := range s {
				if here[i] && strings.HasPrefix(s[i:], part.Text) {
					next[i+len(part.Text)] = true
				}
			}
			next[len(s)] = next[len(s)] || here[len(s)] && part.Text == ""
			colons += strings.Count(part.Text, ":")
		}
		here, next = next, here
	}
	return here[len(s)]
}
