// Package attack runs the program on what somebody hostile may put into a pull
// request and asks the runner's rules what came of it.
package attack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/review/internal/runner"
)

var smr string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "smr")
	if err != nil {
		panic(err)
	}
	smr = filepath.Join(dir, "smr")
	if out, err := exec.Command("go", "build", "-o", smr, "../../../cmd/smr").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// run runs smr as a step of a job and returns its log and its exit code.
func run(t *testing.T, dir, stdin string, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, smr, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=" + dir}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// evil are texts that the runner would obey, a terminal too.
var evil = []string{
	"::error::planted", "##[error]planted", "  ::add-mask::a", "x ##[add-matcher]x.json", "\r::stop-commands::x", "\u00a0::error::planted",
	"\x1b[2J\x1b]0;title\a::error::planted", "\u202e::error::planted", "`\n::set-output name=a::b",
}

// hostile is a configuration that says them in every place that is printed.
func hostile(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"roles.smr": "account \"prod\" {\n  id = \"123456789012\"\n  region = \"eu-west-1\"\n}\n"}
	for i, e := range evil {
		q := fmt.Sprintf("%q", e) // HCL's escapes are Go's here but for \x and \a
		q = strings.NewReplacer(`\x1b`, `\u001b`, `\a`, `\u0007`, `\u00a0`, "\u00a0", `\u202e`, "\u202e").Replace(q)
		raw := strings.ReplaceAll(e, "\n", " ")
		files[fmt.Sprintf("%s %d.smr", strings.ReplaceAll(e, "/", "_"), i)] = "role " + q + " {\n" +
			"  persona = " + q + " ##[error]planted " + raw + "\n}\n"
		files[fmt.Sprintf("b%d.smr", i)] = fmt.Sprintf("role \"r%d\" {\n  description = %s # ##[error]planted %s\n  tags = { %s = %s }\n"+
			"  statement %s {\n    actions   = [%s, \"s3:GetObject\"]\n    resources = [%s]\n  }\n  unknown_attribute = %s\n}\n", i, q, raw, q, q, q, q, q, q) +
			raw + "\n::error::planted\n"
	}
	write(t, dir, files)
	return dir
}

// TestNothingIsPlanted: whatever a command prints, the runner finds no command
// in it, but annotations where they are asked for, which have the right title.
func TestNothingIsPlanted(t *testing.T) {
	t.Parallel()
	dir := hostile(t)
	planted := 0
	for _, e := range evil {
		planted += len(runner.Commands(e))
	}
	if planted < 6 {
		t.Fatalf("only %d texts are commands: the test shows little", planted)
	}
	write(t, dir, map[string]string{
		"good/roles.smr":    "role \"r\" {\n  description = <<EOT\n::error::planted\nx ##[error]planted\nEOT\n  statement \"S\" {\n    actions = [\"s3:GetObject\"]\n    resources = [\"arn:aws:s3:::##[error]planted\"]\n  }\n}\n",
		"other/roles.smr":   "role \"r\" {\n  statement \"S\" {\n    actions = [\"s3:PutObject\"]\n    resources = [\"arn:aws:s3:::##[error]planted/*\", \"arn:aws:s3:::##[error]other/*\"]\n  }\n}\n",
		"pairs.jsonl":       "{\"id\": \"##[error]planted\", \"base\": {}, \"head\": 1}\n::error::planted\n",
		"policy.json":       `{"Version": "2012-10-17", "Statement": [{"Sid": "##[error]", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::##[error]planted/*"}]}`,
		"nothing.json":      `{"Version": "2012-10-17", "Statement": []}`,
		"unformatted/x.smr": "role   \"r\"   {\n  description = <<EOT\n::error::planted\nEOT\n}  # ##[error]planted\n",
	})
	for _, args := range [][]string{
		{"validate"},
		{"validate", "--format", "compact"},
		{"validate", "--format", "json"},
		{"validate", "--format", "sarif"},
		{"validate", "--format", "github"},
		{"validate", "::error::planted"},
		{"validate", "--format", "\n::error::planted"},
		{"validate", "-C", "\n::error::planted"},
		{"validate", "--var", "\n::error::planted"},
		{"validate", "--var-file", "\n::error::planted"},
		{"\n::error::planted ##[error]planted"},
		{"compile", "-t", "cloudformation"},
		{"compile", "-t", "cloudformation", "good"},
		{"compile", "-t", "json", "good", "-o", "\n::error::planted"},
		{"fmt", "--check", "--diff"},
		{"fmt", "--diff", "unformatted"},
		{"fmt", "-"},
		{"diff", "good", "other"},
		{"diff", "other", "good", "--format", "json"},
		{"diff", "nothing.json", "policy.json"},
		{"diff", "nothing.json", "policy.json", "--format", "json"},
		{"diff", "--cases", "pairs.jsonl"},
		{"simulate", "-C", "good", "r", "s3:GetObject", "arn:aws:s3:::##[error]planted"},
		{"simulate", "-C", "good", "--cases", "pairs.jsonl"},
		{"explain", "\n::error::planted ##[error]planted"},
		{"catalog", "\n::error::planted ##[error]planted"},
	} {
		log, _ := run(t, dir, "role   \"r\"   {\n  description = <<EOT\n::error::planted\nEOT\n}  # ##[error]planted\n", args...)
		if log == "" {
			t.Errorf("smr %q says nothing", args)
		}
		for _, c := range runner.Commands(log) {
			if args[len(args)-1] == "github" && strings.HasPrefix(c.Line, "::") && c.Properties["title"] != "" || strings.HasPrefix(c.Data, "and ") {
				continue
			}
			t.Errorf("smr %q plants the command %q", args, c.Line)
		}
		if args[len(args)-1] == "json" { // which spells what it must, and no more
			log = strings.ReplaceAll(log, "\u202e", "")
		}
		if strings.ContainsAny(log, "\r\x1b\a\u202e") {
			t.Errorf("smr %q prints controls", args)
		}
	}
	for _, name := range commands(t, dir) {
		for _, args := range [][]string{{name, "\n::error::planted", "##[error]planted"}, {name, "--\n::error::planted"}} {
			log, _ := run(t, dir, "", args...)
			for _, c := range runner.Commands(log) {
				if c.Properties["title"] != "The review could not be done" {
					t.Errorf("smr %q plants the command %q", args, c.Line)
				}
			}
		}
	}
}

