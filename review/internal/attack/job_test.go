package attack

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/review/git"
	"github.com/sagemaker-roles/smr/review/internal/fakegithub"
	"github.com/sagemaker-roles/smr/review/internal/runner"
)

// A job reviews a pull request of two commits, which is checked out as it is
// merged.
type job struct {
	t                 *testing.T
	dir               string
	base, head, merge string
	server            *fakegithub.Server
	token             string
	event             string
	payload           any
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

func (j *job) commit(files map[string]string) string {
	j.t.Helper()
	write(j.t, j.dir, files)
	j.git("add", "-A", "-f")
	j.git("commit", "-q", "--allow-empty", "-m", "change")
	return j.git("rev-parse", "HEAD")
}

func pull(t *testing.T, base, head map[string]string) *job {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	j := &job{t: t, dir: t.TempDir(), token: "token", event: "pull_request"}
	j.git("init", "-q", "-b", "main")
	j.base = j.commit(base)
	j.git("checkout", "-q", "-b", "change")
	j.head = j.commit(head)
	j.git("checkout", "-q", "--detach", "main")
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
	request := map[string]any{
		"number": 7, "state": "open", "user": map[string]any{"login": "octocat", "type": "User"}, "base": side(j.base, "main"), "head": side(j.head, "change"),
	}
	j.payload = map[string]any{"action": "synchronize", "pull_request": request}
	j.server.Pulls[7] = request
	return j
}

// review runs smr review on a directory and returns what the runner makes of it.
func (j *job) review(dir string) (runner.Result, string, int) {
	j.t.Helper()
	tmp := j.t.TempDir()
	data, err := json.Marshal(j.payload)
	if err != nil {
		j.t.Fatal(err)
	}
	write(j.t, tmp, map[string]string{"event.json": string(data), "output": "", "summary": ""})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, smr, "review", dir)
	cmd.Dir = j.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + tmp, "GITHUB_ACTIONS=true", "GITHUB_TOKEN=" + j.token, "GITHUB_API_URL=" + j.server.APIURL(),
		"GITHUB_SERVER_URL=" + j.server.URL, "GITHUB_REPOSITORY=" + fakegithub.Repository, "GITHUB_SHA=" + j.merge, "GITHUB_EVENT_NAME=" + j.event,
		"GITHUB_EVENT_PATH=" + filepath.Join(tmp, "event.json"), "GITHUB_WORKSPACE=" + j.dir, "GITHUB_RUN_ID=99", "GITHUB_RUN_NUMBER=1", "GITHUB_RUN_ATTEMPT=1",
		"GITHUB_OUTPUT=" + filepath.Join(tmp, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(tmp, "summary"),
	}
	log, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		j.t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(tmp, name))
		if err != nil {
			j.t.Fatal(err)
		}
		return string(text)
	}
	return runner.Judge(runner.Step{Log: string(log), Output: read("output"), Summary: read("summary")}), string(log), cmd.ProcessState.ExitCode()
}

const team = "review {\n  approvers = [\"acme/ml-security\"]\n}\n"

func passing(roles string) string {
	return "account \"prod\" {\n  id     = \"123456789012\"\n  region = \"eu-central-1\"\n}\n" +
		"role \"job\" {\n  statement \"Pass\" {\n    actions   = [\"iam:PassRole\"]\n    resources = [\"arn:aws:iam::123456789012:role/" + roles + "\"]\n  }\n}\n"
}

// TestTeamApproves: a review of who is in a team that approves counts, where
// the token may ask who is; else it approves nothing and the log says why.
func TestTeamApproves(t *testing.T) {
	t.Parallel()
	j := pull(t, map[string]string{"roles/a.smr": team + passing("job-*")}, map[string]string{"roles/a.smr": team + passing("*")})
	j.server.Teams = map[string][]string{"acme/ml-security": {"alice", "octocat"}}
	j.server.Tokens["lead"] = fakegithub.Token{Login: "lead", Scope: fakegithub.Write, Members: true}
	by := func(login string) {
		j.server.Reviews = map[int][]any{7: {map[string]any{"user": map[string]any{"login": login, "type": "User"}, "state": "APPROVED", "commit_id": j.head}}}
	}
	for _, tt := range []struct {
		token, login string
		code         int
		says         string
	}{
		{"lead", "alice", 0, ""},
		{"lead", "eve", 1, ""},
		{"lead", "octocat", 1, ""}, // of the team, but the author
		{"token", "alice", 1, "members: read"},
	} {
		by(tt.login)
		j.token = tt.token
		if got, log, code := j.review("roles"); code != tt.code || !strings.Contains(log, tt.says) || got.Outputs["approved"] != map[int]string{0: "true", 1: "false"}[code] {
			t.Errorf("%s with the token %s: exit code %d, want %d; outputs %v\n%s", tt.login, tt.token, code, tt.code, got.Outputs, log)
		}
	}
}

