package attack

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/dsl"
)

// TestFunctions: the language has these functions and no other. None of them
// reads the machine, but policy_file, which reads the configuration's own tree.
func TestFunctions(t *testing.T) {
	t.Parallel()
	var got []string
	for name := range dsl.Functions(nil, nil) {
		got = append(got, name)
	}
	slices.Sort(got)
	want := strings.Fields(functions)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("look whether a new one reads files, variables, the clock or the network (-want +got):\n%s", diff)
	}
	for _, name := range got {
		if regexp.MustCompile(`^(file|templatefile|env|get|read|timestamp|uuid|exec|http|nonsensitive|path|bcrypt|plantimestamp)`).MatchString(name) {
			t.Errorf("%s sounds as if it reads the machine", name)
		}
	}
}

const functions = `
abs alltrue anytrue can ceil chomp chunklist coalesce coalescelist compact concat contains distinct
element endswith flatten floor format formatlist indent index join jsondecode jsonencode keys length
lookup lower max merge min one parseint policy_file range regex regexall replace reverse
setintersection setproduct setsubtract setunion signum slice sort split startswith strcontains
strrev substr sum title tobool tolist tomap tonumber toset tostring trim trimprefix trimspace
trimsuffix try upper values zipmap
`

var (
	usesLine   = regexp.MustCompile(`(?m)^\s*(?:-\s*)?uses:\s*(\S+)`)
	pinnedUses = regexp.MustCompile(`^(\./.*|\$\{\{.*|[^@]+@[0-9a-f]{40})$`)
)

// TestActionsArePinned: nothing that the action or a workflow runs can be
// replaced under its name, no expression is part of a script, and no step takes
// what another job cached.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	files := []string{filepath.Join(root, "action.yml")}
	for _, glob := range []string{".github/workflows/*.yml", ".github/samples/*.yml", "cmd/smr/internal/cli/starter/dot-github/*/*.yml"} {
		found, err := filepath.Glob(filepath.Join(root, glob))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 3 {
		t.Fatalf("only %q", files)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for _, m := range usesLine.FindAllStringSubmatch(text, -1) {
			own := strings.Contains(m[1], "/smr@") || strings.Contains(m[1], "<")
			if !pinnedUses.MatchString(m[1]) && !own {
				t.Errorf("%s uses %s, which is not pinned by its commit", name, m[1])
			}
		}
		for _, script := range scripts(text) {
			if strings.Contains(script, "${{") {
				t.Errorf("%s has an expression in a script:\n%s", name, script)
			}
			if strings.Contains(script, "GITHUB_ENV") || strings.Contains(script, "GITHUB_PATH") {
				t.Errorf("%s changes the environment of other steps:\n%s", name, script)
			}
		}
		if strings.Contains(text, "actions/cache@") {
			t.Errorf("%s uses a cache", name)
		}
		if strings.Contains(text, "actions/setup-go@") && strings.HasSuffix(name, "action.yml") && !strings.Contains(text, "cache: false") {
			t.Errorf("%s builds with what others cached", name)
		}
		if strings.Contains(text, "pull_request_target") && strings.Contains(text, "actions/checkout@") {
			t.Errorf("%s checks out in a job of pull_request_target", name)
		}
	}
}

// scripts are the texts of run: in a workflow.
func scripts(text string) []string {
	var out []string
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		key := strings.Index(lines[i], "run:")
		if key < 0 || strings.Trim(lines[i][:key], " -") != "" {
			continue
		}
		script := lines[i]
		for i+1 < len(lines) && (strings.TrimSpace(lines[i+1]) == "" || len(lines[i+1])-len(strings.TrimLeft(lines[i+1], " ")) > key) {
			i++
			script += "\n" + lines[i]
		}
		out = append(out, script)
	}
	return out
}
