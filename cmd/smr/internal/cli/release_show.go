package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/deploy/organization"
	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/inert"
)

// show writes what would be done, for people.
func (r *releasing) show(release *organization.Release, dir string) error {
	for _, d := range release.Diffs {
		if len(d.Roles) > 0 {
			if err := render.Diff(r.Stdout, d, r.options(r.Stdout, dir), nil); err != nil {
				return err
			}
			fmt.Fprintln(r.Stdout)
		}
	}
	var b strings.Builder
	for _, t := range release.Targets {
		what := "changes"
		if !t.Exists {
			what = "is made"
		} else if len(t.Steps.Steps) == 0 {
			what = "stays as it is"
		}
		kind := "Stack"
		if r.StackSet {
			kind = "Stack set"
		}
		fmt.Fprintf(&b, "%s %s %s", kind, t.Name, what)
		if n := len(t.Steps.Steps); n > 1 {
			fmt.Fprintf(&b, " in %d steps", n)
		}
		b.WriteString(".\n")
		for i, s := range t.Steps.Steps {
			if len(t.Steps.Steps) > 1 {
				fmt.Fprintf(&b, "  %d. %s: %s\n", i+1, s.Title, someRoles(s.Roles))
			}
		}
		if t.Unprotected() {
			b.WriteString("  It will be protected from deletion.\n")
		}
		for _, why := range t.Steps.Why {
			fmt.Fprintf(&b, "  %s: %s\n", inert.Line(why.Role), why.Text)
		}
		for _, why := range t.Steps.Withheld {
			fmt.Fprintf(&b, "  %s: %s\n", inert.Line(why.Role), why.Text)
		}
		if n := len(t.Missing); n > 0 {
			fmt.Fprintf(&b, "  %s without a stack\n", render.Count(n, "account"))
		}
		if n := len(t.Outdated); n > 0 {
			fmt.Fprintf(&b, "  %s with an older template\n", render.Count(n, "account"))
		}
	}
	for _, n := range release.Notes {
		fmt.Fprintf(&b, "Note: %s\n", inert.Line(n))
	}
	for _, u := range release.Unproved() {
		fmt.Fprintf(&b, "Not proved: %s: %s\n", inert.Line(u.Role), inert.Line(u.Text))
	}
	for _, n := range release.Refusals {
		fmt.Fprintf(&b, "Refused: %s\n", inert.Line(n))
	}
	_, err := r.Stdout.Write([]byte(b.String()))
	return err
}

// someRoles names at most three roles.
func someRoles(names []string) string {
	n := len(names)
	if n <= 3 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), n-3)
}

// print writes the end for people, or everything as JSON.
func (r *releasing) print(release *organization.Release, out *organization.Outcome) error {
	if r.format == "json" {
		return r.json(release, out)
	}
	if out == nil {
		return nil
	}
	var b strings.Builder
	for _, f := range out.Failed() {
		fmt.Fprintf(&b, "account %s: step %s, wave %d: %s %s\n", f.Account, f.Step, f.Wave, f.Status, f.Reason)
	}
	if !out.Changed {
		b.WriteString("Nothing was changed.\n")
	}
	_, err := r.Stdout.Write([]byte(b.String()))
	return err
}

// releaseSchema is the schema that the JSON of a release names.
const releaseSchema = "smr.release/1"

func (r *releasing) json(release *organization.Release, out *organization.Outcome) error {
	type step struct {
		Title string   `json:"title"`
		Roles []string `json:"roles"`
		Bytes int      `json:"bytes"`
	}
	type target struct {
		Name     string                  `json:"name"`
		Exists   bool                    `json:"exists"`
		Steps    []step                  `json:"steps"`
		Why      []organization.Reason   `json:"why"`
		Withheld []organization.Reason   `json:"withheld"`
		Missing  []organization.Member   `json:"missing"`
		Outdated []organization.Instance `json:"outdated"`
	}
	doc := struct {
		Schema   string                       `json:"schema"`
		Kind     string                       `json:"kind"`
		Targets  []target                     `json:"targets"`
		Unproved []organization.Reason        `json:"unproved"`
		Refusals []string                     `json:"refusals"`
		Notes    []string                     `json:"notes"`
		Diffs    []*review.Diff               `json:"diffs"`
		Changes  bool                         `json:"changes"`
		Released bool                         `json:"released"`
		Results  []organization.AccountResult `json:"results"`
	}{
		Schema: releaseSchema, Kind: map[bool]string{false: "stack", true: "stack-set"}[r.StackSet],
		Unproved: jsonList(release.Unproved()), Refusals: jsonList(release.Refusals), Notes: jsonList(release.Notes),
		Diffs: release.Diffs, Changes: release.Changed(), Released: out != nil,
	}
	for _, t := range release.Targets {
		v := target{Name: t.Name, Exists: t.Exists, Steps: []step{}, Why: jsonList(t.Steps.Why), Withheld: jsonList(t.Steps.Withheld), Missing: jsonList(t.Missing), Outdated: jsonList(t.Outdated)}
		for _, s := range t.Steps.Steps {
			v.Steps = append(v.Steps, step{s.Title, jsonList(s.Roles), len(s.Body)})
		}
		doc.Targets = append(doc.Targets, v)
	}
	if out != nil {
		doc.Results = out.Results
	}
	doc.Results = jsonList(doc.Results)
	enc := json.NewEncoder(r.Stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

// jsonList is l, [] in JSON where it has nothing.
func jsonList[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return slices.Clip(l)
}
