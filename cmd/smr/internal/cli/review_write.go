package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/comment"
	"github.com/sagemaker-roles/smr/review/inert"
	"github.com/sagemaker-roles/smr/review/report"
)

// log is where people read what happens: in a job of GitHub Actions no line of
// it is a command.
func (r *reviewing) log() io.Writer {
	if r.onGitHub() {
		return lineLog{inert.NewLog(r.Command.Stdout)}
	}
	return r.Stderr
}

// A lineLog writes whole lines.
type lineLog struct{ *inert.Log }

// Write writes and leaves nothing unwritten.
func (l lineLog) Write(p []byte) (int, error) {
	n, err := l.Log.Write(p)
	return n, errors.Join(err, l.Close())
}

// A reviewFile is one view of a review.
type reviewFile struct {
	name  string
	write func(w io.Writer) error
}

// views are the files of a dry run.
func (r *reviewing) views(done *judged) []reviewFile {
	in := done.input
	text := func(write func(*comment.Input, int) string, limit int) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, write(in, limit))
			return err
		}
	}
	return []reviewFile{
		{"comment.md", text(comment.Markdown, comment.MaxComment)},
		{"summary.md", text(comment.Summary, comment.MaxSummary)},
		{"smr.sarif", func(w io.Writer) error { return r.writeSARIF(w, done) }},
		{"diff.json", func(w io.Writer) error { return render.DiffJSON(w, in.Diff) }},
		{"report.html", func(w io.Writer) error { return writePage(w, done) }},
	}
}

func writePage(w io.Writer, done *judged) error {
	in := done.input
	title := orText(in.Head[:min(7, len(in.Head))], "nothing") + " compared with " + orText(in.Base[:min(7, len(in.Base))], "nothing")
	return report.HTML(w, &report.Input{Title: title, Headline: comment.Headline(in), Diff: in.Diff, Verdict: in.Verdict, Stack: done.head.Stack})
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// writeSARIF writes everything that is said of head and by the gate.
func (r *reviewing) writeSARIF(w io.Writer, done *judged) error {
	config := done.head.Config
	diags := append(hcl.Diagnostics{}, done.head.Diags...)
	for _, f := range done.input.Verdict.Findings {
		make := map[string]func(string, hcl.Range, string, ...any) *hcl.Diagnostic{"error": diag.Errorf, "warning": diag.Warnf}[f.Severity]
		if make == nil {
			make = diag.Noticef
		}
		diags = append(diags, make(f.Code, lineOf(config.Sources, f), "%s", f.Detail))
	}
	o := r.options(w, "")
	dir := done.input.Directory
	o.Path = func(name string) string {
		if _, own := config.Sources[name]; !own || dir == "." {
			return name
		}
		return dir + "/" + name
	}
	return render.SARIF(w, diag.NewReport(diags, config.Sources, config.Ignores), o)
}

// lineOf is the line of a finding as a range. Of a file without source, such as
// the approvals, only the name and the line are known.
func lineOf(sources map[string][]byte, f review.Finding) hcl.Range {
	at := hcl.Pos{Line: max(f.Line, 1), Column: 1}
	end := at
	if src, ok := sources[f.File]; ok {
		for range at.Line - 1 {
			next := bytes.IndexByte(src[at.Byte:], '\n')
			if next < 0 {
				break
			}
			at.Byte += next + 1
		}
		end = at
		if n := bytes.IndexByte(src[at.Byte:], '\n'); n >= 0 {
			end.Byte, end.Column = at.Byte+n, n+1
		}
	}
	return hcl.Range{Filename: f.File, Start: at, End: end}
}

// write writes a file that a flag names, or one of a dry run.
func (r *reviewing) write(name string, view func(io.Writer) error) error {
	var b bytes.Buffer
	if err := view(&b); err != nil {
		return err
	}
	if err := r.put(name, b.Bytes()); err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, cause(err))
	}
	return nil
}

// put writes a file through a root, so that no link in the checkout leads
// elsewhere: that of the working directory for what lies in there, else that of
// the directory which the command line names.
func (r *reviewing) put(name string, data []byte) error {
	at := r.here()
	if !filepath.IsLocal(name) {
		at, name = filepath.Dir(r.path(name)), filepath.Base(name)
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return root.WriteFile(name, data, 0o644)
}

// files writes what flags ask for.
func (r *reviewing) files(done *judged) error {
	views := map[string]func(io.Writer) error{}
	for _, v := range r.views(done) {
		views[v.name] = v.write
	}
	for flag, view := range map[string]string{r.sarif: "smr.sarif", r.report: "diff.json", r.page: "report.html"} {
		if flag == "" {
			continue
		}
		if err := r.write(flag, views[view]); err != nil {
			return err
		}
	}
	return nil
}

// appendTo adds to a file that the runner names by a variable, such as
// GITHUB_STEP_SUMMARY; without one there is nothing to do.
func (r *reviewing) appendTo(variable string, data []byte) error {
	name := r.env(variable)
	if name == "" || len(data) == 0 {
		return nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("%s: %w", variable, cause(err))
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// annotateFailure says in the run why there is no verdict.
func (r *reviewing) annotateFailure(err error) {
	log := inert.NewLog(r.Command.Stdout)
	// What the annotation says is in the log anyway.
	_ = log.Annotate(inert.Annotation{Level: inert.Error, Title: "The review could not be done", Message: err.Error()})
	_ = r.appendTo("GITHUB_STEP_SUMMARY", []byte("### 🔴 smr: the review could not be done\n\n"+inert.Block("text", err.Error())+"\n"))
}

// say prints the review for a terminal.
func (r *reviewing) say(done *judged) error {
	in := done.input
	o := r.options(r.Stdout, r.dir)
	if r.several > 1 {
		if err := render.Lines(r.Stdout, "Configuration "+in.Directory+":", 0); err != nil {
			return err
		}
	}
	if err := render.Diff(r.Stdout, in.Diff, o, func(name string) string { return "base:" + name }); err != nil {
		return err
	}
	for _, f := range in.Verdict.Findings {
		place := ""
		if f.File != "" {
			place = fmt.Sprintf("%s:%d: ", r.shown(r.dir, f.File), f.Line)
		}
		if err := render.Lines(r.Stdout, fmt.Sprintf("%s%s: %s [%s]", place, f.Severity, f.Detail, f.Code), 0); err != nil {
			return err
		}
	}
	verdict := "passed"
	if !in.Verdict.Passed() {
		verdict = "failed"
	}
	return render.Lines(r.Stdout, strings.TrimSpace(fmt.Sprintf("review %s: %s", verdict, comment.Headline(in))), 0)
}
