package github_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/review/git"
	"github.com/sagemaker-roles/smr/review/github"
	"github.com/sagemaker-roles/smr/review/internal/fakegithub"
)

func TestAddresses(t *testing.T) {
	for _, address := range []string{
		"", "api.github.com", "http://api.github.com", "ftp://api.github.com", "https://user:pw@api.github.com", "https://", "http://10.0.0.1/api/v3",
		"https://api.github.com?x=1", "http://127.0.0.1.evil.example", "http://localhost.evil.example",
	} {
		if _, err := github.New(github.Options{APIURL: address, Repository: "a/b"}); err == nil {
			t.Errorf("the address %q was taken", address)
		}
	}
	for _, address := range []string{"https://api.github.com", "https://ghes.example/api/v3/", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"} {
		if _, err := github.New(github.Options{APIURL: address, Repository: "a/b"}); err != nil {
			t.Errorf("the address %q: %v", address, err)
		}
	}
	for _, repository := range []string{"", "a", "a/b/c", "a/..", "../b", "a/b?x", "a/b#x", "a b/c", "a/b\n"} {
		if _, err := github.New(github.Options{APIURL: "https://api.github.com", Repository: repository}); err == nil {
			t.Errorf("the repository %q was taken", repository)
		}
	}
	if _, err := github.New(github.Options{APIURL: "https://api.github.com", Repository: "a/b", Token: "x\r\nX: y"}); err == nil {
		t.Error("a token of two lines was taken")
	}
}

// The token stays at the origin of the API, wherever links and redirects lead.
func TestTokenStaysAtItsOrigin(t *testing.T) {
	var got []string
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, "[]")
	}))
	defer evil.Close()
	t.Run("next page", func(t *testing.T) {
		b := newBench(t)
		for i := range 101 {
			b.Comment(7, fakegithub.Token{Login: "mona"}, fmt.Sprint(i))
		}
		b.LinkOrigin = evil.URL
		r := b.want("token", publication(1, head1, "x"), github.Failed)
		if !strings.Contains(r.Err.Error(), "another origin") {
			t.Errorf("error %v", r.Err)
		}
	})
	for _, status := range []int{301, 302, 307, 308} {
		b := newBench(t)
		b.Fail(fakegithub.Fault{Path: "/issues/7/comments", Status: status, Header: map[string]string{"Location": evil.URL + "/stolen"}, Times: 99})
		b.want("token", publication(1, head1, "x"), github.Failed)
	}
	if len(got) > 0 {
		t.Errorf("another origin was asked: %q", got)
	}
	t.Run("renamed repository", func(t *testing.T) {
		b := newBench(t)
		b.Fail(fakegithub.Fault{Method: "GET", Path: "/issues/7/comments", Status: 301, Header: map[string]string{"Location": "/repos/acme/ml-roles/issues/7/comments?per_page=100"}})
		b.want("token", publication(1, head1, "x"), github.Created)
	})
	t.Run("redirects in a ring", func(t *testing.T) {
		b := newBench(t)
		b.Fail(fakegithub.Fault{Method: "GET", Path: "/comments", Status: 302, Header: map[string]string{"Location": "/repos/acme/ml-roles/issues/7/comments"}, Times: 1000})
		b.want("token", publication(1, head1, "x"), github.Failed)
	})
	t.Run("every request", func(t *testing.T) {
		b := newBench(t)
		b.want("token", publication(1, head1, "x"), github.Created)
		for _, r := range b.Requests {
			if r.Authorization != "Bearer token" {
				t.Errorf("%s %s with %q", r.Method, r.Path, r.Authorization)
			}
			if strings.Contains(r.Path+r.Query+r.Body, "Bearer") {
				t.Errorf("the token stands in the request %+v", r)
			}
		}
	})
}

