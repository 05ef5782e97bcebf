// Package report writes a review as one page of HTML that needs nothing beside
// itself: no script, no font, no picture, no network.
//
// The Go API is not yet stable.
package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/gate"
	"github.com/sagemaker-roles/smr/review/inert"
)

// An Input is what the page shows.
type Input struct {
	Title    string // what was compared, such as "8652a4e with 2bbe9a8"
	Headline string // the outcome in one line
	Diff     *review.Diff
	Verdict  *gate.Verdict
	Stack    *ir.Stack // of head; nil leaves out the matrices
}

// The most rows of each matrix, and the most roles whose changes are shown: a
// page has to open.
const (
	maxRows  = 500
	maxRoles = 2000
)

//go:embed report.html
var source string

// HTML writes the page.
func HTML(w io.Writer, in *Input) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"text": inert.Text, "texts": texts, "number": number,
	}).Parse(source)
	if err != nil {
		return err
	}
	return t.Execute(w, pageOf(in))
}

// texts shows each text of a list.
func texts(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = inert.Text(s)
	}
	return out
}

// number writes thousands apart.
func number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// A page is the input as the template takes it.
type page struct {
	*Input
	Passed     bool
	Items      []gate.Item
	Findings   []review.Finding
	Roles      []role
	RolesCut   int
	Activities *matrix
	Access     *matrix
	MatrixCut  int
}

// A role is one role of the diff.
type role struct {
	*review.Role
	ID     string // of its part of the page
	Way    string
	Tone   string // a class: bad, warn, good or calm
	Tables []table
	Bars   []bar
	Facts  []string
}

// A table is one of grants.
type table struct {
	Title, Sign, Tone string
	Grants            []grant
}

type grant struct {
	*review.Grant
	Level, Tone, Why string
	When             []string
}

// A bar is how full a quota is. Width is a percentage, rounded down.
type bar struct {
	Title                string
	Before, After, Limit int
	New                  bool // there is no before
	Width                int
	Tone                 string
}

func pageOf(in *Input) *page {
	p := &page{Input: in, Passed: in.Verdict.Passed(), Items: in.Verdict.Items}
	p.Findings = append(slices.Clone(in.Verdict.Findings), in.Diff.Findings...)
	for i := range in.Diff.Roles {
		if i == maxRoles {
			p.RolesCut = len(in.Diff.Roles) - i
			break
		}
		p.Roles = append(p.Roles, roleOf(&in.Diff.Roles[i], i))
	}
	tones := []string{"bad", "warn", "good", "calm"}
	slices.SortStableFunc(p.Roles, func(a, b role) int { return slices.Index(tones, a.Tone) - slices.Index(tones, b.Tone) })
	if in.Stack != nil && len(in.Stack.Roles) > 0 {
		roles := in.Stack.Roles[:min(len(in.Stack.Roles), maxRows)]
		p.MatrixCut = len(in.Stack.Roles) - len(roles)
		p.Activities, p.Access = activities(roles), accesses(roles)
	}
	return p
}

func roleOf(r *review.Role, i int) role {
	out := role{Role: r, ID: fmt.Sprintf("role-%d", i+1)}
	out.Way, out.Tone = way(r)
	add := func(title, sign, tone string, grants []review.Grant) {
		if len(grants) == 0 {
			return
		}
		t := table{Title: title, Sign: sign, Tone: tone}
		for i := range grants {
			t.Grants = append(t.Grants, grantOf(&grants[i], strings.HasPrefix(title, "May")))
		}
		out.Tables = append(out.Tables, t)
	}
	add("Gained", "+", "bad", r.Gained)
	add("Lost", "−", "good", r.Lost)
	add("May assume it, new", "+", "bad", r.Trust.Gained)
	add("May assume it no longer", "−", "good", r.Trust.Lost)
	out.Bars, out.Facts = bars(r), factsOf(r)
	return out
}

