package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflows are those that run here, those that smr init writes and the samples.
func workflows(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{".github/workflows/*.yml", ".github/samples/*.yml", "cmd/smr/internal/cli/starter/dot-github/workflows/*.yml"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		out = append(out, found...)
	}
	return out
}

type step struct {
	Uses string
	Run  string
	With map[string]any
}

type concurrency struct {
	Group, Queue string
	Cancel       bool `yaml:"cancel-in-progress"`
}

type workflow struct {
	Permissions map[string]string
	Concurrency *concurrency
	Jobs        map[string]struct {
		Permissions map[string]string
		Timeout     int `yaml:"timeout-minutes"`
		Concurrency *concurrency
		Steps       []step
	}
}

// pinned is an action of others at a commit, with the tag that it was.
var pinned = regexp.MustCompile(`uses: [A-Za-z0-9._/-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$`)

// TestWorkflows: what actionlint does not look at. Rights are said for each job
// and nothing more is granted, actions stand at commits, and no text of an event
// becomes part of a script.
func TestWorkflows(t *testing.T) {
	// What a job may need at most, by the command of ours that it runs.
	most := map[string][]string{
		"review": {"contents: read", "pull-requests: write"}, "compile": {"contents: read"},
		"plan": {"contents: read", "id-token: write"}, "apply": {"contents: read", "id-token: write"},
		"drift": {"contents: read", "id-token: write", "issues: write"},
	}
	commands := map[string]int{}
	for _, file := range workflows(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var w workflow
		if err := yaml.Unmarshal(data, &w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if w.Permissions == nil || len(w.Permissions) > 0 {
			t.Errorf("%s: permissions of the workflow are %v, want {}", file, w.Permissions)
		}
		if w.Concurrency == nil {
			t.Errorf("%s: no concurrency", file)
		}
		for name, job := range w.Jobs {
			for _, c := range []*concurrency{w.Concurrency, job.Concurrency} {
				if c != nil && (c.Queue != "" && c.Queue != "single" && c.Queue != "max" || c.Queue == "max" && c.Cancel || c.Group == "") {
					t.Errorf("%s: %s: concurrency %+v", file, name, c)
				}
			}
			if job.Permissions == nil || job.Timeout == 0 {
				t.Errorf("%s: the job %s has no permissions or no limit of time", file, name)
			}
			for _, s := range job.Steps {
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s: the job %s has an expression in a script: %s", file, name, s.Run)
				}
				command, _ := s.With["command"].(string)
				if !strings.HasPrefix(s.Uses, "OWNER/smr@") {
					continue
				}
				commands[command]++
				for scope, right := range job.Permissions {
					if !slices.Contains(most[command], scope+": "+right) {
						t.Errorf("%s: the job %s may %s: %s, which smr %s does not need", file, name, scope, right, command)
					}
				}
			}
		}
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSpace(line)
			if strings.Contains(line, "uses: ") && !strings.Contains(line, "uses: ./") && !strings.Contains(line, "uses: OWNER/smr@<commit>") && !pinned.MatchString(line) {
				t.Errorf("%s: %s is not at a commit", file, line)
			}
		}
	}
	for command := range most {
		if commands[command] == 0 {
			t.Errorf("no workflow shows smr %s", command)
		}
	}
}

// TestDockerfile: the image is built of all that the program is built of.
func TestDockerfile(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "../../../cmd/smr").Output()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(out)) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "github.com/sagemaker-roles/smr/")
		if !ok {
			continue
		}
		dir, _, _ := strings.Cut(rest, "/")
		found++
		if !strings.Contains(string(data), "\nCOPY "+dir+" "+dir+"\n") {
			t.Errorf("the Dockerfile does not copy %s, of which the program is built", dir)
		}
		if slices.Contains(strings.Fields(string(ignored)), dir) {
			t.Errorf(".dockerignore leaves out %s", dir)
		}
	}
	if found < 10 {
		t.Errorf("found only %d packages", found)
	}
	for _, want := range []string{"\nFROM scratch\n", "\nUSER ", "CGO_ENABLED=0"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %q in the Dockerfile", want)
		}
	}
}