// An answer without end is not read to its end.
func TestLargeAnswers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"login":"`)
		block := strings.Repeat("x", 1<<20)
		for r.Context().Err() == nil {
			if _, err := fmt.Fprint(w, block); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	c, err := github.New(github.Options{APIURL: server.URL, Repository: "a/b"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.PullRequest(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("error %v", err)
	}
}

func account(login string) map[string]any { return map[string]any{"login": login, "type": "User"} }

func pull(headRepository any) map[string]any {
	return map[string]any{
		"number": 7, "state": "open", "draft": false, "merged": false, "locked": true, "user": account("mona"), "title": "`rm -rf /`",
		"base":   map[string]any{"sha": head1, "ref": "main", "repo": map[string]any{"full_name": "acme/ml-roles"}},
		"head":   map[string]any{"sha": head2, "ref": "$(id)", "repo": headRepository},
		"labels": []any{map[string]any{"name": "smr-approve:9f31ab6c08de"}},
	}
}

func TestReads(t *testing.T) {
	b := newBench(t)
	b.Pulls[7] = pull(map[string]any{"full_name": "mona/ml-roles"})
	for i := range 150 {
		b.Reviews[7] = append(b.Reviews[7], map[string]any{"user": account("hubot"), "state": "COMMENTED", "commit_id": head1})
		b.Events[7] = append(b.Events[7], map[string]any{"event": "subscribed", "actor": account(fmt.Sprint("u", i))})
	}
	b.Reviews[7] = append(b.Reviews[7], map[string]any{"user": account("boss"), "state": "APPROVED", "commit_id": head2})
	b.Events[7] = append(b.Events[7], map[string]any{"event": "labeled", "actor": account("boss"), "label": map[string]any{"name": "x"}},
		map[string]any{"event": "unlabeled", "actor": nil, "label": map[string]any{"name": "x"}})
	c := b.client("reader")

	p, err := c.PullRequest(t.Context(), 7)
	want := &github.PullRequest{
		Number: 7, State: "open", Locked: true, Author: github.Account{Login: "mona", Type: "User"}, Base: head1, Head: head2,
		BaseBranch: "main", BaseRepository: "acme/ml-roles", HeadRepository: "mona/ml-roles", Labels: []string{"smr-approve:9f31ab6c08de"},
	}
	if diff := cmp.Diff(want, p); diff != "" || err != nil {
		t.Errorf("PullRequest: %v (-want +got):\n%s", err, diff)
	}
	if !p.Fork() {
		t.Error("a pull request of another repository is none of a fork")
	}
	reviews, err := c.Reviews(t.Context(), 7)
	if err != nil || len(reviews) != 151 || reviews[150] != (github.Review{User: github.Account{Login: "boss", Type: "User"}, State: "APPROVED", Commit: head2}) {
		t.Errorf("Reviews: %d, %v", len(reviews), err)
	}
	events, err := c.LabelEvents(t.Context(), 7)
	wantEvents := []github.LabelEvent{{Added: true, Label: "x", Actor: github.Account{Login: "boss", Type: "User"}}, {Label: "x"}}
	if diff := cmp.Diff(wantEvents, events); diff != "" || err != nil {
		t.Errorf("LabelEvents: %v (-want +got):\n%s", err, diff)
	}
	if !events[0].Actor.Is("BOSS") || events[1].Actor.Is("") {
		t.Error("accounts are compared wrongly")
	}
	labels, err := c.Labels(t.Context(), 7)
	if err != nil || len(labels) != 1 {
		t.Errorf("Labels: %q, %v", labels, err)
	}
	var refused *github.Error
	if _, err := c.PullRequest(t.Context(), 8); !errors.As(err, &refused) || refused.Status != 404 {
		t.Errorf("PullRequest(8): %v", err)
	}
}

func TestTeamMembers(t *testing.T) {
	b := newBench(t)
	var many []string
	for i := range 130 {
		many = append(many, fmt.Sprint("u", i))
	}
	b.Teams = map[string][]string{"acme/ml-security": many, "evil/team": {"eve"}}
	b.Tokens["lead"] = fakegithub.Token{Login: "lead", Scope: fakegithub.Read, Members: true}
	if got, err := b.client("lead").TeamMembers(t.Context(), "Acme/ml-security"); err != nil || !slices.Equal(got, many) {
		t.Errorf("%d members, %v", len(got), err)
	}
	if got, err := b.client("reader").TeamMembers(t.Context(), "acme/ml-security"); err == nil || !strings.Contains(err.Error(), "members: read") {
		t.Errorf("a token that may not: %q, %v", got, err)
	}
	for _, team := range []string{"evil/team", "acme/none", "acme", "acme/", "/ml-security", "acme/../x", "acme/a/b", "acme/ml-security?x=1"} {
		if got, err := b.client("lead").TeamMembers(t.Context(), team); err == nil {
			t.Errorf("%s: %q", team, got)
		}
	}
}

func TestEvents(t *testing.T) {
	payload := func(v map[string]any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	zero := git.ID(strings.Repeat("0", 40))
	pr := payload(map[string]any{"action": "synchronize", "pull_request": pull(nil), "sender": account("mona")})
	for _, test := range []struct {
		name, payload string
		want          git.Change
		err           string
	}{
		{"pull_request", pr, git.Change{Base: head1, Head: head2, BaseBranch: "main"}, ""},
		{"pull_request_target", pr, git.Change{Base: head1, Head: head2, BaseBranch: "main"}, ""},
		{"push", payload(map[string]any{"before": zero, "after": head1, "forced": true}), git.Change{Base: zero, Head: head1}, ""},
		{
			"merge_group", payload(map[string]any{"action": "checks_requested", "merge_group": map[string]any{"base_sha": head1, "head_sha": head2, "head_ref": "refs/heads/x"}}),
			git.Change{Base: head1, Head: head2},
			"",
		},
		{"release", `{"action":"published","release":{"tag_name":"v1.2.3"}}`, git.Change{}, ""},
		{"schedule", `{"schedule":"0 0 * * *"}`, git.Change{}, ""},
		{"workflow_dispatch", "", git.Change{}, ""},
		{"issue_comment", "not read", git.Change{}, ""},
		{"pull_request", "{}", git.Change{}, "no pull request"},
		{"pull_request", "{", git.Change{}, "JSON"},
		{"pull_request", `{"pull_request":{"number":1,"base":{"sha":"main"},"head":{"sha":"x"}}}`, git.Change{}, "not a commit id"},
		{"pull_request", strings.Replace(pr, `"number":7`, `"number":0`, 1), git.Change{}, "no number"},
		{"push", `{"before":"--upload-pack=x","after":"x"}`, git.Change{}, "not a commit id"},
		{"merge_group", "{}", git.Change{}, "not a commit id"},
	} {
		e, err := github.ParseEvent(test.name, []byte(test.payload))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s %.60s: %v, want an error with %q", test.name, test.payload, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		test.want.Event, test.want.SHA, test.want.Revision = test.name, head2, "base"
		if diff := cmp.Diff(test.want, e.Change(head2, "base")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	e, err := github.ParseEvent("pull_request", []byte(pr))
	if err != nil || !e.PullRequest.Fork() || e.Action != "synchronize" || !e.Sender.Is("mona") {
		t.Errorf("a pull request of a fork that was deleted: %+v, %v", e, err)
	}
	for tag, want := range map[string]string{"v1.2.3": "v1.2.3", "-x": "", "v1;id": "", "a b": "", "release/1": "release/1"} {
		e, err := github.ParseEvent("release", []byte(payload(map[string]any{"release": map[string]any{"tag_name": tag}})))
		if err != nil || e.Tag != want {
			t.Errorf("tag %q is read as %q, %v", tag, e.Tag, err)
		}
	}
	if _, err := github.ParseEvent("push", make([]byte, 26<<20)); err == nil {
		t.Error("a payload of 26 MiB was read")
	}
}

func TestEnvironment(t *testing.T) {
	values := map[string]string{
		"GITHUB_API_URL": "https://api.github.com", "GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": string(head1), "GITHUB_RUN_NUMBER": "17", "GITHUB_RUN_ATTEMPT": "2",
		"GITHUB_RUN_ID": "-3", "GITHUB_EVENT_NAME": "push", "GITHUB_OUTPUT": "/o",
	}
	got := github.ReadEnvironment(func(name string) string { return values[name] })
	want := github.Environment{APIURL: "https://api.github.com", Repository: "a/b", SHA: head1, EventName: "push", Run: github.Run{Number: 17, Attempt: 2}, Output: "/o"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, test := range []struct {
		a, b  github.Run
		newer bool
	}{{github.Run{2, 1}, github.Run{1, 9}, true}, {github.Run{1, 2}, github.Run{1, 1}, true}, {github.Run{1, 1}, github.Run{1, 1}, false}, {github.Run{1, 9}, github.Run{2, 1}, false}} {
		if test.a.Newer(test.b) != test.newer {
			t.Errorf("%s newer than %s: want %v", test.a, test.b, test.newer)
		}
	}
}

// A repository is read through the API as from a clone.
func TestObjects(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_AUTHOR_DATE=2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE=2026-01-01T00:00:00Z",
	}
	run := func(args ...string) git.ID {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return git.ID(strings.TrimSpace(string(out)))
	}
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run("init", "-q", "-b", "main")
	write("roles.smr", "one\n")
	write("infra/é a.smr", strings.Repeat("0123456789", 1000))
	write("large.smr", strings.Repeat("x", git.MaxFileBytes+1))
	if err := os.Symlink("roles.smr", filepath.Join(dir, "link.smr")); err != nil {
		t.Fatal(err)
	}
	run("add", "-A")
	run("commit", "-q", "-m", "base")
	base := run("rev-parse", "HEAD")
	run("checkout", "-q", "-b", "team/pr")
	write("roles.smr", "two\n")
	run("commit", "-q", "-am", "head")
	head := run("rev-parse", "HEAD")
	repository, err := git.Open(dir, git.Options{Env: env})
	if err != nil {
		t.Fatal(err)
	}
	defer repository.Close()

	b := newBench(t)
	b.Git = repository
	c := b.client("reader")
	r := git.Resolver{API: c}
	comparison, err := r.Resolve(t.Context(), git.Change{Event: "pull_request_target", Base: base, Head: head, BaseBranch: "main"})
	if err != nil || comparison.Base != base || comparison.Rules != base || comparison.Head != head {
		t.Fatalf("%+v, %v", comparison, err)
	}
	if id, err := c.Branch(t.Context(), "team/pr"); err != nil || id != head {
		t.Errorf("Branch = %s, %v", id, err)
	}
	remote, err := r.Tree(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	local, err := repository.OpenTree(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"roles.smr", "infra/é a.smr"} {
		want, err := fs.ReadFile(local, name)
		got, err2 := fs.ReadFile(remote, name)
		if string(got) != string(want) || err != nil || err2 != nil {
			t.Errorf("%s is %.50q, %v; want %.50q, %v", name, got, err2, want, err)
		}
	}
	for name, want := range map[string]error{"large.smr": git.ErrTooLarge, "none.smr": fs.ErrNotExist} {
		if _, err := fs.ReadFile(remote, name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	if _, err := fs.ReadFile(remote, "link.smr"); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("link.smr: %v", err)
	}
	sub, err := remote.Directory("infra")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(sub, "é a.smr"); err != nil {
		t.Error(err)
	}
	if _, err := r.Tree(t.Context(), head1); !errors.Is(err, git.ErrMissing) {
		t.Errorf("a commit that is not there: %v", err)
	}

	// A file of another content than its id says is not taken.
	forged, err := r.Tree(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	b.Fail(fakegithub.Fault{Path: "/git/blobs/", Body: `{"encoding":"base64","content":"dGhyZWUK"}`, Times: 9})
	if data, err := fs.ReadFile(forged, "roles.smr"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a forged file is read as %q", data)
	}
	// A directory that is cut short is not taken for the whole.
	again := b.client("reader")
	b.Fail(fakegithub.Fault{Path: "/git/trees/", Body: `{"truncated":true,"tree":[]}`, Times: 9})
	if _, err := git.NewTree(t.Context(), again, head); !errors.Is(err, git.ErrTooLarge) {
		t.Errorf("a directory that was cut short: %v", err)
	}
}

func TestIssue(t *testing.T) {
	b := newBench(t)
	is := func(run int, open bool, body string) github.Issue {
		return github.Issue{Marker: github.Marker{Kind: "drift", Key: "prod", Run: github.Run{Number: run, Attempt: 1}}, Title: "Accounts drifted", Body: body, Label: "smr-drift", Open: open}
	}
	publish := func(i github.Issue, want github.Status) github.Result {
		t.Helper()
		r := b.client("token").PublishIssue(t.Context(), i)
		if r.Status != want {
			t.Fatalf("status %q (%s %v), want %q", r.Status, r.Reason, r.Err, want)
		}
		return r
	}
	publish(is(1, false, "nothing"), github.Unchanged)
	b.Issues = append(b.Issues, &fakegithub.Issue{
		Number: 3, Title: "planted", Body: is(9, true, "").Marker.String() + "\nx", State: "open",
		Labels: []string{"smr-drift"}, Author: fakegithub.Token{Login: "mona"},
	})
	b.Fail(fakegithub.Fault{Method: "POST", Path: "/issues", Status: 502, After: true})
	first := publish(is(1, true, "two roles"), github.Created)
	publish(is(2, true, "two roles"), github.Unchanged)
	if r := publish(is(3, true, "three roles"), github.Updated); r.ID != first.ID {
		t.Errorf("issue %d was updated, want %d", r.ID, first.ID)
	}
	publish(is(2, true, "late"), github.SkippedNewer)
	publish(is(4, false, "none any more"), github.Updated)
	publish(is(5, false, "none any more"), github.Unchanged)
	if len(b.Issues) != 2 || b.Issues[0].State != "open" || b.Issues[1].State != "closed" || !strings.Contains(b.Issues[1].Body, "none any more") {
		t.Errorf("issues %+v %+v", b.Issues[0], b.Issues[len(b.Issues)-1])
	}
	if r := publish(is(6, true, "again"), github.Created); r.ID == first.ID {
		t.Error("a closed issue was taken")
	}
	if r := b.client("reader").PublishIssue(t.Context(), is(7, false, "x")); r.Status != github.SkippedReadOnly || !strings.Contains(r.Reason, "issues: write") {
		t.Errorf("%+v", r)
	}
	bad := is(1, true, "x")
	bad.Label = "a,b"
	publish(bad, github.Failed)
}
