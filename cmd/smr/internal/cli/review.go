package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/review/gate"
)

// A reviewing is one run of smr review.
type reviewing struct {
	*session
	dir     string // of the configuration, as the command line names it
	several int    // configurations are reviewed
	base    string
	failOn  string
	comment string // changes, always or never
	require string // auto or comment
	key     string
	dryRun  string
	sarif   string
	report  string
	page    string
}

func (s *session) reviewCommand() *cobra.Command {
	r := &reviewing{session: s}
	cmd := &cobra.Command{
		Use:   "review [DIR…]",
		Short: "Review what access a pull request changes, and whether it may",
		Long: `Review compares the commit that is checked out with its base, decides by the
rules of the branch that the change goes to whether its new access needs approval
and has it, and says so in a comment of the pull request, the job summary,
annotations of lines and outputs. It is the job of a pull request in GitHub
Actions; elsewhere it prints what it finds.

The base is found from the event; --base names another revision. Both sides are
read as data by the program git: nothing is checked out, nothing of them runs.
Variables of the environment are not read.

New escalations are approved by their digest: by a line in smr.approvals beside
the configuration, by a review of an approver, or by a label that an approver put
on. Exit 1 if the review fails, 3 if it could not be done.

Several configurations are reviewed one by one, each by its own rules and with a
comment of its own; files that flags name then have the directory in their names.`,
		Example: "  smr review --dry-run out\n  smr review --base main --dry-run out\n  smr review --fail-on write --dry-run out",
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if ctx == nil {
				ctx = context.Background()
			}
			return r.run(ctx, directories(args))
		},
	}
	flags := cmd.Flags()
	env := func(name, otherwise string) string {
		if v := s.env("SMR_" + name); v != "" {
			return v
		}
		return otherwise
	}
	flags.StringVar(&r.base, "base", env("BASE", ""), "compare with this `revision`")
	flags.StringVar(&r.failOn, "fail-on", env("FAIL_ON", string(gate.Escalation)), "what new access fails, unless the review block says: "+choices(levelNames()))
	flags.StringVar(&r.comment, "comment", env("COMMENT", "changes"), "when to comment: "+choices(commentChoices()))
	flags.StringVar(&r.require, "require", env("REQUIRE", "auto"), "auto, or comment: fail if the comment cannot be written")
	flags.StringVar(&r.key, "key", env("KEY", "default"), "`name` of the comment, where there are several")
	flags.StringVar(&r.dryRun, "dry-run", "", "publish nothing: write comment.md, summary.md, smr.sarif, diff.json and report.html to a `directory`")
	flags.StringVar(&r.sarif, "sarif", env("SARIF", ""), "write findings as SARIF to a `file`")
	flags.StringVar(&r.report, "report", env("REPORT", ""), "write the comparison as JSON to a `file`")
	flags.StringVar(&r.page, "page", env("PAGE", ""), "write the report as HTML to a `file`")
	complete(cmd, "fail-on", levelNames())
	complete(cmd, "comment", commentChoices())
	return cmd
}

func levelNames() []string {
	var out []string
	for _, l := range gate.Levels() {
		out = append(out, string(l))
	}
	return out
}

func commentChoices() []string { return []string{"changes", "always", "never"} }

