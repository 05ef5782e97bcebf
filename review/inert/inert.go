// Package inert makes text that somebody else wrote mean nothing but itself:
// in a comment, a table, a log that a runner reads, an annotation or an output.
//
// Whatever comes from a pull request is such text: names of roles and files,
// ARNs, source lines, error messages. None of it may become a link, a mention,
// an approval, a heading, a closed fold, a workflow command or an output.
package inert

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxSpan is the largest number of characters of untrusted text that one code
// span shows. The whole text stands in the report.
const MaxSpan = 256

// replacement stands for a character that cannot be seen, or that moves what
// stands around it: U+25CC DOTTED CIRCLE.
const replacement = '◌'

// Text is text as one line in which everything can be seen: line breaks,
// controls, marks that turn the direction of writing, characters without width,
// other blanks than the space and private-use characters are shown as ◌. It may
// still hold Markdown; Code and Cell are for that.
func Text(s string) string { return visible(s, false) }

// Lines is the same for text of several lines, which end with a line feed.
// Tabs are kept too.
func Lines(s string) string { return visible(s, true) }

func visible(s string, lines bool) string {
	var b strings.Builder
	marks := 0
	for _, r := range s {
		switch {
		case lines && (r == '\n' || r == '\t'):
			marks = 0
		case unseen(r):
			r = replacement
		case unicode.Is(unicode.M, r):
			// A pile of marks on one letter covers the lines above.
			if marks++; marks > 2 || b.Len() == 0 {
				r = replacement
			}
		default:
			marks = 0
		}
		b.WriteRune(r)
	}
	return b.String()
}

// unseen reports whether a character cannot be seen. Some are letters or signs
// by category: the Hangul fillers, the blank of Braille.
func unseen(r rune) bool {
	return r == utf8.RuneError || !unicode.IsPrint(r) || r == '\u2800' ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}

// Cut is text of at most n characters; a longer one ends with "…".
func Cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return string(runes[:max(0, n-1)]) + "…"
}

// Code is untrusted text as a Markdown code span (CommonMark, "Code spans"), on
// one line: for paragraphs, list items and the text of links, but not inside
// HTML and not in a table. In a code span nothing is interpreted, and GitHub
// makes no mentions, references or links there. Never begin a line with it:
// the span protects readers of the rendered page, not bots that read the lines.
func Code(s string) string {
	return span(Cut(Text(s), MaxSpan))
}

// maxFence is how many backticks begin a code span that every renderer knows:
// cmark reads 80.
const maxFence = 64

func span(s string) string {
	run := longestRun(s)
	if strings.Trim(s, " ") == "" || run >= maxFence {
		return element(s) // a code span cannot be empty, nor show blanks alone
	}
	fence := strings.Repeat("`", run+1)
	if s[0] == ' ' || s[0] == '`' || s[len(s)-1] == ' ' || s[len(s)-1] == '`' {
		s = " " + s + " " // one blank of each side is taken away again
	}
	return fence + s + fence
}

// longestRun is the length of the longest run of backticks.
func longestRun(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// Cell is untrusted text as a code span in a table's cell (GitHub Flavored
// Markdown, "Tables"): a bar is escaped even inside of a code span. What a
// backslash before that escapes, implementations do not agree on: a bar that
// follows a backslash is set apart from it by ◌.
func Cell(s string) string {
	s = strings.ReplaceAll(Cut(Text(s), MaxSpan), `\|`, `\`+string(replacement)+`|`)
	return strings.ReplaceAll(span(s), "|", `\|`)
}

// HTML is untrusted text as a code element, for where Markdown is not read,
// such as the summary of a fold. It is as inert where Markdown is read: every
// sign of ASCII is spelled as a character reference, and what follows an @ is
// kept from making an address of mail with it.
func HTML(s string) string { return element(Cut(Text(s), MaxSpan)) }

func element(s string) string {
	var b strings.Builder
	b.WriteString("<code>")
	for i, r := range s {
		switch {
		case r == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' '):
			b.WriteString("&#32;")
		case r == ' ' || r > unicode.MaxASCII || unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteString("&#" + decimal(r) + ";")
			if r == '@' {
				b.WriteString("<!-- -->")
			}
		}
	}
	b.WriteString("</code>")
	return b.String()
}

// decimal spells a character of ASCII by its number.
func decimal(r rune) string {
	digits := []byte{'0' + byte(r/100), '0' + byte(r/10%10), '0' + byte(r%10)}
	return strings.TrimLeft(string(digits), "0")
}

// Block is untrusted text as a fenced code block (CommonMark, "Fenced code
// blocks"), which ends with a line feed. The language is ours, such as "diff".
// A line that begins with none of "+", "-" and a blank is given a blank, so
// that none begins with a word that a bot takes for an order. Of more than 200
// backticks in a row, ◌ follows each 200.
func Block(language, text string) string {
	text = strings.TrimSuffix(Lines(text), "\n")
	// The longest fence that cmark tells from a longer one has 255.
	long := strings.Repeat("`", 200)
	text = strings.ReplaceAll(text, long, long+string(replacement))
	fence := strings.Repeat("`", max(3, longestRun(text)+1))
	var b strings.Builder
	b.WriteString(fence + language + "\n")
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && !strings.ContainsRune("+- ", rune(line[0])) {
			b.WriteByte(' ')
		}
		b.WriteString(line + "\n")
	}
	b.WriteString(fence + "\n")
	return b.String()
}

// Link is a Markdown link. The text is Markdown of ours, such as what [Code]
// returns; the address comes from [URL]. In a table take the text from [Cell].
func Link(text, url string) string {
	if url == "" {
		return text
	}
	return "[" + text + "](" + url + ")"
}

// URL joins an address and what follows it in its path, each part as it is
// spelled, with slashes in it kept. Nothing of a part can end the address, in
// Markdown or in HTML, or change its host. The address itself, such as
// GITHUB_SERVER_URL, is refused, with "", if it is not one of https or http.
func URL(address string, parts ...string) string {
	rest, ok := strings.CutPrefix(address, "https://")
	scheme := "https://"
	if !ok {
		scheme = "http://"
		rest, ok = strings.CutPrefix(address, scheme)
	}
	rest = strings.TrimRight(rest, "/")
	if !ok || rest == "" || strings.Trim(rest, unreserved+":/[]") != "" {
		return ""
	}
	var b strings.Builder
	b.WriteString(scheme + rest)
	for _, part := range parts {
		b.WriteByte('/')
		for i := range len(part) {
			if strings.IndexByte(unreserved+"/", part[i]) >= 0 {
				b.WriteByte(part[i])
			} else {
				b.WriteByte('%')
				b.WriteByte("0123456789ABCDEF"[part[i]>>4])
				b.WriteByte("0123456789ABCDEF"[part[i]&15])
			}
		}
	}
	return b.String()
}

// unreserved are the characters that stand for themselves in an address (RFC
// 3986, section 2.3), without the underscore and tilde, which Markdown reads.
const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."
