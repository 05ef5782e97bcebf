package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A pull request from a fork gets no comment, since its token may only read, but
// a summary and annotations.
func TestActFork(t *testing.T) {
	t.Parallel()
	j := escalating(t)
	j.token = "reader"
	j.pull["head"].(map[string]any)["repo"] = map[string]any{"full_name": "eve/ml-roles", "fork": true}
	r := j.act(j.workflow("smr-review.yml"))
	r.expect(t, 1, map[string]string{"comment-status": "skipped-read-only", "result": "fail", "escalations": "1"})
	if len(j.server.Starting(7, "")) != 0 || j.server.Writes() != 0 {
		t.Error("it was commented on")
	}
	if !strings.Contains(r.Summary, "escalation needs approval") || !strings.Contains(r.Summary, "arn:aws:iam::123456789012:role/*") {
		t.Errorf("summary %q", r.Summary)
	}
	if len(r.of("error")) != 1 || r.of("error")[0].Properties["file"] != "roles/a.smr" || len(r.of("notice")) != 1 {
		t.Errorf("annotations %+v", r.Annotations)
	}
	if page, err := os.ReadFile(filepath.Join(j.artifacts, "smr-report", "smr-report.html")); err != nil || !strings.Contains(string(page), "<!DOCTYPE html>") && !strings.Contains(string(page), "<!doctype html>") {
		t.Errorf("the report is not among the artifacts: %v, %.100s", err, page)
	}
}

// A fork's pull request is commented on by the job of the base, which has no
// checkout; whatever the head does to the workflow or the rules has no say.
func TestActForkFromOutside(t *testing.T) {
	t.Parallel()
	j := escalating(t)
	j.event = "pull_request_target"
	j.pull["head"].(map[string]any)["repo"] = map[string]any{"full_name": "eve/ml-roles", "fork": true}
	j.dir = t.TempDir() // nothing is checked out
	r := j.act(j.workflow("review-forks.yml"), "--env", "GITHUB_SHA="+j.base)
	r.expect(t, 1, map[string]string{"comment-status": "created", "roles-changed": "1"})
	j.current(t, 1)
}

func TestActMergeGroup(t *testing.T) {
	t.Parallel()
	j := escalating(t)
	j.event = "merge_group"
	r := j.act(j.workflow("smr-review.yml"))
	r.expect(t, 1, map[string]string{"result": "fail", "comment-status": "", "escalations": "1"})
	if len(j.comments()) != 0 || !strings.Contains(r.Summary, "needs approval") || len(r.of("error")) != 1 {
		t.Errorf("%d comments, annotations %+v, summary %q", len(j.comments()), r.Annotations, r.Summary)
	}
	short := strings.TrimPrefix(r.Outputs["escalation-digest"], "sha256:")[:32]
	ok := pullRequest(t, map[string]string{"roles/a.smr": account + rules + role("job", "job-*")},
		map[string]string{"roles/a.smr": account + rules + role("job", "*"), "roles/smr.approvals": "approve \"" + short + "\"\n"})
	ok.event = "merge_group"
	ok.act(ok.workflow("smr-review.yml")).expect(t, 0, map[string]string{"result": "pass", "approved": "true"})
}

// What is merged is compiled, and the template is with the run.
func TestActPush(t *testing.T) {
	t.Parallel()
	j := pullRequest(t, map[string]string{"roles/a.smr": formatted}, map[string]string{"roles/b.smr": "role \"bad\" {\n  persona = \"nobody\"\n}\n"})
	j.event = "push"
	r := j.act(j.workflow("smr-compile.yml"))
	r.expect(t, 1, map[string]string{"result": "fail"})
	if e := r.of("error"); len(e) != 1 || e[0].Properties["file"] != "roles/b.smr" || e[0].Properties["title"] != "Unknown persona" {
		t.Errorf("annotations %+v", r.Annotations)
	}
	if _, err := os.Stat(filepath.Join(j.artifacts, "roles", "prod.yaml")); err == nil {
		t.Error("there is an artifact of a configuration with errors")
	}
	good := pullRequest(t, map[string]string{"roles/a.smr": formatted}, map[string]string{"README.md": "x"})
	good.git("rm", "-q", "roles/other.smr")
	good.git("commit", "-q", "-m", "only one")
	good.event = "push"
	good.act(good.workflow("smr-compile.yml")).expect(t, 0, map[string]string{"result": "pass"})
	if text, err := os.ReadFile(filepath.Join(good.artifacts, "roles", "prod.yaml")); err != nil || !strings.Contains(string(text), "AWS::IAM::Role") {
		t.Errorf("no template among the artifacts: %v %.200s", err, text)
	}
}

