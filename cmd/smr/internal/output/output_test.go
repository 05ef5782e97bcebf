package output

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler/ir"
)

// emitted is a set of files with its manifest; each pair is path and text.
func emitted(pairs ...string) []ir.File {
	l := listing{Schema: "smr.manifest/1"}
	var files []ir.File
	for i := 0; i < len(pairs); i += 2 {
		files = append(files, ir.File{Path: pairs[i], Data: []byte(pairs[i+1])})
		l.Files = append(l.Files, listed{pairs[i]})
	}
	data, err := json.Marshal(l)
	if err != nil {
		panic(err)
	}
	return append(files, ir.File{Path: manifestName, Data: data})
}

// tree is every file below dir with its text; a link shows where it leads.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			to, err := os.Readlink(name)
			out[rel] = "-> " + filepath.Base(to)
			return err
		case d.IsDir():
			if list, err := os.ReadDir(name); err == nil && len(list) == 0 && rel != "." {
				out[rel] = "(empty)"
			}
			return nil
		case rel != manifestName:
			data, err := os.ReadFile(name)
			out[rel] = string(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWrite(t *testing.T) {
	first := emitted("any/a/role.json", "1", "any/b/role.json", "2")
	for _, tt := range []struct {
		name    string
		before  func(t *testing.T, dir string) // dir does not exist yet
		files   []ir.File
		want    Result
		tree    map[string]string
		refused string // part of the error
	}{
		{
			name: "absent, with parents", files: first,
			want: Result{Written: 3}, tree: map[string]string{"any/a/role.json": "1", "any/b/role.json": "2"},
		},
		{
			name: "empty", files: first,
			before: func(t *testing.T, dir string) { mkdirAll(t, dir) },
			want:   Result{Written: 3}, tree: map[string]string{"any/a/role.json": "1", "any/b/role.json": "2"},
		},
		{
			name: "a link to an empty directory", files: first,
			before: func(t *testing.T, dir string) {
				mkdirAll(t, dir+"-real")
				link(t, dir+"-real", dir)
			},
			want: Result{Written: 3}, tree: map[string]string{"any/a/role.json": "1", "any/b/role.json": "2"},
		},
		{
			name: "the same again", files: first, before: run(first),
			want: Result{Unchanged: 3}, tree: map[string]string{"any/a/role.json": "1", "any/b/role.json": "2"},
		},
		{
			name: "one changed, one gone, one new, a stranger stays", files: emitted("any/a/role.json", "changed", "any/c/role.json", "3"),
			before: func(t *testing.T, dir string) {
				run(first)(t, dir)
				write(t, dir, "any/README", "mine")
			},
			want: Result{Written: 3, Removed: 1},
			tree: map[string]string{"any/a/role.json": "changed", "any/c/role.json": "3", "any/README": "mine"},
		},
		{
			name: "files of strangers only", files: first, refused: "is not empty and holds no manifest.json",
			before: func(t *testing.T, dir string) { write(t, dir, "notes.txt", "mine") },
			tree:   map[string]string{"notes.txt": "mine"},
		},
		{
			name: "a manifest of another program", files: first, refused: "that smr did not write",
			before: func(t *testing.T, dir string) { write(t, dir, manifestName, `{"name": "app"}`) },
			tree:   map[string]string{},
		},
		{
			name: "a stranger in the way", files: emitted("any/a/role.json", "changed", "any/c/role.json", "3"), refused: "holds any/c/role.json",
			before: func(t *testing.T, dir string) {
				run(first)(t, dir)
				write(t, dir, "any/c/role.json", "mine")
			},
			tree: map[string]string{"any/a/role.json": "1", "any/b/role.json": "2", "any/c/role.json": "mine"},
		},
		{
			name: "a file", files: first, refused: "is a file",
			before: func(t *testing.T, dir string) { write(t, filepath.Dir(dir), filepath.Base(dir), "mine") },
		},
		{
			name: "a directory that leads outside", files: emitted("any/a/role.json", "changed", "any/b/role.json", "2"), refused: "has no room for any/a/role.json",
			before: func(t *testing.T, dir string) {
				run(first)(t, dir)
				outside := dir + "-outside"
				write(t, outside, "role.json", "theirs")
				if err := os.RemoveAll(filepath.Join(dir, "any/a")); err != nil {
					t.Fatal(err)
				}
				link(t, outside, filepath.Join(dir, "any/a"))
			},
			tree: map[string]string{"any/a": "-> out-outside", "any/b/role.json": "2"},
		},
		{
			name: "a file of ours that became a link is replaced, not followed", files: first,
			before: func(t *testing.T, dir string) {
				run(first)(t, dir)
				write(t, dir+"-outside", "x", "theirs")
				if err := os.Remove(filepath.Join(dir, "any/a/role.json")); err != nil {
					t.Fatal(err)
				}
				link(t, filepath.Join(dir+"-outside", "x"), filepath.Join(dir, "any/a/role.json"))
			},
			want: Result{Written: 1, Unchanged: 2}, tree: map[string]string{"any/a/role.json": "1", "any/b/role.json": "2"},
		},
		{
			name: "a hostile manifest removes nothing outside", files: emitted("a.json", "1"),
			before: func(t *testing.T, dir string) {
				write(t, filepath.Dir(dir), "precious", "mine")
				write(t, dir, manifestName, `{"schema": "smr.manifest/1", "files": [{"path": "../precious"}, {"path": "/etc/hosts"}, {"path": ""}]}`)
			},
			want: Result{Written: 2}, tree: map[string]string{"a.json": "1"},
		},
		{
			name: "what an interrupted run put in place is ours", files: emitted("any/a/role.json", "1"),
			before: func(t *testing.T, dir string) {
				run(first)(t, dir)
				write(t, dir, "any/c/role.json", "half")
				write(t, dir, journal, `{"schema": "smr.manifest/1", "files": [{"path": "any/c/role.json"}]}`)
				write(t, dir, filepath.Join(stage, "7"), "staged")
			},
			want: Result{Written: 1, Unchanged: 1, Removed: 2}, tree: map[string]string{"any/a/role.json": "1"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "deep", "out")
			if tt.before != nil {
				tt.before(t, dir)
			}
			got, err := Write(dir, tt.files)
			var refused *RefusedError
			switch {
			case tt.refused != "":
				if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.refused) {
					t.Fatalf("error %v, want a refusal with %q", err, tt.refused)
				}
			case err != nil:
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if tt.tree != nil {
				if d := cmp.Diff(tt.tree, tree(t, dir)); d != "" {
					t.Errorf("-want +got\n%s", d)
				}
			}
			for _, theirs := range []string{filepath.Join(filepath.Dir(dir), "precious"), dir + "-outside/x", dir + "-outside/role.json"} {
				if data, err := os.ReadFile(theirs); err == nil && string(data) != "mine" && string(data) != "theirs" {
					t.Errorf("%s was changed to %q", theirs, data)
				}
			}
			if strings.Contains(tt.name, "hostile") {
				if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "precious")); err != nil {
					t.Error(err)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".smr-*")); left != nil {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func run(files []ir.File) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if _, err := Write(dir, files); err != nil {
			t.Fatal(err)
		}
	}
}

func mkdirAll(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Symlink(from, to); err != nil {
		t.Skip(err)
	}
}

// TestWriteFailsWhole: a file that cannot be written leaves a directory that
// did not exist absent, and one that did as it was.
func TestWriteFailsWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	bad := emitted("a.json", "1", strings.Repeat("x", 300)+"/b.json", "2")
	if _, err := Write(dir, bad); err == nil {
		t.Fatal("no error for a name that the file system refuses")
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory appeared: %v", err)
	}
	run(emitted("a.json", "1"))(t, dir)
	if _, err := Write(dir, bad); err == nil {
		t.Fatal("no error for a name that the file system refuses")
	}
	if d := cmp.Diff(map[string]string{"a.json": "1"}, tree(t, dir)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// BenchmarkWrite writes the files of a thousand roles.
func BenchmarkWrite(b *testing.B) {
	var pairs []string
	text := strings.Repeat("x", 1500)
	for i := range 8000 {
		pairs = append(pairs, fmt.Sprintf("any/role-%d/managed/p%d.json", i/8, i%8), text)
	}
	files := emitted(pairs...)
	b.Run("new", func(b *testing.B) {
		for range b.N {
			dir := filepath.Join(b.TempDir(), "out")
			if _, err := Write(dir, files); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		dir := filepath.Join(b.TempDir(), "out")
		for range b.N {
			if _, err := Write(dir, files); err != nil {
				b.Fatal(err)
			}
		}
	})
}
