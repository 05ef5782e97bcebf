package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// source has what is hard to place: two-byte and four-byte characters, a
// combining mark, CRLF, a tab, and hostile characters.
const source = "# é 😀 cafe\u0301\r\n" +
	"role \"é😀x\" {\r\n" +
	"\tpersona = \"compute\"\r\n" +
	"}\r\n" +
	"role \"日本\" { path = \"\u202eevil\x1b[31m\" }\n" +
	"role \"b\" {\n  tags = {\n    a = 1\n  }\n}\n"

// at is the range of the nth occurrence of a text in source.
func at(t testing.TB, text string) hcl.Range {
	t.Helper()
	i := strings.Index(source, text)
	if i < 0 {
		t.Fatalf("%q is not in the source", text)
	}
	pos := func(i int) hcl.Pos {
		before := source[:i]
		return hcl.Pos{Line: strings.Count(before, "\n") + 1, Column: i - strings.LastIndex(before, "\n"), Byte: i}
	}
	return hcl.Range{Filename: "roles.smr", Start: pos(i), End: pos(i + len(text))}
}

// fixed is the one report that every format is shown with.
func fixed(t testing.TB) *diag.Report {
	t.Helper()
	e := diag.Errorf("unknown-activity", at(t, `"é😀x"`), "There is no activity %q. Did you mean \"x\"?", "é😀x")
	e = diag.Relate(e, at(t, `"compute"`), "first declared here")
	e = diag.Suggest(e, "Write the name of the catalogue.", "role \"x\" {\n  persona = \"compute\"\n}")
	w := diag.Warnf("quirk-hostile", at(t, "\u202eevil\x1b[31m"), "The value %q and the raw one \u202eevil\x1b[31m are shown. %s", "\u202eevil\x1b[31m",
		strings.Repeat("A long sentence is wrapped where the terminal ends. ", 3))
	diag.InfoOf(w).Count = 12
	n := diag.Noticef("empty-list", at(t, "{\n    a = 1\n  }"), "The list is empty.")
	whole := diag.Errorf("unreadable-file", hcl.Range{Filename: "gone.smr"}, "%q cannot be read: permission denied.", "gone.smr")
	none := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Foreign", Detail: "One without a place or a code."}
	return diag.NewReport(hcl.Diagnostics{n, w, e, whole, none}, map[string][]byte{"roles.smr": []byte(source)}, nil)
}

