package dsl

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A frame is one thing that is open: a bracket, a template, a string.
type frame struct {
	kind     byte   // '(' '[' '{' '$' for "${", '"' for a quoted string, '<' for a heredoc
	loop     bool   // a for expression in braces, where lines do not end items
	begun    bool   // something stands in it
	chain    int    // operators since the last separator
	parts    int    // pieces of a string: templates, lines, $ and % signs
	elements int    // commas
	marker   string // of a heredoc
	at       hcl.Range
}

// scanner walks the bytes of a file once, before the parser sees them, and
// refuses what would make a recursive parser or evaluator deep: its own limit
// is a slice that grows by one entry a level. It reads tokens exactly as the
// parser's own scanner does (hclsyntax/scan_tokens.rl) and refuses brackets
// that do not match, so that the parser cannot see another nesting than it did.
type scanner struct {
	src    []byte
	name   string
	pos    int
	line   int
	bol    int // offset of the first byte of the line
	stack  []frame
	depth  int // frames that count towards MaxNesting
	path   int // operators on the way from the outermost frame to here
	tokens int
}

// scan returns what src counts towards MaxTokens and the first reason to
// refuse it, or nil.
func scan(name string, src []byte) (tokens int, d *hcl.Diagnostic) {
	s := &scanner{src: src, name: name, line: 1, stack: []frame{{kind: '{', begun: true}}}
	s.pos = len(src) - len(bytes.TrimPrefix(src, []byte("\ufeff")))
	for s.pos < len(src) && d == nil {
		switch s.top().kind {
		case '"':
			d = s.quoted()
		case '<':
			d = s.heredoc()
		default:
			d = s.expression()
		}
	}
	if d == nil {
		d = s.unclosed()
	}
	return s.tokens + len(src)/bytesAToken, d
}

func (s *scanner) top() *frame { return &s.stack[len(s.stack)-1] }

func (s *scanner) at(prefix string) bool {
	return len(s.src)-s.pos >= len(prefix) && string(s.src[s.pos:s.pos+len(prefix)]) == prefix
}

// here is the range of the n bytes at the current place.
func (s *scanner) here(n int) hcl.Range {
	start := hcl.Pos{Line: s.line, Column: s.pos - s.bol + 1, Byte: s.pos}
	end := hcl.Pos{Line: s.line, Column: start.Column + n, Byte: min(s.pos+n, len(s.src))}
	return hcl.Range{Filename: s.name, Start: start, End: end}
}

func (s *scanner) newline() {
	s.pos++
	s.line++
	s.bol = s.pos
	s.tokens++
}

// enter opens a frame that is width bytes wide.
func (s *scanner) enter(kind byte, width int, marker string) {
	s.top().begun = true
	s.stack = append(s.stack, frame{kind: kind, marker: marker, at: s.here(width)})
	s.pos += width
	s.tokens++
}

func (s *scanner) open(kind byte, width int) *hcl.Diagnostic {
	if s.depth++; s.depth > MaxNesting {
		return diag.Errorf("nesting-too-deep", s.here(width), "This is more than %d brackets, braces and templates inside one another. Name the inner parts with locals.", MaxNesting)
	}
	s.enter(kind, width, "")
	return nil
}

func (s *scanner) pop() {
	switch s.top().kind {
	case '(', '[', '{', '$':
		s.depth--
	}
	s.separate()
	s.stack = s.stack[:len(s.stack)-1]
}

// separate forgets the operators of an element that ends.
func (s *scanner) separate() {
	s.path -= s.top().chain
	s.top().chain = 0
}

// opener is what a closing bracket closes; a brace also closes "${".
var opener = map[byte]byte{')': '(', ']': '[', '}': '{'}

// closing ends what is open, which must be its like.
func (s *scanner) closing(c byte) *hcl.Diagnostic {
	t := s.top()
	if want := opener[c]; len(s.stack) > 1 && (t.kind == want || c == '}' && t.kind == '$') {
		s.pop()
		s.pos++
		s.tokens++
		return nil
	}
	if len(s.stack) == 1 {
		return diag.Errorf("syntax-error", s.here(1), "This %q closes nothing. Delete it, or open what it closes.", string(c))
	}
	return diag.Relate(diag.Errorf("syntax-error", s.here(1), "This %q stands where %q is to be closed first.", string(c), t.text()), t.at, "opened here")
}

