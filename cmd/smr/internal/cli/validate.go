package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func (s *session) validateCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "validate [DIR]",
		Short: "Check a configuration without a network",
		Long: `Validate checks the .smr files of a directory: the language, dependencies of
activities, parameters, quotas of IAM, and what is known of each policy. It
reads nothing else and speaks to no network.

The text form ends with a table of the roles: policies attached of those that a
role may have, and how full the largest policy is.

Paths are shown from the working directory, columns count characters. With
--format github and sarif, paths are those of the checkout (GITHUB_WORKSPACE).`,
		Example: "  smr validate\n  smr validate --format json\n  smr validate --account ml-prod --var data_bucket=acme-data",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := formatByName(format)
			if err != nil {
				return err
			}
			return s.validate(directory(args), f)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "how to write findings: "+choices(render.Names()))
	complete(cmd, "format", render.Names())
	return cmd
}

func formatByName(name string) (render.Format, error) {
	f, ok := render.ByName(name)
	if !ok {
		return f, unknownChoice("--format", name, render.Names())
	}
	return f, nil
}

func (s *session) validate(dir string, f render.Format) error {
	c, err := s.compile(dir)
	if err != nil {
		return err
	}
	report := c.Report()
	if err := s.report(s.Stdout, f, c.dir, report); err != nil {
		return err
	}
	if f.Name == "text" {
		if err := s.overview(c, report); err != nil {
			return err
		}
	}
	return verdict(c, report)
}

// overview ends the text form: the roles, where there are no errors, and a
// line that counts.
func (s *session) overview(c *configuration, report *diag.Report) error {
	o := s.options(s.Stdout, c.dir)
	if report.Errors == 0 {
		if err := render.Roles(s.Stdout, c.Stack, o); err != nil {
			return err
		}
	}
	return render.Counts(s.Stdout, report, o)
}

// verdict is the end of a command that reported findings. A configuration that
// smr could not judge is never good.
func verdict(c *configuration, r *diag.Report) error {
	if c.Fault != nil {
		return fmt.Errorf("the configuration could not be judged: %w", c.Fault)
	}
	if r.Errors > 0 {
		return findings()
	}
	return nil
}