func render(t testing.TB, name string, r *diag.Report, o Options) string {
	t.Helper()
	f, ok := ByName(name)
	if !ok {
		t.Fatalf("no format %q", name)
	}
	var b bytes.Buffer
	if err := f.Write(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	explain := func(code string) *diag.Entry { return &diag.Entry{Code: code, Explain: "What " + code + " means."} }
	options := Options{Width: 80, Version: "v0.0.0", Explain: explain, Path: func(name string) string { return "team/" + name }}
	colored := options
	colored.Color = true
	cases := map[string]string{"text-color": render(t, "text", fixed(t), colored)}
	for _, f := range Formats() {
		cases[f.Name] = render(t, f.Name, fixed(t), options)
	}
	for name, got := range cases {
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v (run the test with -update)", err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}
}

// TestPositions counts columns in code points from bytes, whatever the range
// itself says of columns.
func TestPositions(t *testing.T) {
	r := fixed(t)
	for _, tt := range []struct {
		text string
		want string
	}{
		{`"é😀x"`, "2:6-11"},
		{"role", "2:1-5"},
		{`"compute"`, "3:12-21"},
		{"\"compute\"\r\n", "3:12-4:1"},
		{`"日本"`, "5:6-10"},
		{"path", "5:13-17"},
		{"{\n    a = 1\n  }", "7:10-9:4"},
	} {
		rng := at(t, tt.text)
		rng.Start.Column, rng.End.Column = 77, 99
		if got := (Options{}).spanOf(r, rng).text(); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
	beyond := hcl.Range{Filename: "roles.smr", Start: hcl.Pos{Line: 9, Column: 9, Byte: 1 << 20}, End: hcl.Pos{Byte: -1}}
	if got := (Options{}).spanOf(r, beyond).text(); got != "11:1-1" {
		t.Errorf("a range outside the file: %s, want the end of the file", got)
	}
	if got := (Options{}).spanOf(r, hcl.Range{Filename: "other.smr"}).text(); got != "1:1-1" {
		t.Errorf("a range of an unknown file: %s, want 1:1-1", got)
	}
}

// TestNothingRaw: no format prints a control or direction character of a user.
func TestNothingRaw(t *testing.T) {
	hostile := regexp.MustCompile("[\x00-\x09\x0b-\x1f\x7f\u0080-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ue000-\ue0ff\ufeff]")
	var all strings.Builder
	for r := rune(0); r < 0x3000; r++ {
		if r != '\n' {
			all.WriteRune(r)
		}
	}
	name := all.String() + "\ue001\U000e0041\xff"
	d := diag.Errorf("unknown-activity", hcl.Range{Filename: name, End: hcl.Pos{Byte: len(name)}}, "%s", name)
	d = diag.Relate(d, hcl.Range{Filename: name}, name)
	d = diag.Suggest(d, name, name)
	r := diag.NewReport(hcl.Diagnostics{d}, map[string][]byte{name: []byte(name)}, nil)
	for _, f := range []string{"text", "compact", "github"} {
		got := render(t, f, r, Options{})
		if found := hostile.FindString(got); found != "" {
			t.Errorf("%s prints %q raw", f, found)
		}
	}
}

// workflowCommands finds what GitHub's runner would obey in a log: "::name" at
// the start of a line after any blanks, and "##[name]" anywhere in one.
func workflowCommands(log string) []string {
	var out []string
	for _, line := range regexp.MustCompile("[\r\n]").Split(log, -1) {
		if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "::") {
			out = append(out, strings.FieldsFunc(trimmed, func(r rune) bool { return r == ' ' || r == ':' })[0])
		} else if strings.Contains(line, "##[") {
			out = append(out, line)
		}
	}
	return out
}

func TestGitHubBudget(t *testing.T) {
	var diags hcl.Diagnostics
	for i := range 14 {
		rng := hcl.Range{Filename: "::stop-commands::x##[add-mask]a.smr", Start: hcl.Pos{Line: i + 1, Byte: i}, End: hcl.Pos{Line: i + 1, Byte: i}}
		diags = append(diags, diag.Errorf("unknown-activity", rng, "\r\n::add-mask::a ##[add-mask]b %d", i))
		if i < 10 {
			diags = append(diags, diag.Warnf("unused-ignore", rng, "warning %d", i))
		}
	}
	got := render(t, "github", diag.NewReport(diags, nil, nil), Options{})
	count := map[string]int{}
	for _, c := range workflowCommands(got) {
		count[c]++
	}
	if d := cmp.Diff(map[string]int{"error": 10, "warning": 10}, count); d != "" {
		t.Errorf("commands: -want +got\n%s\n%s", d, got)
	}
	if !strings.Contains(got, "::error::and 5 more") || strings.Count(got, "\n- ") != 5 {
		t.Errorf("the errors beyond the budget are not in the log:\n%s", got)
	}
}

// TestSARIF checks what GitHub's upload and the standard ask for.
func TestSARIF(t *testing.T) {
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct{ ID string }
				}
			}
			ColumnKind string
			Results    []struct {
				RuleID              string
				RuleIndex           int
				Level               string
				Message             struct{ Text string }
				PartialFingerprints map[string]string
				Locations           []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
					}
				}
			}
		}
	}
	rng := at(t, "role")
	twice := hcl.Diagnostics{diag.Errorf("a-b", rng, "one"), diag.Errorf("a-b", rng, "two")}
	r := diag.NewReport(append(twice, fixed(t).Diags...), fixed(t).Sources, nil)
	r.Sources["a b.smr"] = nil
	if err := json.Unmarshal([]byte(render(t, "sarif", r, Options{})), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].ColumnKind != "unicodeCodePoints" || log.Runs[0].Tool.Driver.Name != "smr" {
		t.Fatalf("not a log of ours: %+v", log)
	}
	run := log.Runs[0]
	prints := map[string]bool{}
	for _, res := range run.Results {
		if res.RuleIndex >= len(run.Tool.Driver.Rules) || run.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID {
			t.Errorf("%s: rule index %d leads elsewhere", res.RuleID, res.RuleIndex)
		}
		if res.Message.Text == "" || !strings.Contains(" error warning note ", " "+res.Level+" ") {
			t.Errorf("%s: level %q, message %q", res.RuleID, res.Level, res.Message.Text)
		}
		for _, l := range res.Locations {
			g := l.PhysicalLocation.Region
			if g.StartLine < 1 || g.StartColumn < 1 || g.EndLine < g.StartLine || g.EndLine == g.StartLine && g.EndColumn < g.StartColumn {
				t.Errorf("%s: region %+v", res.RuleID, g)
			}
		}
		for _, p := range res.PartialFingerprints {
			if prints[p] {
				t.Errorf("%s: fingerprint %s twice", res.RuleID, p)
			}
			prints[p] = true
		}
	}
	if len(prints) != len(run.Results) {
		t.Errorf("%d fingerprints for %d results", len(prints), len(run.Results))
	}
}

// TestFingerprintSurvivesMoves: a finding keeps its fingerprint when lines are
// added before it.
func TestFingerprintSurvivesMoves(t *testing.T) {
	print := func(prefix string) string {
		src := prefix + "role \"a\" {}\n"
		i := len(prefix)
		rng := hcl.Range{Filename: "a.smr", Start: hcl.Pos{Line: 1, Byte: i}, End: hcl.Pos{Line: 1, Byte: i + 4}}
		r := diag.NewReport(hcl.Diagnostics{diag.Errorf("a-b", rng, "x")}, map[string][]byte{"a.smr": []byte(src)}, nil)
		return regexp.MustCompile(`smrDiagnostic/v1": "(.*)"`).FindString(render(t, "sarif", r, Options{}))
	}
	if a, b := print(""), print("\n# one more\n"); a == "" || a != b {
		t.Errorf("fingerprints %q and %q differ", a, b)
	}
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		width int
		want  string
	}{{0, "one two 日本語 four"}, {8, "one two|日本語|four"}, {3, "one|two|日本語|four"}} {
		if got := strings.Join(wrap("one two 日本語 four", tt.width), "|"); got != tt.want {
			t.Errorf("width %d: %q, want %q", tt.width, got, tt.want)
		}
	}
}

func TestCutIsCounted(t *testing.T) {
	var diags hcl.Diagnostics
	for i := range diag.MaxDiagnostics + 3 {
		diags = append(diags, diag.Errorf("a-b", hcl.Range{Filename: fmt.Sprint(i)}, "x"))
	}
	for _, f := range Formats() {
		got := render(t, f.Name, diag.NewReport(diags, nil, nil), Options{})
		if f.Name != "sarif" && !regexp.MustCompile(`and 3 more|"omitted": 3`).MatchString(got) {
			t.Errorf("%s does not say that 3 diagnostics are missing", f.Name)
		}
	}
}
