package git_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/review/git"
)

// A fixture is a repository that a test makes with git itself.
type fixture struct {
	t   testing.TB
	dir string
}

// environment is one in which git behaves alike everywhere.
func environment(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + os.TempDir(),
		"GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=2026-01-01T00:00:00Z",
		"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_COMMITTER_DATE=2026-01-01T00:00:00Z",
	}
}

// newFixture makes an empty repository whose branch is main.
func newFixture(t testing.TB, options ...string) *fixture {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	f := &fixture{t: t, dir: t.TempDir()}
	f.git(append([]string{"init", "-q", "-b", "main"}, options...)...)
	f.git("config", "uploadpack.allowAnySHA1InWant", "true")
	f.git("config", "uploadpack.allowFilter", "true")
	return f
}

// git runs git in the repository and returns what it prints.
func (f *fixture) git(args ...string) string {
	f.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = f.dir, environment(f.dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		f.t.Fatalf("git %q: %v\n%s", args, err, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// write writes files, given as name and content.
func (f *fixture) write(files ...string) {
	f.t.Helper()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(f.dir, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			f.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o644); err != nil {
			f.t.Fatal(err)
		}
	}
}

// commit writes files and commits everything.
func (f *fixture) commit(files ...string) git.ID {
	f.t.Helper()
	f.write(files...)
	f.git("add", "-A", ".")
	f.git("commit", "-q", "--allow-empty", "-m", "change")
	return f.id("HEAD")
}

func (f *fixture) id(revision string) git.ID {
	f.t.Helper()
	id, err := git.ParseID(f.git("rev-parse", revision+"^{commit}"))
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

// checkout is a clone as actions/checkout makes it: one commit, fetched by its
// id, to a depth, 0 for the whole history of it and of all branches.
func (f *fixture) checkout(id git.ID, depth string, options ...string) *fixture {
	f.t.Helper()
	c := &fixture{t: f.t, dir: f.t.TempDir()}
	c.git("init", "-q", "-b", "none")
	c.git("remote", "add", "origin", "file://"+f.dir)
	args := []string{"fetch", "-q", "--no-tags"}
	if depth != "0" {
		args = append(args, "--depth="+depth)
	}
	args = append(append(args, options...), "origin", "+"+string(id)+":refs/remotes/pull/1/merge")
	if depth == "0" {
		args = append(args, "+refs/heads/*:refs/remotes/origin/*")
	}
	c.git(args...)
	c.git("checkout", "-q", "--detach", string(id))
	return c
}

// open opens the repository as smr does.
func (f *fixture) open() *git.Repository {
	f.t.Helper()
	r, err := git.Open(f.dir, git.Options{Env: environment(f.dir)})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { r.Close() })
	return r
}

// fetching opens it with leave to fetch from origin.
func (f *fixture) fetching() *git.Repository {
	f.t.Helper()
	r := f.open()
	if err := r.SetRemote(&git.Remote{}); err != nil {
		f.t.Fatal(err)
	}
	return r
}

// tree opens a commit.
func tree(t testing.TB, r *git.Repository, id git.ID) *git.Tree {
	t.Helper()
	tr, err := r.OpenTree(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// differing names the files whose content differs between two trees.
func differing(t testing.TB, base, head fs.FS) []string {
	t.Helper()
	sides := [2]map[string]string{{}, {}}
	for i, side := range []fs.FS{base, head} {
		err := fs.WalkDir(side, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := fs.ReadFile(side, name)
			sides[i][name] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var out []string
	for i, side := range sides {
		for name, content := range side {
			if other, ok := sides[1-i][name]; (!ok || other != content) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// history is GitHub for a test: the API's answers come from a whole repository.
type history struct {
	*git.Repository
	asked int
}

func (h *history) MergeBase(ctx context.Context, a, b git.ID) (git.ID, error) {
	h.asked++
	return h.Repository.MergeBase(ctx, a, b)
}

func (h *history) Branch(ctx context.Context, name string) (git.ID, error) {
	return h.Resolve(ctx, "refs/heads/"+name)
}

// offline is a GitHub that does not answer.
type offline struct{ git.API }

var errOffline = errors.New("no route to host")

func (offline) MergeBase(context.Context, git.ID, git.ID) (git.ID, error) { return "", errOffline }
func (offline) Branch(context.Context, string) (git.ID, error)            { return "", errOffline }
func (offline) Commit(context.Context, git.ID) (git.Commit, error)        { return git.Commit{}, errOffline }
func (offline) Tree(context.Context, git.ID) ([]git.Entry, error)         { return nil, errOffline }
func (offline) Size(context.Context, git.ID) (int64, error)               { return 0, errOffline }
func (offline) Blob(context.Context, git.ID, int64) ([]byte, error)       { return nil, errOffline }
