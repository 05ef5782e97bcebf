package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/review/comment"
	"github.com/sagemaker-roles/smr/review/gate"
	"github.com/sagemaker-roles/smr/review/git"
	"github.com/sagemaker-roles/smr/review/github"
	"github.com/sagemaker-roles/smr/review/inert"
)

// An event is what the review is about.
type event struct {
	change  git.Change
	pull    *github.PullRequest // nil without one
	client  *github.Client      // nil outside of GitHub
	env     github.Environment
	nothing bool // a pull request that is closed
}

// event reads what started the job; outside of GitHub there is none.
func (r *reviewing) event() (*event, error) {
	ev := &event{}
	if !r.onGitHub() {
		return ev, nil
	}
	ev.env = github.ReadEnvironment(r.env)
	payload := []byte("{}")
	if ev.env.EventPath != "" {
		data, err := os.ReadFile(ev.env.EventPath)
		if err != nil {
			return nil, fmt.Errorf("GITHUB_EVENT_PATH: %w", cause(err))
		}
		payload = data
	}
	parsed, err := github.ParseEvent(ev.env.EventName, payload)
	if err != nil {
		return nil, err
	}
	ev.change, ev.pull = parsed.Change(ev.env.SHA, r.base), parsed.PullRequest
	ev.nothing = ev.pull != nil && (ev.pull.State == "closed" || parsed.Action == "closed")
	if ev.env.APIURL == "" {
		return ev, nil
	}
	ev.client, err = github.New(github.Options{APIURL: ev.env.APIURL, Token: r.env("GITHUB_TOKEN"), Repository: ev.env.Repository})
	return ev, err
}

// resolver opens the repository of the configuration, or GitHub where nothing is
// checked out.
func (r *reviewing) resolver(ev *event) (*git.Resolver, func(), error) {
	resolver, closing := &git.Resolver{}, func() {}
	if ev.client != nil {
		resolver.API = ev.client
	}
	repo, err := git.Open(r.path(r.dir), git.Options{Env: r.Env})
	switch {
	case err == nil:
		resolver.Repository, closing = repo, func() { _ = repo.Close() }
		if ev.env.ServerURL != "" {
			err = repo.SetRemote(&git.Remote{Server: ev.env.ServerURL, Token: r.env("GITHUB_TOKEN")})
		}
	case resolver.API != nil && (errors.Is(err, git.ErrNoRepository) || errors.Is(err, git.ErrNoGit)):
		err = nil
	}
	if err != nil {
		closing()
		return nil, nil, err
	}
	return resolver, closing, nil
}

// approvals asks GitHub for reviews and labels. What it does not answer approves
// nothing.
func (r *reviewing) approvals(ctx context.Context, ev *event, rules gate.Rules) []gate.Approval {
	if ev.client == nil || ev.pull == nil || len(rules.Approvers) == 0 {
		return nil
	}
	var out []gate.Approval
	approvers, teamErr := people(ctx, ev.client, rules.Approvers)
	reviews, err := ev.client.Reviews(ctx, ev.pull.Number)
	if err == nil {
		var list []gate.Review
		for _, v := range reviews {
			list = append(list, gate.Review{Login: v.User.Login, State: v.State, Commit: string(v.Commit)})
		}
		out = gate.ByReview(list, approvers, ev.pull.Author.Login, string(ev.pull.Head))
	}
	labelings, labelErr := r.labelings(ctx, ev)
	out = append(out, gate.ByLabel(labelings, approvers, ev.pull.Author.Login)...)
	if err := errors.Join(teamErr, err, labelErr); err != nil {
		fmt.Fprintf(r.log(), "smr: approvals on GitHub cannot be read and do not count: %s\n", err)
	}
	return out
}

// people are the logins of approvers, with the members of teams. A team that
// cannot be read approves nothing.
func people(ctx context.Context, client *github.Client, approvers []string) ([]string, error) {
	var logins []string
	var wrong []error
	for _, a := range approvers {
		if !strings.Contains(a, "/") {
			logins = append(logins, a)
			continue
		}
		members, err := client.TeamMembers(ctx, a)
		logins, wrong = append(logins, members...), append(wrong, err)
	}
	return logins, errors.Join(wrong...)
}

