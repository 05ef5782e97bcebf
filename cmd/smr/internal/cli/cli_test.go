package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/dsl"
)

// good is a configuration without errors that the examples of the help fit.
const good = `smr {
  edition = "2026"
}

variable "data_bucket" {
  default = "acme-forecast"
}

account "ml-prod" {
  id     = "123456789012"
  region = "ap-northeast-1"
}

role "train" {
  persona = "compute"
  activity "access_required_aws_services" {
    s3_buckets       = [var.data_bucket]
    ecr_repositories = ["arn:${partition}:ecr:${region}:${account_id}:repository/train"]
  }
}
`

// run runs smr in dir and returns what it wrote and its exit code.
func run(t *testing.T, dir, stdin string, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	c := Command{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Env: env, Dir: dir}
	code = c.Main(args)
	return out.String(), errs.String(), code
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestExitCodes: the codes are public, so the numbers stand here.
func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "good/roles.smr", good)
	write(t, dir, "warned/roles.smr", good+"override \"access_required_aws_services\" {\n  remove_actions = [\"s3:PutObject\"]\n}\n")
	write(t, dir, "bad/roles.smr", "role \"x\" {\n  persona = \"nobody\"\n}\n")
	write(t, dir, "ugly/roles.smr", "locals   {\n}\n")
	write(t, dir, "full/file", "not ours")
	for _, tt := range []struct {
		args string
		want int
	}{
		{"", 0},
		{"--help", 0},
		{"validate --help", 0},
		{"version", 0},
		{"validate good", 0},
		{"validate warned", 0},
		{"fmt --check good", 0},
		{"compile -t cloudformation good", 0},
		{"explain missing-activity", 0},
		{"catalog", 0},

		{"validate bad", 1},
		{"validate --format json bad", 1},
		{"compile -t json bad", 1},
		{"fmt --check ugly", 1},
		{"validate .", 1},

		{"frobnicate", 2},
		{"validate --frobnicate", 2},
		{"validate a b", 2},
		{"validate good/roles.smr", 2},
		{"validate --format xml good", 2},
		{"validate --var x good", 2},
		{"compile good", 2},
		{"compile -t nothing good", 2},
		{"compile -t json good", 2},
		{"compile -t json -o full good", 2},
		{"catalog nothing", 2},
		{"explain nothing", 2},
		{"completion", 2},
		{"version 1", 2},

		{"validate missing", 3},
		{"-C missing validate", 3},
		{"fmt missing", 3},
		{"validate --var-file missing good", 3},
	} {
		stdout, stderr, code := run(t, dir, "", nil, strings.Fields(tt.args)...)
		if code != tt.want {
			t.Errorf("smr %s: exit code %d, want %d\n%s%s", tt.args, code, tt.want, stdout, stderr)
		}
		if said := stdout + stderr; code != 0 && strings.TrimSpace(said) == "" {
			t.Errorf("smr %s: exit code %d and not a word", tt.args, code)
		}
	}
	if d := []int{ExitGood, ExitFindings, ExitUsage, ExitFailure}; d[0] != 0 || d[1] != 1 || d[2] != 2 || d[3] != 3 {
		t.Errorf("exit codes %v, want 0 1 2 3", d)
	}
}

// TestHelpExamples runs every example of every command's help.
func TestHelpExamples(t *testing.T) {
	root := newSession(&Command{}).root()
	commands := append([]*cobra.Command{root}, root.Commands()...)
	for _, cmd := range root.Commands() {
		commands = append(commands, cmd.Commands()...)
	}
	for _, cmd := range commands {
		if cmd.Hidden {
			continue
		}
		if cmd.Short == "" || cmd.Long == "" && cmd != root || cmd.Example == "" {
			t.Errorf("%s lacks a short text, a long one, or an example", cmd.CommandPath())
		}
		if slices.Contains([]string{"plan", "apply", "drift", "import", "release"}, cmd.Name()) {
			continue // they need an account: TestLiveExamples and others of theirs
		}
		dir := repository(t)
		for _, line := range strings.Split(cmd.Example, "\n") {
			words := shellWords(t, strings.TrimSpace(line))
			if len(words) < 2 || words[0] != "smr" {
				t.Errorf("%s: the example %q does not run smr", cmd.CommandPath(), line)
				continue
			}
			stdout, stderr, code := run(t, dir, "", nil, words[1:]...)
			if code != ExitGood || stdout == "" && words[1] != "fmt" && !strings.Contains(line, "--format compact") {
				t.Errorf("%s: exit code %d\n%s%s", line, code, stdout, stderr)
			}
		}
	}
}

