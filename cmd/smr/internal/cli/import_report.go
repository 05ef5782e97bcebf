package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/deploy/importer"
)

// imported says what was recognized, and decides the exit code.
func (s *session) imported(r *importer.Result, c importing) error {
	var err error
	if c.format == "json" {
		err = s.importedJSON(r)
	} else {
		err = s.importedText(r, c.out)
	}
	refused := slices.ContainsFunc(r.Skipped, func(k importer.Skip) bool { return k.Named })
	if err == nil && (len(r.Failures) > 0 || refused || len(r.Roles) == 0) {
		return findings()
	}
	return err
}

func (s *session) importedJSON(r *importer.Result) error {
	text, err := json.MarshalIndent(struct {
		Schema string `json:"schema"`
		*importer.Result
	}{"smr.import/1", r}, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Stdout, "%s\n", text)
	return err
}

func (s *session) importedText(r *importer.Result, out string) error {
	b := &strings.Builder{}
	for _, role := range r.Roles {
		fmt.Fprintf(b, "%s: %s\n", role.Name, describe(role))
		for _, a := range role.Activities {
			for _, o := range a.Overrides {
				fmt.Fprintf(b, "  override %s: %s\n", a.Name, o)
			}
		}
		for _, n := range role.Notes {
			fmt.Fprintf(b, "  note: %s\n", n)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(b, "note: %s\n", n)
	}
	if len(r.Skipped)+len(r.Failures) > 0 && b.Len() > 0 {
		b.WriteString("\n")
	}
	for _, k := range r.Skipped {
		fmt.Fprintf(b, "passed over %s: %s\n", k.Role, k.Reason)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(b, "not expressible %s: %s\n", f.Role, f.Reason)
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	switch {
	case len(r.Failures) > 0:
		fmt.Fprintf(b, "Nothing was written: %s cannot be expressed. Leave them out with --except, or change them first.\n", render.Count(len(r.Failures), "role"))
	case len(r.Roles) == 0:
		b.WriteString("Nothing was written: there is no role to import.\n")
	default:
		fmt.Fprintf(b, "%s: %s in %s, edition %q; each is proved to compile to what it was.\n", out, render.Count(len(r.Roles), "role"), render.Count(len(r.Files), "file"), r.Edition)
	}
	_, err := io.WriteString(s.Stdout, visible(b.String()))
	return err
}

// visible is text of which nothing moves a terminal's cursor: names of roles and
// policies are written by others.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// describe says in a line what a role became.
func describe(r *importer.Role) string {
	var parts []string
	switch {
	case r.Persona != "":
		parts = append(parts, fmt.Sprintf("persona %s (%s)", r.Persona, render.Count(len(r.Activities), "activity")))
	case len(r.Activities) > 0:
		names := make([]string, len(r.Activities))
		for i, a := range r.Activities {
			names[i] = a.Name
		}
		parts = append(parts, "activities "+strings.Join(names, ", "))
	}
	if r.Statements > 0 {
		parts = append(parts, render.Count(r.Statements, "statement"))
	}
	if r.Attached > 0 {
		parts = append(parts, render.Count(r.Attached, "attached policy"))
	}
	if len(parts) == 0 {
		parts = []string{"no permissions"}
	}
	return strings.Join(parts, ", ")
}
