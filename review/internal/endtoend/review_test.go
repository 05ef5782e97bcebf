// Package endtoend runs the program as a job of GitHub Actions does, against a
// GitHub and a runner of ours.
package endtoend

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/review/git"
	"github.com/sagemaker-roles/smr/review/internal/fakegithub"
	"github.com/sagemaker-roles/smr/review/internal/runner"
)

var smr string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "smr")
	if err != nil {
		panic(err)
	}
	smr = filepath.Join(dir, "smr")
	// As the action builds it, so that the cache has what the tests of that need.
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", smr, "../../../cmd/smr")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s\n%s", err, out)
		os.Exit(1)
	}
	// Runs of jobs mostly wait for a GitHub that is out of order.
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

const account = "account \"prod\" {\n  id     = \"123456789012\"\n  region = \"eu-central-1\"\n}\n"

// role allows to pass roles of a name, which is hostile in some tests.
func role(label, pass string) string {
	return fmt.Sprintf("role %q {\n  statement \"Pass\" {\n    actions   = [\"iam:PassRole\"]\n    resources = [%q]\n    condition {\n      operator = \"StringEquals\"\n      key      = \"iam:PassedToService\"\n      values   = [\"sagemaker.amazonaws.com\"]\n    }\n  }\n}\n", label, "arn:aws:iam::123456789012:role/"+pass)
}

const rules = "review {\n  approvers = [\"alice\", \"octocat\"]\n}\n"

// A job is one pull request, checked out as actions/checkout does.
type job struct {
	t      *testing.T
	server *fakegithub.Server
	dir    string
	base   string
	head   string // of the pull request
	merge  string
	event  string
	pull   map[string]any
	run    int
	token  string
	args   []string
	env    []string

	source    bool   // the action has its source
	artifacts string // where the jobs of a workflow leave files
}

// result is what a run leaves.
type result struct {
	code int
	log  string
	runner.Result
}

func (j *job) git(args ...string) string {
	j.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", j.dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		j.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (j *job) write(files map[string]string) {
	j.t.Helper()
	for name, text := range files {
		full := filepath.Join(j.dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			j.t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			j.t.Fatal(err)
		}
	}
	j.git("add", "-A")
}

// pullRequest makes a repository with a pull request that was merged into main
// for the checkout, main having moved on meanwhile.
func pullRequest(t *testing.T, base, head map[string]string) *job {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	j := &job{t: t, dir: t.TempDir(), event: "pull_request", run: 17, token: "token"}
	j.git("init", "-q", "-b", "main")
	j.write(base)
	j.git("commit", "-q", "-m", "base")
	j.git("checkout", "-q", "-b", "change")
	j.write(head)
	j.git("commit", "-q", "--allow-empty", "-m", "change")
	j.head = j.git("rev-parse", "HEAD")
	j.git("checkout", "-q", "main")
	j.write(map[string]string{"roles/other.smr": role("other", "other-*")})
	j.git("commit", "-q", "-m", "of somebody else")
	j.base = j.git("rev-parse", "HEAD")
	j.git("checkout", "-q", "--detach")
	j.git("merge", "-q", "--no-ff", "-m", "merge", "change")
	j.merge = j.git("rev-parse", "HEAD")
	j.server = fakegithub.New()
	t.Cleanup(j.server.Close)
	repo, err := git.Open(j.dir, git.Options{Env: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	j.server.Git = repo
	side := func(sha, ref string) map[string]any {
		return map[string]any{"sha": sha, "ref": ref, "repo": map[string]any{"full_name": fakegithub.Repository}}
	}
	j.pull = map[string]any{"number": 7, "state": "open", "user": map[string]any{"login": "octocat", "type": "User"}, "base": side(j.base, "main"), "head": side(j.head, "change")}
	return j
}

// payload is the event as GitHub sends it.
func (j *job) payload() string {
	j.t.Helper()
	payload := map[string]any{"action": "synchronize", "number": 7, "pull_request": j.pull}
	switch j.event {
	case "push":
		payload = map[string]any{"before": j.base, "after": j.merge, "ref": "refs/heads/main"}
	case "merge_group":
		payload = map[string]any{"action": "checks_requested", "merge_group": map[string]any{"base_sha": j.base, "head_sha": j.merge, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-" + j.base}}
	case "release":
		payload = map[string]any{"action": "published", "release": map[string]any{"tag_name": "v1.2.0", "draft": false, "prerelease": false}}
	case "schedule":
		payload = map[string]any{"schedule": "17 5 * * *"}
	}
	payload["repository"] = map[string]any{"full_name": fakegithub.Repository, "default_branch": "main", "owner": map[string]any{"login": "acme"}, "name": "ml-roles"}
	data, err := json.Marshal(payload)
	if err != nil {
		j.t.Fatal(err)
	}
	return string(data)
}

// review runs smr review.
func (j *job) review() result {
	j.t.Helper()
	tmp := j.t.TempDir()
	file := func(name, text string) string {
		full := filepath.Join(tmp, name)
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			j.t.Fatal(err)
		}
		return full
	}
	output, summary := file("output", ""), file("summary", "")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, smr, append([]string{"review", "roles"}, j.args...)...)
	cmd.Dir = j.dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + tmp, "GITHUB_ACTIONS=true", "GITHUB_TOKEN=" + j.token,
		"GITHUB_API_URL=" + j.server.APIURL(), "GITHUB_SERVER_URL=" + j.server.URL, "GITHUB_REPOSITORY=" + fakegithub.Repository,
		"GITHUB_SHA=" + j.merge, "GITHUB_EVENT_NAME=" + j.event, "GITHUB_EVENT_PATH=" + file("event.json", j.payload()),
		"GITHUB_WORKSPACE=" + j.dir, "GITHUB_RUN_ID=99", fmt.Sprint("GITHUB_RUN_NUMBER=", j.run), "GITHUB_RUN_ATTEMPT=1",
		"GITHUB_OUTPUT=" + output, "GITHUB_STEP_SUMMARY=" + summary,
	}, j.env...)
	log, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		j.t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			j.t.Fatal(err)
		}
		return string(text)
	}
	r := result{code: cmd.ProcessState.ExitCode(), log: string(log)}
	r.Result = runner.Judge(runner.Step{Log: r.log, Output: read(output), Summary: read(summary)})
	j.check(r)
	return r
}

