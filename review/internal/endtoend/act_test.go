package endtoend

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/review/internal/fakegithub"
	"github.com/sagemaker-roles/smr/review/internal/runner"
)

// root is the repository's.
const root = "../../.."

// actProgram is act, which .ci/peers builds in the version that .ci/act.mod
// pins. Where it has not, the test is skipped; SMR_REQUIRE_PEERS=1 makes that a
// failure.
func actProgram(t *testing.T) string {
	t.Helper()
	missing := func(format string, args ...any) {
		t.Helper()
		if os.Getenv("SMR_REQUIRE_PEERS") == "1" {
			t.Fatalf(format, args...)
		}
		t.Skipf(format, args...)
	}
	want, err := os.ReadFile(filepath.Join(root, ".ci", "act.mod"))
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(filepath.Join(root, ".ci", "cache", "act", "act.mod"))
	if err != nil || !bytes.Equal(have, want) {
		missing("act is not built in its pinned version; run .ci/peers")
	}
	program, err := filepath.Abs(filepath.Join(root, ".ci", "cache", "act", "act"))
	if err == nil {
		_, err = exec.LookPath(program)
	}
	if err != nil {
		missing("act cannot be run: %v", err)
	}
	for _, needed := range []string{"bash", "curl", "gzip"} {
		if _, err := exec.LookPath(needed); err != nil {
			missing("%s, which the action needs, is not installed", needed)
		}
	}
	return program
}

// asset is the program as a release has it, packed once for all tests.
var asset = sync.OnceValues(func() ([]byte, error) {
	data, err := os.ReadFile(smr)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
})

// assetPath is where the server has the binaries of the release.
const assetPath = "/sagemaker-roles/smr/releases/download/v0/"

func assetName() string { return fmt.Sprintf("smr_%s_%s.gz", runtime.GOOS, runtime.GOARCH) }

// action is a release of the action: the files of this tree that it needs, with
// the checksum of a binary that the server has.
func (j *job) action() string {
	j.t.Helper()
	packed, err := asset()
	if err != nil {
		j.t.Fatal(err)
	}
	dir := j.t.TempDir()
	files := []string{"action.yml", ".github/action.sh", ".github/fetch.sh"}
	if j.source {
		list, err := exec.Command("git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z", "--", "*.go", "go.mod", "go.sum", "cmd", "compiler", "deploy", "dsl", "iam", "preflight", "review").Output()
		if err != nil {
			j.t.Fatal(err)
		}
		files = append(files, strings.Split(strings.Trim(string(list), "\x00"), "\x00")...)
	}
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			j.t.Fatal(err)
		}
		put(j.t, filepath.Join(dir, name), string(data))
	}
	name := assetName()
	j.server.Lock()
	if j.server.Assets == nil {
		j.server.Assets = map[string][]byte{assetPath + name: packed}
	}
	j.server.Unlock()
	put(j.t, filepath.Join(dir, ".github", "checksums.txt"), fmt.Sprintf("# 0 %s %s%s\n%x  %s\n", runtime.Version(), j.server.URL, strings.TrimSuffix(assetPath, "/"), sha256.Sum256(packed), name))
	return dir
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// stubs are the actions by others that workflows of ours use, which are on the
// network: what a test wants of them. Their artifacts are in the directory SHARE.
var stubs = map[string]string{
	"actions/setup-go":                      "echo Go is here",
	"actions/upload-artifact":               `rm -rf "$SHARE/$STUB_NAME"; mkdir "$SHARE/$STUB_NAME"; if [ -d "$STUB_PATH" ]; then cp -R -- "$STUB_PATH/." "$SHARE/$STUB_NAME"; elif [ -e "$STUB_PATH" ]; then cp -- "$STUB_PATH" "$SHARE/$STUB_NAME"; fi`,
	"actions/download-artifact":             `cp -R -- "$SHARE/$STUB_NAME/." "$STUB_PATH"`,
	"aws-actions/configure-aws-credentials": `echo credentials of "$STUB_ROLE"`,
}

// stub is a directory with an action that does what the table says.
func (j *job) stub(name string) string {
	j.t.Helper()
	run, ok := stubs[name]
	if !ok {
		j.t.Fatalf("a workflow uses %s, of which there is no stub", name)
	}
	dir := j.t.TempDir()
	put(j.t, filepath.Join(dir, "action.yml"), `name: stub
inputs:
  name: {default: ""}
  path: {default: ""}
  role-to-assume: {default: ""}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        STUB_NAME: ${{ inputs.name }}
        STUB_PATH: ${{ inputs.path }}
        STUB_ROLE: ${{ inputs.role-to-assume }}
      run: |
        `+run+"\n")
	return dir
}

