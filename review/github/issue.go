package github

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// An Issue is the one issue of a kind and key of a repository, such as that of
// the accounts that drifted.
type Issue struct {
	Marker Marker
	Title  string // ours; no untrusted text
	Body   string
	// Label finds the issue again among all; GitHub makes it if there is none.
	Label string
	// Open is false when there is nothing left to do: an open issue is closed.
	Open bool
}

// issue is what is read of one.
type issue struct {
	comment
	Number      int       `json:"number"`
	Title       string    `json:"title"`
	PullRequest *struct{} `json:"pull_request"`
}

// PublishIssue brings the issue up to date: it is opened, edited, or closed. An
// issue counts as smr's as a comment does ([Client.Publish]). The result's ID
// is the issue's number. An issue that a person closed is not opened again: a
// new one is, for what is found after that.
func (c *Client) PublishIssue(ctx context.Context, is Issue) Result {
	if err := is.Marker.check(); err != nil {
		return Result{Status: Failed, Err: err, Reason: "The issue cannot be marked as smr's."}
	}
	if is.Label == "" || len(is.Label) > 50 || strings.ContainsAny(is.Label, ",\r\n") {
		return Result{Status: Failed, Err: errors.New("no label, or one that GitHub does not take"), Reason: "The issue cannot be found again."}
	}
	login, err := c.Identity(ctx)
	if err != nil {
		return issueResult(Result{}, err)
	}
	tried := false
	for failures := 1; ; failures++ {
		found, err := c.findIssues(ctx, is, login)
		if err != nil {
			return issueResult(Result{}, err)
		}
		if len(found) > 0 {
			r := c.updateIssue(ctx, is, found)
			if tried && r.Status == Unchanged {
				r.Status = Created
			}
			return r
		}
		if !is.Open {
			return Result{Status: Unchanged, Reason: "There is no open issue, and nothing to say in one."}
		}
		var made issue
		in := map[string]any{"title": is.Title, "body": is.text(), "labels": []string{is.Label}}
		err = c.do(ctx, http.MethodPost, c.repo("/issues"), in, maxBody, into(&made))
		switch {
		case err == nil:
			return Result{Status: Created, ID: int64(made.Number), URL: made.URL}
		case !uncertain(err) || failures == maxTries:
			return issueResult(Result{}, err)
		}
		tried = true // it may be there though: look before trying again
		if err := c.backoff(ctx, failures); err != nil {
			return issueResult(Result{}, err)
		}
	}
}

func (is *Issue) text() string { return is.Marker.String() + "\n" + is.Body }

// findIssues lists the open issues that are this one, oldest first.
func (c *Client) findIssues(ctx context.Context, is Issue, login string) ([]issue, error) {
	path := c.repo("/issues?state=open&per_page=100&labels=%s", url.QueryEscape(is.Label))
	found, err := list(ctx, c, path, func(i issue) bool {
		m, ok := parseMarker(i.Body)
		return ok && m.Kind == is.Marker.Kind && m.Key == is.Marker.Key && i.PullRequest == nil && i.by(login)
	})
	slices.SortFunc(found, func(a, b issue) int { return a.Number - b.Number })
	return found, err
}

// updateIssue edits the oldest and closes the others, or all.
func (c *Client) updateIssue(ctx context.Context, is Issue, found []issue) Result {
	r := Result{Status: Unchanged, ID: int64(found[0].Number), URL: found[0].URL}
	for i, f := range found {
		change := map[string]any{}
		switch m, _ := parseMarker(f.Body); {
		case m.Run.Newer(is.Marker.Run):
			if i == 0 {
				r.Status, r.Reason = SkippedNewer, "A newer run has written the issue."
			}
			continue
		case !is.Open:
			change["state"], change["state_reason"], change["body"] = "closed", "completed", is.text()
		case i > 0:
			change["state"], change["state_reason"] = "closed", "not_planned"
		case !same(f.Body, is.text()) || f.Title != is.Title:
			change["title"], change["body"] = is.Title, is.text()
		default:
			continue
		}
		if err := c.do(ctx, http.MethodPatch, c.repo("/issues/%d", f.Number), change, maxBody, nil); err != nil {
			return issueResult(r, err)
		}
		r.Status = Updated
	}
	return r
}

// issueResult is [result] in the words of an issue.
func issueResult(r Result, err error) Result {
	r = result(r, err)
	r.Reason = strings.NewReplacer("pull-requests: write", "issues: write", "The pull request", "The issue", "such pull request", "such repository",
		"comment", "issue", "Comments are", "Issues are").Replace(r.Reason)
	return r
}