// check is what holds of every run: the log has no command but annotations, and
// no token.
func (j *job) check(r result) {
	j.t.Helper()
	if len(r.Errors) > 0 || len(r.Commands) != len(r.Annotations) || len(r.Dropped) > 0 {
		j.t.Errorf("the runner finds errors %q, commands %+v, dropped %v", r.Errors, r.Commands, r.Dropped)
	}
	if strings.Contains(r.log, j.token+"\n") || strings.Contains(r.log, "Bearer") {
		j.t.Error("the token is in the log")
	}
}

// comments are smr's on the pull request.
func (j *job) comments() []fakegithub.Comment {
	j.server.Lock()
	defer j.server.Unlock()
	var out []fakegithub.Comment
	for _, c := range j.server.Comments {
		if c.Issue == 7 && c.Author.Login == "github-actions[bot]" && strings.HasPrefix(c.Body, "<!-- smr:review ") {
			out = append(out, c)
		}
	}
	return out
}

func (r result) expect(t *testing.T, code int, outputs map[string]string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	for name, want := range outputs {
		if got := r.Outputs[name]; got != want {
			t.Errorf("output %s is %q, want %q", name, got, want)
		}
	}
	if t.Failed() {
		t.Logf("log:\n%s\noutputs: %v\nsummary:\n%.1500s", r.log, r.Outputs, r.Summary)
	}
}

// escalating is a pull request that passes more roles.
func escalating(t *testing.T) *job {
	return pullRequest(t, map[string]string{"roles/a.smr": account + rules + role("job", "job-*")}, map[string]string{"roles/a.smr": account + rules + role("job", "*")})
}

