package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/reference"
	"github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func (s *session) catalogCommand() *cobra.Command {
	var edition, form string
	cmd := &cobra.Command{
		Use:   "catalog [NAME]",
		Short: "List or show the built-in personas and activities",
		Long: `Catalog lists the built-in personas and activities, or shows one of them: its
parameters, what it needs, what to know before using it, and the policy that
its example compiles to. In a directory with a configuration, the personas and
activities that it defines itself are listed and shown too.

Editions: ` + choices(catalog.Editions()) + `. A configuration chooses one with
smr { edition = "2026" }; without that it gets role-manager-2024.`,
		Example: "  smr catalog\n  smr catalog manage_ml_jobs\n  smr catalog manage_ml_jobs --edition role-manager-2024 --form vpc",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case !slices.Contains(catalog.Editions(), edition):
				return unknownChoice("--edition", edition, catalog.Editions())
			case !slices.Contains(reference.FormNames(), form):
				return unknownChoice("--form", form, reference.FormNames())
			case len(args) == 0:
				e, err := reference.Read(edition)
				if err != nil {
					return err
				}
				if err := reference.List(s.Stdout, e); err != nil {
					return err
				}
				return s.listOwn()
			}
			return s.catalogEntry(edition, args[0], form)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return reference.Names(edition), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&edition, "edition", newestEdition(), "of the catalogue: "+choices(catalog.Editions()))
	cmd.Flags().StringVar(&form, "form", "plain", "with which customizations to show the policy: "+choices(reference.FormNames()))
	complete(cmd, "edition", catalog.Editions())
	complete(cmd, "form", reference.FormNames())
	return cmd
}

func newestEdition() string {
	editions := catalog.Editions()
	return editions[len(editions)-1]
}

func (s *session) catalogEntry(edition, name, form string) error {
	if slices.Contains(catalog.Names(edition), name) {
		e, err := reference.Read(edition, name)
		if err != nil {
			return err
		}
		a := e.Activities[0]
		return reference.ActivityText(s.Stdout, a, a.Form(form), width(s.Stdout))
	}
	personas, err := reference.Personas(edition)
	if err != nil {
		return err
	}
	for _, p := range personas {
		if p.Name == name {
			return reference.PersonaText(s.Stdout, edition, p)
		}
	}
	own, err := s.ownDefinitions()
	if err != nil {
		return err
	}
	for _, d := range own {
		if d.name == name {
			return d.write(s.Stdout, width(s.Stdout))
		}
	}
	return usagef("edition %s has no activity or persona %q.%s", edition, name, diag.DidYouMean(name, reference.Names(edition), "`smr catalog` lists them."))
}