// directories are those of the arguments, each once. An argument may hold
// several in lines, as the input of the action does.
func directories(args []string) []string {
	var dirs []string
	for _, arg := range args {
		for line := range strings.Lines(arg) {
			if dir := strings.TrimSpace(line); dir != "" && !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	if len(dirs) == 0 {
		return []string{"."}
	}
	return dirs
}

func (r *reviewing) run(ctx context.Context, dirs []string) error {
	switch {
	case r.comment != "changes" && r.comment != "always" && r.comment != "never":
		return unknownChoice("--comment", r.comment, commentChoices())
	case r.require != "auto" && r.require != "comment":
		return unknownChoice("--require", r.require, []string{"auto", "comment"})
	case len(dirs) > maxDirectories:
		return usagef("%d directories are too many for one review, which takes %d", len(dirs), maxDirectories)
	}
	level, err := gate.ParseLevel(r.failOn)
	if err != nil {
		return usagef("--fail-on: %s", err)
	}
	event, err := r.event()
	if err != nil {
		return r.unfinished(err)
	}
	if event.nothing {
		fmt.Fprintln(r.log(), "smr: the pull request is closed, there is nothing to review")
		return r.outputs(nil, nil)
	}
	var all []*judged
	var wrong []error
	for _, dir := range dirs {
		one := r.of(dir, len(dirs))
		done, err := one.review(ctx, event, level)
		if err != nil && len(dirs) > 1 {
			err = fmt.Errorf("%s: %w", dir, err)
		}
		if err != nil {
			wrong = append(wrong, err)
		} else if done != nil {
			all = append(all, done)
		}
	}
	return r.end(all, wrong)
}

// maxDirectories bounds the comments of one run.
const maxDirectories = 10

// end says the outcome of all directories.
func (r *reviewing) end(all []*judged, wrong []error) error {
	if len(wrong) == 1 {
		return r.unfinished(wrong[0])
	} else if len(wrong) > 1 {
		return r.unfinished(errors.Join(wrong...))
	}
	if err := r.annotate(all); err != nil {
		return err
	}
	if err := r.outputs(all, nil); err != nil {
		return r.unfinished(err)
	}
	if slices.ContainsFunc(all, func(j *judged) bool { return !j.input.Verdict.Passed() }) {
		return findings()
	}
	return nil
}

// of is the run for one directory of several: its comment and its files have
// names of their own.
func (r *reviewing) of(dir string, several int) *reviewing {
	one := *r
	one.dir, one.several = dir, several
	if several == 1 {
		return &one
	}
	sum := sha256.Sum256([]byte(dir))
	slug := strings.Trim(notInKeys.ReplaceAllString(filepath.ToSlash(filepath.Clean(dir)), "-"), "-.")
	slug = strings.Trim(slug[:min(len(slug), 24)]+"-"+hex.EncodeToString(sum[:])[:8], "-")
	one.key = r.key + "." + slug
	for _, name := range []*string{&one.sarif, &one.report, &one.page} {
		if *name != "" {
			ext := filepath.Ext(*name)
			*name = strings.TrimSuffix(*name, ext) + "-" + slug + ext
		}
	}
	if r.dryRun != "" {
		one.dryRun = filepath.Join(r.dryRun, slug)
	}
	return &one
}

// notInKeys is what a comment's key and the names of files leave out.
var notInKeys = regexp.MustCompile(`[^A-Za-z0-9_.]+`)

// review judges one directory and publishes what is said of it. It returns nil
// where there is nothing to review.
func (r *reviewing) review(ctx context.Context, ev *event, level gate.Level) (*judged, error) {
	done, err := r.judge(ctx, ev, level)
	if err != nil || done == nil {
		return nil, err
	}
	defer done.close()
	return done, r.publish(ctx, ev, done)
}

// unfinished says on GitHub too that there is no verdict.
func (r *reviewing) unfinished(err error) error {
	var status *exitError
	if errors.As(err, &status) {
		return err
	}
	if r.onGitHub() {
		r.annotateFailure(err)
	}
	if fail := r.outputs(nil, err); fail != nil {
		err = errors.Join(err, fail)
	}
	return &exitError{ExitFailure, err}
}

// runURL is the page of the run, "" outside of GitHub.
func (r *reviewing) runURL() string {
	server, repository, id := r.env("GITHUB_SERVER_URL"), r.env("GITHUB_REPOSITORY"), r.env("GITHUB_RUN_ID")
	if _, err := strconv.ParseUint(id, 10, 64); err != nil || server == "" || repository == "" {
		return ""
	}
	return strings.TrimRight(server, "/") + "/" + path.Clean(repository) + "/actions/runs/" + id
}
