package emittest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sagemaker-roles/smr/compiler/ir"
)

// Golden compares files with those of an archive in testdata, or rewrites it.
func Golden(t *testing.T, archive string, files []ir.File, update bool) {
	t.Helper()
	path := filepath.Join("testdata", archive)
	a := &txtar.Archive{}
	if data, err := os.ReadFile(path); err == nil {
		a = txtar.Parse(data)
	} else if !update {
		t.Fatal(err)
	}
	if update {
		a.Files = nil
		for _, f := range files {
			a.Files = append(a.Files, txtar.File{Name: f.Path, Data: f.Data})
		}
		if err := os.WriteFile(path, txtar.Format(a), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := map[string]string{}
	for _, f := range a.Files {
		want[f.Name] = string(f.Data)
	}
	if diff := cmp.Diff(want, Text(files)); diff != "" {
		t.Errorf("%s (-want +got; rewrite with -update):\n%s", path, diff)
	}
}

// Text is the files by path. It fails no test: paths that come twice show as
// "twice".
func Text(files []ir.File) map[string]string {
	got := map[string]string{}
	for _, f := range files {
		if _, twice := got[f.Path]; twice {
			got[f.Path] = "twice"
			continue
		}
		got[f.Path] = string(bytes.Clone(f.Data))
	}
	return got
}
