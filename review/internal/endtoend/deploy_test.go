package endtoend

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/compiler/emit/peertest"
)

// live is the account of the samples, in an AWS of ours.
const live = `smr {
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

// A release by the sample workflow: planned, approved, applied by digest. Then
// the account is changed by hand, found by the sample schedule, kept in one issue,
// and mended by the next release.
func TestActReleaseAndDrift(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts an AWS of ours")
	}
	actProgram(t)
	moto := peertest.StartMoto(t)
	j := pullRequest(t, map[string]string{"roles/a.smr": live}, map[string]string{"README.md": "x"})
	j.git("rm", "-q", "roles/other.smr")
	j.git("commit", "-q", "-m", "only one")
	j.merge = j.git("rev-parse", "HEAD")
	j.env = []string{
		"AWS_ENDPOINT_URL=" + moto.URL, "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=example",
		"AWS_REGION=eu-central-1", "AWS_EC2_METADATA_DISABLED=true",
	}
	release := func(want string) result {
		t.Helper()
		j.run++
		j.event = "release"
		r := j.act(j.workflow("release.yml"))
		r.expect(t, 0, map[string]string{"result": want})
		return r
	}
	drift := func(code int, issues ...string) result {
		t.Helper()
		j.run++
		j.event = "schedule"
		r := j.act(j.workflow("drift.yml"))
		r.expect(t, code, nil)
		var got []string
		j.server.Lock()
		for _, i := range j.server.Issues {
			got = append(got, i.State)
			if len(i.Labels) != 1 || i.Labels[0] != "smr-drift" || !strings.Contains(i.Title, "123456789012") {
				t.Errorf("issue %+v", i)
			}
		}
		j.server.Unlock()
		if strings.Join(got, " ") != strings.Join(issues, " ") {
			t.Errorf("issues are %q, want %q\n%s", got, issues, r.log)
		}
		return r
	}

	drift(1, "open") // nothing is released yet
	r := release("pass")
	if !strings.Contains(r.log, "operations done") && !strings.Contains(r.log, "as planned") {
		t.Errorf("the release did not say what it did:\n%s", r.log)
	}
	if journal, err := os.ReadFile(filepath.Join(j.artifacts, "smr-journal", "smr.journal")); err != nil || !strings.Contains(string(journal), "CreateRole") {
		t.Errorf("the journal is not kept: %v %.300s", err, journal)
	}
	drift(0, "closed")
	if again := release("pass"); again.Outputs["changes"] != "false" || strings.Contains(again.log, "smr-deploy") {
		t.Errorf("a release with nothing to do went on to apply it: %v\n%s", again.Outputs, again.log)
	}

	moto.Call(t, "123456789012", "iam", "PutRolePolicy", map[string]string{
		"RoleName": "SageMaker-data", "PolicyName": "by-hand", "PolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`,
	}, nil)
	found := drift(1, "closed", "open")
	if !strings.Contains(found.Summary, "by-hand") {
		t.Errorf("summary %q", found.Summary)
	}
	j.server.Lock()
	body := j.server.Issues[1].Body
	j.server.Unlock()
	if !strings.Contains(body, "by-hand") || !strings.Contains(body, "```text") {
		t.Errorf("issue\n%s", body)
	}
	writes := j.server.Writes()
	drift(1, "closed", "open")
	if n := j.server.Writes() - writes; n != 0 {
		t.Errorf("%d writes about the same drift", n)
	}
}

// The plan of another run, or one that was changed on its way, is not applied.
func TestActAnotherPlan(t *testing.T) {
	t.Parallel()
	j := pullRequest(t, map[string]string{"roles/a.smr": live}, map[string]string{"smr-plan.json": "{}"})
	j.event = "release"
	text := j.workflow("release.yml")
	_, apply, _ := strings.Cut(text, "  apply:\n")
	apply = strings.ReplaceAll(apply, "    needs: plan\n    if: needs.plan.outputs.changes == 'true'\n", "")
	apply = strings.ReplaceAll(apply, "${{ needs.plan.outputs.digest }}", "sha256:"+strings.Repeat("0", 64))
	head, _, _ := strings.Cut(text, "jobs:\n")
	put(t, filepath.Join(j.share(), "smr-plan", "smr-plan.json"), "{}")
	r := j.act(head + "jobs:\n  apply:\n" + apply)
	r.expect(t, 1, map[string]string{"result": "error"})
	if e := r.of("error"); len(e) != 1 || e[0].Properties["title"] != "Another plan" {
		t.Errorf("annotations %+v", r.Annotations)
	}
}
