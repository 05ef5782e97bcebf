package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Status is what became of a comment or an issue.
type Status string

// What becomes of one. SkippedReadOnly is the fate of a fork's pull request,
// whose token may only read; SkippedNewer of a run that a newer one overtook.
const (
	Created         Status = "created"
	Updated         Status = "updated"
	Unchanged       Status = "unchanged"
	SkippedReadOnly Status = "skipped-read-only"
	SkippedNewer    Status = "skipped-newer"
	Failed          Status = "failed"
)

// A Publication is the one comment of a kind and key on a pull request.
type Publication struct {
	Number int // of the pull request
	Marker Marker
	// Bodies are the comment, without its first line, the best one first: where
	// GitHub finds one too long, the next is tried. The last should be short.
	Bodies []string
	// OnlyUpdate writes nothing if there is no comment yet: there is nothing to
	// say unless something has been said before.
	OnlyUpdate bool
}

// A Result says what became of a publication. Err and Reason say why, where it
// is neither created, updated nor unchanged.
type Result struct {
	Status Status
	ID     int64  // of the comment, or the number of the issue; 0 is none
	URL    string // of its page
	Body   int    // which of the bodies is shown
	Reason string // one sentence
	Err    error
}

// maxWrites is how many requests that create content a publication may succeed
// with, or be refused.
const maxWrites = 3

// A comment is what is read of one.
type comment struct {
	ID   int64   `json:"id"`
	Body string  `json:"body"`
	URL  string  `json:"html_url"`
	User Account `json:"user"`
	App  *struct {
		Slug string `json:"slug"`
	} `json:"performed_via_github_app"`

	marker Marker
}

// by reports whether a comment was written by the account with a login: an
// app's by that app, since a user can carry any name but not brackets.
func (c *comment) by(login string) bool {
	if !c.User.Is(login) {
		return false
	}
	slug, bot := strings.CutSuffix(strings.ToLower(login), "[bot]")
	if !bot {
		return c.User.Type == "User" || c.User.Type == ""
	}
	return c.User.Type == "Bot" && (c.App == nil || strings.ToLower(c.App.Slug) == slug)
}

// Publish brings the comment up to date: it is created once and edited from
// then on. A comment counts as smr's if it begins with the marker of that kind
// and key and the token's own account wrote it. Of several, as after a race of
// two runs, the oldest is kept and brought up to date, and the others are
// deleted. What a newer run wrote stays.
func (c *Client) Publish(ctx context.Context, p Publication) Result {
	if err := p.Marker.check(); err != nil {
		return Result{Status: Failed, Err: err, Reason: "The comment cannot be marked as smr's."}
	}
	if len(p.Bodies) == 0 || p.Number <= 0 {
		return Result{Status: Failed, Err: errors.New("no body, or no pull request"), Reason: "There is no comment to write."}
	}
	login, err := c.Identity(ctx)
	if err != nil {
		return result(Result{}, err)
	}
	return (&publisher{Client: c, Publication: p, login: login}).run(ctx)
}

// A publisher is a publication under way.
type publisher struct {
	*Client
	Publication
	login  string
	step   int   // of Bodies
	posted int64 // the comment that was created
	tried  bool  // a comment may have been created, unanswered
	edited bool  // this round
	writes int
	done   Result // of the round that wrote what is looked at again
}

// settle is how long after an edit the comments are looked at once more. GitHub
// edits a comment whatever it says by then, so that an older run which has read
// it before can write over it after; that run is no slower than this between
// its two requests, unless it hangs.
const settle = 2 * time.Second

// maxRounds is how often the comments are looked at in all: before each write
// and after creating one.
const maxRounds = 8

func (p *publisher) run(ctx context.Context) Result {
	failures := 0
	for range maxRounds {
		found, err := p.find(ctx)
		switch {
		case err != nil && p.done.Status != "":
			return p.done
		case err != nil:
			return result(Result{ID: p.posted}, err)
		}
		var r Result
		if len(found) == 0 {
			if p.OnlyUpdate {
				return Result{Status: Unchanged, Reason: "There is no comment yet, and nothing to say in one."}
			}
			if p.posted != 0 { // and GitHub does not list it yet
				return Result{Status: Created, ID: p.posted, Body: p.step}
			}
			r, err = p.create(ctx)
		} else {
			r, err = p.converge(ctx, found)
		}
		if err == nil && p.edited && p.writes < maxWrites {
			p.done = r
			if p.sleep(ctx, settle) != nil {
				return r
			}
			continue
		}
		var refused *Error
		switch {
		case err == nil && r.Status != "":
			return r
		case err == nil:
			continue // look again
		case p.writes >= maxWrites:
			return result(r, err)
		case errors.As(err, &refused) && refused.TooLong():
			if p.step++; p.step == len(p.Bodies) {
				return result(r, err)
			}
		case status(err) == http.StatusNotFound && len(found) > 0:
			// It was deleted meanwhile.
		case len(found) == 0 && uncertain(err):
			// It may be there though: look before trying again.
			if failures++; failures == maxTries {
				return result(r, err)
			}
			if err := p.backoff(ctx, failures); err != nil {
				return result(r, err)
			}
		default:
			return result(r, err)
		}
	}
	return Result{Status: Failed, ID: p.posted, Reason: "The comment changes under our hands: others edit or delete it."}
}

