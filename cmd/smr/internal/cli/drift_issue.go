package cli

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/deploy/plan"
	"github.com/sagemaker-roles/smr/review/comment"
	"github.com/sagemaker-roles/smr/review/github"
	"github.com/sagemaker-roles/smr/review/inert"
)

// driftLabel is the label of issues about drift.
const driftLabel = "smr-drift"

// checkIssue says before anything is read whether there is a repository to write
// an issue to.
func (s *session) checkIssue() error {
	for _, name := range []string{"GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN"} {
		if s.env(name) == "" {
			return usagef("--github-issue: %s is not set. It is for a job of GitHub Actions, with issues: write and the token in GITHUB_TOKEN", name)
		}
	}
	return nil
}

// publishDrift brings the account's issue up to date: one that is open says what
// differs now, and is closed when nothing does. An issue that cannot be written
// is an error, for somebody relies on it.
func (s *session) publishDrift(ctx context.Context, d *plan.Drift, dir string) error {
	env := github.ReadEnvironment(s.env)
	client, err := github.New(github.Options{APIURL: env.APIURL, Token: s.env("GITHUB_TOKEN"), Repository: env.Repository})
	if err != nil {
		return err
	}
	body, err := s.driftBody(d, dir)
	if err != nil {
		return err
	}
	if ctx == nil {
		ctx = context.Background()
	}
	// The commit is in the text, not in the marker: the issue changes with what
	// differs, not with every commit.
	r := client.PublishIssue(ctx, github.Issue{
		Marker: github.Marker{Kind: "drift", Key: d.Account, Run: env.Run},
		Title:  "smr: account " + d.Account + " is not as the configuration says", Body: body, Label: driftLabel, Open: d.Drifted,
	})
	if r.Err != nil {
		return fmt.Errorf("the issue about drift cannot be written. %s %w", r.Reason, r.Err)
	}
	_, err = fmt.Fprintln(s.Stderr, strings.TrimSpace(fmt.Sprintf("smr: issue %s %s", r.Status, r.URL)))
	return err
}

// driftBody is the issue: the same text as on a terminal, as a block of code
// since names in an account are anybody's.
func (s *session) driftBody(d *plan.Drift, dir string) (string, error) {
	var text strings.Builder
	o := s.options(&text, dir)
	o.Color, o.Width = false, 100
	if err := render.Drift(&text, d, o); err != nil {
		return "", err
	}
	if !d.Drifted {
		return "The account is as the configuration says again.\n", nil
	}
	const head = "Somebody changed the account, or a release did not end. `smr plan` says what would mend it; a release does.\n\n"
	const foot = "\nThis issue is closed when nothing differs any more.\n"
	full := text.String()
	if room := comment.MaxComment - 2000; utf8.RuneCountInString(full) > room {
		full = string([]rune(full)[:room]) + "\n… The rest is in the log of the run.\n"
	}
	return head + inert.Block("text", full) + "\n" + foot, nil
}