// TestDataStaysData: what is read by programs means the same in a job, and what
// goes to a file is written as it is anywhere.
func TestDataStaysData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const name = "arn:aws:s3:::###[error]planted"
	write(t, dir, map[string]string{
		"base.json": `{"Version": "2012-10-17", "Statement": []}`,
		"head.json": `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "` + name + `/*"}]}`,
	})
	log, code := run(t, dir, "", "diff", "base.json", "head.json", "--format", "json")
	var got struct {
		Gained []struct{ Resources []string }
	}
	if err := json.Unmarshal([]byte(log), &got); err != nil || code != 0 || len(got.Gained) != 1 || got.Gained[0].Resources[0] != name+"/*" {
		t.Errorf("%v, %+v in\n%s", err, got, log)
	}
	file, err := os.Create(filepath.Join(dir, "out.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.CommandContext(t.Context(), smr, "diff", "base.json", "head.json")
	cmd.Dir, cmd.Env, cmd.Stdout = dir, []string{"GITHUB_ACTIONS=true"}, file
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file.Name())
	if err != nil || !strings.Contains(string(text), name) {
		t.Errorf("the file holds %v\n%s", err, text)
	}
	const formatted = "role \"r\" {}\n"
	if log, code := run(t, dir, "role   \"r\" {}", "fmt", "-"); log != formatted || code != 0 {
		t.Errorf("fmt prints %q, exit code %d", log, code)
	}
	if log, code := run(t, dir, "role \"r\" {} # ##[error]planted\n", "fmt", "-"); code != 3 || !strings.Contains(log, "Write it to a file") {
		t.Errorf("fmt of a command: %q, exit code %d", log, code)
	}
}

var helpRow = regexp.MustCompile(`(?m)^  ([a-z]+) +\S`)

// commands are those that the help lists.
func commands(t *testing.T, dir string) []string {
	t.Helper()
	help, code := run(t, dir, "", "--help")
	_, list, ok := strings.Cut(help, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	var names []string
	for _, m := range helpRow.FindAllStringSubmatch(list, -1) {
		names = append(names, m[1])
	}
	if code != 0 || !ok || len(names) < 10 {
		t.Fatalf("the help lists %q:\n%s", names, help)
	}
	return names
}
