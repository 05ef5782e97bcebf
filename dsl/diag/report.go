package diag

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// MaxDiagnostics is how many diagnostics a report shows; more are counted.
const MaxDiagnostics = 200

// An Ignore is one "# smr:ignore CODE -- reason" comment.
type Ignore struct {
	Code    string
	Reason  string
	Comment hcl.Range // the comment itself
	Scope   hcl.Range // the line or block it speaks of
}

// A Report is the final list of diagnostics of one run: sorted, without
// repetitions, ignored ones taken out.
type Report struct {
	Diags    hcl.Diagnostics
	Sources  map[string][]byte // file contents by the name that ranges use
	Errors   int               // counted before the cut at MaxDiagnostics
	Warnings int
	Notices  int
	Ignored  int // warnings that a comment silenced
	Cut      int // diagnostics beyond MaxDiagnostics
}

// NewReport sorts diagnostics by severity and place, folds repetitions and
// applies the ignores; an ignore that silenced nothing is a warning of its own.
func NewReport(diags hcl.Diagnostics, sources map[string][]byte, ignores []Ignore) *Report {
	r := &Report{Sources: sources}
	used := make([]bool, len(ignores))
	byCode := map[string][]int{}
	for i, ig := range ignores {
		byCode[ig.Code] = append(byCode[ig.Code], i)
	}
	errors := map[string]bool{}
	seen := map[string]bool{}
	add := func(d *hcl.Diagnostic) {
		key := fmt.Sprint(d.Severity, place(d), InfoOf(d).Code, d.Detail)
		if !seen[key] {
			seen[key] = true
			r.Diags = append(r.Diags, d)
		}
	}
	for _, d := range withoutEchoes(diags) {
		if d.Severity == hcl.DiagError {
			errors[InfoOf(d).Code] = true
		} else if i := ignoreFor(d, ignores, byCode); i >= 0 {
			used[i] = true
			r.Ignored++
			continue
		}
		add(d)
	}
	for i, ig := range ignores {
		if !used[i] {
			add(unused(ig, errors[ig.Code]))
		}
	}
	slices.SortStableFunc(r.Diags, order)
	r.count()
	return r
}

// withoutEchoes leaves out what is only said because the same spot is no syntax:
// of several syntax errors that begin there all but one, and whatever else is
// wrong with the nothing that the parser puts in its place.
func withoutEchoes(diags hcl.Diagnostics) hcl.Diagnostics {
	type spot struct {
		file string
		byte int
	}
	at := func(d *hcl.Diagnostic) spot { return spot{place(d).Filename, place(d).Start.Byte} }
	broken := map[spot]*hcl.Diagnostic{}
	for _, d := range diags {
		if d.Subject == nil || d.Severity != hcl.DiagError || InfoOf(d).Code != "syntax-error" {
			continue
		}
		// What HCL says of a character tells more than that it expected another.
		if first := broken[at(d)]; first == nil || first.Summary != badCharacter && d.Summary == badCharacter {
			broken[at(d)] = d
		}
	}
	if len(broken) == 0 {
		return diags
	}
	var out hcl.Diagnostics
	for _, d := range diags {
		said := broken[at(d)]
		if said == nil || said == d || d.Subject == nil || d.Severity != hcl.DiagError || !slices.Contains([]string{"syntax-error", "wrong-type"}, InfoOf(d).Code) {
			out = append(out, d)
		}
	}
	return out
}

// badCharacter is HCL's summary for a character that no syntax has, such as a
// single quotation mark.
const badCharacter = "Invalid character"

func unused(ig Ignore, isError bool) *hcl.Diagnostic {
	if isError {
		return Errorf("ignored-error", ig.Comment, "%q is an error, and only warnings can be ignored. Mend what it says, then delete this comment.", ig.Code)
	}
	return Warnf("unused-ignore", ig.Comment, "No warning %q is raised here. Delete this comment, or name the code that the warning shows in brackets.", ig.Code)
}

func ignoreFor(d *hcl.Diagnostic, ignores []Ignore, byCode map[string][]int) int {
	if d.Subject == nil {
		return -1
	}
	for _, i := range byCode[InfoOf(d).Code] {
		if ig := ignores[i]; ig.Scope.Filename == d.Subject.Filename &&
			ig.Scope.Start.Line <= d.Subject.Start.Line && d.Subject.Start.Line <= ig.Scope.End.Line {
			return i
		}
	}
	return -1
}

func (r *Report) count() {
	for _, d := range r.Diags {
		switch {
		case d.Severity == hcl.DiagError:
			r.Errors++
		case InfoOf(d).Notice:
			r.Notices++
		default:
			r.Warnings++
		}
	}
	if len(r.Diags) > MaxDiagnostics {
		r.Cut = len(r.Diags) - MaxDiagnostics
		r.Diags = r.Diags[:MaxDiagnostics]
	}
}

// order puts errors before warnings before notices, then goes by place.
func order(a, b *hcl.Diagnostic) int {
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	pa, pb := place(a), place(b)
	return cmp.Or(cmp.Compare(pa.Filename, pb.Filename), cmp.Compare(pa.Start.Byte, pb.Start.Byte),
		cmp.Compare(InfoOf(a).Code, InfoOf(b).Code), cmp.Compare(a.Detail, b.Detail))
}

func rank(d *hcl.Diagnostic) int {
	switch {
	case d.Severity == hcl.DiagError:
		return 0
	case InfoOf(d).Notice:
		return 2
	}
	return 1
}

func place(d *hcl.Diagnostic) hcl.Range {
	if d.Subject == nil {
		return hcl.Range{}
	}
	return *d.Subject
}
