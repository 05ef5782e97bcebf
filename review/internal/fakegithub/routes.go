package fakegithub

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sagemaker-roles/smr/review/git"
)

// readOnly is what GitHub says to a token that may only read.
const readOnly = "Resource not accessible by integration"

// route does what is asked. The server is locked.
func (s *Server) route(a *answer, r *http.Request, body []byte) {
	who := s.token(r)
	path := strings.TrimPrefix(r.URL.Path, s.Prefix)
	if asset, ok := s.Assets[r.URL.Path]; ok && r.Method == http.MethodGet {
		a.header.Set("Content-Type", "application/octet-stream")
		a.status, a.body = http.StatusOK, asset
		return
	}
	switch {
	case who.Scope == None:
		a.fail(http.StatusUnauthorized, "Bad credentials")
		return
	case r.URL.Path == strings.TrimSuffix(s.Prefix, "/v3")+"/graphql":
		s.graphql(a, who)
		return
	case path == "/user":
		if who.App {
			a.fail(http.StatusForbidden, readOnly)
			return
		}
		a.json(http.StatusOK, user(who))
		return
	}
	if team, ok := strings.CutPrefix(path, "/orgs/"); ok {
		s.members(a, r, who, team)
		return
	}
	rest, ok := strings.CutPrefix(path, "/repos/"+Repository)
	if !ok {
		a.fail(http.StatusNotFound, "Not Found")
		return
	}
	if r.Method != http.MethodGet && who.Scope < Write {
		a.fail(http.StatusForbidden, readOnly)
		return
	}
	parts := strings.Split(strings.Trim(rest, "/"), "/")
	switch {
	case parts[0] == "issues" && len(parts) >= 2 && parts[1] == "comments":
		s.oneComment(a, r, parts, body)
	case parts[0] == "issues":
		s.issues(a, r, parts, who, body)
	case parts[0] == "pulls":
		s.pulls(a, r, parts)
	case parts[0] == "git" || parts[0] == "compare":
		s.objects(r.Context(), a, parts)
	default:
		a.fail(http.StatusNotFound, "Not Found")
	}
}

// members is /orgs/ORG/teams/TEAM/members, with 404 for whom it is hidden from.
func (s *Server) members(a *answer, r *http.Request, who Token, path string) {
	org, rest, _ := strings.Cut(path, "/teams/")
	team, last, _ := strings.Cut(rest, "/")
	logins, ok := s.Teams[org+"/"+team]
	if !ok || last != "members" || r.Method != http.MethodGet || !who.Members {
		a.fail(http.StatusNotFound, "Not Found")
		return
	}
	var all []any
	for _, login := range logins {
		all = append(all, user(Token{Login: login}))
	}
	s.page(a, r, all)
}

func (s *Server) graphql(a *answer, who Token) {
	if who.NoViewer {
		a.json(http.StatusOK, map[string]any{"errors": []any{map[string]any{"message": readOnly}}})
		return
	}
	a.json(http.StatusOK, map[string]any{"data": map[string]any{"viewer": map[string]any{"login": who.Login}}})
}

func user(t Token) map[string]any {
	kind := "User"
	if t.App {
		kind = "Bot"
	}
	return map[string]any{"login": t.Login, "type": kind, "id": len(t.Login)}
}

func (s *Server) shown(c Comment) map[string]any {
	out := map[string]any{
		"id": c.ID, "body": c.Body, "user": user(c.Author), "performed_via_github_app": nil,
		"html_url": fmt.Sprintf("%s/%s/pull/%d#issuecomment-%d", s.URL, Repository, c.Issue, c.ID),
	}
	if c.Author.App {
		out["performed_via_github_app"] = map[string]any{"slug": strings.TrimSuffix(c.Author.Login, "[bot]")}
	}
	return out
}

// text reads the body of a comment or issue and says if GitHub takes it.
func (s *Server) text(a *answer, body []byte) (string, bool) {
	var in struct{ Body string }
	if json.Unmarshal(body, &in) != nil {
		a.fail(http.StatusBadRequest, "Problems parsing JSON")
		return "", false
	}
	message := ""
	switch {
	case strings.TrimSpace(in.Body) == "":
		message = "body is missing"
	case len(in.Body) > s.MaxBytes, s.MaxCharacters > 0 && utf8.RuneCountInString(in.Body) > s.MaxCharacters:
		message = "body is too long (maximum is 65536 characters)"
	}
	if message != "" {
		a.json(http.StatusUnprocessableEntity, map[string]any{
			"message": "Validation Failed",
			"errors":  []any{map[string]any{"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": message}},
		})
		return "", false
	}
	return in.Body, true
}

