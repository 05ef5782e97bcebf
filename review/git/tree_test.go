package git_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/review/git"
)

func TestTreeIsAFileSystem(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			f := newFixture(t, "--object-format="+format)
			f.write("roles.smr", "role \"a\" {}\n", "infra/prod/roles.smr", "", "infra/x.json", "{}", "run.sh", "#!/bin/sh\n")
			if err := os.Chmod(filepath.Join(f.dir, "run.sh"), 0o755); err != nil {
				t.Fatal(err)
			}
			id := f.commit()
			tr := tree(t, f.open(), id)
			if err := fstest.TestFS(tr, "roles.smr", "infra/prod/roles.smr", "infra/x.json", "run.sh"); err != nil {
				t.Error(err)
			}
			sub, err := tr.Directory("infra/prod")
			if err != nil || sub.Empty() {
				t.Fatalf("Directory: %v, empty %v", err, sub.Empty())
			}
			if files, diags := dsl.Load(sub); len(files) != 1 || diags.HasErrors() {
				t.Errorf("dsl.Load: %d files, %v", len(files), diags)
			}
		})
	}
}

// Only a tree that was read and lacks a directory makes an empty one of it.
func TestDirectoryThatIsNotThere(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.commit("roles.smr", "x", "sub/y.smr", "y")
	r := f.open()
	tr := tree(t, r, id)
	sub, err := tr.Directory("infra")
	if err != nil || !sub.Empty() {
		t.Errorf("Directory(infra) = empty %v, %v; want an empty directory", sub.Empty(), err)
	}
	if sub, err := tr.Directory("roles.smr"); err == nil {
		t.Errorf("Directory(roles.smr) = %v, want an error: it is a file", sub)
	}
	if sub, err := tr.Directory(".."); err == nil {
		t.Errorf("Directory(..) = %v, want an error", sub)
	}
	// The object of the directory is lost: that is not an empty directory.
	object := f.git("rev-parse", "HEAD:sub")
	if err := os.Remove(filepath.Join(f.dir, ".git/objects", object[:2], object[2:])); err != nil {
		t.Fatal(err)
	}
	r.Close()
	sub, err = tree(t, r, id).Directory("sub")
	if err == nil {
		_, err = sub.ReadDir(".")
	}
	if !errors.Is(err, git.ErrMissing) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("directory whose object is lost: %v, want ErrMissing", err)
	}
	for _, none := range []git.ID{"", git.ID(strings.Repeat("0", 40))} {
		if tr := tree(t, r, none); !tr.Empty() {
			t.Errorf("tree %q is not empty", none)
		}
	}
}

