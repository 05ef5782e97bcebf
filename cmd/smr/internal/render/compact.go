package render

import (
	"bufio"
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// Compact writes one line for each diagnostic, for tests, grep and editors:
//
//	roles.smr:3:12-20: error: Unknown activity: There is no … [unknown-activity]
//
// The end column is the one after the last character. A range of several lines
// ends with LINE:COLUMN instead.
func Compact(w io.Writer, r *diag.Report, o Options) error {
	buf := bufio.NewWriter(w)
	for _, d := range r.Diags {
		fmt.Fprintln(buf, compactLine(r, o, d))
	}
	if r.Cut > 0 {
		fmt.Fprintf(buf, "and %d more\n", r.Cut)
	}
	return buf.Flush()
}

func compactLine(r *diag.Report, o Options, d *hcl.Diagnostic) string {
	place := ""
	if d.Subject != nil {
		s := o.spanOf(r, *d.Subject)
		place = clean(s.File) + ":" + s.text() + ": "
	}
	line := fmt.Sprintf("%s%s: %s: %s", place, severity(d), clean(d.Summary), clean(d.Detail))
	if code := diag.InfoOf(d).Code; code != "" {
		line += " [" + clean(code) + "]"
	}
	return line
}

// text is LINE:COLUMN-ENDCOLUMN, or LINE:COLUMN-ENDLINE:ENDCOLUMN.
func (s span) text() string {
	if s.Start.Line == s.End.Line {
		return fmt.Sprintf("%d:%d-%d", s.Start.Line, s.Start.Column, s.End.Column)
	}
	return fmt.Sprintf("%d:%d-%d:%d", s.Start.Line, s.Start.Column, s.End.Line, s.End.Column)
}
