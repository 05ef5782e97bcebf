package dsl_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// found are the codes and files of diagnostics, "code file".
func found(diags hcl.Diagnostics) []string {
	var out []string
	for _, d := range diags {
		out = append(out, diag.InfoOf(d).Code+" "+d.Subject.Filename)
	}
	slices.Sort(out)
	return out
}

func TestLoad(t *testing.T) {
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	many := fstest.MapFS{}
	for i := range dsl.MaxFiles + 1 {
		many[fmt.Sprintf("f%04d.smr", i)] = text("")
	}
	for name, c := range map[string]struct {
		fsys fstest.MapFS
		want []string // codes
		read []string // files
	}{
		"order": {
			fstest.MapFS{"b.smr": text(""), "a.smr": text(""), "x.auto.smrvars": text(""), "y.smrvars": text(""), "z.txt": text(""), ".a.smr": text(""), "sub/c.smr": text("")},
			nil,
			[]string{"a.smr", "b.smr", "x.auto.smrvars"},
		},
		"empty":     {fstest.MapFS{"a.txt": text("")}, []string{"empty-configuration ."}, nil},
		"large":     {fstest.MapFS{"a.smr": text(strings.Repeat("#", dsl.MaxFileBytes+1))}, []string{"file-too-large a.smr"}, nil},
		"not large": {fstest.MapFS{"a.smr": text(strings.Repeat("#", dsl.MaxFileBytes))}, nil, []string{"a.smr"}},
		"many":      {many, []string{"too-many-files f2000.smr"}, nil},
		"directory": {fstest.MapFS{"a.smr/x": text("")}, []string{"unreadable-file a.smr"}, nil},
		"device":    {fstest.MapFS{"a.smr": {Mode: os.ModeNamedPipe}}, []string{"unreadable-file a.smr"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			files, diags := dsl.Load(c.fsys)
			if got := found(diags); !slices.Equal(got, c.want) {
				t.Errorf("found %v, want %v", got, c.want)
			}
			var read []string
			for _, f := range files {
				read = append(read, f.Name)
			}
			if c.read != nil && !slices.Equal(read, c.read) {
				t.Errorf("read %v, want %v", read, c.read)
			}
		})
	}
}

// TestLoadRoot reads a real directory as the command does: links that lead out
// of it, pipes and directories are refused and nothing waits for them.
func TestLoadRoot(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs links and pipes")
	}
	outside, dir := t.TempDir(), t.TempDir()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.WriteFile(filepath.Join(outside, "secret.smr"), []byte("# secret"), 0o600))
	check(os.WriteFile(filepath.Join(dir, "real.smr"), []byte("# here"), 0o600))
	check(os.Symlink(filepath.Join(outside, "secret.smr"), filepath.Join(dir, "absolute.smr")))
	check(os.Symlink("../"+filepath.Base(outside)+"/secret.smr", filepath.Join(dir, "relative.smr")))
	check(os.Symlink("real.smr", filepath.Join(dir, "inside.smr")))
	check(os.Symlink("nothing.smr", filepath.Join(dir, "dangling.smr")))
	check(os.Symlink("loop.smr", filepath.Join(dir, "loop.smr")))
	check(os.Mkdir(filepath.Join(dir, "folder.smr"), 0o700))
	check(syscall.Mkfifo(filepath.Join(dir, "pipe.smr"), 0o600))
	root, err := os.OpenRoot(dir)
	check(err)
	defer root.Close()
	files, diags := dsl.Load(root.FS())
	want := []string{
		"outside-configuration absolute.smr", "outside-configuration relative.smr",
		"unreadable-file dangling.smr", "unreadable-file folder.smr", "unreadable-file loop.smr", "unreadable-file pipe.smr",
	}
	if got := found(diags); !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	for _, d := range diags {
		if strings.Contains(d.Detail, dir) || strings.Contains(d.Detail, outside) {
			t.Errorf("a message tells where the directory is: %s", d.Detail)
		}
	}
	if len(files) != 2 || string(files[0].Bytes) != "# here" || string(files[1].Bytes) != "# here" {
		t.Errorf("read %v", files)
	}
}

func TestReadFile(t *testing.T) {
	fsys := fstest.MapFS{"a/b.json": {Data: []byte("{}")}}
	for name, want := range map[string]string{
		"a/b.json": "", "./a//b.json": "", "a/../a/b.json": "",
		"../x": "outside-configuration", "/etc/passwd": "outside-configuration", "a/../../x": "outside-configuration", "": "unreadable-file",
		"missing": "unreadable-file", "a": "unreadable-file",
	} {
		_, d := dsl.ReadFile(fsys, name, hcl.Range{})
		got := ""
		if d != nil {
			got = diag.InfoOf(d).Code
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
