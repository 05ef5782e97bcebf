package emit

import (
	"strconv"
	"unicode/utf8"
)

// A Writer writes JSON in the order of its calls, two spaces for each level,
// without the cost of reflection. Between Open and Close stand keys with their
// values, or values alone in a list. It does not check that calls fit together.
type Writer struct {
	buf   []byte
	stack []byte // the closing brackets that are due
	first bool   // nothing stands yet in the innermost bracket
	line  int    // depth from which brackets stand on one line, 0 for none
	value bool   // a key was written and its value is due
}

// Bytes is what was written, with a line break at the end.
func (w *Writer) Bytes() []byte { return append(w.buf, '\n') }

// Grow makes room for n more bytes.
func (w *Writer) Grow(n int) {
	if cap(w.buf)-len(w.buf) < n {
		w.buf = append(make([]byte, 0, len(w.buf)+n), w.buf...)
	}
}

// Open starts an object with '{' or a list with '['.
func (w *Writer) Open(bracket byte) {
	w.next()
	w.buf = append(w.buf, bracket)
	w.stack = append(w.stack, bracket+2) // in ASCII, '}' is '{' + 2 and ']' is '[' + 2
	w.first = true
}

// OpenLine starts an object or list that stands on one line with all it holds.
func (w *Writer) OpenLine(bracket byte) {
	w.Open(bracket)
	if w.line == 0 {
		w.line = len(w.stack)
	}
}

// Close ends the innermost object or list.
func (w *Writer) Close() {
	n := len(w.stack) - 1
	bracket := w.stack[n]
	inLine := w.line != 0
	w.stack = w.stack[:n]
	if n < w.line {
		w.line = 0
	}
	if !w.first && !inLine {
		w.newline()
	}
	w.buf = append(w.buf, bracket)
	w.first = false
}

// Key starts a member of the innermost object.
func (w *Writer) Key(name string) {
	w.next()
	w.buf = appendText(w.buf, name)
	w.buf = append(w.buf, ": "...)
	w.value = true
}

// Text writes a string.
func (w *Writer) Text(s string) {
	w.next()
	w.buf = appendText(w.buf, s)
}

// Int writes a number.
func (w *Writer) Int(n int) {
	w.next()
	w.buf = strconv.AppendInt(w.buf, int64(n), 10)
}

// Bool writes true or false.
func (w *Writer) Bool(b bool) {
	w.next()
	w.buf = strconv.AppendBool(w.buf, b)
}

// Field writes a member that is left out when empty.
func (w *Writer) Field(name, value string) {
	if value != "" {
		w.Key(name)
		w.Text(value)
	}
}

// List writes a member that is a list of strings, one a line.
func (w *Writer) List(name string, values []string) {
	w.Key(name)
	w.Open('[')
	for _, v := range values {
		w.Text(v)
	}
	w.Close()
}

// next stands before every key and every value that has none.
func (w *Writer) next() {
	switch {
	case w.value:
		w.value = false
		return
	case len(w.stack) == 0:
		return
	case !w.first:
		w.buf = append(w.buf, ',')
		if w.line != 0 {
			w.buf = append(w.buf, ' ')
		}
	}
	w.first = false
	if w.line == 0 {
		w.newline()
	}
}

func (w *Writer) newline() {
	w.buf = append(w.buf, '\n')
	for range w.stack {
		w.buf = append(w.buf, ' ', ' ')
	}
}

// appendText appends s in quotation marks with what JSON must escape escaped.
// Text that is not UTF-8 gets U+FFFD in its place, as encoding/json does.
func appendText(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[from:i]...), "\uFFFD"...)
				from = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
