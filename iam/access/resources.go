package access

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A resourcePattern is one pattern of resources.
type resourcePattern struct {
	text     string
	parts    policy.Template
	variants [readings][]variant // see program.variants
}

// A reading says how a star at the end of a segment of an ARN treats colons.
type reading uint8

const (
	bySegment   reading = iota // it stays in its segment, as AWS's labelled samples for CheckNoNewAccess assume
	acrossColon                // it may run on, as AWS's page "IAM JSON policy elements: Resource" says
	readings
)

// lastSegment is the number of the resource segment of an ARN; it may hold colons.
const lastSegment = 5

func newResourcePattern(text string, variables bool) resourcePattern {
	return resourcePattern{text: text, parts: policy.ParseTemplate(text, variables)}
}

// completed fills the missing segments of a short ARN with stars, as AWS does
// in identity-based policies (IAM User Guide, "IAM identifiers"), and in
// others where it ends in a star. Any other short ARN matches no resource.
func completed(text string, identity bool) string {
	if !strings.HasPrefix(text, "arn:") || !identity && !strings.HasSuffix(text, "*") {
		return text
	}
	for {
		if _, ok := policy.ParseARN(text); ok {
			return text
		}
		text += ":*"
	}
}

// A piece is a character, wildcard or variable of a resource pattern, with the
// segment in which it stands.
type piece struct {
	policy.Part
	segment int
}

// pieces takes the pattern apart to characters.
func (r resourcePattern) pieces() []piece {
	var list []piece
	segment := 0
	for _, part := range r.parts {
		if part.Kind != policy.Literal {
			list = append(list, piece{part, segment})
			continue
		}
		for _, c := range part.Text {
			list = append(list, piece{policy.Part{Kind: policy.Literal, Text: string(c)}, segment})
			if c == ':' && segment < lastSegment {
				segment++
			}
		}
	}
	return list
}

// unknown turns pseudo parameters into variables where they are not a segment
// of their own, and reports whether the pattern holds any variable then.
func unknown(list []piece) bool {
	found := false
	for i := range list {
		p := &list[i]
		if p.Kind == policy.Literal && policy.HasPseudo(p.Text) && !alone(list, i) {
			p.Kind = policy.Variable
		}
		found = found || p.Kind == policy.Variable
	}
	return found
}

// alone reports whether piece i is all there is of one of the first five segments.
func alone(list []piece, i int) bool {
	s := list[i].segment
	return s < lastSegment && (i == 0 || list[i-1].segment != s) &&
		i+1 < len(list) && list[i+1].Text == ":" && list[i+1].segment == s
}

// A variant is one way in which a resource can match a pattern, certain if it
// depends on no term.
type variant struct {
	glob  glob
	terms []int // what must hold besides
}

// A term is something about a request that the automata leave open: whether a
// pattern with a policy variable matches, or whether a pseudo parameter, say
// the partition, is what a pattern spells out.
type term struct {
	text string
	glob glob // of a pattern, with each variable as a character of its own; nil otherwise
}

// variants compiles a pattern, once for each reading.
func (p *program) variants(n int, how reading) []variant {
	r := &p.resourcePatterns[n]
	if r.variants[how] == nil {
		r.variants[how] = p.compileVariants(n, how)
	}
	return r.variants[how]
}

func (p *program) compileVariants(n int, how reading) []variant {
	list := p.resourcePatterns[n].pieces()
	isOpen := unknown(list)
	v := variant{glob: p.compile(list, how, false)}
	if isOpen {
		v.terms = []int{p.term(term{text: string(rune('0'+how)) + p.resourcePatterns[n].text, glob: p.compile(list, how, true)})}
	}
	all := []variant{v}
	for segment, symbol := range p.symbols {
		if symbol != "" {
			all = p.withSymbol(all, list, segment, symbol, how)
		}
	}
	return all
}

// withSymbol adds, to each variant, the one in which a segment that the
// pattern spells out is the pseudo parameter.
func (p *program) withSymbol(all []variant, list []piece, segment int, symbol string, how reading) []variant {
	from, to := -1, -1
	for i, x := range list {
		if x.segment == segment && x.Text != ":" {
			if from < 0 {
				from = i
			}
			to = i + 1
		}
	}
	if from < 0 || to-from == 1 && (list[from].Kind == policy.AnyText || list[from].Text == symbol) {
		return all
	}
	var spelled strings.Builder
	for _, x := range list[from:to] {
		spelled.WriteString(policy.Template{x.Part}.String())
	}
	t := p.term(term{text: symbol + "=" + spelled.String()})
	n := len(all)
	for _, v := range all[:n] {
		replaced := replaceSegment(v.glob, segment, symbol)
		all = append(all, variant{replaced, append(append([]int(nil), v.terms...), t)})
	}
	return all
}

// replaceSegment returns g with one of its first five segments replaced.
func replaceSegment(g glob, segment int, symbol string) glob {
	var out glob
	at := 0
	for _, t := range g {
		colon := t.kind == literal && t.r == ':'
		if colon && at == segment {
			out = append(out, literalGlob(symbol, false)...)
		}
		if colon || at != segment {
			out = append(out, t)
		}
		if colon && at < lastSegment {
			at++
		}
	}
	return out
}

// compile makes a glob of a pattern; opaque makes each variable a
// character that nothing else matches but a wildcard.
func (p *program) compile(list []piece, how reading, opaque bool) glob {
	var g glob
	for i, x := range list {
		part, narrow := x.Part, x.segment < lastSegment && isARN(list)
		if part.Kind == policy.AnyText && how == acrossColon && (i+1 == len(list) || list[i+1].Text == ":") {
			narrow = false
		}
		if opaque && part.Kind == policy.Variable {
			part = policy.Part{Kind: policy.Literal, Text: string(p.opaqueRune(part))}
		}
		g = g.part(part, false, narrow)
	}
	return g
}

// isARN reports whether the pattern has the segments of an ARN; another one,
// such as "*", is compared with the whole text.
func isARN(list []piece) bool { return len(list) > 4 && list[3].Text == ":" && list[3].segment == 0 }

// opaqueRune returns a character of the supplementary private use area for a
// variable: one for each variable and default.
func (p *program) opaqueRune(x policy.Part) rune {
	n, fresh := p.intern("o "+policy.Lower(x.Text)+"\x00"+x.Default, p.opaque)
	if fresh {
		p.opaque++
	}
	return 0xF0000 + rune(n)
}

func (p *program) term(t term) int {
	n, fresh := p.intern("t "+t.text, len(p.terms))
	if fresh {
		p.terms = append(p.terms, t)
	}
	return n
}

// findSymbols notes which pseudo parameters stand alone in segments.
func (p *program) findSymbols() {
	for _, r := range p.resourcePatterns {
		if !policy.HasPseudo(r.text) {
			continue
		}
		list := r.pieces()
		for i, x := range list {
			if x.Kind == policy.Literal && policy.HasPseudo(x.Text) && alone(list, i) {
				p.symbols[x.segment] = x.Text
			}
		}
	}
}

// crosses reports whether some pattern has a star at the end of one of its
// first five segments, which is what the readings differ on.
func (p *program) crosses() bool {
	for _, r := range p.resourcePatterns {
		list := r.pieces()
		for i, x := range list {
			if x.Kind == policy.AnyText && x.segment < lastSegment && isARN(list) && i+1 < len(list) && list[i+1].Text == ":" {
				return true
			}
		}
	}
	return false
}