// What a pull request can put in a tree beside files.
func TestRefusedEntries(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.write("real.smr", "x", "dir/a.smr", "a")
	for link, to := range map[string]string{"link.smr": "real.smr", "up.smr": "../../etc/passwd", "linked": "dir"} {
		if err := os.Symlink(to, filepath.Join(f.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	first := f.commit()
	f.git("update-index", "--add", "--cacheinfo", "160000,"+string(first)+",module.smr")
	f.git("commit", "-q", "-m", "submodule")
	tr := tree(t, f.open(), f.id("HEAD"))

	for name, why := range map[string]string{
		"link.smr": "symbolic link", "up.smr": "symbolic link", "linked": "symbolic link",
		"module.smr": "submodule", "linked/a.smr": "symbolic link", "module.smr/x": "submodule", "real.smr/x": "is a file",
	} {
		data, err := fs.ReadFile(tr, name)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("ReadFile(%q) = %q, %v; want an error that says %q", name, data, err, why)
		}
		if f, err := tr.Open(name); err == nil {
			t.Errorf("Open(%q) = %v, want an error", name, f)
		}
	}
	files, diags := dsl.Load(tr)
	if len(files) != 1 || files[0].Name != "real.smr" || len(diags) != 3 {
		t.Errorf("dsl.Load gives %d files and %v; want real.smr and three diagnostics", len(files), diags)
	}
	for _, name := range []string{"../x", "/etc/passwd", ".git/config", "a//b", ""} {
		if data, err := fs.ReadFile(tr, name); err == nil {
			t.Errorf("ReadFile(%q) = %q, want an error", name, data)
		}
	}
}

// Names that mean something to git, a shell, a log or a terminal are names.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	names := []string{
		":(top)x.smr", "-x.smr", "--output=pwned.smr", "new\nline.smr", "::error::x.smr", "$(touch pwned).smr",
		"*.smr", "a b.smr", "\"quoted\".smr", "tab\tx.smr", "back\\slash.smr", "é.smr", "\u202efdp.smr", "HEAD.smr",
	}
	f := newFixture(t)
	for _, name := range names {
		f.write(name, "content of "+name)
	}
	id := f.commit("\xff\xfe.smr", "not UTF-8")
	tr := tree(t, f.open(), id)
	for _, name := range names {
		if data, err := fs.ReadFile(tr, name); err != nil || string(data) != "content of "+name {
			t.Errorf("ReadFile(%q) = %q, %v", name, data, err)
		}
	}
	files, diags := dsl.Load(tr)
	if len(files) != len(names) || len(diags) != 1 {
		t.Errorf("dsl.Load gives %d files and %v; want %d, and one diagnostic for the name that is not UTF-8", len(files), diags, len(names))
	}
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.commit("a.smr", "1")
	second := f.commit("a.smr", "2")
	f.git("tag", "-a", "-m", "release", "v1", string(first))
	r := f.open()
	for revision, want := range map[string]git.ID{"HEAD": second, "main": second, "HEAD~1": first, "v1": first, string(first): first, string(first)[:8]: first} {
		if id, err := r.Resolve(t.Context(), revision); err != nil || id != want {
			t.Errorf("Resolve(%q) = %s, %v; want %s", revision, id, err, want)
		}
	}
	for _, revision := range []string{"", "nothing", "-h", "--help", "HEAD HEAD", "^HEAD", "HEAD..main", "HEAD\n", "HEAD:a.smr", "--exec=x", strings.Repeat("x", 2000)} {
		if id, err := r.Resolve(t.Context(), revision); err == nil {
			t.Errorf("Resolve(%q) = %s, want an error", revision, id)
		}
	}
	c, err := r.Commit(t.Context(), second)
	if err != nil || !slices.Equal(c.Parents, []git.ID{first}) {
		t.Errorf("Commit = %+v, %v", c, err)
	}
	if _, err := r.Commit(t.Context(), c.Tree); err == nil {
		t.Error("a tree was read as a commit")
	}
}

// A file too large is refused by its size alone, before it is made.
func TestLargeFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.commit("large.smr", strings.Repeat("#", git.MaxFileBytes+1), "limit.smr", strings.Repeat("#", git.MaxFileBytes))
	tr := tree(t, f.open(), id)
	if _, err := fs.ReadFile(tr, "large.smr"); !errors.Is(err, git.ErrTooLarge) {
		t.Errorf("large.smr: %v, want ErrTooLarge", err)
	}
	if data, err := fs.ReadFile(tr, "limit.smr"); err != nil || len(data) != git.MaxFileBytes {
		t.Errorf("limit.smr: %d bytes, %v", len(data), err)
	}
	if _, diags := dsl.Load(tr); len(diags) != 1 || !strings.Contains(diags[0].Detail, "larger than") {
		t.Errorf("dsl.Load: %v, want one diagnostic about the size", diags)
	}
}

