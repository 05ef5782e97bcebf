package policy

import "unicode/utf8"

// AppendJSON appends d to dst as minified JSON and returns the longer slice.
//
// Elements stand in the order Version, Id, Statement and Sid, Effect,
// Principal, Action, Resource, Condition; statements and values keep theirs. A
// list of one value is printed as the value, an empty non-nil list as [], and a
// nil one is left out. Conditions are grouped by operator, operators and their
// keys in the order in which they first appear. Only what JSON must escape is
// escaped; pseudo parameters stand as they are.
//
// JSON has no place for one operator and key that appear twice, and merging
// their values would turn "and" into "or": such a pair is printed twice, which
// [Parse] and IAM refuse rather than read otherwise. [Document.Duplicates]
// finds it beforehand. Parse of the result is d, but for an empty Sid or Id and
// conditions being grouped.
func AppendJSON(dst []byte, d *Document) []byte {
	p := printer{dst: dst}
	p.document(d)
	return p.dst
}

// AppendIndent appends d as [AppendJSON] does, with line breaks and two spaces
// for each level of nesting; no line break follows the document.
func AppendIndent(dst []byte, d *Document) []byte {
	p := printer{dst: dst, indent: true}
	p.document(d)
	return p.dst
}

// A printer writes JSON to dst or, when counting, only counts its characters.
type printer struct {
	dst    []byte
	n      int // characters, when counting
	level  int
	indent bool
	count  bool
	first  bool // nothing stands yet in the innermost object or list
}

// raw writes ASCII.
func (p *printer) raw(s string) {
	if p.count {
		p.n += len(s)
		return
	}
	p.dst = append(p.dst, s...)
}

func (p *printer) open(bracket string) {
	p.raw(bracket)
	p.level++
	p.first = true
}

func (p *printer) close(bracket string) {
	p.level--
	if !p.first {
		p.newline()
	}
	p.raw(bracket)
	p.first = false
}

func (p *printer) newline() {
	if !p.indent {
		return
	}
	p.raw("\n")
	for range p.level {
		p.raw("  ")
	}
}

// next starts a member of the innermost object or list.
func (p *printer) next() {
	if !p.first {
		p.raw(",")
	}
	p.first = false
	p.newline()
}

func (p *printer) key(name string) {
	p.next()
	p.text(name)
	if p.indent {
		p.raw(": ")
	} else {
		p.raw(":")
	}
}

// field writes a member that is left out when empty.
func (p *printer) field(name, value string) {
	if value != "" {
		p.key(name)
		p.text(value)
	}
}

// list writes a member that is left out when nil.
func (p *printer) list(name string, values []string) {
	if values == nil {
		return
	}
	p.key(name)
	p.values(values)
}

func (p *printer) values(values []string) {
	if len(values) == 1 {
		p.text(values[0])
		return
	}
	p.open("[")
	for _, v := range values {
		p.next()
		p.text(v)
	}
	p.close("]")
}

func (p *printer) document(d *Document) {
	p.open("{")
	p.field("Version", d.Version)
	p.field("Id", d.ID)
	p.key("Statement")
	p.open("[")
	for i := range d.Statements {
		p.next()
		p.statement(&d.Statements[i])
	}
	p.close("]")
	p.close("}")
}

func (p *printer) statement(s *Statement) {
	p.open("{")
	p.field("Sid", s.SID)
	p.field("Effect", string(s.Effect))
	p.principal("Principal", s.Principal)
	p.principal("NotPrincipal", s.NotPrincipal)
	p.list("Action", s.Actions)
	p.list("NotAction", s.NotActions)
	p.list("Resource", s.Resources)
	p.list("NotResource", s.NotResources)
	p.conditions(s.Conditions)
	p.close("}")
}

func (p *printer) principal(name string, pr *Principal) {
	switch {
	case pr == nil:
	case pr.Any:
		p.key(name)
		p.text("*")
	default:
		p.key(name)
		p.open("{")
		p.list("AWS", pr.AWS)
		p.list("Service", pr.Service)
		p.list("Federated", pr.Federated)
		p.list("CanonicalUser", pr.CanonicalUser)
		p.close("}")
	}
}

// conditions writes the Condition element. Looking back for an operator is
// quadratic in their number, which the grammar and sizes keep small.
func (p *printer) conditions(list []Condition) {
	if len(list) == 0 {
		return
	}
	p.key("Condition")
	p.open("{")
	for i := range list {
		if earlier(list[:i], list[i].Operator) {
			continue
		}
		p.key(list[i].Operator)
		p.open("{")
		for j := i; j < len(list); j++ {
			if list[j].Operator == list[i].Operator {
				p.key(list[j].Key)
				p.values(list[j].Values)
			}
		}
		p.close("}")
	}
	p.close("}")
}

func earlier(list []Condition, operator string) bool {
	for i := range list {
		if list[i].Operator == operator {
			return true
		}
	}
	return false
}

// text writes a string in quotes. Text that is not UTF-8 is written with
// U+FFFD in its place; no string of a parsed document holds any.
func (p *printer) text(s string) {
	if p.count {
		p.n += 2 + textLength(s)
		return
	}
	const hex = "0123456789abcdef"
	dst := append(p.dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(dst, s[from:i]...)
				dst = append(dst, "\uFFFD"...)
				from = i + 1
			}
			i += n
			continue
		}
		dst = append(dst, s[from:i]...)
		if e := shortEscape(c); e != 0 {
			dst = append(dst, '\\', e)
		} else {
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	p.dst = append(dst, '"')
}

// shortEscape returns the letter of the two-character escape of c, 0 if it has
// none.
func shortEscape(c byte) byte {
	switch c {
	case '"', '\\':
		return c
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return 0
}
