package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/cli"
	"github.com/sagemaker-roles/smr/preflight"
)

// denied are the examples of calls that fail, with the command that asks and
// what its answer has to say: the four causes of AWS re:Post's article on
// AccessDenied in training jobs with its points about keys, and the bucket that
// HyperPod's managed policy does not read.
var denied = map[string]struct {
	args    string
	expects []string
}{
	"encrypted-input":        {"train CreateTrainingJob input_buckets=bucket.data output_bucket=bucket.data", []string{"execution_role deny kms:Decrypt", "execution_role deny kms:Encrypt", "execution_role deny kms:GenerateDataKey"}},
	"key-policy":             {"train CreateTrainingJob input_buckets=bucket.data output_bucket=acme-results", []string{"resource_owner deny kms:Decrypt", "R08"}},
	"volume-key":             {"train CreateTrainingJob input_buckets=bucket.data output_bucket=acme-forecast volume_key=kms_key.volume --caller scientist", []string{"execution_role deny kms:CreateGrant"}},
	"permissions-boundary":   {"train CreateTrainingJob input_buckets=bucket.data output_bucket=acme-forecast", []string{"execution_role deny s3:GetObject", "execution_role deny s3:ListBucket", "R05"}},
	"bucket-policy":          {"train CreateTrainingJob input_buckets=bucket.data output_bucket=acme-forecast", []string{"resource_owner deny s3:GetObject", "resource_owner deny s3:ListBucket", "R06"}},
	"cross-account":          {"train CreateTrainingJob input_buckets=bucket.data output_bucket=acme-forecast", []string{"R01"}},
	"cross-account-output":   {"train CreateTrainingJob input_buckets=acme-forecast output_bucket=bucket.results", []string{"R02"}},
	"cross-account-policies": {"train CreateTrainingJob input_buckets=bucket.data output_bucket=acme-forecast", []string{"execution_role deny s3:GetObject", "resource_owner deny s3:GetObject", "R07"}},
	"hyperpod-lifecycle":     {"cluster CreateCluster lifecycle_bucket=bucket.lifecycle hyperpod_slurm=true", []string{"execution_role deny s3:ListBucket", "execution_role deny s3:GetObject", "R03"}},
}

// runIn runs the program and returns what it wrote and its exit code.
func runIn(dir string, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	c := cli.Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Dir: dir}
	code = c.Main(args)
	return out.String(), errs.String(), code
}

// ask runs smr preflight and decodes its answer.
func ask(t *testing.T, dir, args string) (*preflight.Answer, int) {
	t.Helper()
	out, errs, code := runIn(dir, append(append([]string{"preflight"}, strings.Fields(args)...), "--format", "json")...)
	var a preflight.Answer
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatalf("smr preflight %s: %v\n%s%s", args, err, out, errs)
	}
	return &a, code
}

