package dsl

import (
	"bytes"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// Parse parses one file to a body. The scan for limits comes first; a file
// that it refuses is not parsed.
func Parse(file File) (*hclsyntax.Body, hcl.Diagnostics) {
	if _, d := admit(file); d != nil {
		return nil, hcl.Diagnostics{d}
	}
	return parse(file)
}

// admit returns what a file counts towards MaxTokens and why it is refused, or
// nil.
func admit(file File) (int, *hcl.Diagnostic) {
	if !utf8.Valid(file.Bytes) {
		return 0, diag.Errorf("syntax-error", lineOf(file, invalidByte(file.Bytes)), "The file is not UTF-8 text here. Save it as UTF-8.")
	}
	return scan(file.Name, file.Bytes)
}

// parse parses a file that was admitted.
func parse(file File) (*hclsyntax.Body, hcl.Diagnostics) {
	f, diags := hclsyntax.ParseConfig(file.Bytes, file.Name, hcl.InitialPos)
	if len(diags) > diag.MaxDiagnostics {
		diags = diags[:diag.MaxDiagnostics]
	}
	for _, d := range diags {
		if d.Summary == "Attribute redefined" {
			d.Extra, d.Summary = &diag.Info{Code: "duplicate-argument"}, diag.Summary("duplicate-argument")
		}
	}
	diags = diag.Adopt(diags, "syntax-error")
	if f == nil {
		return nil, diags
	}
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok {
		return nil, diags
	}
	return body, diags
}

func invalidByte(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}

// lineOf is the range of one byte, with its line and column counted.
func lineOf(file File, at int) hcl.Range {
	before := file.Bytes[:at]
	line := bytes.Count(before, []byte("\n")) + 1
	col := at - (bytes.LastIndexByte(before, '\n') + 1) + 1
	start := hcl.Pos{Line: line, Column: col, Byte: at}
	end := hcl.Pos{Line: line, Column: col + 1, Byte: min(at+1, len(file.Bytes))}
	return hcl.Range{Filename: file.Name, Start: start, End: end}
}
