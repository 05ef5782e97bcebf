package check_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

var update = flag.Bool("update", false, "rewrite the want.diag sections of testdata/check")

const wantDiag = "want.diag"

// TestCases compiles each archive of testdata/check and compares what is found
// with its want.diag, in the compact form.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/check/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("found no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { runCase(t, path) })
	}
}

func runCase(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(strings.TrimSpace(string(archive.Comment))) == 0 {
		t.Error("the archive has no comment that says what it shows")
	}
	fsys, at := fstest.MapFS{}, -1
	for i, f := range archive.Files {
		if f.Name == wantDiag {
			at = i
			continue
		}
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	got := compact(compiler.Compile(compiler.Options{FS: fsys}).Report())
	if *update {
		if at < 0 {
			archive.Files = append(archive.Files, txtar.File{Name: wantDiag})
			at = len(archive.Files) - 1
		}
		archive.Files[at].Data = []byte(got)
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if at < 0 {
		t.Fatalf("the archive has no %s section; go test -update writes it", wantDiag)
	}
	if diff := cmp.Diff(string(archive.Files[at].Data), got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// compact writes a report a line for each diagnostic; the cases are ASCII, so
// columns are counted alike everywhere.
func compact(r *diag.Report) string {
	var b strings.Builder
	for _, d := range r.Diags {
		severity := "warning"
		switch {
		case d.Severity == hcl.DiagError:
			severity = "error"
		case diag.InfoOf(d).Notice:
			severity = "notice"
		}
		s, end := d.Subject, ""
		if s.Start.Line == s.End.Line {
			end = fmt.Sprint(s.End.Column)
		} else {
			end = fmt.Sprintf("%d:%d", s.End.Line, s.End.Column)
		}
		fmt.Fprintf(&b, "%s:%d:%d-%s: %s: %s: %s [%s]\n", s.Filename, s.Start.Line, s.Start.Column, end, severity, d.Summary, d.Detail, diag.InfoOf(d).Code)
	}
	return b.String()
}
