package comment

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/inert"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// settings lists what changes beside access.
func (w *writer) settings(r *review.Role) {
	value := func(s *string) string {
		if s == nil {
			return "none"
		}
		return code(*s)
	}
	var lines []string
	add := func(what, before, after string) {
		lines = append(lines, fmt.Sprintf("- %s: %s, now %s", what, before, after))
	}
	change := func(what string, v *review.Values) {
		if v != nil {
			add(what, value(v.Before), value(v.After))
		}
	}
	if r.RenamedFrom != "" {
		lines = append(lines, "- was "+code(r.RenamedFrom))
	}
	if r.Change != review.Added && r.Change != review.Removed && orElse(deref(r.Boundary.Before), "\x00") != orElse(deref(r.Boundary.After), "\x00") {
		change("permissions boundary", &r.Boundary)
	}
	change("name", r.Name)
	change("path", r.Path)
	change("description", r.Description)
	if s := r.SessionDuration; s != nil {
		seconds := func(n *int) string {
			if n == nil {
				return "IAM's default"
			}
			return number(*n) + " s"
		}
		add("longest session", seconds(s.Before), seconds(s.After))
	}
	for i, t := range r.Tags {
		if i == 10 {
			lines = append(lines, fmt.Sprintf("- and %s", count(len(r.Tags)-10, "more tag")))
			break
		}
		add("tag "+code(t.Key), value(t.Before), value(t.After))
	}
	for _, a := range r.Attached {
		lines = append(lines, "- policy "+code(a.ARN)+" "+string(a.Change))
	}
	if len(lines) > 0 {
		w.line(strings.Join(lines, "\n") + "\n")
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// texts names the policies whose text changes.
func (w *writer) texts(r *review.Role) {
	if w.plan.texts || len(r.Policies) == 0 || r.Change == review.Added || r.Change == review.Removed {
		return
	}
	var parts []string
	for i, p := range r.Policies {
		if i == 10 {
			parts = append(parts, fmt.Sprintf("and %d more", len(r.Policies)-10))
			break
		}
		text := code(p.Name) + " " + string(p.Change)
		if p.Before != nil && p.After != nil {
			text += fmt.Sprintf(" (%s, now %s characters)", number(*p.Before), number(*p.After))
		}
		parts = append(parts, text)
	}
	w.line("Policy texts: " + strings.Join(parts, ", ") + ".\n")
	if wayOf(r) != same {
		return
	}
	for i := range r.Policies[:min(len(r.Policies), shownTexts)] {
		if text := r.Policies[i].TextDiff(shownLines, inert.MaxSpan); text != "" {
			w.line(inert.Block("diff", text))
		}
	}
}

// How many texts a role shows that changed in nothing but text, and how many
// lines of each.
const (
	shownTexts = 3
	shownLines = 20
)

// quotas is the table of what IAM limits.
func (w *writer) quotas(r *review.Role) {
	if r.Change == review.Removed || wayOf(r) == same {
		return
	}
	header := false
	for _, name := range review.QuotaNames() {
		q, ok := r.Quotas[name]
		if !ok || q.After == nil || q.Limit <= 0 {
			continue
		}
		if name == "tags" && (q.Before == nil && *q.After == 0 || q.Before != nil && *q.Before == *q.After) {
			continue
		}
		if w.plan.quotas && *q.After*100 < q.Limit*80 {
			continue
		}
		if !header {
			header = true
			w.line("| Quota | Before | After of limit | Left |\n|:--|--:|--:|:--|")
		}
		title := map[string]string{
			"attached_policies": "Managed policies attached", "managed_policy_size": "Largest managed policy",
			"inline_policies_size": "Inline policies, total", "trust_policy_size": "Trust policy", "tags": "Tags",
		}[name]
		if name == "managed_policy_size" && q.Of != "" {
			title = "Size of " + cell(q.Of)
		}
		before := "none"
		if q.Before != nil {
			before = number(*q.Before)
		}
		after := number(*q.After)
		if q.Before != nil && *q.Before != *q.After {
			after = "**" + after + "**"
		}
		w.row(title, before, after+" of "+number(q.Limit), bar(*q.After, q.Limit)+" "+number(q.Limit-*q.After))
	}
	if header {
		w.line("")
	}
}

// checks are the findings of the diff and of the gate, but for the errors of an
// invalid configuration, which are shown above.
func checks(in *Input) []review.Finding {
	invalid := map[review.Place]string{}
	for _, f := range in.Invalid {
		invalid[review.Place{File: f.File, Line: f.Line}] = f.Code
	}
	var out []review.Finding
	for _, f := range slices.Concat(in.Verdict.Findings, in.Diff.Findings) {
		if f.Severity == "error" && f.Code != "" && invalid[review.Place{File: f.File, Line: f.Line}] == f.Code {
			continue
		}
		out = append(out, f)
	}
	order := map[string]int{"error": 0, "warning": 1, "notice": 2}
	slices.SortStableFunc(out, func(a, b review.Finding) int { return cmp.Compare(order[a.Severity], order[b.Severity]) })
	return out
}

// approvals are findings that the box above the table says already.
func approvals(f review.Finding) bool {
	return f.Code == "escalation-not-approved" || f.Code == "access-not-approved"
}

// failed lists failed checks that are nothing to approve: they stay whatever
// else is cut.
func (w *writer) failed() {
	n := 0
	for _, f := range checks(w.in) {
		if f.Severity != "error" || approvals(f) {
			continue
		}
		if n == 0 {
			w.line("| Failed | Where | What to do |\n|:--|:--|:--|")
		}
		if n++; n <= 50 {
			w.row("❌ "+cell(f.Code)+"<br>"+cell(f.Summary), orElse(w.at(f.File, f.Line, ""), "the configuration"), cell(f.Detail))
		}
	}
	if n > 50 {
		w.row(fmt.Sprintf("❌ and %d more", n-50), "", "in the annotations and the summary")
	}
	if n > 0 {
		w.line("")
	}
}

// checks folds away what does not fail.
func (w *writer) checks() {
	var failed, warned, noted []review.Finding
	for _, f := range checks(w.in) {
		switch f.Severity {
		case "error":
			failed = append(failed, f)
		case "warning":
			warned = append(warned, f)
		default:
			noted = append(noted, f)
		}
	}
	if len(failed)+len(warned)+len(noted) == 0 {
		return
	}
	title := fmt.Sprintf("Checks: %s failed, %s, %s", number(len(failed)), count(len(warned), "warning"), count(len(noted), "notice"))
	if w.plan.warnings {
		w.leave(len(warned)+len(noted), "warning or notice")
		w.line(title + "\n")
		return
	}
	if len(warned)+len(noted) == 0 {
		w.line(title + "\n")
		return
	}
	w.linef("<details><summary>%s</summary>\n\n| Rule | Where | What to do |\n|:--|:--|:--|", title)
	for i, f := range slices.Concat(warned, noted) {
		sign := "⚠️ warning"
		if f.Severity != "warning" {
			sign = "ℹ️ notice"
		}
		if i == 30 {
			w.row(fmt.Sprintf("and %d more", len(warned)+len(noted)-30), "", "in the summary")
			break
		}
		w.row(sign+"<br>"+cell(f.Code), orElse(w.at(f.File, f.Line, ""), "the configuration"), cell(f.Detail))
	}
	w.line("\n</details>\n")
}

// Failing are the codes of what fails a review, in order and without
// repetitions.
func Failing(in *Input) []string {
	var out []string
	for _, f := range checks(in) {
		if f.Severity == "error" && !slices.Contains(out, f.Code) {
			out = append(out, f.Code)
		}
	}
	return out
}
