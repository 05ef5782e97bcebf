package render

import (
	"bytes"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A position is a place in a file: line and column from 1, the column in code
// points, and the byte offset from 0.
type position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// A span is a range of one file with positions counted from its bytes; the end
// is the position after the last character.
type span struct {
	File       string
	Start, End position
}

// spanOf counts the positions of a range. A file whose text is not known keeps
// what the range says.
func (o Options) spanOf(r *diag.Report, rng hcl.Range) span {
	s := span{File: o.path(rng.Filename), Start: plain(rng.Start), End: plain(rng.End)}
	src := o.source(r, rng.Filename)
	if src == nil {
		return s
	}
	s.Start = locate(src, rng.Start)
	s.End = locate(src, rng.End)
	if s.End.Byte < s.Start.Byte {
		s.End = s.Start
	}
	return s
}

// plain takes a position as it is; one of a whole file has no line.
func plain(p hcl.Pos) position {
	return position{Line: max(p.Line, 1), Column: max(p.Column, 1), Byte: p.Byte}
}

// locate counts line and column of a byte offset. Lines end with LF; the CR
// before it belongs to the line end, so no column lies behind it.
func locate(src []byte, p hcl.Pos) position {
	at := min(max(p.Byte, 0), len(src))
	start := bytes.LastIndexByte(src[:at], '\n') + 1
	text := src[start:at]
	if at < len(src) && src[at] == '\n' {
		text = bytes.TrimSuffix(text, []byte("\r"))
	}
	return position{Line: bytes.Count(src[:start], []byte("\n")) + 1, Column: utf8.RuneCount(text) + 1, Byte: at}
}

// lineAt returns the line of text around a byte offset, without its end, and
// the offset at which it begins.
func lineAt(src []byte, at int) (line []byte, start int) {
	at = min(max(at, 0), len(src))
	start = bytes.LastIndexByte(src[:at], '\n') + 1
	end := len(src)
	if i := bytes.IndexByte(src[start:], '\n'); i >= 0 {
		end = start + i
	}
	return bytes.TrimSuffix(src[start:end], []byte("\r")), start
}
