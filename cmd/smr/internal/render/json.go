package render

import (
	"encoding/json"
	"io"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// Schema names the layout of the JSON form; what is added later keeps it.
const Schema = "smr.diagnostics/1"

type jsonReport struct {
	Schema      string           `json:"schema"`
	Summary     jsonSummary      `json:"summary"`
	Diagnostics []jsonDiagnostic `json:"diagnostics"`
}

type jsonSummary struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Notices  int `json:"notices"`
	Ignored  int `json:"ignored"`
	Omitted  int `json:"omitted"` // counted above, not listed
}

type jsonDiagnostic struct {
	Severity string        `json:"severity"` // error, warning, notice
	Code     string        `json:"code"`
	Summary  string        `json:"summary"`
	Detail   string        `json:"detail"`
	Range    *jsonRange    `json:"range,omitempty"`
	Related  []jsonRelated `json:"related,omitempty"`
	Fixes    []jsonFix     `json:"fixes,omitempty"`
	Roles    int           `json:"roles,omitempty"` // how many roles one finding stands for
}

type jsonRange struct {
	File  string   `json:"file"`
	Start position `json:"start"`
	End   position `json:"end"`
}

type jsonRelated struct {
	Message string    `json:"message"`
	Range   jsonRange `json:"range"`
}

type jsonFix struct {
	Message string `json:"message"`
	Text    string `json:"text,omitempty"`
}

// JSON writes the report as one JSON object of the schema "smr.diagnostics/1".
// Columns count code points from 1, bytes from 0; ends are exclusive.
func JSON(w io.Writer, r *diag.Report, o Options) error {
	out := jsonReport{
		Schema:      Schema,
		Summary:     jsonSummary{r.Errors, r.Warnings, r.Notices, r.Ignored, r.Cut},
		Diagnostics: []jsonDiagnostic{},
	}
	for _, d := range r.Diags {
		out.Diagnostics = append(out.Diagnostics, jsonOf(r, o, d))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func jsonOf(r *diag.Report, o Options, d *hcl.Diagnostic) jsonDiagnostic {
	info := diag.InfoOf(d)
	out := jsonDiagnostic{Severity: severity(d), Code: info.Code, Summary: d.Summary, Detail: d.Detail, Roles: info.Count}
	if d.Subject != nil {
		rng := jsonRangeOf(r, o, *d.Subject)
		out.Range = &rng
	}
	for _, rel := range info.Related {
		out.Related = append(out.Related, jsonRelated{rel.Message, jsonRangeOf(r, o, rel.Range)})
	}
	for _, fix := range info.Fixes {
		out.Fixes = append(out.Fixes, jsonFix{fix.Message, fix.Text})
	}
	return out
}

func jsonRangeOf(r *diag.Report, o Options, rng hcl.Range) jsonRange {
	return jsonRange(o.spanOf(r, rng))
}