// closed answers for what cannot be written to.
func (s *Server) closed(a *answer) bool {
	if s.Disabled {
		a.fail(http.StatusGone, "Issues are disabled for this repo")
	} else if s.Locked {
		a.fail(http.StatusForbidden, "Unable to create comment because issue is locked.")
	}
	return s.Disabled || s.Locked
}

// oneComment is /issues/comments/ID.
func (s *Server) oneComment(a *answer, r *http.Request, parts []string, body []byte) {
	i := -1
	if len(parts) == 3 {
		i = slices.IndexFunc(s.Comments, func(c Comment) bool { return strconv.FormatInt(c.ID, 10) == parts[2] })
	}
	if i < 0 {
		a.fail(http.StatusNotFound, "Not Found")
		return
	}
	switch r.Method {
	case http.MethodGet:
		a.json(http.StatusOK, s.shown(s.Comments[i]))
	case http.MethodDelete:
		s.Comments = slices.Delete(s.Comments, i, i+1)
		a.status, a.body = http.StatusNoContent, nil
	case http.MethodPatch:
		if text, ok := s.text(a, body); ok && !s.closed(a) {
			s.Comments[i].Body = text
			a.json(http.StatusOK, s.shown(s.Comments[i]))
		}
	default:
		a.fail(http.StatusNotFound, "Not Found")
	}
}

// issues is /issues and what is below but for /issues/comments.
func (s *Server) issues(a *answer, r *http.Request, parts []string, who Token, body []byte) {
	if len(parts) == 1 {
		s.allIssues(a, r, who, body)
		return
	}
	n, err := strconv.Atoi(parts[1])
	i := slices.IndexFunc(s.Issues, func(is *Issue) bool { return is.Number == n })
	if _, pull := s.Pulls[n]; err != nil || !pull && i < 0 {
		a.fail(http.StatusNotFound, "Not Found")
		return
	}
	what := r.Method
	if len(parts) > 2 {
		what += " " + parts[2]
	}
	switch what {
	case "GET comments":
		var all []any
		for _, c := range s.Comments {
			if c.Issue == n {
				all = append(all, s.shown(c))
			}
		}
		s.page(a, r, all)
	case "POST comments":
		if s.closed(a) {
			return
		}
		if text, ok := s.text(a, body); ok {
			a.json(http.StatusCreated, s.shown(*s.comment(n, who, text)))
		}
	case "GET events":
		s.page(a, r, s.Events[n])
	case "GET labels":
		var all []any
		if i >= 0 {
			all = labels(s.Issues[i].Labels)
		} else if p, ok := s.Pulls[n].(map[string]any); ok {
			all, _ = p["labels"].([]any)
		}
		s.page(a, r, all)
	case "PATCH":
		s.editIssue(a, i, body)
	default:
		a.fail(http.StatusNotFound, "Not Found")
	}
}

func labels(names []string) []any {
	var out []any
	for _, n := range names {
		out = append(out, map[string]any{"name": n})
	}
	return out
}

func (s *Server) issue(is *Issue) map[string]any {
	out := s.shown(Comment{int64(is.Number) + 100000, is.Number, is.Body, is.Author})
	out["number"], out["title"], out["state"], out["labels"] = is.Number, is.Title, is.State, labels(is.Labels)
	return out
}

// allIssues is /issues. A pull request is an issue too.
func (s *Server) allIssues(a *answer, r *http.Request, who Token, body []byte) {
	if r.Method == http.MethodPost {
		var in struct {
			Title  string
			Labels []string
		}
		text, ok := s.text(a, body)
		if !ok || s.closed(a) || json.Unmarshal(body, &in) != nil {
			return
		}
		s.nextID++
		is := &Issue{int(s.nextID), in.Title, text, "open", in.Labels, who}
		s.Issues = append(s.Issues, is)
		a.json(http.StatusCreated, s.issue(is))
		return
	}
	var all []any
	label, state := r.URL.Query().Get("labels"), r.URL.Query().Get("state")
	for _, is := range s.Issues {
		if (state == "all" || is.State == state) && (label == "" || slices.Contains(is.Labels, label)) {
			all = append([]any{s.issue(is)}, all...) // the newest first
		}
	}
	s.page(a, r, all)
}

