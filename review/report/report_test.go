package report

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/gate"
)

func compared(t *testing.T, base, head string) string {
	t.Helper()
	compile := func(text string) *compiler.Result {
		return compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(text)}}})
	}
	b, h := compile(base), compile(head)
	d, err := review.Compare(b, h, review.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := HTML(&out, &Input{Title: "a with b", Headline: "1 role gains access", Diff: d, Verdict: gate.Judge(d, gate.Rules{FailOn: gate.Escalation}, nil, 0), Stack: h.Stack}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../comment/testdata/forecast/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestHTML(t *testing.T) {
	text := compared(t, read(t, "base.smr"), read(t, "head.smr"))
	for _, want := range []string{"iam:PassRole", "sm-exec-*", "s3_bucket_access", "Was denied, now allowed", "scientist", "&#43; escalation", ">W<", "roles.smr:"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	if m := regexp.MustCompile(`(?i)(src|href)="(https?:)?//|<script|@import|url\(`).FindString(text); m != "" {
		t.Errorf("the page fetches or runs something: %q", m)
	}
	if again := compared(t, read(t, "base.smr"), read(t, "head.smr")); again != text {
		t.Error("the same input gives another page")
	}
}

func TestHostileText(t *testing.T) {
	const evil = `x\"><script>alert(1)</script>`
	text := compared(t, "", "role \"r\" {\n  description = \""+evil+"\"\n  statement \"S\" {\n    actions = [\"s3:GetObject\"]\n    resources = [\"arn:aws:s3:::"+evil+"\"]\n  }\n}\n")
	if strings.Contains(text, "<script>") || !strings.Contains(text, "&lt;script&gt;") {
		t.Error("text of the configuration became markup")
	}
}
