package comment

import (
	"strconv"
	"strings"
	"unicode"
)

// maxShown is how many characters of one text are shown.
const maxShown = 256

// plain makes text of anybody's one line of harmless characters: controls,
// characters that change the direction of text, invisible ones and those
// without a meaning are shown as ◌.
func plain(s string) string { return plainOf(s, maxShown) }

// plainOf is plain with another limit.
func plainOf(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > limit {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		case r == unicode.ReplacementChar || !unicode.IsGraphic(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			b.WriteRune('◌')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// code is text inside of a code span that it cannot end: the fence is longer
// than any run of backticks in it.
func code(s string) string {
	s = plain(s)
	if strings.TrimSpace(s) == "" {
		s = "◌"
	}
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 || s[0] == ' ' && s[len(s)-1] == ' ' {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

// htmlCode is the same where only HTML is read. What Markdown would still act on
// in a line of HTML becomes a character reference.
func htmlCode(s string) string {
	var b strings.Builder
	for _, r := range plain(s) {
		if strings.ContainsRune("`*_~[]()!\\|@:/.#<>&\"'", r) {
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		} else {
			b.WriteRune(r)
		}
	}
	return "<code>" + b.String() + "</code>"
}
