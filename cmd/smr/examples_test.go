package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/cli"
	"github.com/sagemaker-roles/smr/compiler"
)

// smr runs the program in dir.
func smr(t *testing.T, dir string, args ...string) (stdout string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	c := cli.Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Dir: dir}
	code = c.Main(args)
	if code != 0 {
		t.Errorf("smr %s: exit code %d\n%s%s", strings.Join(args, " "), code, out.String(), errs.String())
	}
	return out.String(), code
}

// TestExamples: each example is formatted, says what want/validate.txt says, and
// compiles for every target to the files of want/<target>; -update rewrites
// them. An example without an account has no JSON policies.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/*.smr")
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, file := range files {
		dirs = append(dirs, filepath.Dir(file))
	}
	dirs = slices.Compact(dirs)
	if len(dirs) < 3 {
		t.Fatalf("found only the examples %v", dirs)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			smr(t, dir, "fmt", "--check")
			got, _ := smr(t, dir, "validate")
			golden(t, filepath.Join(dir, "want", "validate.txt"), got)
			for _, target := range compiler.Targets() {
				if target.Name == "json" && !declaresAccount(t, dir) {
					continue
				}
				out := filepath.Join(t.TempDir(), "out")
				if _, code := smr(t, dir, "compile", "-t", target.Name, "-o", out); code == 0 {
					compareTrees(t, filepath.Join(dir, "want", target.Name), out)
				}
			}
		})
	}
}

func declaresAccount(t *testing.T, dir string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.smr"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && strings.Contains("\n"+string(text), "\naccount \"") {
			return true
		}
	}
	return false
}

// golden compares with a file, or writes it with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test ./cmd/smr -update writes it)", err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s: -want +got\n%s", file, d)
	}
}

// compareTrees compares a directory of golden files with one of output.
func compareTrees(t *testing.T, want, got string) {
	t.Helper()
	files := map[string]bool{}
	for _, root := range []string{want, got} {
		if root == want && *update {
			if err := os.RemoveAll(want); err != nil {
				t.Fatal(err)
			}
			continue
		}
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(root, name)
			files[rel] = true
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range files {
		text, err := os.ReadFile(filepath.Join(got, name))
		if err != nil {
			t.Errorf("%s is no longer written: %v", name, err)
			continue
		}
		golden(t, filepath.Join(want, name), string(text))
	}
}
