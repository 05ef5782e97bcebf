package dsl

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A frame is one thing that is open: a bracket, a template, a string.
type frame struct {
	kind   byte // '(' '[' '{' '$' for "${", '"' for a quoted string, '<' for a heredoc
	chain  int  // operators since the last separator; parts of a string
	marker string
}

// scanner walks the bytes of a file once, before the parser sees them, and
// refuses what would make a recursive parser or evaluator deep: its own limit
// is a slice that grows by one entry a level. Where it cannot tell how the
// parser reads something it counts too much, never too little.
type scanner struct {
	src   []byte
	name  string
	pos   int
	line  int
	bol   int // offset of the first byte of the line
	stack []frame
	depth int // frames that count towards MaxNesting
}

// scan returns the first reason to refuse src, or nil.
func scan(name string, src []byte) *hcl.Diagnostic {
	s := &scanner{src: src, name: name, line: 1, stack: []frame{{kind: '{'}}}
	for s.pos < len(src) {
		var d *hcl.Diagnostic
		switch s.top().kind {
		case '"':
			d = s.quoted()
		case '<':
			d = s.heredoc()
		default:
			d = s.expression()
		}
		if d != nil {
			return d
		}
	}
	return nil
}

func (s *scanner) top() *frame { return &s.stack[len(s.stack)-1] }

func (s *scanner) at(prefix string) bool { return bytes.HasPrefix(s.src[s.pos:], []byte(prefix)) }

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
}

func (s *scanner) open(kind byte, width int) *hcl.Diagnostic {
	if s.depth++; s.depth > MaxNesting {
		return diag.Errorf("nesting-too-deep", s.here(width), "This is more than %d brackets, braces and templates inside one another. Name the inner parts with locals.", MaxNesting)
	}
	s.stack = append(s.stack, frame{kind: kind})
	s.pos += width
	return nil
}

func (s *scanner) pop() {
	switch s.top().kind {
	case '(', '[', '{', '$':
		s.depth--
	}
	s.stack = s.stack[:len(s.stack)-1]
}

// closing ends what is open. A brace also ends brackets left open inside it,
// as the parser's own scanner does; another bracket ends only its like.
func (s *scanner) closing(c byte) {
	s.pos++
	if c != '}' {
		if want := map[byte]byte{')': '(', ']': '['}[c]; s.top().kind == want {
			s.pop()
		}
		return
	}
	for i := len(s.stack) - 1; i > 0; i-- {
		if k := s.stack[i].kind; k == '{' || k == '$' {
			for len(s.stack) > i {
				s.pop()
			}
			return
		}
	}
}

func (s *scanner) expression() *hcl.Diagnostic {
	c := s.src[s.pos]
	switch {
	case c == '\n':
		if s.top().kind == '{' {
			s.top().chain = 0
		}
		s.newline()
	case c == '#' || s.at("//"):
		s.skipLine()
	case s.at("/*"):
		s.skipComment()
	case c == '"':
		s.stack = append(s.stack, frame{kind: '"'})
		s.pos++
	case s.at("<<") && s.startHeredoc():
	case c == '(' || c == '[' || c == '{':
		if d := s.operator(); d != nil {
			return d
		}
		return s.open(c, 1)
	case c == ')' || c == ']' || c == '}':
		s.closing(c)
	case c == ',':
		s.top().chain = 0
		s.pos++
	case strings.IndexByte("!-+*/%?:&|=<>.", c) >= 0:
		if d := s.operator(); d != nil {
			return d
		}
		s.pos++
	default:
		return s.plain()
	}
	return nil
}

// plain passes one byte that is no punctuation of the language's.
func (s *scanner) plain() *hcl.Diagnostic {
	if s.reserved(s.pos) {
		return s.reservedText()
	}
	s.pos++
	return nil
}

func (s *scanner) operator() *hcl.Diagnostic {
	if s.top().chain++; s.top().chain > MaxOperators {
		return diag.Errorf("expression-too-long", s.here(1), "One expression holds more than %d operators, indexes and calls. Name its parts with locals.", MaxOperators)
	}
	return nil
}

func (s *scanner) skipLine() {
	for s.pos < len(s.src) && s.src[s.pos] != '\n' {
		s.pos++
	}
}

func (s *scanner) skipComment() {
	s.pos += 2
	for s.pos < len(s.src) && !s.at("*/") {
		if s.src[s.pos] == '\n' {
			s.newline()
		} else {
			s.pos++
		}
	}
	s.pos = min(s.pos+2, len(s.src))
}

// startHeredoc enters "<<EOT" and reports whether there is one here.
func (s *scanner) startHeredoc() bool {
	rest := s.src[s.pos+2:]
	rest = bytes.TrimPrefix(rest, []byte("-"))
	end := bytes.IndexByte(rest, '\n')
	if end < 0 {
		return false
	}
	marker := string(bytes.TrimRight(rest[:end], "\r"))
	if marker == "" || strings.ContainsAny(marker, " \t\"(){}[],") {
		return false
	}
	s.pos = len(s.src) - len(rest) + end
	s.newline()
	s.stack = append(s.stack, frame{kind: '<', marker: marker})
	return true
}

func (s *scanner) heredoc() *hcl.Diagnostic {
	if s.pos == s.bol {
		end := bytes.IndexByte(s.src[s.pos:], '\n')
		if end < 0 {
			end = len(s.src) - s.pos
		}
		if string(bytes.TrimSpace(s.src[s.pos:s.pos+end])) == s.top().marker {
			s.pos += end
			s.pop()
			return nil
		}
	}
	return s.text()
}

func (s *scanner) quoted() *hcl.Diagnostic {
	switch c := s.src[s.pos]; {
	case c == '\n':
		return diag.Errorf("syntax-error", s.here(1), "A quoted string ends on the line where it begins. Close it with a quotation mark, or write \\n, or use a heredoc (<<EOT).")
	case c == '"':
		s.pos++
		s.pop()
	case c == '\\':
		if s.reservedEscape() {
			return s.reservedText()
		}
		s.pos = min(s.pos+2, len(s.src))
	default:
		return s.text()
	}
	return nil
}

// text passes one piece of a string, or enters a template in it.
func (s *scanner) text() *hcl.Diagnostic {
	switch {
	case s.src[s.pos] == '\n':
		s.newline()
	case s.at("$${") || s.at("%%{"):
		s.pos += 3
	case s.at("%{"):
		return diag.Errorf("template-directive", s.here(2), "Template directives (%%{if}, %%{for}) are not part of the language. Use a conditional (a ? b : c) or a for expression; a literal %%{ is written %%%%{.")
	case s.at("${"):
		if s.top().chain++; s.top().chain > MaxParts {
			return diag.Errorf("template-too-long", s.here(2), "One string holds more than %d templates. Build it from locals or with join.", MaxParts)
		}
		return s.open('$', 2)
	default:
		return s.plain()
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
