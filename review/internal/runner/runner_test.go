package runner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/review/internal/runner"
)

func TestCommands(t *testing.T) {
	for _, test := range []struct {
		log  string
		want string // name{properties}data, in a row
	}{
		{"::error::x", "error{}x"},
		{"  \t\u00a0\u3000::error::x", "error{}x"},
		{"::ERROR file=a.smr,line=3::x", "error{file=a.smr,line=3}x"},
		{"::error file=a%3Ab%2Cc%25::100%25%0Adone", "error{file=a:b,c%}100%\ndone"},
		{"text ::error::x", ""},
		{"::error:x", ""},
		{"::nothing::x", ""},
		{":: error::x", ""},
		{"text ##[error]x", "error{}x"},
		{"text ##[error file=a;line=2]x", "error{file=a,line=2}x"},
		{"## [error]x", ""},
		{"a\r::warning::x", "warning{}x"},
		{"a\r\n::warning::x\r\nb", "warning{}x"},
		{"::add-mask::a\n::set-output name=a::b\n::save-state name=a::b", "add-mask{}a set-output{name=a}b save-state{name=a}b"},
		{"::stop-commands::t0k\n::error::x\n::t0k::\n::notice::y", "stop-commands{}t0k notice{}y"},
		{"\u200b::error::x", "error{}x"},
		{"#\u2060#[group]x", "group{}x"},
		{"\x1b::error::x", "error{}x"},
	} {
		var got []string
		for _, c := range runner.Commands(test.log) {
			var properties []string
			for _, k := range []string{"file", "line", "name"} {
				if v, ok := c.Properties[k]; ok {
					properties = append(properties, k+"="+v)
				}
			}
			got = append(got, fmt.Sprintf("%s{%s}%s", c.Name, strings.Join(properties, ","), c.Data))
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("Commands(%q) = %q, want %q", test.log, s, test.want)
		}
	}
}

func TestFile(t *testing.T) {
	for _, test := range []struct {
		text string
		want map[string]string
		err  string
	}{
		{"a=b\nc=d", map[string]string{"a": "b", "c": "d"}, ""},
		{"\n\na=b<<c=d\n", map[string]string{"a": "b<<c=d"}, ""},
		{"a<<EOF\nb=c\nEOF\nd=e\n", map[string]string{"a": "b=c", "d": "e"}, ""},
		{"a<<EOF\nEOF\n", map[string]string{"a": ""}, ""},
		{"a<<EOF\nb\n\nc\nEOF", map[string]string{"a": "b\n\nc"}, ""},
		{"a<<E=F\nb\nE=F\n", map[string]string{"a": "b"}, ""},
		{"a<<EOF\nb", map[string]string{}, "delimiter"},
		{"a<<EOF\nb\nEOF \n", map[string]string{}, "delimiter"},
		{"nonsense", map[string]string{}, "invalid"},
		{"=b", map[string]string{}, "invalid"},
		{"a<<", map[string]string{}, "invalid"},
		{"<<EOF\nEOF", map[string]string{}, "invalid"},
		// What a constant delimiter lets a value do (CVE-2022-35954).
		{"role<<D\nx\nD\npwned=yes\nz<<D\nq\nD\n", map[string]string{"role": "x", "pwned": "yes", "z": "q"}, ""},
	} {
		got, err := runner.File(test.text)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("File(%q) (-want +got):\n%s", test.text, diff)
		}
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("File(%q): %v, want an error with %q", test.text, err, test.err)
		}
	}
}

func TestLimits(t *testing.T) {
	r := runner.Judge(runner.Step{
		Log:     strings.Repeat("::error::x\n", 12) + "::warning::" + strings.Repeat("é", 5000) + "\n::notice::y\n",
		Summary: strings.Repeat("x", runner.MaxSummaryBytes+1),
		Env:     "NODE_OPTIONS=x\n", Output: "bad", Path: "/evil\n",
	})
	if len(r.Annotations) != 12 || r.Dropped["error"] != 2 || len([]rune(r.Annotations[10].Message)) != runner.MaxMessage {
		t.Errorf("%d annotations, %v dropped", len(r.Annotations), r.Dropped)
	}
	if r.Summary != "" || len(r.Errors) != 3 || len(r.Path) != 1 {
		t.Errorf("summary of %d bytes, errors %q, path %q", len(r.Summary), r.Errors, r.Path)
	}
	if r := runner.Judge(runner.Step{Summary: strings.Repeat("x", runner.MaxSummaryBytes)}); r.Summary == "" || len(r.Errors) != 0 {
		t.Errorf("a summary at the limit is dropped: %q", r.Errors)
	}
}