// copyExample copies an example to a directory of its own.
func copyExample(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("../../examples/access-denied", name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestAccessDenied: each example fails for its reason, as smr validate and smr
// preflight say, and works after the fix that preflight shows is applied as it
// stands: once as it is written in the language, once as JSON.
func TestAccessDenied(t *testing.T) {
	entries, err := os.ReadDir("../../examples/access-denied")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := denied[e.Name()]; e.IsDir() && !ok {
			t.Errorf("the example %s is not tested", e.Name())
		}
	}
	for name, example := range denied {
		t.Run(name, func(t *testing.T) {
			source := filepath.Join("../../examples/access-denied", name)
			smr(t, source, "fmt", "--check")
			if out, _, code := runIn(source, "validate"); code != cli.ExitFindings || !strings.Contains(out, "[failed-expectation]") {
				t.Errorf("smr validate: exit code %d\n%s", code, out)
			}
			text, _, code := runIn(source, append([]string{"preflight"}, strings.Fields(example.args)...)...)
			if code != cli.ExitFindings {
				t.Errorf("smr preflight: exit code %d", code)
			}
			golden(t, filepath.Join(source, "want", "preflight.txt"), text)
			a, code := ask(t, source, example.args)
			if a.Verdict != preflight.DoesNotWork || code != cli.ExitFindings {
				t.Fatalf("verdict %s, exit code %d", a.Verdict, code)
			}
			var said []string
			for _, c := range a.Checks {
				said = append(said, fmt.Sprintf("%s %s %s", c.Actor, c.Decision, c.Action))
			}
			for _, r := range a.Rules {
				said = append(said, r.ID)
			}
			for _, want := range example.expects {
				if !strings.Contains("\n"+strings.Join(said, "\n")+"\n", "\n"+want+"\n") {
					t.Errorf("%s is not among %q", want, said)
				}
			}
			if len(a.Fixes) == 0 {
				t.Fatal("no fix is shown")
			}
			for form, apply := range map[string]func(*testing.T, string, *preflight.Fix, int){"language": applyHCL, "json": applyJSON} {
				dir := copyExample(t, name)
				for i := range a.Fixes {
					apply(t, dir, &a.Fixes[i], i)
				}
				smr(t, dir, "fmt")
				if out, errs, code := runIn(dir, "validate"); code != cli.ExitGood {
					text, _ := os.ReadFile(filepath.Join(dir, "roles.smr"))
					t.Errorf("after the fixes in %s, smr validate: exit code %d\n%s%s\n%s", form, code, out, errs, text)
				}
				args := example.args
				if strings.Contains(name, "output") {
					args += " output_key=kms_key.shared" // the fix is of the call
				}
				if mended, code := ask(t, dir, args); mended.Verdict != preflight.Works || code != cli.ExitGood {
					t.Errorf("after the fixes in %s: %s, exit code %d", form, mended.Verdict, code)
				}
			}
		})
	}
}

// attributeOf is the attribute that text in the language sets, "" for a block.
var attributeOf = regexp.MustCompile(`^(\w+) +=`)

// applyHCL puts the text of a fix into the block that it names, in place of an
// attribute of the same name.
func applyHCL(t *testing.T, dir string, f *preflight.Fix, _ int) {
	t.Helper()
	if f.HCL == "" || f.In == "" {
		t.Fatalf("the fix of %s says nothing in the language: %s", f.Owner, f.Text)
	}
	insert(t, dir, f.In, f.HCL)
}

func insert(t *testing.T, dir, block, text string) {
	t.Helper()
	file := filepath.Join(dir, "roles.smr")
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(source), "\n")
	at := -1
	for i, line := range lines {
		if strings.TrimSpace(line) == block+" {" {
			at = i
		}
	}
	if at < 0 {
		t.Fatalf("%s has no block %s", file, block)
	}
	if m := attributeOf.FindStringSubmatch(text); m != nil {
		lines = removeAttribute(lines, at, m[1])
	}
	lines = append(lines[:at+1:at+1], append([]string{text}, lines[at+1:]...)...)
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// removeAttribute takes an attribute of one line out of a block.
func removeAttribute(lines []string, at int, name string) []string {
	for i := at + 1; i < len(lines) && strings.TrimSpace(lines[i]) != "}"; i++ {
		if m := attributeOf.FindStringSubmatch(strings.TrimSpace(lines[i])); m != nil && m[1] == name {
			return append(lines[:i:i], lines[i+1:]...)
		}
	}
	return lines
}

// applyJSON applies the JSON of a fix: a whole policy takes the place of the
// file that holds it; statements of a role become a customer managed policy
// that is attached to it. What is no policy is written in the language.
func applyJSON(t *testing.T, dir string, f *preflight.Fix, n int) {
	t.Helper()
	kind, _, _ := strings.Cut(f.In, " ")
	switch {
	case f.Policy != nil:
		file := map[string]string{"bucket": "bucket-policy.json", "kms_key": "key-policy.json", "policy": "boundary.json"}[kind]
		writeFile(t, filepath.Join(dir, file), string(f.Policy))
	case kind == "bucket" && len(f.Statements) == 0 && strings.Contains(f.Text, "Remove"):
		// The policy has no statement left, so it is deleted.
		insert(t, dir, f.In, "policy = null")
	case kind == "role":
		statements, err := json.Marshal(f.Statements)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("fix-%d", n)
		writeFile(t, filepath.Join(dir, name+".json"), `{"Version": "2012-10-17", "Statement": `+string(statements)+"}")
		arn := "arn:aws:iam::111122223333:policy/" + name
		insert(t, dir, f.In, fmt.Sprintf("managed_policies = [%q]", arn))
		file := filepath.Join(dir, "roles.smr")
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, file, string(source)+fmt.Sprintf("\npolicy %q {\n  arn      = %q\n  document = policy_file(%q)\n}\n", name, arn, name+".json"))
	default:
		applyHCL(t, dir, f, n)
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPastedErrors: the words of an error that AWS shows lead to its cause.
func TestPastedErrors(t *testing.T) {
	for text, want := range map[string][]string{
		`Instance i-0c4022df984497be9 failed to provision with the following error: "Execution role provided does not have permissions to access the bucket s3://hyprpd-lustre-hyperpod-lifecycle-XXXXXXXXXXXX/config/. Please ensure that the role has minimum permissions to read the bucket (s3:ListBucket, s3:GetObject)." Note that multiple instances may be impacted.`: {
			"AmazonSageMakerClusterInstanceRolePolicy", "sagemaker-", "s3://hyprpd-lustre-hyperpod-lifecycle-XXXXXXXXXXXX/config/", "smr preflight",
		},
		"ClientError: Data download failed: An error occurred (403) when calling the HeadObject operation: AccessDenied": {"permissions boundary", "smr preflight", "key"},
	} {
		out, _, code := runIn(t.TempDir(), "explain", text)
		if code != cli.ExitGood {
			t.Errorf("smr explain: exit code %d\n%s", code, out)
		}
		joined := strings.Join(strings.Fields(out), " ")
		for _, w := range want {
			if !strings.Contains(joined, w) {
				t.Errorf("the explanation does not say %q:\n%s", w, out)
			}
		}
	}
}
