package render

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/sagemaker-roles/smr/preflight"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// PreflightJSON writes an answer as JSON, schema preflight.Schema; the answers
// of several accounts as a list of them.
func PreflightJSON(w io.Writer, list []*preflight.Answer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if len(list) == 1 {
		return enc.Encode(list[0])
	}
	return enc.Encode(list)
}

// Preflight writes answers as trees, for people. Without all, permissions that
// are allowed are counted and not listed one by one.
func Preflight(w io.Writer, list []*preflight.Answer, all bool, o Options) error {
	buf := bufio.NewWriter(w)
	for i, a := range list {
		if i > 0 {
			buf.WriteString("\n")
		}
		p := &preflightWriter{decisionWriter: &decisionWriter{w: buf, o: o}, all: all}
		p.answer(a)
	}
	return buf.Flush()
}

type preflightWriter struct {
	*decisionWriter
	all bool
}

// verdictOf is the word and color of a verdict.
func verdictOf(v preflight.Verdict) (string, style) {
	switch v {
	case preflight.Works:
		return "Works", green
	case preflight.DoesNotWork:
		return "Does not work", red
	}
	return "Unknown", yellow
}

func (p *preflightWriter) answer(a *preflight.Answer) {
	text, tint := verdictOf(a.Verdict)
	fmt.Fprintf(p.w, "%s  %s as %s in %s\n", paint(p.o.Color, tint, text+":"), paint(p.o.Color, bold, clean(a.API)), clean(a.Role), clean(a.Account))
	type group struct {
		title string
		list  []*preflight.Check
	}
	groups := []group{{title: "The execution role " + a.Role}, {title: "The caller " + a.Caller}, {title: "The cluster role"}, {title: "The owners of resources"}}
	order := []requirements.Actor{requirements.ExecutionRole, requirements.Caller, requirements.ClusterRole, requirements.ResourceOwner}
	for i := range a.Checks {
		for n, actor := range order {
			if a.Checks[i].Actor == actor {
				groups[n].list = append(groups[n].list, &a.Checks[i])
			}
		}
	}
	var full []group
	for _, g := range groups {
		if len(g.list) > 0 {
			full = append(full, g)
		}
	}
	for i, g := range full {
		p.group(g.title, g.list, i == len(full)-1 && len(a.Rules) == 0)
	}
	p.rules(a.Rules)
	p.fixes(a.Fixes)
	for _, n := range a.Notes {
		p.text("  note: ", "        ", n)
	}
}

// group writes the permissions of one actor.
func (p *preflightWriter) group(title string, list []*preflight.Check, last bool) {
	branch, trunk := "├─ ", "│  "
	if last {
		branch, trunk = "└─ ", "   "
	}
	allowed := 0
	var shown []*preflight.Check
	for _, c := range list {
		if c.Decision == "allow" {
			allowed++
		}
		if p.all || c.Decision != "allow" {
			shown = append(shown, c)
		}
	}
	fmt.Fprintf(p.w, "  %s%s: %d of %d allowed\n", branch, clean(title), allowed, len(list))
	for i, c := range shown {
		p.check("  "+trunk, c, i == len(shown)-1)
	}
}

// mark is the sign and color of a check.
func mark(c *preflight.Check) (string, style) {
	soft := c.Basis != requirements.Documented || c.Met
	switch {
	case c.Decision == "allow":
		return "✓", green
	case c.Decision == "unknown" || soft:
		return "?", yellow
	}
	return "✗", red
}

func (p *preflightWriter) check(indent string, c *preflight.Check, last bool) {
	branch, trunk := "├─ ", "│  "
	if last {
		branch, trunk = "└─ ", "   "
	}
	sign, tint := mark(c)
	fmt.Fprintf(p.w, "%s%s%s %s on %s\n", indent, branch, paint(p.o.Color, tint, sign), paint(p.o.Color, bold, clean(c.Action)), clean(c.Resource))
	because := sentence(c.Because)
	if c.Met {
		because += " Another permission takes its place, and is allowed."
	}
	p.text(indent+trunk+"  ", indent+trunk+"  ", because)
	if by := c.By; by != nil && by.Statement >= 0 {
		text := fmt.Sprintf("%s, statement %d", clean(by.Policy), by.Statement+1)
		if by.SID != "" {
			text += " " + clean(by.SID)
		}
		if by.File != "" {
			text = place(p.o.path(by.File), by.Line) + "  " + text
		}
		fmt.Fprintf(p.w, "%s%s  %s\n", indent, trunk, paint(p.o.Color, cyan, text))
	}
	if c.Decision != "allow" || p.all {
		p.text(indent+trunk+"  ", indent+trunk+"  ", fmt.Sprintf("%s: %s", c.Basis, c.Source))
	}
}

func (p *preflightWriter) rules(list []preflight.Hit) {
	for i, h := range list {
		branch, trunk := "├─ ", "│  "
		if i == len(list)-1 {
			branch, trunk = "└─ ", "   "
		}
		tint := cyan
		switch h.Verdict {
		case "fail":
			tint = red
		case "warn":
			tint = yellow
		}
		fmt.Fprintf(p.w, "  %s%s\n", branch, paint(p.o.Color, tint, h.ID))
		p.text("  "+trunk, "  "+trunk, sentence(h.Text)+" ("+string(h.Basis)+": "+h.Source+")")
	}
}

// fixes writes what to change, ready to be copied.
func (p *preflightWriter) fixes(list []preflight.Fix) {
	for _, f := range list {
		fmt.Fprintf(p.w, "\n%s\n", paint(p.o.Color, bold, "Fix for "+clean(f.Owner)))
		p.text("  ", "  ", f.Text)
		if f.HCL != "" {
			fmt.Fprintf(p.w, "  In %s:\n\n%s", clean(f.In), block(f.HCL))
		}
		p.json(&f)
	}
	if len(list) > 0 {
		p.w.WriteString("\n")
	}
}

// json writes the JSON of a fix: a whole policy, a statement, or several.
func (p *preflightWriter) json(f *preflight.Fix) {
	var v any
	what := "As JSON:"
	switch {
	case f.Policy != nil:
		v, what = f.Policy, "The whole policy as JSON:"
	case len(f.Statements) == 1:
		v = f.Statements[0]
	case len(f.Statements) > 1:
		v = f.Statements
	default:
		return
	}
	if text, err := json.MarshalIndent(v, "    ", "  "); err == nil {
		fmt.Fprintf(p.w, "\n  %s\n\n%s", what, indentedBlock("    "+string(text)))
	}
}

// indentedBlock cleans text that is indented already, line by line.
func indentedBlock(text string) string { return strings.Join(cleanLines(text), "\n") + "\n" }

// block indents code.
func block(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			b.WriteString("    ")
		}
		b.WriteString(clean(strings.TrimSuffix(line, "\n")) + "\n")
	}
	return b.String()
}
