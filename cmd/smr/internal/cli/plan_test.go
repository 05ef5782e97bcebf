package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/cli"
	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit/peertest"
	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/apply"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

const liveConfig = `smr {
  project = "forecast"
  edition = "2026"
}

account "main" {
  id     = "123456789012"
  region = "eu-west-1"
}

role "train" {
  persona = "compute"
  activity "access_required_aws_services" {
    s3_buckets       = ["acme-data"]
    ecr_repositories = ["arn:aws:ecr:eu-west-1:123456789012:repository/train"]
  }
  statement "Data" {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::acme-data/*"]
  }
}
`

// A liveRun is a directory with a configuration, and an account of moto's.
type liveRun struct {
	t    *testing.T
	dir  string
	moto *peertest.Moto
}

const motoAccount = "123456789012" // moto's own

func newLiveRun(t *testing.T) *liveRun {
	r := &liveRun{t: t, dir: t.TempDir(), moto: peertest.StartMoto(t)}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": r.moto.URL, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	r.config(liveConfig)
	return r
}

func (r *liveRun) config(text string) {
	if err := os.WriteFile(filepath.Join(r.dir, "roles.smr"), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// smr runs a command and checks its exit code.
func (r *liveRun) smr(want int, args ...string) string {
	r.t.Helper()
	var out, errs bytes.Buffer
	c := cli.Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Dir: r.dir}
	if code := c.Main(args); code != want {
		r.t.Fatalf("smr %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, want, out.String(), errs.String())
	}
	return out.String() + errs.String()
}

// applied does what a plan file says.
func (r *liveRun) applied(file string) {
	r.t.Helper()
	data, err := os.ReadFile(filepath.Join(r.dir, file))
	if err != nil {
		r.t.Fatal(err)
	}
	p, err := plan.Parse(data)
	if err != nil {
		r.t.Fatal(err)
	}
	client, err := account.Open(context.Background(), account.Options{Region: "eu-west-1", Writes: 1e6})
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := apply.Run(context.Background(), client, p, apply.Options{Tool: compiler.Version, Now: time.Now}); err != nil {
		r.t.Fatal(err)
	}
}

func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}

// TestPlanAndDrift: what is planned is done, and then nothing differs until
// somebody changes something by hand.
func TestPlanAndDrift(t *testing.T) {
	r := newLiveRun(t)
	has(t, r.smr(0, "plan", "-o", "release.plan"), "Make SageMaker-train", "CreateRole", "1 role to make", "[no-boundary]", "Plan sha256:")
	r.smr(1, "plan", "--exit-code")
	has(t, r.smr(1, "drift"), "SageMaker-train is not there")
	r.applied("release.plan")
	has(t, r.smr(0, "plan", "--exit-code"), "Nothing to do")
	has(t, r.smr(0, "drift"), "is as the configuration says")

	call := func(action string, params map[string]string) {
		r.moto.Call(t, motoAccount, "iam", action, params, nil)
	}
	call("PutRolePolicy", map[string]string{
		"RoleName": "SageMaker-train", "PolicyName": "by-hand",
		"PolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"*"}]}`,
	})
	text := r.smr(1, "drift")
	has(t, text, "[extra-policy]", "by-hand")
	if strings.Contains(text, "DeleteRolePolicy") {
		t.Errorf("what is made by hand is removed:\n%s", text)
	}
	call("DetachRolePolicy", map[string]string{"RoleName": "SageMaker-train", "PolicyArn": "arn:aws:iam::123456789012:policy/smr/forecast/Statements_train"})
	has(t, r.smr(1, "drift"), "was changed since it was released", "AttachRolePolicy Statements_train", "s3:GetObject")
	var d plan.Drift
	if err := json.Unmarshal([]byte(r.smr(1, "drift", "--format", "json")), &d); err != nil || !d.Drifted || len(d.Roles) != 1 || d.Roles[0].Cause != plan.Changed {
		t.Errorf("%v: %+v", err, d)
	}

	r.config(strings.Replace(liveConfig, "123456789012\"\n  region", "111122223333\"\n  region", 1))
	has(t, r.smr(3, "plan"), "the credentials are of account 123456789012", "111122223333")
}

// TestPlanWritesWhole: a plan that is refused is not written, and one that is
// changed afterwards is not read.
func TestPlanWritesWhole(t *testing.T) {
	r := newLiveRun(t)
	r.moto.Call(t, motoAccount, "iam", "CreateRole", map[string]string{
		"RoleName": "SageMaker-train", "AssumeRolePolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	}, nil)
	has(t, r.smr(1, "plan", "-o", "release.plan"), "[foreign-role]", "smr import")
	if entries, err := os.ReadDir(r.dir); err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
	r.moto.Call(t, motoAccount, "iam", "DeleteRole", map[string]string{"RoleName": "SageMaker-train"}, nil)
	r.smr(0, "plan", "-o", "release.plan")
	data, err := os.ReadFile(filepath.Join(r.dir, "release.plan"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Parse(data); err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Parse(bytes.Replace(data, []byte("s3:GetObject"), []byte("s3:PutObject"), 1)); err == nil || !strings.Contains(err.Error(), "changed after it was made") {
		t.Errorf("a plan that was changed: %v", err)
	}
}

// TestLiveExamples runs the examples of the help of plan and drift.
func TestLiveExamples(t *testing.T) {
	r := newLiveRun(t)
	r.config(strings.Replace(liveConfig, `account "main"`, `account "ml-prod"`, 1))
	for _, line := range []struct {
		text string
		want int
	}{
		{"smr plan", 0},
		{"smr plan --account ml-prod -o release.plan", 0},
		{"smr plan --format json --exit-code", 1},
		{"smr drift", 1},
		{"smr drift --account ml-prod --format json", 1},
	} {
		words := strings.Fields(line.text)
		r.smr(line.want, words[1:]...)
		help := r.smr(0, words[1], "--help")
		has(t, help, line.text)
	}
}