// way says how a role changes, and in which tone.
func way(r *review.Role) (text, tone string) {
	gains := r.NewAccess == access.Yes || r.Trust.NewAccess == access.Yes
	loses := r.LostAccess == access.Yes || r.Trust.LostAccess == access.Yes
	switch {
	case r.Change == review.Removed:
		return "removed", "good"
	case r.Change == review.SameMeaning:
		return "same meaning", "calm"
	case r.NewAccess == access.Unknown || r.Trust.NewAccess == access.Unknown:
		return "not decided, counts as new access", "bad"
	case r.Escalation:
		text, tone = "escalation", "bad"
	case gains || r.Change == review.Added:
		text, tone = "gains access", "warn"
	case loses:
		return "loses access", "good"
	default:
		return "settings", "calm"
	}
	if r.Change == review.Added {
		text += ", new role"
	} else if loses {
		text += ", loses access too"
	}
	return text, tone
}

func grantOf(g *review.Grant, trust bool) grant {
	level := gate.LevelOf(g)
	out := grant{Grant: g, Level: string(level), Tone: "calm"}
	switch {
	case trust:
		out.Level, out.Tone = "trust", "bad"
	case level.AtLeast(gate.Permissions):
		out.Tone = "bad"
	case level.AtLeast(gate.Tagging):
		out.Tone = "warn"
	}
	for _, operator := range sortedKeys(g.Conditions) {
		for _, key := range sortedKeys(g.Conditions[operator]) {
			out.When = append(out.When, fmt.Sprintf("%s %s %s", key, operator, strings.Join(g.Conditions[operator][key], ", ")))
		}
	}
	if c := g.From; c != nil {
		what := c.Kind
		switch {
		case c.Override != nil:
			what = fmt.Sprintf("override %s:%d, ", c.Override.File, c.Override.Line) + c.Kind
		case c.Activity != "":
			what = "activity " + c.Activity
		case c.Label != "":
			what += " " + c.Label
		case c.Policy != "" && c.Kind != review.CauseStatement:
			what += " " + c.Policy
		}
		out.Why = fmt.Sprintf("%s, %s:%d", what, c.File, c.Line)
		if c.Side == "base" {
			out.Why += " before"
		}
	}
	return out
}

// factsOf are sentences about what else changes.
func factsOf(r *review.Role) []string {
	var out []string
	add := func(what string, v *review.Values) {
		if v != nil && or(v.Before) != or(v.After) {
			out = append(out, fmt.Sprintf("%s: %s, now %s", what, or(v.Before), or(v.After)))
		}
	}
	for _, because := range []string{r.UnknownBecause, r.Trust.UnknownBecause} {
		if because != "" {
			out = append(out, "Not decided: "+because)
		}
	}
	add("Permissions boundary", &r.Boundary)
	add("Name", r.Name)
	add("Path", r.Path)
	add("Description", r.Description)
	for i := range r.Tags {
		add("Tag "+r.Tags[i].Key, &r.Tags[i].Values)
	}
	for _, a := range r.Attached {
		out = append(out, fmt.Sprintf("Policy %s: %s", a.ARN, a.Change))
	}
	if w := r.Witness; w != nil {
		out = append(out, fmt.Sprintf("Was denied, now allowed: %s on %s", w.Action, w.Resource))
	}
	if w := r.LostWitness; w != nil {
		out = append(out, fmt.Sprintf("Was allowed, now denied: %s on %s", w.Action, w.Resource))
	}
	return out
}

func or(s *string) string {
	if s == nil {
		return "none"
	}
	return *s
}

func bars(r *review.Role) []bar {
	var out []bar
	for _, name := range review.QuotaNames() {
		q := r.Quotas[name]
		if q.After == nil || q.Limit <= 0 {
			continue
		}
		title := gate.QuotaTitle(name)
		b := bar{Title: strings.ToUpper(title[:1]) + title[1:], After: *q.After, Limit: q.Limit, Width: min(100, *q.After*100/q.Limit), Tone: "calm", New: q.Before == nil}
		if q.Before != nil {
			b.Before = *q.Before
		}
		if b.Width >= gate.Headroom {
			b.Tone = "bad"
		} else if b.Width >= 75 {
			b.Tone = "warn"
		}
		out = append(out, b)
	}
	return out
}
