package dsl

import (
	"bytes"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns the file in canonical layout: two spaces for each level,
// aligned equals signs, at most one blank line in a row and none at the edges
// of a block, LF line ends and one at the end of the file. Comments stay, and
// so does every byte of a heredoc, since that is a value. Formatting twice is
// formatting once. A file with syntax errors is not formatted: the result is
// nil and the diagnostics say why.
func Format(file File) ([]byte, hcl.Diagnostics) {
	if _, diags := Parse(file); diags.HasErrors() {
		return nil, diags
	}
	lines := relayout(file.Bytes)
	out := hclwrite.Format(lines)
	if !sameTokens(lines, out) {
		// hclwrite takes the space out of "1 .2", an index of a number, and so
		// makes another number of it. Such a file keeps the spaces that it has.
		return lines, nil
	}
	return out, nil
}

// sameTokens reports whether two files differ in white space alone.
func sameTokens(a, b []byte) bool {
	ta, _ := hclsyntax.LexConfig(a, "", hcl.InitialPos)
	tb, _ := hclsyntax.LexConfig(b, "", hcl.InitialPos)
	return slices.EqualFunc(ta, tb, func(x, y hclsyntax.Token) bool {
		return x.Type == y.Type && bytes.Equal(x.Bytes, y.Bytes)
	})
}

// relayout rewrites line ends and blank lines and leaves the rest to hclwrite.
func relayout(src []byte) []byte {
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	w := layout{out: make([]byte, 0, len(src)+1), lineStart: true, opened: true}
	last := 0
	for _, t := range tokens {
		w.token(t, src[last:t.Range.Start.Byte])
		last = t.Range.End.Byte
	}
	w.out = bytes.TrimRight(w.out, "\n")
	if len(w.out) == 0 {
		return nil
	}
	return append(w.out, '\n')
}

// A layout writes tokens with the blank lines that they keep.
type layout struct {
	out       []byte
	lineStart bool // nothing of the line has been written
	opened    bool // the line before ends with an opening bracket, or there is none
	blank     bool // a blank line waits for something to stand before
	bracket   bool // the last token was an opening bracket
}

// token writes one token and the spaces before it.
func (w *layout) token(t hclsyntax.Token, space []byte) {
	switch t.Type {
	case hclsyntax.TokenEOF:
		return
	case hclsyntax.TokenNewline:
		if w.lineStart {
			w.blank = !w.opened
			return
		}
		w.endLine(w.bracket)
		return
	}
	if w.blank && !isClosing(t.Type) {
		w.out = append(w.out, '\n')
	}
	w.blank, w.lineStart = false, false
	w.out = append(w.out, space...)
	if t.Type != hclsyntax.TokenComment {
		w.out = append(w.out, t.Bytes...)
		w.bracket = isOpening(t.Type)
		return
	}
	text := unixLines(t.Bytes)
	if bytes.HasPrefix(text, []byte("/*")) {
		w.out = append(w.out, text...)
		return
	}
	w.out = append(w.out, bytes.TrimRight(text, " \t\r\n")...)
	w.endLine(w.bracket)
}

// unixLines takes the carriage returns before line ends away.
func unixLines(text []byte) []byte {
	lines := bytes.Split(text, []byte("\n"))
	for i := range lines[:len(lines)-1] {
		lines[i] = bytes.TrimRight(lines[i], "\r")
	}
	return bytes.Join(lines, []byte("\n"))
}

func (w *layout) endLine(opened bool) {
	w.out = append(w.out, '\n')
	w.lineStart, w.opened, w.blank, w.bracket = true, opened, false, false
}

func isOpening(t hclsyntax.TokenType) bool {
	return t == hclsyntax.TokenOBrace || t == hclsyntax.TokenOBrack || t == hclsyntax.TokenOParen
}

func isClosing(t hclsyntax.TokenType) bool {
	return t == hclsyntax.TokenCBrace || t == hclsyntax.TokenCBrack || t == hclsyntax.TokenCParen
}
