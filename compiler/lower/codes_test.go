package lower_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/check"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// alone are codes whose example cannot but raise another.
var alone = map[string]string{
	"ignored-error": "unknown-activity", // the error that is ignored
}

// withoutExample are codes that take more than one short file, and the test
// that raises them.
var withoutExample = map[string]string{
	"configuration-too-large": "dsl: TestTokens",
	"empty-configuration":     "dsl: TestLoad",
	"file-too-large":          "dsl: TestLoad",
	"invalid-json":            "testdata/language/expressions/policy_file.txtar",
	"local-chain-too-long":    "TestLimits",
	"persona-chain-too-long":  "TestLimits",
	"template-too-long":       "dsl: TestLimits",
	"too-many-files":          "dsl: TestLoad",
	"too-many-values":         "dsl: TestKept",
	"undeclared-variable":     "testdata/language/variables/wrong.txtar",
}

func raised(config string) (codes []string, errors bool) {
	_, report := compileFS(fstest.MapFS{"roles.smr": {Data: []byte(config)}}, resolve.Inputs{Version: "0.1.0"}, nil)
	for _, d := range report.Diags {
		codes = append(codes, diag.InfoOf(d).Code)
	}
	slices.Sort(codes)
	return slices.Compact(codes), report.Errors > 0
}

func TestCodes(t *testing.T) {
	last := ""
	for _, e := range diag.Codes() {
		if e.Code <= last {
			t.Errorf("%s stands behind %s", e.Code, last)
		}
		last = e.Code
		if e.Explain == "" {
			t.Errorf("%s is not explained", e.Code)
		}
		switch where := withoutExample[e.Code]; {
		case e.Bad == "" && where == "":
			t.Errorf("%s has no example", e.Code)
		case e.Bad != "":
			want := []string{e.Code}
			if other := alone[e.Code]; other != "" {
				want = append(want, other)
				slices.Sort(want)
			}
			if got, _ := raised(e.Bad); !slices.Equal(got, want) {
				t.Errorf("%s: its Bad raises %v", e.Code, got)
			}
		}
		if e.Good == "" {
			continue
		}
		if got, errors := raised(e.Good); slices.Contains(got, e.Code) || errors {
			t.Errorf("%s: its Good raises %v", e.Code, got)
		}
	}
}

// raising are the calls that make a diagnostic with a code.
var raising = regexp.MustCompile(`(?:Errorf|Warnf|Noticef|errorf|spoiledf|Failed)\("([a-z0-9-]+)"|Info\{Code: "([a-z0-9-]+)"`)

// TestRaisedAreDocumented reads the sources: a code that is raised is
// documented in one place, and one that is documented here is raised.
func TestRaisedAreDocumented(t *testing.T) {
	documented := map[string]int{}
	for _, e := range diag.Codes() {
		documented[e.Code]++
	}
	for _, e := range check.Entries() {
		documented[e.Code]++
	}
	for _, e := range emit.Codes() {
		documented[e.Code]++
	}
	for code, n := range documented {
		if n > 1 {
			t.Errorf("%s is documented %d times", code, n)
		}
	}
	found := map[string]string{}
	literals := ""
	for _, dir := range []string{"../../dsl", "../../dsl/diag", "../resolve", "../lower", "../fit"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(filepath.Base(file), "codes") {
				continue
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			literals += string(data)
			for _, m := range raising.FindAllStringSubmatch(string(data), -1) {
				found[m[1]+m[2]] = file
			}
		}
	}
	if len(found) < 50 {
		t.Fatalf("found only %d codes", len(found))
	}
	for _, code := range slices.Sorted(maps.Keys(found)) {
		if documented[code] == 0 {
			t.Errorf("%s is raised in %s and not documented", code, found[code])
		}
	}
	for _, e := range diag.Codes() {
		if !strings.Contains(literals, `"`+e.Code+`"`) {
			t.Errorf("%s is documented and never raised", e.Code)
		}
	}
}

// TestSeverities holds the documented severity to that of the example.
func TestSeverities(t *testing.T) {
	for _, e := range diag.Codes() {
		if e.Bad == "" {
			continue
		}
		_, report := compileFS(fstest.MapFS{"roles.smr": {Data: []byte(e.Bad)}}, resolve.Inputs{Version: "0.1.0"}, nil)
		for _, d := range report.Diags {
			if diag.InfoOf(d).Code == e.Code && d.Severity != e.Severity {
				t.Errorf("%s has severity %v", e.Code, map[hcl.DiagnosticSeverity]string{hcl.DiagError: "error", hcl.DiagWarning: "warning"}[d.Severity])
			}
		}
	}
}
