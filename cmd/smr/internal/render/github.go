package render

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/sethvargo/go-githubactions"

	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/review/inert"
)

// GitHub shows ten errors, ten warnings and ten notices of a step and cuts a
// message at 4,096 characters (source of actions/runner, ExecutionContext and
// Issue; read 2026-08-17).
const (
	githubBudget  = 10
	githubMessage = 4000
)

// GitHub writes workflow commands that become annotations of the lines. Where
// there are more than GitHub shows, the last annotation of a kind counts the
// rest, which follows as plain lines for the log.
func GitHub(w io.Writer, r *diag.Report, o Options) error {
	buf := bufio.NewWriter(w)
	byKind := map[string]hcl.Diagnostics{}
	for _, d := range r.Diags {
		byKind[severity(d)] = append(byKind[severity(d)], d)
	}
	var rest hcl.Diagnostics
	for _, kind := range []string{"error", "warning", "notice"} {
		list := byKind[kind]
		total := map[string]int{"error": r.Errors, "warning": r.Warnings, "notice": r.Notices}[kind]
		shown := len(list)
		if total > githubBudget {
			shown = min(shown, githubBudget-1)
		}
		for _, d := range list[:shown] {
			fmt.Fprintln(buf, command(r, o, d))
		}
		if total > shown {
			more := githubactions.Command{Name: kind, Message: fmt.Sprintf("and %d more, in the log of this step", total-shown)}
			fmt.Fprintln(buf, more.String())
		}
		rest = append(rest, list[shown:]...)
	}
	for _, d := range rest {
		fmt.Fprintln(buf, inert.Line("- "+compactLine(r, o, d)))
	}
	if r.Cut > 0 {
		fmt.Fprintf(buf, "- and %d more\n", r.Cut)
	}
	return buf.Flush()
}

// command is the annotation for one diagnostic. GitHub takes columns only for
// a range of one line; its end column is the last character's.
func command(r *diag.Report, o Options, d *hcl.Diagnostic) string {
	// The runner prints the message to the log again, line by line.
	lines := strings.Split(message(r, o, d), "\n")
	for i, line := range lines {
		lines[i] = inert.Line(line)
	}
	cmd := githubactions.Command{Name: severity(d), Message: strings.Join(lines, "\n"), Properties: githubactions.CommandProperties{
		"title": clean(d.Summary),
	}}
	if d.Subject != nil {
		s := o.spanOf(r, *d.Subject)
		cmd.Properties["file"] = clean(s.File)
		cmd.Properties["line"] = strconv.Itoa(s.Start.Line)
		cmd.Properties["endLine"] = strconv.Itoa(s.End.Line)
		if s.Start.Line == s.End.Line {
			cmd.Properties["col"] = strconv.Itoa(s.Start.Column)
			cmd.Properties["endColumn"] = strconv.Itoa(max(s.Start.Column, s.End.Column-1))
		}
	}
	return cmd.String()
}

// message is the text of a diagnostic with its related places and fixes, for
// formats that show nothing else of it.
func message(r *diag.Report, o Options, d *hcl.Diagnostic) string {
	info := diag.InfoOf(d)
	lines := cleanLines(d.Detail)
	if info.Code != "" {
		lines[len(lines)-1] += " [" + clean(info.Code) + "]"
	}
	for _, rel := range info.Related {
		s := o.spanOf(r, rel.Range)
		lines = append(lines, fmt.Sprintf("%s: %s:%d:%d", clean(rel.Message), clean(s.File), s.Start.Line, s.Start.Column))
	}
	for _, fix := range info.Fixes {
		lines = append(lines, "help: "+clean(fix.Message))
		if fix.Text != "" {
			lines = append(lines, cleanLines(fix.Text)...)
		}
	}
	text := strings.Join(lines, "\n")
	if utf8.RuneCountInString(text) > githubMessage {
		text = string([]rune(text)[:githubMessage]) + "…"
	}
	return text
}