// formatted is a configuration without findings.
const formatted = `smr {
  project = "forecast"
  edition = "2026"
}
account "prod" {
  id     = "123456789012"
  region = "eu-central-1"
}
role "data" {
  activity "s3_bucket_access" { buckets = ["acme-forecast"] }
}
`

// The binary of a release is run only if it is the one of this commit.
func TestActWrongChecksum(t *testing.T) {
	t.Parallel()
	j := escalating(t)
	packed, err := asset()
	if err != nil {
		t.Fatal(err)
	}
	j.server.Assets = map[string][]byte{assetPath + assetName(): append([]byte{}, append(packed, 0)...)}
	r := j.act(j.workflow("smr-review.yml"))
	r.expect(t, 1, map[string]string{"result": ""})
	if len(r.Annotations) != 1 || r.Annotations[0].Properties["title"] != "Wrong checksum" {
		t.Errorf("annotations %+v", r.Annotations)
	}
	for _, q := range j.server.Requests {
		if !strings.HasPrefix(q.Path, "/sagemaker-roles/") {
			t.Errorf("after a wrong checksum GitHub was asked %s %s", q.Method, q.Path)
		}
	}
	if strings.Contains(r.log, "smr: ") {
		t.Errorf("something ran:\n%s", r.log)
	}
}

// Where the release cannot be had, the source of the same commit is built, by the
// Go of the runner if it will do, and without a network if its modules are there.
func TestActBuildsSource(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the program")
	}
	j := escalating(t)
	j.source = true
	j.server.Assets = map[string][]byte{} // 404
	for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOROOT"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		j.env = append(j.env, name+"="+strings.TrimSpace(string(out)))
	}
	j.env = append(j.env, "GOPROXY=off", "GOFLAGS=-mod=readonly")
	r := j.act(j.workflow("smr-review.yml"))
	r.expect(t, 1, map[string]string{"comment-status": "created", "result": "fail"})
	j.current(t, 1)
	if !strings.Contains(r.log, "built from the source of this commit") || strings.Contains(r.log, "Go is here") {
		t.Errorf("Go was there, and was installed:\n%s", r.log)
	}
	found := false
	for _, a := range r.Annotations {
		found = found || a.Level == "warning" && a.Properties["title"] == "Not downloaded"
	}
	if !found {
		t.Errorf("nothing says that the release was not to be had: %+v", r.Annotations)
	}
}

// Hostile names in the job that act runs: its parser is another than the oracle's.
func TestActHostileNames(t *testing.T) {
	t.Parallel()
	j := pullRequest(t, map[string]string{"roles/a.smr": account}, hostile())
	r := j.act(j.workflow("smr-review.yml"))
	if r.code != 1 {
		t.Errorf("exit code %d\n%s", r.code, r.log)
	}
	for name, v := range r.Outputs {
		if !regexp.MustCompile(`^[A-Za-z0-9._:/+-]*$`).MatchString(v) || name == "pwned" {
			t.Errorf("output %s=%q", name, v)
		}
	}
	for _, a := range r.Annotations {
		if strings.HasPrefix(a.Message, "planted") {
			t.Errorf("planted %+v", a)
		}
	}
	if c := j.comments(); len(c) != 1 {
		t.Errorf("%d comments", len(c))
	}
}