func (s *Server) editIssue(a *answer, i int, body []byte) {
	var in struct{ Title, Body, State *string }
	if i < 0 || json.Unmarshal(body, &in) != nil {
		a.fail(http.StatusNotFound, "Not Found")
		return
	}
	is := s.Issues[i]
	for to, from := range map[*string]*string{&is.Title: in.Title, &is.Body: in.Body, &is.State: in.State} {
		if from != nil {
			*to = *from
		}
	}
	a.json(http.StatusOK, s.issue(is))
}

func (s *Server) pulls(a *answer, r *http.Request, parts []string) {
	if len(parts) >= 2 {
		n, _ := strconv.Atoi(parts[1])
		p, ok := s.Pulls[n]
		switch {
		case ok && len(parts) == 2 && p != nil:
			a.json(http.StatusOK, p)
			return
		case ok && len(parts) == 3 && parts[2] == "reviews":
			s.page(a, r, s.Reviews[n])
			return
		}
	}
	a.fail(http.StatusNotFound, "Not Found")
}

// objects is /git and /compare, from a repository.
func (s *Server) objects(ctx context.Context, a *answer, parts []string) {
	if s.Git == nil {
		a.fail(http.StatusConflict, "Git Repository is empty.")
		return
	}
	var v any
	var err error
	sha := func(id git.ID) map[string]any { return map[string]any{"sha": id} }
	switch strings.Join(parts[:min(2, len(parts)-1)], "/") {
	case "git/commits":
		var c git.Commit
		c, err = s.Git.Commit(ctx, git.ID(parts[2]))
		parents := []any{}
		for _, p := range c.Parents {
			parents = append(parents, sha(p))
		}
		v = map[string]any{"sha": c.ID, "tree": sha(c.Tree), "parents": parents}
	case "git/trees":
		v, err = s.tree(ctx, git.ID(parts[2]))
	case "git/blobs":
		var data []byte
		data, err = s.Git.Blob(ctx, git.ID(parts[2]), 100<<20)
		v = map[string]any{"sha": parts[2], "size": len(data), "encoding": "base64", "content": wrapped(data)}
	case "git/ref":
		var id git.ID
		id, err = s.Git.Resolve(ctx, "refs/"+strings.Join(parts[2:], "/"))
		v = map[string]any{"object": sha(id)}
	case "compare":
		base, head, _ := strings.Cut(parts[1], "...")
		var id git.ID
		id, err = s.Git.MergeBase(ctx, git.ID(base), git.ID(head))
		if err == nil && id == "" {
			err = errors.New("no common ancestor")
		}
		v = map[string]any{"merge_base_commit": sha(id), "commits": []any{}, "files": []any{}}
	default:
		err = errors.New("no such path")
	}
	if err != nil {
		a.fail(http.StatusNotFound, "Not Found")
		return
	}
	a.json(http.StatusOK, v)
}

func (s *Server) tree(ctx context.Context, id git.ID) (any, error) {
	entries, err := s.Git.Tree(ctx, id)
	tree := []any{}
	for _, e := range entries {
		one := map[string]any{"path": e.Name, "mode": fmt.Sprintf("%06o", e.Mode), "sha": e.ID, "type": "tree"}
		if e.Mode != git.ModeTree && e.Mode != git.ModeSubmodule {
			one["type"] = "blob"
			if one["size"], err = s.Git.Size(ctx, e.ID); err != nil {
				return nil, err
			}
		}
		tree = append(tree, one)
	}
	return map[string]any{"sha": id, "truncated": false, "tree": tree}, err
}

// wrapped is base64 in lines of 60 characters, as GitHub sends it.
func wrapped(data []byte) string {
	s := base64.StdEncoding.EncodeToString(data)
	var b strings.Builder
	for len(s) > 60 {
		b.WriteString(s[:60] + "\n")
		s = s[60:]
	}
	return b.String() + s + "\n"
}
