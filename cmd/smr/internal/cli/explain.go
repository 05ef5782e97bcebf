package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/awserror"
	"github.com/sagemaker-roles/smr/cmd/smr/internal/reference"
	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/compiler/check"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/deploy/plan"
	"github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/preflight"
	"github.com/sagemaker-roles/smr/review/gate"
)

func (s *session) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain CODE | ACTIVITY | ERROR TEXT",
		Short: "Explain a finding, an activity, or an error message of AWS",
		Long: `Explain says what the code of a finding means, with an example and the way out;
what an activity is; or what is behind an error message of AWS, given as one or
several arguments, or on standard input as -.`,
		Example: "  smr explain missing-activity\n  smr explain manage_ml_jobs\n" +
			"  smr explain 'Cannot exceed quota for PoliciesPerRole: 10'",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return s.explain(args) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return codes(), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// entries documents the codes of findings, from the packages that raise them.
func entries() []diag.Entry {
	out := check.Entries()
	out = append(out, emit.Codes()...)
	out = append(out, prove.Codes()...)
	out = append(out, preflight.Codes()...)
	out = append(out, diag.Codes()...)
	out = append(out, gate.Codes()...)
	out = append(out, plan.Codes()...)
	slices.SortFunc(out, func(a, b diag.Entry) int { return strings.Compare(a.Code, b.Code) })
	return out
}

// entry documents one code; nil when there is none.
func entry(code string) *diag.Entry {
	for _, e := range entries() {
		if e.Code == code {
			return &e
		}
	}
	return nil
}

func codes() []string {
	var out []string
	for _, e := range entries() {
		out = append(out, e.Code)
	}
	return out
}

func (s *session) explain(args []string) error {
	text := strings.Join(args, " ")
	if text == "-" {
		data, err := limited(s.Stdin)
		if err != nil {
			return fmt.Errorf("standard input: %w", err)
		}
		text = string(data)
	}
	name := strings.Trim(strings.TrimSpace(text), "[]")
	if e := entry(name); e != nil {
		return writeEntry(s.Stdout, e, width(s.Stdout))
	}
	if q, ok, err := findQuirk(name); ok || err != nil {
		if err != nil {
			return err
		}
		return writeQuirk(s.Stdout, q, width(s.Stdout))
	}
	for _, edition := range slices.Backward(catalog.Editions()) {
		if slices.Contains(reference.Names(edition), name) {
			return s.catalogEntry(edition, name, "plain")
		}
	}
	if e, ok := awserror.Explain(text); ok {
		return s.writeAWS(e)
	}
	names := slices.Concat(codes(), reference.Names(newestEdition()))
	return usagef("nothing is known of %q.%s", shorten(name), diag.DidYouMean(name, names, "It is no code of a finding, no activity, and no error message of AWS that smr knows."))
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

func writeEntry(w io.Writer, e *diag.Entry, width int) error {
	if err := render.Lines(w, fmt.Sprintf("%s [%s]\n\n%s\n", diag.Summary(e.Code), e.Code, strings.TrimSpace(e.Explain)), width); err != nil {
		return err
	}
	var b strings.Builder
	if e.Bad != "" {
		fmt.Fprintf(&b, "\nThis raises it\n\n%s", indented(e.Bad))
	}
	if e.Good != "" {
		fmt.Fprintf(&b, "\nThis does not\n\n%s", indented(e.Good))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func indented(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = "    " + l
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// findQuirk looks a quirk of the catalogue up, in the newest edition that has it.
func findQuirk(code string) (q reference.Quirk, ok bool, err error) {
	if !strings.HasPrefix(code, "quirk-") {
		return q, false, nil
	}
	for _, edition := range slices.Backward(catalog.Editions()) {
		e, err := reference.Read(edition)
		if err != nil {
			return q, false, err
		}
		for _, a := range e.Activities {
			for _, q := range a.Quirks {
				if q.Code == code {
					q.Detail = fmt.Sprintf("%s\n\nOf the activity %s, edition %s.", q.Detail, a.Name, edition)
					return q, true, nil
				}
			}
		}
	}
	return q, false, nil
}

func writeQuirk(w io.Writer, q reference.Quirk, width int) error {
	if err := render.Lines(w, fmt.Sprintf("%s [%s]\n\n%s\n", q.Summary, q.Code, q.Detail), width); err != nil {
		return err
	}
	var b strings.Builder
	if q.Fix != "" {
		fmt.Fprintf(&b, "\nThe way out\n\n%s", indented(q.Fix))
	}
	if q.Source != "" {
		fmt.Fprintf(&b, "\nSource: %s\n", q.Source)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeAWS explains a message of AWS, and which activities allow the action
// that it names.
func (s *session) writeAWS(e awserror.Explanation) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n\nThe way out\n  %s\n", e.Message, e.Cause, e.WayOut)
	if e.Action != "" && e.Action != "iam:PassRole" {
		names, err := reference.Granting(newestEdition(), e.Action)
		if err != nil {
			return err
		}
		if len(names) > 0 {
			fmt.Fprintf(&b, "\nActivities that allow %s\n  %s\n", e.Action, strings.Join(names, "\n  "))
		}
	}
	fmt.Fprintf(&b, "\nSource: %s\n", e.Source)
	return render.Lines(s.Stdout, b.String(), width(s.Stdout))
}
