package dsl_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// seeds are the files of the language's archives, the catalogue and the
// examples of codes.
func seeds(f *testing.F) {
	n := 0
	add := func(data []byte) {
		f.Add(data)
		n++
	}
	err := filepath.WalkDir("../testdata/language", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".txtar") {
			return err
		}
		a, err := txtar.ParseFile(path)
		if err != nil {
			return err
		}
		for _, file := range a.Files {
			if strings.HasSuffix(file.Name, ".smr") {
				add(file.Data)
			}
		}
		return nil
	})
	if err != nil || n == 0 {
		f.Fatal("found no archives", err)
	}
	for _, name := range catalog.Names("2026") {
		_, data, _ := catalog.File("2026", name)
		add(data)
	}
	for _, e := range diag.Codes() {
		add([]byte(e.Bad))
	}
	for _, s := range []string{"", "\x00", "\ufeff", "a=<<A\n${\n}A\nA\n", "x=[for a in b:a...]", "a=\"$${%%{$$${1}\"", "x={for\n!\n!\n", "\xff", "a=1e999", "/*", "<<A\r\nA\r\n"} {
		add([]byte(s))
	}
}

// inside reports a diagnostic whose range is not in the file.
func inside(t *testing.T, data []byte, diags hcl.Diagnostics) {
	t.Helper()
	for _, d := range diags {
		if diag.InfoOf(d).Code == "" || d.Subject == nil {
			t.Fatalf("%v has no code or place", d)
		}
		for _, r := range []*hcl.Range{d.Subject, d.Context} {
			if r != nil && (r.Start.Byte > r.End.Byte || r.End.Byte > len(data)) {
				t.Fatalf("%v is outside of the file of %d bytes: %v", d, len(data), r)
			}
		}
	}
}

// depths measures how deep a tree is.
type depths struct{ now, most int }

func (d *depths) Enter(hclsyntax.Node) hcl.Diagnostics {
	d.now++
	d.most = max(d.most, d.now)
	return nil
}

func (d *depths) Exit(hclsyntax.Node) hcl.Diagnostics {
	d.now--
	return nil
}

// maxDepth is how deep the tree of an admitted file may be: each bracket and
// each operator on a path makes a few nodes.
const maxDepth = 4 * (dsl.MaxNesting + dsl.MaxOperators)

// FuzzParse holds the parser to its promises: no panic, ranges inside the
// file, and trees no deeper than the scan for limits allows.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		body, diags := dsl.Parse(dsl.File{Name: "x.smr", Bytes: data})
		inside(t, data, diags)
		if body == nil {
			if !diags.HasErrors() {
				t.Fatal("no body and no error")
			}
			return
		}
		d := &depths{}
		if diags := hclsyntax.Walk(body, d); diags.HasErrors() {
			t.Fatal(diags)
		}
		if d.most > maxDepth {
			t.Fatalf("the tree is %d deep", d.most)
		}
	})
}

// FuzzDecode decodes what parses, alone and beside a file of values.
func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		config, diags := dsl.Decode([]dsl.File{{Name: "x.smr", Bytes: data}})
		inside(t, data, diags)
		for _, ignore := range config.Ignores {
			if ignore.Scope.End.Byte > len(data) || ignore.Code == "" || ignore.Reason == "" {
				t.Fatal(ignore)
			}
		}
		_, diags = dsl.Decode([]dsl.File{{Name: "x.auto.smrvars", Bytes: data}})
		inside(t, data, diags)
	})
}