// text is the mark that opened a frame.
func (f *frame) text() string {
	if f.kind == '$' {
		return "${"
	}
	return string(f.kind)
}

// unclosed refuses a file that ends inside something.
func (s *scanner) unclosed() *hcl.Diagnostic {
	t := s.top()
	switch {
	case len(s.stack) == 1:
		return nil
	case t.kind == '<':
		return diag.Errorf("syntax-error", t.at, "The text that begins here never ends. Write %s alone on a line behind it.", t.marker)
	case t.kind == '"':
		return diag.Errorf("syntax-error", t.at, "This string never ends. Close it with a quotation mark.")
	}
	return diag.Errorf("syntax-error", t.at, "This %q is never closed.", t.text())
}

func (s *scanner) expression() *hcl.Diagnostic {
	c := s.src[s.pos]
	switch {
	case c == '\n':
		if t := s.top(); t.kind == '{' && !t.loop {
			s.separate()
		}
		s.newline()
	case c == ' ' || c == '\t' || c == '\r':
		s.pos++
	case c == '#' || s.at("//"):
		s.skipLine()
	case s.at("/*"):
		return s.skipComment()
	case c == '"':
		s.enter('"', 1, "")
	case s.at("<<") && s.startHeredoc():
	case c == '(' || c == '[' || c == '{':
		if d := s.operator(); d != nil {
			return d
		}
		return s.open(c, 1)
	case c == ')' || c == ']' || c == '}':
		return s.closing(c)
	case c == ',':
		return s.comma()
	case strings.IndexByte("!-+*/%?:&|=<>.", c) >= 0:
		if d := s.operator(); d != nil {
			return d
		}
		s.pos++
	default:
		return s.word()
	}
	return nil
}

func (s *scanner) comma() *hcl.Diagnostic {
	s.separate()
	s.tokens++
	if t := s.top(); t.elements < MaxElements {
		t.elements++
	} else {
		return diag.Errorf("value-too-large", s.here(1), "This list has more than %d elements. Divide the configuration into several directories.", MaxElements)
	}
	s.pos++
	return nil
}

