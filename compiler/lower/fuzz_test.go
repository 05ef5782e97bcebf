package lower_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// FuzzCompile resolves and lowers whatever decodes: it never panics, every
// finding has a code and a place, and a second run says the same.
func FuzzCompile(f *testing.F) {
	n := 0
	err := filepath.WalkDir("../../testdata/language", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".txtar") {
			return err
		}
		a, err := txtar.ParseFile(path)
		if err != nil {
			return err
		}
		all := ""
		for _, file := range a.Files {
			if strings.HasSuffix(file.Name, ".smr") {
				all += string(file.Data)
			}
		}
		f.Add([]byte(all))
		n++
		return nil
	})
	if err != nil || n == 0 {
		f.Fatal("found no archives", err)
	}
	for _, e := range diag.Codes() {
		f.Add([]byte(e.Bad))
		f.Add([]byte(e.Good))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 32<<10 {
			return
		}
		first := everything(t, data)
		if again := everything(t, data); first != again {
			t.Fatal(cmp.Diff(first, again))
		}
	})
}

// everything is all that compiling a configuration gives, as text.
func everything(t *testing.T, data []byte) string {
	fsys := fstest.MapFS{"roles.smr": {Data: data}, "a.json": {Data: []byte(`{"Statement": []}`)}}
	stack, report := compileFS(fsys, resolve.Inputs{Version: "0.1.0"}, nil)
	for _, d := range report.Diags {
		if diag.InfoOf(d).Code == "" || d.Subject == nil || d.Detail == "" {
			t.Fatalf("%#v has no code, place or text", d)
		}
	}
	return compact(report) + roles(stack) + policies(stack) + trusts(stack)
}