// find lists the comments that are this one, oldest first.
func (p *publisher) find(ctx context.Context) ([]comment, error) {
	found, err := list(ctx, p.Client, p.repo("/issues/%d/comments?per_page=100", p.Number), func(c comment) bool {
		m, ok := parseMarker(c.Body)
		return ok && m.Kind == p.Marker.Kind && m.Key == p.Marker.Key && c.by(p.login)
	})
	for i := range found {
		found[i].marker, _ = parseMarker(found[i].Body)
	}
	slices.SortFunc(found, func(a, b comment) int { return int(min(1, max(-1, a.ID-b.ID))) })
	return found, err
}

// text is the whole of the comment.
func (p *publisher) text() string { return p.Marker.String() + "\n" + p.Bodies[p.step] }

// create writes the first comment. The next round looks whether another run
// has done the same.
func (p *publisher) create(ctx context.Context) (Result, error) {
	var made comment
	err := p.write(ctx, http.MethodPost, p.repo("/issues/%d/comments", p.Number), p.text(), &made)
	if err == nil {
		p.posted = made.ID
	}
	p.tried = p.tried || uncertain(err)
	return Result{}, err
}

// write sends a text and counts what GitHub decided on.
func (p *publisher) write(ctx context.Context, method, path, text string, out *comment) error {
	err := p.do(ctx, method, path, map[string]string{"body": text}, maxBody, into(out))
	if !uncertain(err) {
		p.writes++
	}
	return err
}

// converge leaves one comment: the oldest, with the text of the newest run.
// Two runs that do this at once do the same, in whatever order.
func (p *publisher) converge(ctx context.Context, found []comment) (Result, error) {
	oldest, newest := found[0], found[0]
	for _, c := range found {
		if c.marker.Run.Newer(newest.marker.Run) {
			newest = c
		}
	}
	text := p.text()
	if p.writes >= maxWrites { // keep what need not be written
		if i := slices.IndexFunc(found, func(c comment) bool { return same(c.Body, text) }); i > 0 {
			found[0], found[i] = found[i], found[0]
			oldest = found[0]
		}
	}
	r := Result{Status: Updated, ID: oldest.ID, URL: oldest.URL, Body: p.step}
	p.edited = false
	if newest.marker.Run.Newer(p.Marker.Run) {
		text = newest.Body
		r.Status, r.Reason = SkippedNewer, fmt.Sprintf("Run %s has written the comment, which is newer than this one, %s.", newest.marker.Run, p.Marker.Run)
	}
	switch {
	case same(oldest.Body, text):
		if r.Status == Updated {
			r.Status = Unchanged
			if p.done.Status == Updated {
				r.Status = Updated
			}
		}
		if r.Status == Unchanged && (oldest.ID == p.posted || p.tried && oldest.marker.Run == p.Marker.Run) {
			r.Status = Created
		}
	default:
		if err := p.write(ctx, http.MethodPatch, p.repo("/issues/comments/%d", oldest.ID), text, &comment{}); err != nil {
			return r, err
		}
		p.edited = true
	}
	for _, c := range found[1:] {
		err := p.do(ctx, http.MethodDelete, p.repo("/issues/comments/%d", c.ID), nil, maxBody, nil)
		if err != nil && status(err) != http.StatusNotFound {
			r.Reason = strings.TrimSpace(r.Reason + " A second comment could not be deleted: " + err.Error())
		}
	}
	return r, nil
}

// same reports whether two texts say the same of the same commit, whichever run
// wrote them. GitHub may keep line ends and blanks at the end otherwise.
func same(a, b string) bool {
	x, okX := parseMarker(a)
	y, okY := parseMarker(b)
	x.Run, y.Run = Run{}, Run{}
	_, restX, _ := strings.Cut(a, "\n")
	_, restY, _ := strings.Cut(b, "\n")
	return okX && okY && x.String() == y.String() && normal(restX) == normal(restY)
}

func normal(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// result says in a sentence why something was not written.
func result(r Result, err error) Result {
	r.Status, r.Err = Failed, err
	var e *Error
	var limit *LimitError
	switch {
	case errors.As(err, &limit):
		r.Reason = "GitHub's rate limit did not let the comment through in time."
	case errors.Is(err, errAnswer):
		r.Reason = "What GITHUB_API_URL answers is not understood."
	case !errors.As(err, &e):
		r.Reason = "GitHub could not be reached."
	case e.ReadOnly():
		r.Status = SkippedReadOnly
		r.Reason = "The token may only read, as that of a pull request from a fork or from Dependabot, or of a job without `permissions: pull-requests: write`."
	case e.Status == http.StatusUnauthorized:
		r.Reason = "GitHub does not know the token."
	case e.Status == http.StatusForbidden && strings.Contains(strings.ToLower(e.Message), "lock"):
		r.Reason = "The pull request is locked."
	case e.Status == http.StatusGone:
		r.Reason = "Comments are disabled for this repository."
	case e.Status == http.StatusNotFound:
		r.Reason = "GitHub finds no such pull request, or the token may not see it."
	case e.TooLong():
		r.Reason = "GitHub finds even the shortest comment too long."
	case e.Status >= 500:
		r.Reason = "GitHub is out of order."
	default:
		r.Reason = "GitHub refuses the comment."
	}
	return r
}