// word passes a name or a number, or one byte that is neither.
func (s *scanner) word() *hcl.Diagnostic {
	if s.reserved(s.pos) {
		return s.reservedText()
	}
	start, t := s.pos, s.top()
	digits := isDigit(s.src[s.pos])
	for s.pos < len(s.src) && isWord(s.src[s.pos]) && (!digits || isDigit(s.src[s.pos])) {
		s.pos++
	}
	switch n := s.pos - start; {
	case n == 0:
		s.pos++ // a letter outside ASCII, or nothing that the language has
	case digits && n > MaxDigits:
		s.pos = start
		return diag.Errorf("number-too-large", s.here(n), "This number has %d digits; a number has at most %d. Put it in quotation marks if it is text.", n, MaxDigits)
	case n > MaxName:
		s.pos = start
		return diag.Errorf("name-too-long", s.here(n), "A name has at most %d characters, and this one has %d.", MaxName, n)
	case t.kind == '{' && !t.begun && string(s.src[start:s.pos]) == "for":
		t.loop = true
	}
	t.begun = true
	s.tokens++
	return nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWord reports whether c can stand in a name after its first letter, as far
// as ASCII goes.
func isWord(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-'
}

func (s *scanner) operator() *hcl.Diagnostic {
	s.tokens += tokensAnOperator
	s.top().begun = true
	s.top().chain++
	if s.path++; s.path > MaxOperators {
		return diag.Errorf("expression-too-long", s.here(1), "One expression holds more than %d operators, indexes and calls. Name its parts with locals.", MaxOperators)
	}
	return nil
}

func (s *scanner) skipLine() {
	for s.pos < len(s.src) && s.src[s.pos] != '\n' {
		s.pos++
	}
}

// skipComment passes a comment between /* and */. The parser's scanner reads
// one that never ends as two operators, so it is refused here.
func (s *scanner) skipComment() *hcl.Diagnostic {
	at := s.here(2)
	s.pos += 2
	for s.pos < len(s.src) && !s.at("*/") {
		if s.src[s.pos] == '\n' {
			s.newline()
		} else {
			s.pos++
		}
	}
	if s.pos >= len(s.src) {
		return diag.Errorf("syntax-error", at, "This comment never ends. Close it with */.")
	}
	s.pos += 2
	return nil
}

// startHeredoc enters "<<EOT" and reports whether there is one here: the
// marker is a name, and the line ends behind it.
func (s *scanner) startHeredoc() bool {
	i := s.pos + 2
	if i < len(s.src) && s.src[i] == '-' {
		i++
	}
	start := i
	for i < len(s.src) && (isWord(s.src[i]) || s.src[i] >= 0x80) {
		i++
	}
	marker := string(s.src[start:i])
	if i < len(s.src) && s.src[i] == '\r' {
		i++
	}
	if i >= len(s.src) || s.src[i] != '\n' || !hclsyntax.ValidIdentifier(marker) {
		return false
	}
	s.enter('<', i-s.pos, marker)
	s.newline()
	return true
}

func (s *scanner) heredoc() *hcl.Diagnostic {
	if s.pos == s.bol {
		end := bytes.IndexByte(s.src[s.pos:], '\n')
		if end >= 0 && string(bytes.TrimSpace(s.src[s.pos:s.pos+end])) == s.top().marker {
			s.pos += end
			s.pop()
			return nil
		}
	}
	return s.text()
}

func (s *scanner) quoted() *hcl.Diagnostic {
	switch c := s.src[s.pos]; {
	case c == '\n' || c == '\r':
		return diag.Errorf("syntax-error", s.here(1), "A quoted string ends on the line where it begins. Close it with a quotation mark, or write \\n, or use a heredoc (<<EOT).")
	case c == '"':
		s.pos++
		s.pop()
	case c == '\\':
		if s.reservedEscape() {
			return s.reservedText()
		}
		if s.pos++; s.pos < len(s.src) && s.src[s.pos] != '\n' && s.src[s.pos] != '\r' {
			s.pos++
		}
	default:
		return s.text()
	}
	return nil
}

// text passes one piece of a string, or enters a template in it.
func (s *scanner) text() *hcl.Diagnostic {
	c := s.src[s.pos]
	if c == '\n' || c == '$' || c == '%' {
		if d := s.part(); d != nil {
			return d
		}
	}
	switch {
	case c == '\n':
		s.newline()
	case c != '$' && c != '%':
		if s.reserved(s.pos) {
			return s.reservedText()
		}
		s.pos++
	case s.at("$${") || s.at("%%{"):
		s.pos += 3
	case s.at("%{"):
		return diag.Errorf("template-directive", s.here(2), "Template directives (%%{if}, %%{for}) are not part of the language. Use a conditional (a ? b : c) or a for expression; a literal %%{ is written %%%%{.")
	case s.at("${"):
		return s.open('$', 2)
	default:
		s.pos++
	}
	return nil
}

// part counts one more piece of a string, which begins at every template, line
// and $ or % sign: the parser joins pieces in a time that grows with the square
// of their number.
func (s *scanner) part() *hcl.Diagnostic {
	if s.top().parts++; s.top().parts > MaxParts {
		return diag.Errorf("template-too-long", s.here(1), "One string holds more than %d templates, lines and signs $ and %%. Build it from locals or with join.", MaxParts)
	}
	return nil
}

// reserved reports whether one of U+E000 to U+E0FF stands at i: the compiler
// uses them for what is known only at deployment.
func (s *scanner) reserved(i int) bool {
	return i+2 < len(s.src) && s.src[i] == 0xee && s.src[i+1] >= 0x80 && s.src[i+1] <= 0x83
}

func (s *scanner) reservedEscape() bool {
	esc := strings.ToLower(string(s.src[s.pos:min(s.pos+10, len(s.src))]))
	return strings.HasPrefix(esc, `\ue0`) || strings.HasPrefix(esc, `\u0000e0`)
}

func (s *scanner) reservedText() *hcl.Diagnostic {
	return diag.Errorf("reserved-character", s.here(1), "The characters U+E000 to U+E0FF are reserved; an IAM policy admits characters up to U+00FF only. Delete the character.")
}
