package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// example runs an example as a shell would: the commands between && while they
// succeed, without quotation marks, with the values of variables. What needs a
// terminal to ask on says so.
func (r *liveRun) example(line string, values map[string]string) {
	r.t.Helper()
	line = strings.ReplaceAll(os.Expand(line, func(name string) string { return values[name] }), `"`, "")
	for _, command := range strings.Split(line, " && ") {
		words := strings.Fields(strings.ReplaceAll(command, "'", ""))
		if words[0] == "aws" { // what it would print is there
			continue
		}
		if words[1] == "apply" && !strings.Contains(command, "--yes") {
			has(r.t, r.smr(2, words[1:]...), "no terminal to ask on")
			words = append(words, "--yes")
		}
		r.smr(0, words[1:]...)
	}
}

// examples are the lines of a command's help, each of which is the whole of one.
func (r *liveRun) examples(command string) []string {
	r.t.Helper()
	_, text, ok := strings.Cut(r.smr(0, command, "--help"), "\nExamples:\n")
	text, _, end := strings.Cut(text, "\n\n")
	if !ok || !end {
		r.t.Fatalf("smr %s --help has no examples", command)
	}
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

// approved is the digest of a plan.
func (r *liveRun) approved(file string) string {
	r.t.Helper()
	var p struct{ Digest string }
	data, err := os.ReadFile(filepath.Join(r.dir, file))
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil || p.Digest == "" {
		r.t.Fatalf("%s: %v", file, err)
	}
	return p.Digest
}

// TestApplyExamples runs the examples of the help of apply, one after the other
// and each with something to do.
func TestApplyExamples(t *testing.T) {
	r := newLiveRun(t)
	for i, line := range r.examples("apply") {
		values := map[string]string{}
		if !strings.Contains(line, "--rollback") {
			r.config(strings.ReplaceAll(liveConfig, "acme-data", "acme-data-"+string(rune('a'+i))))
		}
		if strings.Contains(line, "$APPROVED") {
			r.smr(0, "plan", "-o", "plan.json")
			values["APPROVED"] = r.approved("plan.json")
		}
		r.example(line, values)
		want := 0
		if strings.Contains(line, "--rollback") {
			want = 1 // the account is what it was before the configuration was released
		}
		r.smr(want, "plan", "--exit-code")
	}
}

// TestImportExamples runs those of import, on an account with a role that was
// made by hand.
func TestImportExamples(t *testing.T) {
	r := newLiveRun(t)
	if err := os.Remove(filepath.Join(r.dir, "roles.smr")); err != nil {
		t.Fatal(err)
	}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	inline := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/*"}]}`
	r.moto.Call(t, motoAccount, "iam", "CreateRole", map[string]string{"RoleName": "SageMaker-train", "AssumeRolePolicyDocument": trust}, nil)
	r.moto.Call(t, motoAccount, "iam", "PutRolePolicy", map[string]string{"RoleName": "SageMaker-train", "PolicyName": "p", "PolicyDocument": inline}, nil)
	role := `{"RoleName":"SageMaker-train","Path":"/","Arn":"arn:aws:iam::123456789012:role/SageMaker-train","RoleId":"AROAEXAMPLE1234567890","AssumeRolePolicyDocument":` + trust +
		`,"RolePolicyList":[{"PolicyName":"p","PolicyDocument":` + inline + `}],"AttachedManagedPolicies":[],"Tags":[]}`
	if err := os.WriteFile(filepath.Join(r.dir, "details.json"), []byte(`{"RoleDetailList":[`+role+`],"Policies":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range r.examples("import") {
		r.example(line, nil)
		if strings.HasPrefix(line, "aws ") {
			continue
		}
		out := regexp.MustCompile(`-o (\S+)`).FindStringSubmatch(line)[1]
		has(t, r.smr(0, "validate", out), "train")
		if err := os.RemoveAll(filepath.Join(r.dir, out)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLeftoverRows: of a role that no file has, rows name no place.
func TestLeftoverRows(t *testing.T) {
	r := newLiveRun(t)
	r.smr(0, "apply", "--yes")
	head, _, _ := strings.Cut(liveConfig, "role ")
	r.config(head)
	text := r.smr(0, "plan", "--allow-delete")
	has(t, text, "Close for everybody SageMaker-train", "- write sts:AssumeRole")
	if regexp.MustCompile(`(?m)^ *was *$`).MatchString(text) {
		t.Errorf("a place without a name:\n%s", text)
	}
	r.smr(0, "apply", "--allow-delete", "--yes")
	has(t, r.smr(0, "plan", "--allow-delete"), "was closed for everybody on", "--release")
	has(t, r.smr(0, "apply", "--allow-delete", "--yes", "--release", "next"), "Delete SageMaker-train")
	has(t, r.smr(1, "apply", "--rollback", "--yes"), "a role made anew is another one")
}

// TestUnknownAccount: an account that is not declared is wrong usage, and
// nothing is said of a configuration for no account.
func TestUnknownAccount(t *testing.T) {
	r := newOfflineRun(t)
	other := strings.Replace(liveConfig, `account "main"`, "account \"other\" {\n  id = \"210987654321\"\n  region = \"eu-west-1\"\n}\n\naccount \"main\"", 1)
	r.config(strings.Replace(other, `resources = ["arn:aws:s3:::acme-data/*"]`, `resources = ["arn:aws:s3:::acme-data/*", "arn:aws:s3:::acme-data/a/*"] # smr:ignore redundant-resource -- for the reader`, 1))
	r.smr(0, "validate", "--account", "main")
	for _, command := range []string{"validate", "plan", "drift"} {
		text := r.smr(2, command, "--account", "mian")
		has(t, text, `"mian"`, `"main"`, `"other"`)
		if strings.Contains(text, "gnore") || strings.Contains(text, "arning") {
			t.Errorf("smr %s says more than that:\n%s", command, text)
		}
	}
	r.config("role {")
	r.smr(1, "validate", "--account", "mian")
}

// TestApplyHelp: what keeps a plan file on its way is said.
func TestApplyHelp(t *testing.T) {
	text := strings.Join(strings.Fields(newOfflineRun(t).smr(0, "apply", "--help")), " ")
	has(t, text, "The digest in a plan file is no signature", "--digest with the digest of the plan that was approved")
}

// newOfflineRun is a directory without an account.
func newOfflineRun(t *testing.T) *liveRun {
	r := &liveRun{t: t, dir: t.TempDir()}
	r.config(liveConfig)
	return r
}
