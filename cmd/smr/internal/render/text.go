package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// maxSnippet is how many lines of source a diagnostic shows.
const maxSnippet = 5

// Text writes the report for people, in the layout that users of HCL know:
// severity and summary, the place with its lines of source, the detail, related
// places and the way out.
func Text(w io.Writer, r *diag.Report, o Options) error {
	t := textWriter{w: bufio.NewWriter(w), r: r, o: o, bodies: map[string]body{}}
	for _, d := range r.Diags {
		t.diagnostic(d)
	}
	if r.Cut > 0 {
		fmt.Fprintf(t.w, "… and %d more.\n\n", r.Cut)
	}
	return t.w.Flush()
}

type textWriter struct {
	w      *bufio.Writer
	r      *diag.Report
	o      Options
	bodies map[string]body // by file name, nil for one that does not parse
}

// A body finds the block around a place.
type body interface {
	OutermostBlockAtPos(hcl.Pos) *hcl.Block
}

func (t *textWriter) diagnostic(d *hcl.Diagnostic) {
	info := diag.InfoOf(d)
	tint := map[string]style{"error": red, "warning": yellow, "notice": cyan}[severity(d)]
	head := strings.ToUpper(severity(d)[:1]) + severity(d)[1:] + ":"
	fmt.Fprintf(t.w, "%s %s", t.paint(tint, head), t.paint(bold, clean(d.Summary)))
	if info.Code != "" {
		fmt.Fprintf(t.w, " [%s]", clean(info.Code))
	}
	t.w.WriteString("\n\n")
	if d.Subject != nil {
		t.place(*d.Subject, tint)
	}
	for _, line := range cleanLines(d.Detail) {
		t.paragraph("", line)
	}
	t.w.WriteString("\n")
	for _, rel := range info.Related {
		s := t.o.spanOf(t.r, rel.Range)
		fmt.Fprintf(t.w, "  %s: %s line %d\n", clean(rel.Message), clean(s.File), s.Start.Line)
		t.snippet(rel.Range, tint)
		t.w.WriteString("\n")
	}
	for _, fix := range info.Fixes {
		t.paragraph("  "+t.paint(green, "help:")+" ", clean(fix.Message))
		if fix.Text != "" {
			for _, line := range cleanLines(fix.Text) {
				fmt.Fprintln(t.w, strings.TrimRight("    "+line, " "))
			}
		}
		t.w.WriteString("\n")
	}
}

// paragraph writes one line of text, wrapped; the lead stands before the first.
func (t *textWriter) paragraph(lead, text string) {
	width := t.o.Width
	if width > 0 {
		width = max(width-8, 20)
	}
	for i, line := range wrap(text, width) {
		if i > 0 && lead != "" {
			lead = "        "
		}
		fmt.Fprintln(t.w, lead+line)
	}
}

// place writes where a diagnostic points and the source there.
func (t *textWriter) place(rng hcl.Range, tint style) {
	s := t.o.spanOf(t.r, rng)
	if t.o.source(t.r, rng.Filename) == nil {
		fmt.Fprintf(t.w, "  on %s\n\n", clean(s.File))
		return
	}
	in := ""
	if block := t.enclosing(rng); block != "" {
		in = ", in " + clean(block)
	}
	fmt.Fprintf(t.w, "  on %s line %d%s:\n", clean(s.File), s.Start.Line, in)
	t.snippet(rng, tint)
	t.w.WriteString("\n")
}

// enclosing names the outermost block around a place, as hcl's writer does.
func (t *textWriter) enclosing(rng hcl.Range) string {
	b, done := t.bodies[rng.Filename]
	if !done {
		if parsed, _ := dsl.Parse(dsl.File{Name: rng.Filename, Bytes: t.o.source(t.r, rng.Filename)}); parsed != nil {
			b = parsed
		}
		t.bodies[rng.Filename] = b
	}
	if b == nil {
		return ""
	}
	block := b.OutermostBlockAtPos(rng.Start)
	if block == nil {
		return ""
	}
	name := block.Type
	for _, label := range block.Labels {
		name += fmt.Sprintf(" %q", label)
	}
	return name
}

// snippet writes the lines of a range with what is wrong underlined.
func (t *textWriter) snippet(rng hcl.Range, tint style) {
	src := t.o.source(t.r, rng.Filename)
	if src == nil {
		return
	}
	s := t.o.spanOf(t.r, rng)
	at, last := s.Start.Byte, s.End.Line
	if s.End.Column == 1 {
		last = max(last-1, s.Start.Line) // the range ends with a line end
	}
	for n := s.Start.Line; n <= last; n++ {
		if n-s.Start.Line == maxSnippet {
			fmt.Fprintf(t.w, "%s …\n", strings.Repeat(" ", 4))
			return
		}
		line, start := lineAt(src, at)
		from, to := clamp(s.Start.Byte-start, len(line)), clamp(s.End.Byte-start, len(line))
		t.line(n, line, from, to, tint)
		at = start + len(line) + 1
		for at < len(src) && at > 0 && src[at-1] != '\n' {
			at++
		}
	}
}

func clamp(n, most int) int { return min(max(n, 0), most) }

// maxLine is how many bytes of a line of source are shown.
const maxLine = 160

// line writes one line of source. With color the range is underlined in place,
// without it carets stand below.
func (t *textWriter) line(n int, line []byte, from, to int, tint style) {
	before, marked, after := string(line[:from]), string(line[from:to]), string(line[to:])
	if len(line) > maxLine {
		before, marked, after = shorten(before, marked, after)
	}
	before, marked, after = clean(before), clean(marked), clean(after)
	if t.o.Color {
		fmt.Fprintf(t.w, "%4d: %s%s%s\n", n, before, t.paint(tint+underline, marked), after)
		return
	}
	fmt.Fprintln(t.w, strings.TrimRight(fmt.Sprintf("%4d: %s%s%s", n, before, marked, after), " "))
	indent, marks := columns(before), columns(marked)
	if lead := len(marked) - len(strings.TrimLeft(marked, " ")); lead < len(marked) {
		indent, marks = indent+lead, marks-lead
	}
	fmt.Fprintf(t.w, "      %s%s\n", strings.Repeat(" ", indent), strings.Repeat("^", max(marks, 1)))
}

// shorten cuts a long line around the part that is marked.
func shorten(before, marked, after string) (b, m, a string) {
	b, m, a = before, marked, after
	if n := len(b) - maxLine/4; n > 0 {
		b = "…" + strings.ToValidUTF8(b[n:], "")
	}
	if len(m) > maxLine/2 {
		m, a = strings.ToValidUTF8(m[:maxLine/2], ""), "…"
	}
	if len(a) > maxLine/4 {
		a = strings.ToValidUTF8(a[:maxLine/4], "") + "…"
	}
	return b, m, a
}