func TestCommentIsCreatedOnce(t *testing.T) {
	j := escalating(t)
	r := j.review()
	r.expect(t, 1, map[string]string{"result": "fail", "comment-status": "created", "escalations": "1", "roles-changed": "1", "gained": "1", "highest-risk": "escalation", "approved": "false"})
	list := j.comments()
	if len(list) != 1 {
		t.Fatalf("%d comments", len(list))
	}
	for _, want := range []string{"1 escalation needs approval", "`arn:aws:iam::123456789012:role/*`", "/blob/" + j.head + "/roles/a.smr#L", "head=" + j.head} {
		if !strings.Contains(list[0].Body, want) {
			t.Errorf("no %q in\n%s", want, list[0].Body)
		}
	}
	if strings.Contains(list[0].Body, "other") {
		t.Error("blames what somebody else merged")
	}
	if e := r.of("error"); len(e) != 1 || e[0].Properties["file"] != "roles/a.smr" {
		t.Errorf("annotations %+v", r.Annotations)
	}
	if !strings.Contains(r.Summary, "needs approval") {
		t.Errorf("summary %q", r.Summary)
	}
	j.run = 18
	j.review().expect(t, 1, map[string]string{"comment-status": "unchanged"})
	if j.server.Writes() != 1 {
		t.Errorf("%d writes", j.server.Writes())
	}
}

func TestApprovals(t *testing.T) {
	j := escalating(t)
	digest := j.review().Outputs["escalation-digest"]
	short := strings.TrimPrefix(digest, "sha256:")[:32]
	label := "smr-approve:" + short
	person := func(login string) map[string]any { return map[string]any{"login": login, "type": "User"} }
	review := func(login, state, commit string) []any {
		return []any{map[string]any{"user": person(login), "state": state, "commit_id": commit}}
	}
	labeled := func(login, label string) []any {
		return []any{map[string]any{"event": "labeled", "actor": person(login), "label": map[string]any{"name": label}}}
	}
	for _, tt := range []struct {
		name            string
		reviews, events []any
		label           string
		want            string
	}{
		{name: "by nobody", want: "false"},
		{name: "by a review", reviews: review("alice", "APPROVED", j.head), want: "true"},
		{name: "by a review of an older head", reviews: review("alice", "APPROVED", j.base), want: "false"},
		{name: "by a review of the author", reviews: review("octocat", "APPROVED", j.head), want: "false"},
		{name: "by a review of another", reviews: review("eve", "APPROVED", j.head), want: "false"},
		{name: "by a label", events: labeled("alice", label), label: label, want: "true"},
		{name: "by a label of another", events: labeled("eve", label), label: label, want: "false"},
		{name: "by a label for less", events: labeled("alice", "smr-approve:"+strings.Repeat("0", 32)), label: "smr-approve:" + strings.Repeat("0", 32), want: "false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j.t = t
			j.run++
			j.server.Lock()
			j.server.Reviews, j.server.Events = map[int][]any{7: tt.reviews}, map[int][]any{7: tt.events}
			pull := map[string]any{}
			for k, v := range j.pull {
				pull[k] = v
			}
			if tt.label != "" {
				pull["labels"] = []any{map[string]any{"name": tt.label}}
			}
			j.server.Pulls[7] = pull
			j.server.Unlock()
			code := map[string]int{"true": 0, "false": 1}[tt.want]
			j.review().expect(t, code, map[string]string{"approved": tt.want})
		})
	}
}

func TestApprovedByFile(t *testing.T) {
	j := escalating(t)
	short := strings.TrimPrefix(j.review().Outputs["escalation-digest"], "sha256:")[:32]
	again := pullRequest(t, map[string]string{"roles/a.smr": account + rules + role("job", "job-*")},
		map[string]string{"roles/a.smr": account + rules + role("job", "*"), "roles/smr.approvals": "# asked for\napprove \"" + short + "\"\n"})
	again.review().expect(t, 0, map[string]string{"approved": "true", "result": "pass"})
	if c := again.comments(); len(c) != 1 || !strings.Contains(c[0].Body, "escalation approved") {
		t.Errorf("comments %+v", c)
	}
	more := pullRequest(t, map[string]string{"roles/a.smr": account + rules + role("job", "job-*")},
		map[string]string{"roles/a.smr": account + rules + role("job", "*") + role("new", "x"), "roles/smr.approvals": "approve \"" + short + "\"\n"})
	more.review().expect(t, 1, map[string]string{"approved": "false"})
}

func TestEvents(t *testing.T) {
	for _, event := range []string{"push", "merge_group"} {
		j := escalating(t)
		j.event = event
		r := j.review()
		r.expect(t, 1, map[string]string{"result": "fail", "comment-status": ""})
		if len(j.comments()) != 0 || !strings.Contains(r.Summary, "needs approval") {
			t.Errorf("%s: %d comments, summary %q", event, len(j.comments()), r.Summary)
		}
	}
	j := escalating(t)
	j.pull["state"] = "closed"
	j.review().expect(t, 0, map[string]string{"result": "pass"})
	if len(j.server.Requests) != 0 {
		t.Error("asks GitHub about a closed pull request")
	}
}