// A repository of another user, whose configuration names programs to run and
// whose objects are replaced by others.
func TestForeignRepository(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.commit("a.smr", "the truth\n")
	second := f.commit("a.smr", "a lie\n")
	f.git("replace", string(first), string(second))
	ran := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(f.dir, ".git", "evil")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$0 $*\" >>"+ran+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "credential.helper", "diff.external",
		"diff.evil.textconv", "filter.evil.smudge", "core.alternateRefsCommand", "core.gitProxy", "alias.cat-file", "pager.cat-file", "gpg.program",
	} {
		f.git("config", key, script)
	}
	f.git("config", "core.hooksPath", filepath.Join(f.dir, ".git"))
	f.git("config", "pager.rev-parse", "true")
	f.write(".gitattributes", "* diff=evil filter=evil\n")
	if os.Geteuid() == 0 {
		chown(t, f.dir, 12345)
	} else {
		t.Log("not root: the owner stays the same")
	}
	r := f.open()
	if data, err := fs.ReadFile(tree(t, r, first), "a.smr"); err != nil || string(data) != "the truth\n" {
		t.Errorf("a.smr = %q, %v", data, err)
	}
	if id, err := r.MergeBase(t.Context(), first, second); err != nil || id != first {
		t.Errorf("MergeBase = %s, %v", id, err)
	}
	if id, err := r.Resolve(t.Context(), "HEAD"); err != nil || id != second {
		t.Errorf("Resolve = %s, %v", id, err)
	}
	if what, err := os.ReadFile(ran); err == nil {
		t.Errorf("these programs of the repository ran:\n%s", what)
	}
}

