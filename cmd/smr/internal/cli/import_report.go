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
	b := &lines{}
	for _, role := range r.Roles {
		b.add("%s: %s", role.Name, describe(role))
		for _, a := range role.Activities {
			for _, o := range a.Overrides {
				b.add("  override %s: %s", a.Name, o)
			}
		}
		for _, n := range role.Notes {
			b.add("  note: %s", n)
		}
	}
	for _, n := range r.Notes {
		b.add("note: %s", n)
	}
	if len(r.Skipped)+len(r.Failures) > 0 && b.Len() > 0 {
		b.add("")
	}
	for _, k := range r.Skipped {
		b.add("passed over %s: %s", k.Role, k.Reason)
	}
	for _, f := range r.Failures {
		b.add("not expressible %s: %s", f.Role, f.Reason)
	}
	if b.Len() > 0 {
		b.add("")
	}
	switch {
	case len(r.Failures) > 0:
		b.add("Nothing was written: %s cannot be expressed. Leave them out with --except, or change them first.", render.Count(len(r.Failures), "role"))
	case len(r.Roles) == 0:
		b.add("Nothing was written: there is no role to import.")
	default:
		b.add("%s: %s in %s, edition %q; each is proved to compile to what it was.", out, render.Count(len(r.Roles), "role"), render.Count(len(r.Files), "file"), r.Edition)
	}
	_, err := io.WriteString(s.Stdout, b.String())
	return err
}

// lines are lines of text, of which nothing begins another one or moves a
// terminal's cursor: names of roles and policies are written by others.
type lines struct{ strings.Builder }

func (l *lines) add(format string, args ...any) {
	l.WriteString(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, fmt.Sprintf(format, args...)) + "\n")
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