// labelings are the labels that are on the pull request, with who put each on
// last.
func (r *reviewing) labelings(ctx context.Context, ev *event) ([]gate.Labeling, error) {
	now, err := ev.client.Labels(ctx, ev.pull.Number)
	if err != nil || !slices.ContainsFunc(now, func(l string) bool {
		return len(l) > len(gate.LabelPrefix) && l[:len(gate.LabelPrefix)] == gate.LabelPrefix
	}) {
		return nil, err
	}
	events, err := ev.client.LabelEvents(ctx, ev.pull.Number)
	if err != nil {
		return nil, err
	}
	by := map[string]string{}
	for _, e := range events {
		if e.Added {
			by[e.Label] = e.Actor.Login
		} else {
			delete(by, e.Label)
		}
	}
	var out []gate.Labeling
	for _, label := range now {
		if actor, ok := by[label]; ok {
			out = append(out, gate.Labeling{Label: label, Actor: actor})
		}
	}
	return out, nil
}

// publish writes the views of a review to where they belong.
func (r *reviewing) publish(ctx context.Context, ev *event, done *judged) error {
	if err := r.files(done); err != nil {
		return err
	}
	if r.dryRun != "" {
		for _, v := range r.views(done) {
			if err := r.write(filepath.Join(r.dryRun, v.name), v.write); err != nil {
				return err
			}
		}
	}
	if !r.onGitHub() || r.dryRun != "" {
		return r.say(done)
	}
	where := ""
	if r.several > 1 {
		where = " of " + done.input.Directory
	}
	fmt.Fprintf(r.log(), "smr: review%s %s: %s\n", where, done.input.Verdict.Result(), comment.Headline(done.input))
	if err := r.appendTo("GITHUB_STEP_SUMMARY", []byte(comment.Summary(done.input, comment.MaxSummary/r.several))); err != nil {
		return err
	}
	return r.sticky(ctx, ev, done, inert.NewLog(r.Command.Stdout))
}

// annotate writes the annotations of all reviews, which GitHub counts together.
func (r *reviewing) annotate(all []*judged) error {
	if !r.onGitHub() || r.dryRun != "" {
		return nil
	}
	var list []inert.Annotation
	for _, done := range all {
		list = append(list, comment.Annotations(done.input, done.lines)...)
	}
	if len(all) > 1 {
		list = inert.Budget(list, "the job summary")
	}
	log := inert.NewLog(r.Command.Stdout)
	for _, a := range list {
		if err := log.Annotate(a); err != nil {
			return err
		}
	}
	return nil
}

// sticky brings the comment up to date. That it cannot is no verdict, unless it
// is required.
func (r *reviewing) sticky(ctx context.Context, ev *event, done *judged, log *inert.Log) error {
	if ev.pull == nil || ev.client == nil || r.comment == "never" {
		return nil
	}
	in := done.input
	p := github.Publication{Number: ev.pull.Number, Marker: github.Marker{
		Kind: "review", Key: r.key, Head: ev.pull.Head, Run: ev.env.Run,
		Fields: map[string]string{"diff": "sha256:" + gate.Short(in.Diff.Digest), "escalation": "sha256:" + gate.Short(in.Verdict.Digest)},
	}}
	for _, limit := range []int{comment.MaxComment, comment.MaxComment / 3, 2000} {
		if text := comment.Markdown(in, limit-1000); text != "" && (len(p.Bodies) == 0 || text != p.Bodies[len(p.Bodies)-1]) {
			p.Bodies = append(p.Bodies, text)
		}
	}
	if len(p.Bodies) == 0 {
		p.Bodies, p.OnlyUpdate = []string{comment.Gone(in)}, r.comment == "changes"
	}
	result := ev.client.Publish(ctx, p)
	done.status, done.comment = string(result.Status), result.ID
	fmt.Fprintf(r.log(), "smr: comment %s %s\n", result.Status, result.Reason)
	if result.Err == nil {
		return nil
	}
	if r.require == "comment" {
		return fmt.Errorf("the comment is required and cannot be written: %w", result.Err)
	}
	level := inert.Warning
	if result.Status == github.SkippedReadOnly {
		level = inert.Notice
	}
	return log.Annotate(inert.Annotation{Level: level, Title: "No comment", Message: result.Reason + " The review is in the job summary."})
}