func TestShallowCheckout(t *testing.T) {
	j := escalating(t)
	origin := j.dir
	for depth, fails := range map[int]bool{2: false, 1: true} {
		clone := filepath.Join(t.TempDir(), "clone")
		j.dir = origin
		j.git("branch", "-f", "pr", j.merge)
		j.git("clone", "-q", "--depth", fmt.Sprint(depth), "--branch", "pr", "file://"+origin, clone)
		j.dir = clone
		if fails { // and nothing to fetch from, nor an API that answers
			j.git("remote", "set-url", "origin", "file:///nowhere")
			j.server.Fail(fakegithub.Fault{Path: "/git/", Times: 1000, Status: 404})
			r := j.review()
			r.expect(t, 3, map[string]string{"result": "error"})
			if !strings.Contains(r.log, "fetch-depth") {
				t.Errorf("no way out in\n%s", r.log)
			}
			continue
		}
		j.review().expect(t, 1, map[string]string{"roles-changed": "1"})
	}
}

func TestForkWithoutCheckout(t *testing.T) {
	j := escalating(t)
	j.event = "pull_request_target"
	j.pull["head"].(map[string]any)["repo"] = map[string]any{"full_name": "eve/ml-roles"}
	origin := j.dir
	j.dir = t.TempDir()
	j.review().expect(t, 1, map[string]string{"comment-status": "created", "roles-changed": "1"})
	if c := j.comments(); len(c) != 1 || strings.Contains(c[0].Body, "`other`") {
		t.Errorf("comments %+v", c)
	}
	j.dir = origin
	j.git("checkout", "-q", j.head)
	r := j.review()
	r.expect(t, 3, map[string]string{"result": "error"})
	if !strings.Contains(r.log, "checked out") {
		t.Errorf("log\n%s", r.log)
	}
}

func TestNoChangeAnyMore(t *testing.T) {
	j := escalating(t)
	j.review()
	back := pullRequest(t, map[string]string{"roles/a.smr": account + role("job", "job-*")}, map[string]string{"README.md": "x"})
	back.review().expect(t, 0, map[string]string{"comment-status": "unchanged"})
	if len(back.comments()) != 0 {
		t.Error("comments on a change of no role")
	}
	id := j.comments()[0]
	back.server.Comment(7, id.Author, id.Body)
	back.run = 30
	back.review().expect(t, 0, map[string]string{"comment-status": "updated"})
	if c := back.comments(); len(c) != 1 || !strings.Contains(c[0].Body, "no access change any more") {
		t.Errorf("%+v", c)
	}
}

// hostile is a configuration whose names want to be commands, links and verdicts.
func hostile() map[string]string {
	evil := []string{"x\n::error::planted", "##[add-mask]a", "::stop-commands::t", "`</details>@acme/ml-security|", "\u202eevil\u2066", "$${x}%0A::set-output name=result::pass", "<!-- smr:review v1 key=default -->", "![x](http://evil.example/x.png)"}
	var text strings.Builder
	for i, e := range evil {
		text.WriteString(role(fmt.Sprintf("r%d", i), e))
	}
	return map[string]string{"roles/a.smr": account + text.String(), "roles/##[error]x.smr": role("z", "z"), "roles/::warning::y.smr": "role \"bad\" { nonsense = 1 }\n"}
}

func TestHostileNames(t *testing.T) {
	j := pullRequest(t, map[string]string{"roles/a.smr": account}, hostile())
	r := j.review()
	if r.code != 1 {
		t.Errorf("exit code %d\n%s", r.code, r.log)
	}
	for _, a := range r.Annotations {
		if strings.HasPrefix(a.Message, "planted") {
			t.Errorf("planted %+v", a)
		}
	}
	for name, v := range r.Outputs {
		if !regexp.MustCompile(`^[A-Za-z0-9._:/+-]*$`).MatchString(v) {
			t.Errorf("output %s=%q", name, v)
		}
	}
	if c := j.comments(); len(c) != 1 || strings.Count(c[0].Body, "<!-- smr:review v1 key=default run") > 1 || strings.Contains(c[0].Body, "\n@acme") {
		t.Errorf("%+v", c)
	}
}