// workflow is a workflow that smr init writes, or a sample.
func (j *job) workflow(name string) string {
	j.t.Helper()
	for _, dir := range []string{"cmd/smr/internal/cli/starter/dot-github/workflows", ".github/samples"} {
		if data, err := os.ReadFile(filepath.Join(root, dir, name)); err == nil {
			// act 0.2.89 does not know what GitHub has had since May 2026 (GitHub
			// Changelog, "concurrency groups now allow larger queues").
			text := strings.ReplaceAll(string(data), "  queue: max\n", "")
			text = strings.ReplaceAll(text, "OWNER/smr@<commit>", "sagemaker-roles/smr@v0")
			return strings.ReplaceAll(text, "@DIRECTORY@", "roles")
		}
	}
	j.t.Fatalf("there is no workflow %s", name)
	return ""
}

// uses are the actions that a workflow or an action names with a revision.
func uses(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		_, name, ok := strings.Cut(line, "uses: ")
		name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
		if ok && strings.Contains(name, "@") && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// act runs a workflow in this checkout, on this machine, as the event's job.
func (j *job) act(workflow string, extra ...string) result {
	j.t.Helper()
	program := actProgram(j.t)
	home := j.t.TempDir()
	put(j.t, filepath.Join(home, ".config/act/actrc"), "")
	put(j.t, filepath.Join(home, "workflow.yml"), workflow)
	put(j.t, filepath.Join(home, "event.json"), j.payload())
	args := append([]string{
		j.event, "-C", j.dir, "-W", filepath.Join(home, "workflow.yml"), "-e", filepath.Join(home, "event.json"),
		"-P", "ubuntu-latest=-self-hosted", "--json", "--no-cache-server", "-s", "GITHUB_TOKEN=" + j.token,
	}, extra...)
	for name, value := range map[string]string{
		"GITHUB_API_URL": j.server.APIURL(), "GITHUB_SERVER_URL": j.server.URL, "GITHUB_REPOSITORY": fakegithub.Repository,
		"GITHUB_RUN_ID": "99", "GITHUB_RUN_NUMBER": fmt.Sprint(j.run), "GITHUB_RUN_ATTEMPT": "1", "SHARE": j.share(),
	} {
		args = append(args, "--env", name+"="+value)
	}
	for _, v := range j.env {
		args = append(args, "--env", v)
	}
	own, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		j.t.Fatal(err)
	}
	for _, name := range uses(workflow + string(own)) {
		switch repository, _, _ := strings.Cut(name, "@"); repository {
		case "actions/checkout": // act copies the checkout
		case "sagemaker-roles/smr":
			args = append(args, "--local-repository", name+"="+j.action())
		default:
			args = append(args, "--local-repository", name+"="+j.stub(repository))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + home}
	cmd.WaitDelay = 5 * time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		j.t.Fatalf("act: %v\n%s", err, errs.String())
	}
	r := j.read(&out)
	r.code = cmd.ProcessState.ExitCode()
	if r.log == "" {
		j.t.Fatalf("act ran nothing: %s", errs.String())
	}
	return r
}

// share is where jobs of the workflow leave artifacts for each other.
func (j *job) share() string {
	if j.artifacts == "" {
		j.artifacts = j.t.TempDir()
	}
	return j.artifacts
}

// read takes from act's log what the runner would make of the job: what steps
// print, with the commands as they stood there, the outputs of the step smr, and
// the last summary.
func (j *job) read(log io.Reader) result {
	j.t.Helper()
	var r result
	step := runner.Step{}
	outputs := map[string]string{}
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var line struct {
			Msg, Raw, Command, Name, Arg, Content, JobResult string
			Output                                           bool     `json:"raw_output"`
			Step                                             []string `json:"stepID"`
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue
		}
		id := ""
		if len(line.Step) > 0 {
			id = line.Step[len(line.Step)-1]
		}
		switch {
		case line.Output:
			step.Log += line.Msg
		case line.Command == "summary":
			step.Summary = line.Content
		case line.Command == "set-output" && id == "smr":
			outputs[line.Name] = line.Arg
		case line.Raw != "":
			step.Log += line.Raw
		}
	}
	r.log = step.Log
	r.Result = runner.Judge(step)
	r.Outputs = outputs
	j.check(r)
	return r
}
