package reference

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// List writes all personas and activities of an edition: what each is for, and of
// an activity the parameters, the customizations that it knows, and what it needs.
func List(w io.Writer, e *Edition) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "Edition %s\n\nPersonas\n", e.Name)
	for _, p := range e.Personas {
		fmt.Fprintf(b, "  %-34s %s\n", p.Name, p.Summary)
	}
	b.WriteString("\nActivities\n")
	for _, a := range e.Activities {
		fmt.Fprintf(b, "  %-34s %s\n", a.Name, a.Summary)
		if more := a.short(); more != "" {
			fmt.Fprintf(b, "  %-34s %s\n", "", more)
		}
	}
	b.WriteString("\n`smr catalog NAME` shows one of them.\n")
	return b.Flush()
}

// short is the parameters, forms and needs of an activity in one line.
func (a *Activity) short() string {
	var parts []string
	var params []string
	for _, p := range a.Params {
		params = append(params, p.Name)
	}
	if len(params) > 0 {
		parts = append(parts, "parameters: "+strings.Join(params, ", "))
	}
	switch {
	case a.VPCForm && a.KMSForm:
		parts = append(parts, "uses vpc and kms")
	case a.VPCForm:
		parts = append(parts, "uses vpc")
	case a.KMSForm:
		parts = append(parts, "uses kms")
	}
	if len(a.Requires) > 0 {
		parts = append(parts, "needs "+needs(a.Requires, "%s"))
	}
	return strings.Join(parts, "; ")
}

// PersonaText writes one persona with what its activities are for.
func PersonaText(w io.Writer, edition string, p Persona) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s: %s (edition %s)\n\n%s.\n\nActivities\n", p.Name, p.Title, edition, p.Summary)
	for _, name := range p.Activities {
		d, err := read(edition, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "  %-34s %s\n", name, d.text(d.activity.Summary))
	}
	fmt.Fprintf(b, "\nIn a role\n  role \"name\" {\n    persona = %q\n  }\n", p.Name)
	return b.Flush()
}

func (e *Edition) activity(name string) *Activity {
	for _, a := range e.Activities {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// ActivityText writes one activity: what it is, its parameters, what it needs,
// what to know, an example, and the policy in one of its forms. Prose is wrapped
// at width columns, 0 for not at all.
func ActivityText(w io.Writer, a *Activity, form Form, width int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (edition %s)\n\n%s.\n\n", a.Name, a.Title, a.Edition, strings.TrimSuffix(a.Summary, "."))
	if a.Policy != "" {
		fmt.Fprintf(&b, "Attaches the AWS managed policy %s.\n\n", spelled(a.Policy))
	}
	if len(a.Params) > 0 {
		b.WriteString("Parameters\n")
		for _, p := range a.Params {
			fmt.Fprintf(&b, "  %s (%s%s): %s\n", p.Name, p.Type.Text, given(a, p), p.Description)
		}
		b.WriteString("\n")
	}
	if len(a.Requires) > 0 {
		fmt.Fprintf(&b, "Needs\n  %s\n\n", needs(a.Requires, "%s"))
	}
	if len(a.Quirks) > 0 {
		b.WriteString("What to know\n")
		for _, q := range a.Quirks {
			fmt.Fprintf(&b, "  %s: %s%s. %s\n", q.Code, q.Summary, with(q.With), q.Detail)
		}
		b.WriteString("\n")
	}
	if err := render.Lines(w, b.String(), width); err != nil {
		return err
	}
	b.Reset()
	fmt.Fprintf(&b, "\nIn a role\n%s\n", indent(a.Example, "  "))
	if form.Policy != nil {
		title := "Policy"
		if form.Name != "" {
			title += ", with " + form.Name
		}
		fmt.Fprintf(&b, "%s\n%s\n", title, indent(JSON(form), "  "))
	}
	if others := a.otherForms(form); len(others) > 0 {
		fmt.Fprintf(&b, "It differs with %s: --form shows that.\n", strings.Join(others, "; with "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// FormNames are the names that --form takes.
func FormNames() []string { return []string{"plain", "vpc", "kms", "vpc+kms"} }

// Form returns a form by the name that --form takes: the form that the activity
// has with those customizations.
func (a *Activity) Form(name string) Form {
	vpc, kms := strings.Contains(name, "vpc") && a.VPCForm, strings.Contains(name, "kms") && a.KMSForm
	for _, f := range a.Forms {
		if strings.Contains(f.Name, "vpc") == vpc && strings.Contains(f.Name, "kms") == kms {
			return f
		}
	}
	return Form{}
}

func (a *Activity) otherForms(shown Form) []string {
	var out []string
	for _, f := range a.Forms {
		if f.Name != shown.Name && f.Name != "" {
			out = append(out, f.Name)
		}
	}
	return out
}

// JSON is the policy of a form as it is emitted; what is known only at
// deployment is written as the language writes it.
func JSON(f Form) string {
	return strings.TrimRight(spelled(string(policy.AppendIndent(nil, f.Policy.Document))), "\n")
}

// spelled writes pseudo parameters as the language does.
func spelled(s string) string { return emit.Replace(s, "${partition}", "${region}", "${account_id}") }

// given says where the value of a parameter comes from.
func given(a *Activity, p *ir.Param) string {
	switch {
	case p.From != "":
		return ", the role's " + p.From
	case p.Required:
		return ", required"
	}
	return ", default " + Default(a, p)
}

// needs writes a AND (b OR c) in words.
func needs(requires [][]string, name string) string {
	var all []string
	for _, alternatives := range requires {
		var names []string
		for _, n := range alternatives {
			names = append(names, fmt.Sprintf(name, n))
		}
		all = append(all, strings.Join(names, " or "))
	}
	return strings.Join(all, ", and ")
}

func with(customizations string) string {
	if customizations == "" {
		return ""
	}
	return " (" + strings.ReplaceAll(customizations, " and ", ", ") + ")"
}

func indent(text, by string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = by + line
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// Names are all names of an edition that `smr catalog` shows.
func Names(edition string) []string {
	e, err := Personas(edition)
	if err != nil {
		return nil
	}
	names := slices.Clone(catalog.Names(edition))
	for _, p := range e {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}
