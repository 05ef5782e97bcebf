package cli

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

func (s *session) driftCommand() *cobra.Command {
	format, issue := "text", false
	cmd := &cobra.Command{
		Use:   "drift",
		Short: "Show what an account has otherwise than the configuration",
		Long: `Drift compares the roles of an account with the configuration: what was changed by
hand since it was released, what was added and stays, roles that are left over,
principals of trust policies that were deleted. It changes nothing; exit 1 says
that something differs.

Of when something was changed it tells what IAM returns: the time of a policy's
version. By whom, CloudTrail knows.

--github-issue keeps an issue of the repository open for as long as there is
drift, and closes it then. It is for a job of GitHub Actions with leave to write
issues.`,
		Example: "  smr drift\n  smr drift --account ml-prod --format json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(answerFormats(), format) {
				return unknownChoice("--format", format, answerFormats())
			}
			return s.drift(cmd.Context(), format, issue)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "how to write the differences: "+choices(answerFormats()))
	cmd.Flags().BoolVar(&issue, "github-issue", false, "keep an issue of the repository open while there is drift")
	complete(cmd, "format", answerFormats())
	return cmd
}

func (s *session) drift(ctx context.Context, format string, issue bool) error {
	if issue {
		if err := s.checkIssue(); err != nil {
			return err
		}
	}
	done, err := s.makePlan(ctx, plan.Options{})
	if err != nil {
		return err
	}
	d := plan.NewDrift(done.plan, done.state, done.desired)
	if format == "json" {
		enc := json.NewEncoder(s.Stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(d)
	} else {
		err = render.Drift(s.Stdout, d, s.options(s.Stdout, done.dir))
	}
	if err == nil && issue {
		err = s.publishDrift(ctx, d, done.dir)
	}
	if err == nil && d.Drifted {
		return findings()
	}
	return err
}