// TestSelfApproval: a line in the approvals file that the change adds itself is
// told of, unless CODEOWNERS of the base names who has to agree.
func TestSelfApproval(t *testing.T) {
	t.Parallel()
	first := pull(t, map[string]string{"roles/a.smr": passing("job-*")}, map[string]string{"roles/a.smr": passing("*")})
	got, log, _ := first.review("roles")
	digest := strings.TrimPrefix(got.Outputs["escalation-digest"], "sha256:")
	if len(digest) != 64 {
		t.Fatalf("no digest\n%s", log)
	}
	line := "approve \"" + digest[:32] + "\"\n"
	for owners, warned := range map[string]bool{"* @octocat\n": false, "roles/smr.approvals @acme/ml-security\n": false, "*.md @octocat\n": true, "* @octocat\nroles/\n": true} {
		j := pull(t, map[string]string{"roles/a.smr": passing("job-*"), "CODEOWNERS": owners},
			map[string]string{"roles/a.smr": passing("*"), "roles/smr.approvals": line, "CODEOWNERS": "* @octocat\n"})
		got, log, code := j.review("roles")
		if code != 0 || got.Outputs["approved"] != "true" || strings.Contains(log, "approves its own access") != warned {
			t.Errorf("CODEOWNERS %q: exit code %d, outputs %v\n%s", owners, code, got.Outputs, log)
		}
	}
}

// TestDeletedBranch: a push that deletes a branch has nothing to review.
func TestDeletedBranch(t *testing.T) {
	t.Parallel()
	j := pull(t, map[string]string{"roles/a.smr": passing("job-*")}, nil)
	j.event, j.payload = "push", map[string]any{"before": j.head, "after": strings.Repeat("0", 40), "deleted": true}
	got, log, code := j.review("roles")
	if code != 0 || got.Outputs["result"] != "pass" || len(got.Annotations) > 0 || !strings.Contains(log, "nothing to review") {
		t.Errorf("exit code %d, outputs %v\n%s", code, got.Outputs, log)
	}
}

// TestDirectoryIsNoTrapdoor: what the change puts in the place of the directory
// that is reviewed does not make it be judged as something else.
func TestDirectoryIsNoTrapdoor(t *testing.T) {
	t.Parallel()
	base := map[string]string{"roles/a.smr": passing("job-*"), "calm/a.smr": passing("job-*")}
	t.Run("a bare repository", func(t *testing.T) {
		j := pull(t, base, map[string]string{"roles/a.smr": passing("*")})
		bare := t.TempDir()
		j.git("clone", "-q", "--bare", j.dir, filepath.Join(bare, "x"))
		(&job{t: t, dir: filepath.Join(bare, "x")}).git("update-ref", "--no-deref", "HEAD", j.base)
		files := map[string]string{}
		err := filepath.WalkDir(filepath.Join(bare, "x"), func(p string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(p)
			rel := strings.TrimPrefix(p, filepath.Join(bare, "x")+string(filepath.Separator))
			files["roles/"+filepath.ToSlash(rel)] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		files["roles/refs/x"], files["roles/a.smr"] = "", passing("*")
		k := pull(t, base, files)
		if got, log, code := k.review("roles"); code != 1 || got.Outputs["escalations"] != "1" {
			t.Errorf("exit code %d, outputs %v\n%s", code, got.Outputs, log)
		}
	})
	t.Run("a link", func(t *testing.T) {
		j := pull(t, base, nil)
		j.git("checkout", "-q", "change")
		j.git("rm", "-rq", "roles")
		if err := os.Symlink("calm", filepath.Join(j.dir, "roles")); err != nil {
			t.Skip(err)
		}
		j.git("add", "-A")
		j.git("commit", "-q", "-m", "link")
		k := j
		k.head = j.git("rev-parse", "HEAD")
		j.git("checkout", "-q", "--detach", "main")
		j.git("merge", "-q", "--no-ff", "-m", "merge", "change")
		k.merge = j.git("rev-parse", "HEAD")
		k.payload.(map[string]any)["pull_request"].(map[string]any)["head"].(map[string]any)["sha"] = k.head
		if got, log, code := k.review("roles"); code != 3 || got.Outputs["result"] != "error" {
			t.Errorf("exit code %d, outputs %v\n%s", code, got.Outputs, log)
		}
	})
}
