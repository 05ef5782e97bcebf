package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/cli"
	"github.com/sagemaker-roles/smr/compiler/emit/peertest"
)

const released = `
smr {
  project = "forecast"
  edition = "2026"
}
account "ml" {
  id     = "123456789012"
  region = "us-east-1"
}
review { approvers = ["lead"] }
role "x" {
  activity "s3_bucket_access" { buckets = ["data"] }
}
`

// A release is seen before it is made, asked for, made once, and refused where an
// escalation is not approved. moto lacks one call, which is answered for it.
func TestRelease(t *testing.T) {
	moto := peertest.StartMoto(t)
	to, err := url.Parse(moto.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	var protected atomic.Bool
	proxy.ModifyResponse = func(r *http.Response) error {
		text, err := io.ReadAll(r.Body)
		if protected.Load() {
			text = bytes.ReplaceAll(text, []byte("<EnableTerminationProtection>false"), []byte("<EnableTerminationProtection>true"))
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Length", strconv.Itoa(len(text)))
		return err
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "Action=UpdateTerminationProtection&") {
			protected.Store(true)
			fmt.Fprint(w, "<R><UpdateTerminationProtectionResult/></R>")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	write := func(config string) {
		if err := os.WriteFile(filepath.Join(dir, "roles.smr"), []byte(config), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (string, int) {
		t.Helper()
		var out bytes.Buffer
		c := cli.Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: io.MultiWriter(&out), Dir: dir}
		code := c.Main(append([]string{"release", "--stack", "smr-roles", "--poll", "10ms"}, args...))
		return out.String(), code
	}
	want := func(args []string, code int, words ...string) string {
		t.Helper()
		out, got := run(args...)
		if got != code {
			t.Errorf("smr release %v: exit %d, want %d\n%s", args, got, code, out)
		}
		for _, w := range words {
			if !strings.Contains(out, w) {
				t.Errorf("smr release %v: no %q in\n%s", args, w, out)
			}
		}
		return out
	}
	write(released)
	want([]string{"--dry-run"}, cli.ExitGood, "x (ml) is new", "Stack smr-roles is made.")
	want([]string{"--dry-run", "--exit-code"}, cli.ExitFindings)
	want(nil, cli.ExitUsage, "say --yes")
	want([]string{"--yes"}, cli.ExitGood, "CREATE_COMPLETE", "Add AWS::IAM::Role X", "protected from deletion")
	want([]string{"--dry-run", "--exit-code"}, cli.ExitGood, "stays as it is")
	text := want([]string{"--dry-run", "--format", "json"}, cli.ExitGood)
	var doc struct {
		Schema  string
		Changes bool
		Targets []struct {
			Name   string
			Exists bool
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.Schema != "smr.release/1" || doc.Changes || len(doc.Targets) != 1 || !doc.Targets[0].Exists {
		t.Errorf("%v\n%s", err, text)
	}
	// An escalation needs the approval of the released commit.
	write(released + "role \"y\" {\n  statement \"Pass\" {\n    actions = [\"iam:PassRole\"]\n    resources = [\"*\"]\n  }\n}\n")
	refused := want([]string{"--yes"}, cli.ExitFindings, "Refused: New for role y", "smr.approvals")
	_, rest, _ := strings.Cut(refused, `approve "`)
	digest, _, _ := strings.Cut(rest, `"`)
	if err := os.WriteFile(filepath.Join(dir, "smr.approvals"), []byte("approve \""+digest+"\"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	want([]string{"--yes"}, cli.ExitGood, "UPDATE_COMPLETE")
	// The credentials are of another account.
	write(strings.ReplaceAll(released, "123456789012", "210987654321"))
	want([]string{"--yes"}, cli.ExitFindings, "the credentials are of account 123456789012")
}
