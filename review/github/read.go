package github

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/sagemaker-roles/smr/review/git"
)

// An Account is who did something. The login of a bot ends with "[bot]".
type Account struct {
	Login string `json:"login"`
	Type  string `json:"type"` // User, Bot or Organization
}

// Is reports whether it is the account with a login, which GitHub compares
// without case.
func (a Account) Is(login string) bool { return a.Login != "" && strings.EqualFold(a.Login, login) }

// A PullRequest is what is read of one; its title, text and the names of its
// branches are not, but for the branch that it goes to, which is looked up.
type PullRequest struct {
	Number int
	State  string // open or closed
	Draft  bool
	Merged bool
	Locked bool
	Author Account

	// Base is base.sha, which can be older than the branch; Head is the pull
	// request's last commit.
	Base, Head     git.ID
	BaseBranch     string
	BaseRepository string // owner/name
	HeadRepository string // "" if the fork was deleted

	Labels []string // untrusted names
}

// Fork reports whether the pull request comes from another repository, so that
// the job's token may read only.
func (p *PullRequest) Fork() bool { return !strings.EqualFold(p.BaseRepository, p.HeadRepository) }

// UnmarshalJSON reads a pull request of an event or of the API.
func (p *PullRequest) UnmarshalJSON(data []byte) error {
	type side struct {
		SHA  string `json:"sha"`
		Ref  string `json:"ref"`
		Repo struct {
			FullName string `json:"full_name"`
		} `json:"repo"`
	}
	var in struct {
		Number int     `json:"number"`
		State  string  `json:"state"`
		Draft  bool    `json:"draft"`
		Merged bool    `json:"merged"`
		Locked bool    `json:"locked"`
		User   Account `json:"user"`
		Base   side    `json:"base"`
		Head   side    `json:"head"`
		Labels []struct {
			Name string `json:"name"`
		} `json:"labels"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	base, err := git.ParseID(in.Base.SHA)
	if err != nil {
		return err
	}
	head, err := git.ParseID(in.Head.SHA)
	if err != nil {
		return err
	}
	*p = PullRequest{
		Number: in.Number, State: in.State, Draft: in.Draft, Merged: in.Merged, Locked: in.Locked, Author: in.User,
		Base: base, Head: head, BaseBranch: in.Base.Ref, BaseRepository: in.Base.Repo.FullName, HeadRepository: in.Head.Repo.FullName,
	}
	for _, l := range in.Labels {
		p.Labels = append(p.Labels, l.Name)
	}
	return nil
}

// PullRequest reads a pull request as it is now.
func (c *Client) PullRequest(ctx context.Context, number int) (*PullRequest, error) {
	var p PullRequest
	return &p, c.get(ctx, c.repo("/pulls/%d", number), &p)
}

// A Review is one that was submitted. Of several by one account the last that
// approves or requests changes counts; GitHub lists them in that order.
type Review struct {
	User   Account `json:"user"`
	State  string  `json:"state"`     // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED or PENDING
	Commit git.ID  `json:"commit_id"` // that was reviewed
}

// Reviews are the reviews of a pull request, oldest first.
func (c *Client) Reviews(ctx context.Context, number int) ([]Review, error) {
	return list(ctx, c, c.repo("/pulls/%d/reviews?per_page=100", number), all[Review])
}

// A LabelEvent says who set a label or took it away.
type LabelEvent struct {
	Added bool
	Label string // untrusted
	Actor Account
}

// LabelEvents are what happened to the labels of a pull request or issue,
// oldest first.
func (c *Client) LabelEvents(ctx context.Context, number int) ([]LabelEvent, error) {
	type event struct {
		Event string  `json:"event"`
		Actor Account `json:"actor"`
		Label struct {
			Name string `json:"name"`
		} `json:"label"`
	}
	events, err := list(ctx, c, c.repo("/issues/%d/events?per_page=100", number),
		func(e event) bool { return e.Event == "labeled" || e.Event == "unlabeled" })
	var out []LabelEvent
	for _, e := range events {
		out = append(out, LabelEvent{Added: e.Event == "labeled", Label: e.Label.Name, Actor: e.Actor})
	}
	return out, err
}

// Labels are the names of the labels that a pull request or issue has now.
func (c *Client) Labels(ctx context.Context, number int) ([]string, error) {
	type label struct {
		Name string `json:"name"`
	}
	labels, err := list(ctx, c, c.repo("/issues/%d/labels?per_page=100", number), all[label])
	var out []string
	for _, l := range labels {
		out = append(out, l.Name)
	}
	return out, err
}

// MergeBase is the best common ancestor of two commits of the repository or
// its forks.
func (c *Client) MergeBase(ctx context.Context, base, head git.ID) (git.ID, error) {
	var answer struct {
		MergeBase struct {
			SHA string `json:"sha"`
		} `json:"merge_base_commit"`
	}
	for _, id := range []git.ID{base, head} {
		if _, err := git.ParseID(string(id)); err != nil {
			return "", err
		}
	}
	if err := c.get(ctx, c.repo("/compare/%s...%s?per_page=1", base, head), &answer); err != nil {
		return "", err
	}
	return git.ParseID(answer.MergeBase.SHA)
}

// Branch is the commit that a branch stands at.
func (c *Client) Branch(ctx context.Context, name string) (git.ID, error) {
	var answer struct {
		Object struct {
			SHA string `json:"sha"`
		} `json:"object"`
	}
	parts := strings.Split(name, "/")
	for i, p := range parts {
		if p == "" || p == "." || p == ".." {
			return "", errors.New("a branch has no such name")
		}
		parts[i] = url.PathEscape(p)
	}
	if err := c.get(ctx, c.repo("/git/ref/heads/%s", strings.Join(parts, "/")), &answer); err != nil {
		return "", err
	}
	return git.ParseID(answer.Object.SHA)
}

// Identity is the login that the token speaks for. A token of an installation,
// such as GITHUB_TOKEN, may not ask for its user, but as a viewer; where that is
// not answered either, it is taken for the one of GitHub Actions.
func (c *Client) Identity(ctx context.Context) (string, error) {
	c.mu.Lock()
	login := c.login
	c.mu.Unlock()
	if login != "" {
		return login, nil
	}
	var user Account
	err := c.get(ctx, "/user", &user)
	switch s := status(err); {
	case err == nil && user.Login == "":
		return "", errAnswer
	case s == http.StatusForbidden || s == http.StatusNotFound:
		user.Login = c.viewer(ctx)
	case err != nil:
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.login = user.Login
	return c.login, nil
}

// actionsLogin is the account of GITHUB_TOKEN.
const actionsLogin = "github-actions[bot]"

func (c *Client) viewer(ctx context.Context) string {
	var answer struct {
		Data struct {
			Viewer Account `json:"viewer"`
		} `json:"data"`
	}
	// The address of GraphQL follows from that of REST, at the same origin
	// (GitHub Docs, "Forming calls with GraphQL"; GitHub Enterprise Server has
	// /api/v3 and /api/graphql).
	u := *c.api
	u.Path = strings.TrimSuffix(u.Path, "/v3") + "/graphql"
	query := map[string]string{"query": "query { viewer { login } }"}
	err := c.do(ctx, http.MethodPost, u.String(), query, maxBody, into(&answer))
	if err != nil || answer.Data.Viewer.Login == "" {
		return actionsLogin
	}
	return answer.Data.Viewer.Login
}
