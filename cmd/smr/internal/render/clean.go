package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes text of a user's safe to print on one line of a terminal or log:
// control characters, characters that change the direction of text, invisible
// ones, and bytes that are not UTF-8 are written as escapes. A tab becomes two
// spaces.
func clean(s string) string {
	if !strings.ContainsFunc(s, unsafe) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\t':
			b.WriteString("  ")
		case unsafe(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// unsafe reports whether a character is escaped. U+200D joins emoji and U+FE0F
// chooses their look; everything else of the kinds Control, Format, Private use
// and Separator (line, paragraph) goes.
func unsafe(r rune) bool {
	if r == '\u200d' {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}

// cleanLines is clean for text of several lines, which stay.
func cleanLines(s string) []string {
	lines := strings.Split(strings.TrimRight(s, "\r\n"), "\n")
	for i, line := range lines {
		lines[i] = clean(strings.TrimRight(line, " \t\r"))
	}
	return lines
}

// columns is how many columns of a terminal cleaned text takes: East Asian wide
// characters and emoji take two, combining marks none (Unicode Standard Annex
// 11, the ranges in use).
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r == '\u200d' || unicode.In(r, unicode.Mn, unicode.Me):
		case wide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

func wide(r rune) bool {
	return r >= 0x1100 && (r <= 0x115f || // Hangul Jamo
		r >= 0x2e80 && r <= 0x303e || // CJK radicals, punctuation
		r >= 0x3041 && r <= 0x33ff || // Kana, CJK symbols
		r >= 0x3400 && r <= 0x4dbf || r >= 0x4e00 && r <= 0x9fff || // CJK ideographs
		r >= 0xa000 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || // Yi, Hangul
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || // compatibility forms
		r >= 0xff00 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6 || // full-width forms
		r >= 0x1f300 && r <= 0x1f64f || r >= 0x1f680 && r <= 0x1f6ff || r >= 0x1f900 && r <= 0x1faff || // emoji
		r >= 0x20000 && r <= 0x3fffd)
}

// wrap breaks text at spaces so that no line is wider than width columns where
// a break can help; width 0 leaves it in one line.
func wrap(s string, width int) []string {
	if width <= 0 || columns(s) <= width {
		return []string{s}
	}
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(s) {
		n := columns(word)
		if used > 0 && used+1+n > width {
			lines = append(lines, line)
			line, used = "", 0
		}
		if used > 0 {
			line += " "
			used++
		}
		line += word
		used += n
	}
	return append(lines, line)
}

// Lines writes text made safe, each line wrapped at width columns and indented
// as it is.
func Lines(w io.Writer, text string, width int) error {
	b := bufio.NewWriter(w)
	for _, line := range cleanLines(text) {
		body := strings.TrimLeft(line, " ")
		lead := line[:len(line)-len(body)]
		if width > 0 {
			width = max(width, len(lead)+20)
		}
		for _, part := range wrap(body, max(width-len(lead), 0)) {
			fmt.Fprintln(b, strings.TrimRight(lead+part, " "))
		}
	}
	return b.Flush()
}
