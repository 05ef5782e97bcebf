package comment

import (
	"fmt"
	"path"
	"strings"

	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/inert"
)

// few shows the first three texts of a list.
func few(list []string) string { return upTo(list, 3) }

func upTo(list []string, n int) string {
	var out []string
	for _, s := range list[:min(n, len(list))] {
		out = append(out, cell(s))
	}
	text := strings.Join(out, " ")
	if rest := len(list) - n; rest > 0 {
		text += fmt.Sprintf(" and %d more", rest)
	}
	return text
}

// spans packs names into code spans of at most the length that one shows.
func spans(names []string) []string {
	var out []string
	line := ""
	for _, n := range names {
		switch {
		case line == "":
			line = n
		case len(line)+2+len(n) > 240:
			out = append(out, code(line))
			line = n
		default:
			line += ", " + n
		}
	}
	if line != "" {
		out = append(out, code(line))
	}
	return out
}

// link leads to a line of head, if there is anywhere to lead to.
func (w *writer) link(text, file string, line int) string {
	in := w.in
	if in.Repository == "" || in.Head == "" || file == "" {
		return text
	}
	name := strings.TrimPrefix(path.Join(in.Directory, file), "/")
	target := inert.URL(in.Server, in.Repository, "blob", in.Head, name)
	if target == "" {
		return text
	}
	if line > 0 {
		target += fmt.Sprintf("#L%d", line)
	}
	return inert.Link(text, target)
}

// at is a link to a place with its file and line, after sep; "" without one.
func (w *writer) at(file string, line int, sep string) string {
	if file == "" {
		return ""
	}
	return sep + w.link(cell(fmt.Sprintf("%s:%d", file, line)), file, line)
}

func (w *writer) atPlace(p *review.Place, before, after string) string {
	if p == nil {
		return ""
	}
	return w.at(p.File, p.Line, before) + after
}
