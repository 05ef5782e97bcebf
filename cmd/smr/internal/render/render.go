// Package render writes a report of diagnostics: one file for each format, all
// from the same diag.Report, so that they cannot disagree. Byte offsets are the
// truth; lines and columns are counted here, in Unicode code points from 1.
package render

import (
	"io"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// Options are what a report does not say itself. The zero value is plain text
// of any width with the names that ranges use.
type Options struct {
	Color   bool
	Width   int                           // columns to wrap text at, 0 for no wrapping
	Path    func(name string) string      // the path to show for a file of the report
	Source  func(name string) []byte      // text of files that the report does not hold
	Explain func(code string) *diag.Entry // documentation of a code, nil when there is none
	Version string                        // of the program, for formats that name it
}

// A Format is one way to write a report.
type Format struct {
	Name  string
	About string
	Write func(w io.Writer, r *diag.Report, o Options) error
}

// Formats lists the formats in the order that help shows them.
func Formats() []Format {
	return []Format{
		{"text", "for people, with the lines of source", Text},
		{"compact", "one line for each diagnostic", Compact},
		{"json", `for programs, schema "smr.diagnostics/1"`, JSON},
		{"github", "annotations of GitHub Actions", GitHub},
		{"sarif", "SARIF 2.1.0, for code scanning", SARIF},
	}
}

// Names lists the formats by name.
func Names() []string {
	var out []string
	for _, f := range Formats() {
		out = append(out, f.Name)
	}
	return out
}

// ByName returns one format; ok is false when there is none of that name.
func ByName(name string) (f Format, ok bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// severity is the word for a diagnostic: "error", "warning" or "notice".
func severity(d *hcl.Diagnostic) string {
	switch {
	case d.Severity == hcl.DiagError:
		return "error"
	case diag.InfoOf(d).Notice:
		return "notice"
	}
	return "warning"
}

// path is the name to show for a file.
func (o Options) path(name string) string {
	if o.Path == nil {
		return name
	}
	return o.Path(name)
}

// source is the text of a file, nil when it is not known.
func (o Options) source(r *diag.Report, name string) []byte {
	if src, ok := r.Sources[name]; ok {
		return src
	}
	if o.Source == nil {
		return nil
	}
	return o.Source(name)
}
