package review

import (
	"cmp"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// newFindings lists what is said of head and was not said of base. A finding
// that moved to another line is not new; one that is there more often is.
func newFindings(base, head *compiler.Result) (list []Finding, omitted int) {
	before := map[string]int{}
	for _, d := range append(ignores(base), base.Diags...) {
		before[findingKey(d)]++
	}
	added := func(all hcl.Diagnostics) (out hcl.Diagnostics) {
		for _, d := range all {
			if key := findingKey(d); before[key] > 0 {
				before[key]--
			} else {
				out = append(out, d)
			}
		}
		return out
	}
	var config dsl.Config
	if head.Config != nil {
		config = *head.Config
	}
	report := diag.NewReport(added(head.Diags), config.Sources, config.Ignores)
	list = []Finding{}
	for _, d := range report.Diags {
		if !aboutIgnore(d) {
			list = append(list, finding(d))
		}
	}
	for _, d := range added(ignores(head)) {
		list = append(list, finding(d))
	}
	return list, report.Cut
}

// ignores are the diagnostics about comments that silence others: only a report
// of everything knows them.
func ignores(r *compiler.Result) (out hcl.Diagnostics) {
	if r.Config == nil || len(r.Config.Ignores) == 0 {
		return nil
	}
	for _, d := range r.Report().Diags {
		if aboutIgnore(d) {
			out = append(out, d)
		}
	}
	return out
}

func aboutIgnore(d *hcl.Diagnostic) bool {
	code := diag.InfoOf(d).Code
	return code == "unused-ignore" || code == "ignored-error"
}

func findingKey(d *hcl.Diagnostic) string {
	file := ""
	if d.Subject != nil {
		file = d.Subject.Filename
	}
	return diag.InfoOf(d).Code + "\x00" + file + "\x00" + d.Detail
}

func finding(d *hcl.Diagnostic) Finding {
	info := diag.InfoOf(d)
	f := Finding{Severity: severity(d, info), Code: info.Code, Summary: d.Summary, Detail: d.Detail, Roles: info.Count}
	if d.Subject != nil {
		f.File, f.Line = emit.Source(*d.Subject)
		f.EndLine = cmp.Or(d.Subject.End.Line, f.Line)
	}
	for _, rel := range info.Related {
		if p := place(rel.Range); p != nil {
			f.Related = append(f.Related, Related{rel.Message, *p})
		}
	}
	return f
}

func severity(d *hcl.Diagnostic, info *diag.Info) string {
	switch {
	case d.Severity == hcl.DiagError:
		return "error"
	case info.Notice:
		return "notice"
	}
	return "warning"
}
