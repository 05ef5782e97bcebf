package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/dsl"
)

// A definition is an activity or a persona of the configuration's own.
type definition struct {
	kind, name     string
	title, summary string
	params         []string // of an activity, with what each is
	activities     []string // of a persona, as far as its block lists them
	at             hcl.Range
}

// ownDefinitions are those of the configuration in the directory, activities
// first, by name; none where there is no configuration.
func (s *session) ownDefinitions() ([]definition, error) {
	root, err := s.open(".")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(root.FS(), "*.smr")
	if err = errors.Join(err, root.Close()); err != nil || len(names) == 0 {
		return nil, err
	}
	c, err := s.compile(".")
	if err != nil || c.Config == nil {
		return nil, err
	}
	text := func(a *dsl.Attr) string {
		if a == nil || len(a.Expr.Variables()) > 0 {
			return ""
		}
		v, diags := c.Config.Eval(a, &hcl.EvalContext{})
		if diags.HasErrors() || v.IsNull() || v.Type() != cty.String {
			return ""
		}
		return v.AsString()
	}
	var out []definition
	for _, a := range c.Config.Activities {
		if a.BuiltIn {
			continue
		}
		d := definition{kind: "activity", name: a.Name.Text, title: text(a.Title), summary: text(a.Summary), at: a.Range}
		for _, p := range a.Parameters {
			need := ", required"
			if p.Default != nil {
				need = ""
			}
			d.params = append(d.params, strings.TrimSuffix(p.Name.Text+need+": "+text(p.Description), ": "))
		}
		out = append(out, d)
	}
	for _, p := range c.Config.Personas {
		if !p.BuiltIn {
			out = append(out, definition{kind: "persona", name: p.Name.Text, title: text(p.Title), summary: text(p.Summary), at: p.Range, activities: list(c, p.Activities)})
		}
	}
	slices.SortStableFunc(out, func(a, b definition) int {
		return strings.Compare(a.kind+" "+a.name, b.kind+" "+b.name)
	})
	return out, nil
}

// list are the strings of a list that depends on nothing.
func list(c *configuration, a *dsl.Attr) []string {
	if a == nil || len(a.Expr.Variables()) > 0 {
		return nil
	}
	v, diags := c.Config.Eval(a, &hcl.EvalContext{})
	if diags.HasErrors() || v.IsNull() || !v.CanIterateElements() {
		return nil
	}
	var out []string
	for it := v.ElementIterator(); it.Next(); {
		if _, e := it.Element(); e.Type() == cty.String && !e.IsNull() {
			out = append(out, e.AsString())
		}
	}
	return out
}

// listOwn writes the definitions of the configuration below the catalogue.
func (s *session) listOwn() error {
	own, err := s.ownDefinitions()
	if err != nil || len(own) == 0 {
		return err
	}
	var b strings.Builder
	b.WriteString("\nOf this configuration\n")
	for _, d := range own {
		about := d.summary
		if about == "" {
			about = d.title
		}
		fmt.Fprintf(&b, "  %-34s %s\n", d.name, strings.TrimSuffix(d.kind+": "+about, ": "))
	}
	return render.Lines(s.Stdout, b.String(), 0)
}

// write shows one definition.
func (d definition) write(w io.Writer, width int) error {
	var b strings.Builder
	article := map[string]string{"activity": "an"}[d.kind]
	if article == "" {
		article = "a"
	}
	fmt.Fprintf(&b, "%s, %s %s of this configuration (%s line %d)\n", d.name, article, d.kind, d.at.Filename, d.at.Start.Line)
	if d.title != "" {
		fmt.Fprintf(&b, "\n%s\n", d.title)
	}
	if d.summary != "" {
		fmt.Fprintf(&b, "\n%s\n", d.summary)
	}
	for title, lines := range map[string][]string{"Parameters": d.params, "Activities": d.activities} {
		if len(lines) > 0 {
			fmt.Fprintf(&b, "\n%s\n  %s\n", title, strings.Join(lines, "\n  "))
		}
	}
	return render.Lines(w, b.String(), width)
}
