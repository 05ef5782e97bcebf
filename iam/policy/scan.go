package policy

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// An Error is what makes a text not a policy document, and where.
type Error struct {
	Offset int    // byte offset in the text, from 0; at most its length
	Msg    string // one or more whole sentences without the offset
}

// Error returns the message with the offset in front.
func (e *Error) Error() string {
	return "offset " + strconv.Itoa(e.Offset) + ": " + e.Msg
}

// A scanner reads JSON (RFC 8259) from src. It never recurses and holds no
// nesting: the grammar of policies is of fixed depth, and the parser asks for
// what may stand at each place.
type scanner struct {
	src []byte
	pos int
}

func (s *scanner) errorf(offset int, format string, args ...any) *Error {
	return &Error{Offset: min(offset, len(s.src)), Msg: fmt.Sprintf(format, args...)}
}

// space skips white space and returns the next byte, 0 at the end.
func (s *scanner) space() byte {
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// accept skips white space and, if it is next, c.
func (s *scanner) accept(c byte) bool {
	if s.space() == c && s.pos < len(s.src) {
		s.pos++
		return true
	}
	return false
}

// found names what stands at the current place, for messages.
func (s *scanner) found() string {
	c := s.space()
	switch {
	case s.pos >= len(s.src):
		return "the end of the text"
	case c == '{':
		return "an object"
	case c == '[':
		return "a list"
	case c == '"':
		return "a string"
	case c == '-' || c >= '0' && c <= '9':
		return "a number"
	}
	end := s.pos
	for end < len(s.src) && s.src[end] >= 'a' && s.src[end] <= 'z' {
		end++
	}
	switch word := string(s.src[s.pos:end]); word {
	case "true", "false", "null":
		return word
	}
	r, _ := utf8.DecodeRune(s.src[s.pos:])
	return strconv.QuoteRune(r)
}

// open reads the byte that starts an object or list.
func (s *scanner) open(c byte, what, where string) *Error {
	if s.accept(c) {
		return nil
	}
	return s.errorf(s.pos, "%s must be %s, not %s.", where, what, s.found())
}

// more reports whether another member follows in the object or list that
// close ends; first tells that none was read yet. It reads the comma or close.
func (s *scanner) more(closer byte, first bool) (bool, *Error) {
	if first {
		return !s.accept(closer), nil
	}
	if s.accept(closer) {
		return false, nil
	}
	if s.accept(',') {
		return true, nil
	}
	return false, s.errorf(s.pos, "Expected ',' or %q, not %s.", closer, s.found())
}

// key reads a member's name and colon, and returns the name and its offset.
func (s *scanner) key() (string, int, *Error) {
	if s.space() != '"' {
		return "", 0, s.errorf(s.pos, "Expected a name in double quotes, not %s.", s.found())
	}
	at := s.pos
	name, err := s.text()
	if err != nil {
		return "", 0, err
	}
	if !s.accept(':') {
		return "", 0, s.errorf(s.pos, "Expected ':' after %q, not %s.", name, s.found())
	}
	return name, at, nil
}

// text reads a string whose opening quote is next.
func (s *scanner) text() (string, *Error) {
	start := s.pos
	s.pos++
	from := s.pos
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == '"':
			s.pos++
			return string(s.src[from : s.pos-1]), nil
		case c == '\\' || c < ' ' || c >= utf8.RuneSelf:
			return s.slowText(start, from)
		default:
			s.pos++
		}
	}
	return "", s.errorf(start, "The string has no closing quote.")
}

// slowText goes on with a string that holds escapes, controls or characters
// beyond ASCII; what is before s.pos since from is plain.
func (s *scanner) slowText(start, from int) (string, *Error) {
	buf := append([]byte(nil), s.src[from:s.pos]...)
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		switch {
		case c == '"':
			s.pos++
			return string(buf), nil
		case c < ' ':
			return "", s.errorf(s.pos, "The string holds the control character U+%04X; write it as an escape.", c)
		case c == '\\':
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			buf = utf8.AppendRune(buf, r)
		default:
			r, n := utf8.DecodeRune(s.src[s.pos:])
			if r == utf8.RuneError && n == 1 {
				return "", s.errorf(s.pos, "The text is not UTF-8: byte 0x%02X.", c)
			}
			buf = append(buf, s.src[s.pos:s.pos+n]...)
			s.pos += n
		}
	}
	return "", s.errorf(start, "The string has no closing quote.")
}

// escape reads a backslash escape.
func (s *scanner) escape() (rune, *Error) {
	at := s.pos
	s.pos++
	if s.pos >= len(s.src) {
		return 0, s.errorf(at, "The escape is not complete.")
	}
	c := s.src[s.pos]
	s.pos++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return s.unicodeEscape(at)
	}
	return 0, s.errorf(at, "JSON knows no such escape; it has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hexadecimal digits.")
}

// unicodeEscape reads the digits of a \u escape that starts at offset at, and
// those of the second half of a surrogate pair.
func (s *scanner) unicodeEscape(at int) (rune, *Error) {
	r, ok := s.hex4()
	if !ok {
		return 0, s.errorf(at, "The escape \\u needs four hexadecimal digits.")
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if s.pos+1 < len(s.src) && s.src[s.pos] == '\\' && s.src[s.pos+1] == 'u' {
		s.pos += 2
		if low, ok := s.hex4(); ok {
			if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
				return full, nil
			}
		}
	}
	return 0, s.errorf(at, "The escape is half of a surrogate pair; both halves must be written.")
}

func (s *scanner) hex4() (rune, bool) {
	if s.pos+4 > len(s.src) {
		return 0, false
	}
	var r rune
	for _, c := range s.src[s.pos : s.pos+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	s.pos += 4
	return r, true
}

// number reads a JSON number and returns its text as written.
func (s *scanner) number() (string, *Error) {
	start := s.pos
	if s.src[s.pos] == '-' {
		s.pos++
	}
	ok := s.at('0')
	if !ok {
		ok = s.digits()
	}
	if ok && s.at('.') {
		ok = s.digits()
	}
	if ok && (s.at('e') || s.at('E')) {
		if !s.at('+') {
			s.at('-')
		}
		ok = s.digits()
	}
	if !ok || s.pos < len(s.src) && s.src[s.pos] >= '0' && s.src[s.pos] <= '9' {
		return "", s.errorf(start, "The number is not written as JSON writes numbers.")
	}
	return string(s.src[start:s.pos]), nil
}

// at steps over c if it is the very next byte.
func (s *scanner) at(c byte) bool {
	if s.pos < len(s.src) && s.src[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.src) && s.src[s.pos] >= '0' && s.src[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}
