package dsl

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

const ignoreMark = "smr:ignore"

// ignoresOf finds the "# smr:ignore CODE -- reason" comments of a file. One
// behind something speaks of its line, one alone on a line of the block or
// attribute that follows.
func ignoresOf(file File, body *hclsyntax.Body) ([]diag.Ignore, hcl.Diagnostics) {
	if !bytes.Contains(file.Bytes, []byte(ignoreMark)) {
		return nil, nil
	}
	tokens, diags := hclsyntax.LexConfig(file.Bytes, file.Name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, nil // the parser has reported them
	}
	diags = nil
	scopes := map[int]hcl.Range{}
	collectScopes(body, scopes)
	var out []diag.Ignore
	next := followers(tokens)
	for i, t := range tokens {
		if t.Type != hclsyntax.TokenComment {
			continue
		}
		text := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(string(t.Bytes)), "#/"))
		rest, ok := strings.CutPrefix(text, ignoreMark)
		if !ok {
			continue
		}
		rng := t.Range
		if bytes.HasSuffix(t.Bytes, []byte("\n")) {
			rng.End = hcl.Pos{Line: rng.Start.Line, Column: rng.Start.Column + len(bytes.TrimRight(t.Bytes, "\r\n")), Byte: rng.End.Byte - 1}
		}
		code, why, found := strings.Cut(rest, "--")
		code, why = strings.TrimSpace(code), strings.TrimSpace(why)
		if code == "" || strings.ContainsAny(code, " \t,") || !found || why == "" {
			diags = append(diags, diag.Errorf("malformed-ignore", rng, "An ignore names one code and a reason: # %s CODE -- why it does not matter here.", ignoreMark))
			continue
		}
		alone := i == 0 || tokens[i-1].Range.End.Line < t.Range.Start.Line || tokens[i-1].Type == hclsyntax.TokenNewline || tokens[i-1].Type == hclsyntax.TokenComment
		scope := rng
		if alone {
			scope = following(tokens, next[i], scopes, rng)
		}
		out = append(out, diag.Ignore{Code: code, Reason: why, Comment: rng, Scope: scope})
	}
	return out, diags
}

// followers gives for each token the index of the next one that is neither a
// comment nor the end of a line.
func followers(tokens hclsyntax.Tokens) []int {
	next := make([]int, len(tokens))
	after := len(tokens)
	for i := len(tokens) - 1; i >= 0; i-- {
		next[i] = after
		if t := tokens[i].Type; t != hclsyntax.TokenComment && t != hclsyntax.TokenNewline {
			after = i
		}
	}
	return next
}

// following is the range of the item that begins with a token.
func following(tokens hclsyntax.Tokens, i int, scopes map[int]hcl.Range, fallback hcl.Range) hcl.Range {
	if i >= len(tokens) {
		return fallback
	}
	start := tokens[i].Range
	if scope, ok := scopes[start.Start.Byte]; ok {
		return scope
	}
	return hcl.RangeBetween(fallback, start)
}

// collectScopes maps the first byte of every attribute and block to its range.
func collectScopes(b *hclsyntax.Body, scopes map[int]hcl.Range) {
	for _, a := range b.Attributes {
		scopes[a.SrcRange.Start.Byte] = a.SrcRange
	}
	for _, blk := range b.Blocks {
		scopes[blk.TypeRange.Start.Byte] = whole(blk)
		collectScopes(blk.Body, scopes)
	}
}