// repository is a directory in which the examples of the help run: a git
// repository with a configuration and a few files.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "roles.smr", good)
	const document = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}`
	write(t, dir, "old.json", document)
	write(t, dir, "new.json", document)
	write(t, dir, "pairs.jsonl", `{"id": "1", "base": `+document+`, "head": `+document+"}\n")
	write(t, dir, "requests.jsonl", `{"id": "1", "request": {"principal": "arn:aws:iam::123456789012:role/a", "principal_type": "aws", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "resource_account": "123456789012", "context": {}}, "identity_policies": [`+document+"]}\n")
	for _, args := range []string{
		"init -q -b main", "add .", "commit -q -m one", "tag v1.2.0", "commit -q --allow-empty -m two",
	} {
		cmd := exec.Command("git", append([]string{"-c", "user.name=test", "-c", "user.email=test@example.com"}, strings.Fields(args)...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
	}
	return dir
}

// shellWords splits a line as a shell does, of which it knows blanks and single
// quotes.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// TestHelpWidth: help fits a terminal of 100 columns.
func TestHelpWidth(t *testing.T) {
	root := newSession(&Command{}).root()
	for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
		for _, line := range strings.Split(cmd.Long, "\n") {
			if n := len([]rune(line)); n > 100 {
				t.Errorf("%s: a line of the help has %d columns: %s", cmd.CommandPath(), n, line)
			}
		}
	}
}

// TestStandardStreams: smr reads the standard input that it is given, and no
// other.
func TestStandardStreams(t *testing.T) {
	stdout, stderr, code := run(t, t.TempDir(), "locals { a=1 }\n", nil, "fmt", "-")
	if stdout != "locals { a = 1 }\n" || stderr != "" || code != 0 {
		t.Errorf("%q, %q, %d", stdout, stderr, code)
	}
	_, stderr, code = run(t, t.TempDir(), strings.Repeat("#", dsl.MaxFileBytes+1), nil, "fmt", "-")
	if code != ExitFailure || !strings.Contains(stderr, "larger than") {
		t.Errorf("a large standard input: %q, %d", stderr, code)
	}
}

// failing is a stream that cannot be written to.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// TestWriteErrors: output that cannot be written is a failure, never silent.
func TestWriteErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "roles.smr", good)
	for _, args := range []string{
		"validate", "validate --format json", "validate --format github", "validate --format sarif",
		"compile -t cloudformation", "compile -t json -o out", "catalog", "catalog compute", "catalog manage_ml_jobs",
		"explain missing-activity", "explain quirk-kms-nvme", "explain AccessDenied", "version", "completion bash", "fmt -", "init sub",
	} {
		c := Command{Stdin: strings.NewReader("locals {}\n"), Stdout: failing{}, Stderr: &bytes.Buffer{}, Dir: dir}
		if args == "validate --format github" {
			write(t, dir, "roles.smr", good+"override \"access_required_aws_services\" {\n  remove_actions = [\"s3:PutObject\"]\n}\n")
		}
		if code := c.Main(strings.Fields(args)); code != ExitFailure {
			t.Errorf("smr %s to a full disk: exit code %d, want %d", args, code, ExitFailure)
		}
	}
}

// TestEnvironment reads SMR_VAR_ variables and nothing else of the kind.
func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "roles.smr", good)
	out := func(env ...string) string {
		stdout, stderr, code := run(t, dir, "", env, "compile", "-t", "cloudformation")
		if code != 0 {
			t.Fatalf("%d %s", code, stderr)
		}
		return stdout
	}
	if got := out("PATH=/", "SMR_VAR_=x", "SMR_VAR_unused=1", "SMR_VAR_data_bucket=acme-env"); !strings.Contains(got, "acme-env") {
		t.Errorf("SMR_VAR_data_bucket is not used:\n%s", got)
	}
	if got := out("data_bucket=acme-env", "TF_VAR_data_bucket=acme-env"); strings.Contains(got, "acme-env") {
		t.Errorf("another variable of the environment is used:\n%s", got)
	}
}

// TestInternalErrors: a mistake of smr ends in exit code 3 with a message.
func TestInternalErrors(t *testing.T) {
	var errs bytes.Buffer
	c := Command{Stdin: strings.NewReader(""), Stdout: panicking{}, Stderr: &errs}
	if code := c.Main([]string{"version"}); code != ExitFailure || !strings.Contains(errs.String(), "a mistake of smr") {
		t.Errorf("exit code %d, %s", code, errs.String())
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("a bug") }