func chown(t *testing.T, dir string, uid int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The environment of the caller cannot lead git to another repository.
func TestEnvironmentOfTheCaller(t *testing.T) {
	t.Parallel()
	f, other := newFixture(t), newFixture(t)
	id := f.commit("a.smr", "mine")
	other.commit("a.smr", "other")
	env := append(environment(f.dir), "GIT_DIR="+other.dir+"/.git", "GIT_WORK_TREE="+other.dir, "GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=core.bare", "GIT_CONFIG_VALUE_0=nonsense", "GIT_TRACE=1", "GIT_OBJECT_DIRECTORY="+other.dir)
	r, err := git.Open(filepath.Join(f.dir), git.Options{Env: env})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if head, err := r.Head(t.Context()); err != nil || head != id {
		t.Errorf("Head = %s, %v; want %s", head, err, id)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.commit("infra/a.smr", "x")
	dir := filepath.Join(f.dir, "infra")
	r, err := git.Open(dir, git.Options{Env: environment(f.dir)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if prefix, err := r.Prefix(dir); err != nil || prefix != "infra" {
		t.Errorf("Prefix = %q, %v", prefix, err)
	}
	if prefix, err := r.Prefix(f.dir); err != nil || prefix != "." {
		t.Errorf("Prefix of the root = %q, %v", prefix, err)
	}
	if _, err := r.Prefix(filepath.Dir(f.dir)); err == nil {
		t.Error("a directory outside has a prefix")
	}
	if _, err := git.Open("/", git.Options{}); !errors.Is(err, git.ErrNoRepository) {
		t.Errorf("Open(/): %v, want ErrNoRepository", err)
	}
	if _, err := git.Open(f.dir, git.Options{Program: filepath.Join(f.dir, "no-git")}); !errors.Is(err, git.ErrNoGit) {
		t.Errorf("Open without git: %v, want ErrNoGit", err)
	}
	// A linked working tree and a bare clone are repositories too.
	linked := filepath.Join(t.TempDir(), "linked")
	f.git("worktree", "add", "-q", "--detach", linked)
	bare := filepath.Join(t.TempDir(), "bare.git")
	f.git("clone", "-q", "--bare", f.dir, bare)
	for _, dir := range []string{linked, bare} {
		if os.Geteuid() == 0 {
			chown(t, dir, 12345)
		}
		r, err := git.Open(dir, git.Options{Env: environment(f.dir)})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if head, err := r.Head(t.Context()); err != nil || head != id {
			t.Errorf("Head of %s = %s, %v", filepath.Base(dir), head, err)
		}
	}
}

// A git that hangs ends with the context.
func TestCancelled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.commit("a.smr", "x")
	slow := filepath.Join(t.TempDir(), "git")
	if err := os.WriteFile(slow, []byte("#!/bin/sh\nexec sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := git.Open(f.dir, git.Options{Program: slow, Env: environment(f.dir)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { _, err := r.OpenTree(ctx, id); done <- err }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("OpenTree: %v, want Canceled", err)
	}
}

// After an end of git's in the middle, reading goes on with a new one.
func TestProcessThatDied(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.commit("a.smr", "x")
	once := filepath.Join(t.TempDir(), "git")
	marker := filepath.Join(t.TempDir(), "died")
	script := "#!/bin/sh\nif [ ! -e " + marker + " ]; then touch " + marker + "; echo 'fatal: pack is corrupt' >&2; exit 128; fi\nexec git \"$@\"\n"
	if err := os.WriteFile(once, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := git.Open(f.dir, git.Options{Program: once, Env: environment(f.dir)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.OpenTree(t.Context(), id); err == nil || !strings.Contains(err.Error(), "pack is corrupt") || errors.Is(err, git.ErrMissing) {
		t.Errorf("first: %v, want what git said", err)
	}
	if _, err := r.OpenTree(t.Context(), id); err != nil {
		t.Errorf("second: %v", err)
	}
}

func TestChangedLines(t *testing.T) {
	t.Parallel()
	base := fstest.MapFS{
		"edited.smr": {Data: []byte("1\n2\n3\n4\n5\n6\n7\n8\n9\n")},
		"same.smr":   {Data: []byte("x\n")},
		"old.smr":    {Data: []byte("a\nb\nc\nd\n")},
		"crlf.smr":   {Data: []byte("1\r\n2\r\n3\r\n")},
		"cut.smr":    {Data: []byte("1\n2\n3\n")},
		"empty.smr":  {Data: nil},
	}
	head := fstest.MapFS{
		"edited.smr":  {Data: []byte("0\n1\n2\n3\nfour\n4b\n5\n6\n7\n8\nnine")},
		"same.smr":    {Data: []byte("x\n")},
		"renamed.smr": {Data: []byte("a\nb\nC\nd\n")},
		"new.smr":     {Data: []byte("p\nq")},
		"crlf.smr":    {Data: []byte("1\r\n2\r\nthree\r\n")},
		"cut.smr":     {Data: []byte("1\n3\n")},
		"empty.smr":   {Data: []byte("@@ -1 +1 @@\n+x\n")},
	}
	names := make([]string, 0, len(head))
	for name := range head {
		names = append(names, name)
	}
	got, err := git.ChangedLines(base, head, names)
	want := map[string][]git.Lines{
		"edited.smr":  {{1, 1}, {5, 6}, {11, 11}},
		"renamed.smr": {{3, 3}},
		"new.smr":     {{1, 2}},
		"crlf.smr":    {{3, 3}},
		"empty.smr":   {{1, 2}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("ChangedLines (-want +got): %v\n%s", err, diff)
	}
	if _, err := git.ChangedLines(base, head, []string{"none.smr"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that head lacks: %v", err)
	}
}

// A directory of a change is named as it is spelled: a link in its place cannot
// turn the review to another directory.
func TestPrefix(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.write("roles/x.smr", "x", "a/b/x.smr", "x")
	for link, to := range map[string]string{"linked": "roles", "self": ".", "a/up": "../roles"} {
		if err := os.Symlink(to, filepath.Join(f.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	tr := tree(t, f.open(), f.commit())
	outside := t.TempDir()
	if err := os.Symlink(f.dir, filepath.Join(outside, "checkout")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(f.dir, "roles"), filepath.Join(outside, "inner")); err != nil {
		t.Fatal(err)
	}
	r := f.open()
	for dir, want := range map[string]string{
		f.dir: ".", f.dir + "/roles": "roles", f.dir + "/a/b": "a/b", f.dir + "/linked": "linked", f.dir + "/self": "self", f.dir + "/self/roles": "self/roles",
		f.dir + "/a/up": "a/up", f.dir + "/nothing": "nothing", outside + "/checkout/roles": "roles", outside + "/checkout": ".", outside + "/inner": "roles",
	} {
		if got, err := r.Prefix(dir); got != want || err != nil {
			t.Errorf("Prefix(%q) = %q, %v; want %q", dir, got, err, want)
		}
	}
	if got, err := r.Prefix(outside); err == nil {
		t.Errorf("Prefix of a directory outside = %q", got)
	}
	for _, dir := range []string{"linked", "self", "self/roles", "a/up"} {
		if sub, err := tr.Directory(dir); err == nil {
			t.Errorf("Directory(%q) = empty %v, want an error: it is a link", dir, sub.Empty())
		}
	}
}
