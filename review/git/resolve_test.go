package git_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/review/git"
)

// diverged is a pull request whose base has moved on since:
//
//	m1 --- m2        main, which others work on
//	  \      \
//	   p1 --- merge  what GitHub makes of the pull request
type diverged struct {
	*fixture
	m1, m2, p1, merge git.ID
}

func newDiverged(t *testing.T) diverged {
	t.Helper()
	d := diverged{fixture: newFixture(t)}
	d.m1 = d.commit("roles.smr", "1\n2\n3\n", "other.smr", "others\n")
	d.git("checkout", "-q", "-b", "pr")
	d.p1 = d.commit("roles.smr", "1\nmine\n3\n")
	d.git("checkout", "-q", "main")
	d.m2 = d.commit("other.smr", "others' work\n", "new.smr", "others' file\n")
	d.merge = d.mergeOf("main", "pr")
	return d
}

// mergeOf is the merge commit that GitHub makes of a branch into another.
func (f *fixture) mergeOf(base string, branches ...string) git.ID {
	f.t.Helper()
	f.git("checkout", "-q", "--detach", base)
	f.git(append([]string{"merge", "-q", "--no-ff", "-m", "merge"}, branches...)...)
	id := f.id("HEAD")
	f.git("checkout", "-q", base)
	return id
}

// A scenario is what a workflow finds and what it has to make of it.
type scenario struct {
	repository *git.Repository
	api        git.API
	change     git.Change
	base       git.ID
	rules      git.ID // base, if ""
	head       git.ID
	fetched    []git.ID
	differ     []string // files
}

func (s scenario) run(t *testing.T) (base, head *git.Tree) {
	t.Helper()
	r := &git.Resolver{Repository: s.repository, API: s.api}
	c, err := r.Resolve(t.Context(), s.change)
	if err != nil {
		t.Fatal(err)
	}
	if s.rules == "" {
		s.rules = s.base
	}
	want := &git.Comparison{Base: s.base, Rules: s.rules, Head: s.head, Fetched: s.fetched, How: c.How}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("comparison (-want +got):\n%s", diff)
	}
	if c.How == "" {
		t.Error("nothing says how the base was found")
	}
	trees := [2]*git.Tree{}
	for i, id := range []git.ID{c.Base, c.Head} {
		if trees[i], err = r.Tree(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(s.differ, differing(t, trees[0], trees[1])); diff != "" {
		t.Errorf("what the pull request is blamed for (-want +got):\n%s", diff)
	}
	if _, err := r.Tree(t.Context(), c.Rules); err != nil {
		t.Errorf("the rules: %v", err)
	}
	return trees[0], trees[1]
}

// The event's base.sha is m1, which is older than the base of the merge.
func TestPullRequest(t *testing.T) {
	t.Parallel()
	d := newDiverged(t)
	event := git.Change{Event: "pull_request", Base: d.m1, Head: d.p1, SHA: d.merge, BaseBranch: "main"}
	mine := []string{"roles.smr"}
	for name, depth := range map[string]string{"depth 1": "1", "depth 2": "2", "whole": "0"} {
		t.Run(name, func(t *testing.T) {
			s := scenario{repository: d.checkout(d.merge, depth).fetching(), change: event, base: d.m2, head: d.merge, differ: mine}
			if depth == "1" {
				s.fetched = []git.ID{d.m2}
			}
			s.run(t)
		})
	}
	t.Run("its head alone, whole", func(t *testing.T) {
		scenario{repository: d.checkout(d.p1, "0").open(), change: event, base: d.m1, rules: d.m2, head: d.p1, differ: mine}.run(t)
	})
	t.Run("its head alone, depth 1", func(t *testing.T) {
		api := &history{Repository: d.open()}
		scenario{
			repository: d.checkout(d.p1, "1").fetching(), api: api, change: event,
			base: d.m1, rules: d.m2, head: d.p1, fetched: []git.ID{d.m1, d.m2}, differ: mine,
		}.run(t)
		if api.asked == 0 {
			t.Error("the merge base was found in a shallow history")
		}
	})
	t.Run("without git", func(t *testing.T) {
		scenario{api: &history{Repository: d.open()}, change: event, base: d.m2, head: d.merge, differ: mine}.run(t)
	})
	t.Run("fetch refused, read through the API", func(t *testing.T) {
		c := d.checkout(d.merge, "1")
		c.git("remote", "set-url", "origin", "file:///nowhere")
		scenario{repository: c.fetching(), api: &history{Repository: d.open()}, change: event, base: d.m2, head: d.merge, differ: mine}.run(t)
	})
	t.Run("of another user", func(t *testing.T) {
		c := d.checkout(d.merge, "1")
		if os.Geteuid() == 0 {
			chown(t, c.dir, 12345)
		}
		scenario{repository: c.fetching(), change: event, base: d.m2, head: d.merge, fetched: []git.ID{d.m2}, differ: mine}.run(t)
	})
	t.Run("another commit on top", func(t *testing.T) {
		c := d.checkout(d.p1, "0")
		top := c.commit("generated.smr", "generated\n")
		r := git.Resolver{Repository: c.open()}
		comparison, err := r.Resolve(t.Context(), event)
		if err != nil || comparison.Base != d.m1 || comparison.Head != top || !strings.Contains(comparison.How, "not what the event is about") {
			t.Errorf("%+v, %v", comparison, err)
		}
	})
	t.Run("another commit than its own", func(t *testing.T) {
		for _, revision := range []string{"", string(d.m1)} {
			ch := event
			ch.Revision = revision
			for _, id := range []git.ID{d.m1, d.m2} {
				_, err := (&git.Resolver{Repository: d.checkout(id, "0").open()}).Resolve(t.Context(), ch)
				wantError(t, err, "is checked out, and is neither")
			}
		}
	})
	t.Run("files that look like a repository", func(t *testing.T) {
		c := d.checkout(d.merge, "0")
		c.git("clone", "-q", "--bare", "file://"+d.dir, filepath.Join(c.dir, "roles"))
		r, err := git.Open(filepath.Join(c.dir, "roles"), git.Options{Env: environment(c.dir)})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if r.Top() != c.open().Top() {
			t.Errorf("the repository is taken to be %s", r.Top())
		}
	})
	t.Run("asked for another base", func(t *testing.T) {
		ch := event
		ch.Revision = "origin/main"
		scenario{repository: d.checkout(d.merge, "0").open(), change: ch, base: d.m2, head: d.merge, differ: mine}.run(t)
		ch.Revision = string(d.m1)
		scenario{
			repository: d.checkout(d.merge, "1").fetching(), change: ch, base: d.m1, head: d.merge, fetched: []git.ID{d.m1},
			differ: []string{"new.smr", "other.smr", "roles.smr"},
		}.run(t)
	})
}

// A whole history stays whole when a commit is fetched into it, and a shallow
// one takes no more than the commit.
func TestFetchKeepsDepth(t *testing.T) {
	t.Parallel()
	d := newDiverged(t)
	whole := d.checkout(d.p1, "0")
	d.commit("other.smr", "later")
	later := d.commit("other.smr", "later still")
	r := whole.fetching()
	if err := r.Fetch(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if shallow, err := r.Shallow(t.Context()); shallow || err != nil {
		t.Errorf("shallow %v, %v: the fetch cut the history", shallow, err)
	}
	if n := whole.git("rev-list", "--count", string(later)); n != "4" {
		t.Errorf("the history of the fetched commit has %s commits, want 4", n)
	}
	shallow := d.checkout(d.merge, "1")
	r = shallow.fetching()
	if err := r.Fetch(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if n := shallow.git("rev-list", "--count", string(later)); n != "1" {
		t.Errorf("the history of the commit fetched into a shallow one has %s commits, want 1", n)
	}
	if tags := shallow.git("tag"); tags != "" {
		t.Errorf("tags came along: %s", tags)
	}
}

func TestShapesOfHistory(t *testing.T) {
	t.Parallel()
	t.Run("rebased", func(t *testing.T) {
		d := newDiverged(t)
		d.git("checkout", "-q", "pr")
		d.git("rebase", "-q", "main")
		head := d.id("HEAD")
		merge := d.mergeOf("main", "pr")
		scenario{
			repository: d.checkout(merge, "1").fetching(), change: git.Change{Event: "pull_request", Base: d.m1, Head: head, SHA: merge},
			base: d.m2, head: merge, fetched: []git.ID{d.m2}, differ: []string{"roles.smr"},
		}.run(t)
	})
	t.Run("base merged into it, event older", func(t *testing.T) {
		d := newDiverged(t)
		d.git("checkout", "-q", "pr")
		d.git("merge", "-q", "-m", "take main", "main")
		head := d.id("HEAD")
		later := d.checkout(head, "0")
		// Its head has two parents of which the second is not the pull request.
		scenario{
			repository: later.open(), change: git.Change{Event: "pull_request", Base: d.m1, Head: head, BaseBranch: "main"},
			base: d.m2, head: head, differ: []string{"roles.smr"},
		}.run(t)
		scenario{
			api: &history{Repository: d.open()}, change: git.Change{Event: "pull_request", Base: d.m1, Head: head, SHA: head, BaseBranch: "main"},
			base: d.m2, head: head, differ: []string{"roles.smr"},
		}.run(t)
	})
	t.Run("merged meanwhile", func(t *testing.T) {
		d := newDiverged(t)
		d.git("merge", "-q", "--no-ff", "-m", "merged", "pr")
		scenario{
			repository: d.checkout(d.p1, "0").open(), change: git.Change{Event: "pull_request", Base: d.m1, Head: d.p1, BaseBranch: "main"},
			base: d.m1, head: d.p1, differ: []string{"roles.smr"},
		}.run(t)
	})
	t.Run("octopus", func(t *testing.T) {
		d := newDiverged(t)
		d.git("checkout", "-q", "-b", "third", string(d.m1))
		d.commit("third.smr", "third\n")
		octopus := d.mergeOf("main", "pr", "third")
		scenario{
			repository: d.checkout(octopus, "0").open(), change: git.Change{Event: "pull_request", Base: d.m1, Head: d.p1, BaseBranch: "main"},
			base: d.m2, head: octopus, differ: []string{"roles.smr", "third.smr"},
		}.run(t)
	})
	t.Run("no common history", func(t *testing.T) {
		d := newDiverged(t)
		d.git("checkout", "-q", "--orphan", "orphan")
		orphan := d.commit("roles.smr", "orphan\n")
		_, err := (&git.Resolver{Repository: d.checkout(orphan, "0").open()}).Resolve(t.Context(),
			git.Change{Event: "pull_request", Base: d.m1, Head: orphan, BaseBranch: "main"})
		wantError(t, err, "fetch-depth")
	})
}

func TestPushAndMergeGroup(t *testing.T) {
	t.Parallel()
	d := newDiverged(t)
	zero := git.ID(strings.Repeat("0", 40))
	t.Run("merge group", func(t *testing.T) {
		scenario{
			repository: d.checkout(d.merge, "1").fetching(), change: git.Change{Event: "merge_group", Base: d.m2, Head: d.merge},
			base: d.m2, head: d.merge, fetched: []git.ID{d.m2}, differ: []string{"roles.smr"},
		}.run(t)
	})
	t.Run("push", func(t *testing.T) {
		scenario{
			repository: d.checkout(d.m2, "1").fetching(), change: git.Change{Event: "push", Base: d.m1, Head: d.m2},
			base: d.m1, head: d.m2, fetched: []git.ID{d.m1}, differ: []string{"new.smr", "other.smr"},
		}.run(t)
	})
	t.Run("forced push", func(t *testing.T) {
		d.git("checkout", "-q", "-B", "pr", string(d.m1))
		forced := d.commit("roles.smr", "forced\n")
		d.git("checkout", "-q", "main")
		// p1 is on no branch now.
		scenario{
			repository: d.checkout(forced, "1").fetching(), change: git.Change{Event: "push", Base: d.p1, Head: forced},
			base: d.p1, head: forced, fetched: []git.ID{d.p1}, differ: []string{"roles.smr"},
		}.run(t)
	})
	t.Run("new branch", func(t *testing.T) {
		s := scenario{
			repository: d.checkout(d.p1, "1").open(), change: git.Change{Event: "push", Base: zero, Head: d.p1},
			head: d.p1, differ: []string{"other.smr", "roles.smr"},
		}
		if base, _ := s.run(t); !base.Empty() {
			t.Error("the base of a new branch is not empty")
		}
	})
	t.Run("deleted branch", func(t *testing.T) {
		c, err := (&git.Resolver{Repository: d.open()}).Resolve(t.Context(), git.Change{Event: "push", Base: d.p1, Head: zero})
		if err != nil || c.Head != "" {
			t.Errorf("Resolve = %+v, %v; want no head", c, err)
		}
	})
	t.Run("no event", func(t *testing.T) {
		scenario{repository: d.open(), base: d.m1, head: d.m2, differ: []string{"new.smr", "other.smr"}}.run(t)
		d.git("checkout", "-q", string(d.m1))
		scenario{repository: d.open(), change: git.Change{Event: "workflow_dispatch", SHA: d.m1}, head: d.m1, differ: []string{"other.smr", "roles.smr"}}.run(t)
	})
}

// On pull_request_target the pull request is read and never checked out.
func TestPullRequestTarget(t *testing.T) {
	t.Parallel()
	d := newDiverged(t)
	event := git.Change{Event: "pull_request_target", Base: d.m1, Head: d.p1, SHA: d.m2, BaseBranch: "main", Revision: "HEAD"}
	api := &history{Repository: d.open()}
	t.Run("base checked out", func(t *testing.T) {
		scenario{
			repository: d.checkout(d.m2, "1").fetching(), api: api, change: event,
			base: d.m1, rules: d.m2, head: d.p1, fetched: []git.ID{d.p1, d.m1}, differ: []string{"roles.smr"},
		}.run(t)
	})
	t.Run("nothing checked out", func(t *testing.T) {
		scenario{api: api, change: event, base: d.m1, rules: d.m2, head: d.p1, differ: []string{"roles.smr"}}.run(t)
	})
	for name, id := range map[string]git.ID{"its head checked out": d.p1, "its merge checked out": d.merge} {
		t.Run(name, func(t *testing.T) {
			_, err := (&git.Resolver{Repository: d.checkout(id, "1").fetching(), API: api}).Resolve(t.Context(), event)
			wantError(t, err, "Leave actions/checkout out")
		})
	}
}

// wantError checks for an error that says what to do.
func wantError(t *testing.T, err error, remedy string) {
	t.Helper()
	var e *git.Error
	if !errors.As(err, &e) || !strings.Contains(err.Error(), remedy) {
		t.Errorf("error %v, want a *git.Error that says %q", err, remedy)
	}
}

// What cannot be known is an error with its remedy, never an empty base.
func TestUnresolvable(t *testing.T) {
	t.Parallel()
	d := newDiverged(t)
	pr := git.Change{Event: "pull_request", Base: d.m1, Head: d.p1, SHA: d.merge}
	gone := d.checkout(d.merge, "1")
	gone.git("remote", "set-url", "origin", "file:///nowhere")
	tests := map[string]struct {
		resolver git.Resolver
		change   git.Change
		remedy   string
	}{
		"nothing to ask":       {git.Resolver{}, pr, "in a clone"},
		"may not fetch":        {git.Resolver{Repository: d.checkout(d.merge, "1").open()}, pr, "fetch-depth: 2"},
		"remote gone":          {git.Resolver{Repository: gone.fetching()}, pr, "fetch-depth: 2"},
		"shallow, no API":      {git.Resolver{Repository: d.checkout(d.p1, "1").fetching()}, pr, "fetch-depth: 2"},
		"shallow, API offline": {git.Resolver{Repository: d.checkout(d.p1, "1").fetching(), API: offline{}}, pr, "fetch-depth: 2"},
		"no git, API offline":  {git.Resolver{API: offline{}}, pr, "fetch-depth: 2"},
		"event without ids":    {git.Resolver{Repository: d.open()}, git.Change{Event: "pull_request"}, "input `base`"},
		"group without ids":    {git.Resolver{Repository: d.open()}, git.Change{Event: "merge_group"}, "input `base`"},
		"no such base":         {git.Resolver{Repository: d.open()}, git.Change{Event: "pull_request", Revision: "nowhere"}, "fetch-depth"},
		"base by name, no git": {git.Resolver{API: offline{}}, git.Change{SHA: d.m1, Revision: "main"}, "whole commit id"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := test.resolver.Resolve(t.Context(), test.change)
			if c != nil {
				t.Errorf("Resolve = %+v", c)
			}
			wantError(t, err, test.remedy)
		})
	}
	empty := newFixture(t)
	_, err := (&git.Resolver{Repository: empty.open()}).Resolve(t.Context(), git.Change{})
	wantError(t, err, "Commit once")
	_, err = (&git.Resolver{Repository: d.checkout(d.p1, "1").open()}).Tree(t.Context(), d.m2)
	wantError(t, err, "fetch-depth: 2")
}

// Files of a pull request that are more than text.
func TestKindsOfFiles(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.write(".gitattributes", "*.smr text eol=crlf\n", "roles.smr", "a\nb\nc\nd\n", "same.smr", "x\ny\n")
	if err := os.Symlink("roles.smr", filepath.Join(f.dir, "link.smr")); err != nil {
		t.Fatal(err)
	}
	m1 := f.commit()
	f.git("update-index", "--add", "--cacheinfo", "160000,"+string(m1)+",module")
	f.git("commit", "-q", "-m", "submodule")
	m2 := f.id("HEAD")
	f.git("checkout", "-q", "-b", "pr")
	f.git("mv", "roles.smr", "teams.smr")
	f.git("update-index", "--cacheinfo", "160000,"+string(m2)+",module")
	if err := os.Remove(filepath.Join(f.dir, "link.smr")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(f.dir, "link.smr")); err != nil {
		t.Fatal(err)
	}
	f.write("teams.smr", "a\nb\nC\nd\n")
	f.git("add", "teams.smr", "link.smr")
	f.git("commit", "-q", "-m", "rename")
	p1 := f.id("HEAD")
	f.git("checkout", "-q", "--detach", "main")
	f.git("commit", "-q", "--allow-empty", "-m", "others")
	m3 := f.id("HEAD")
	f.git("merge", "-q", "--no-ff", "-m", "merge", "pr")
	merge := f.id("HEAD")

	c := f.checkout(merge, "1")
	if data, err := os.ReadFile(filepath.Join(c.dir, "same.smr")); err != nil || string(data) != "x\r\ny\r\n" {
		t.Fatalf("the working tree has %q, %v; the fixture wants CRLF there", data, err)
	}
	base, head := scenario{
		repository: c.fetching(), change: git.Change{Event: "pull_request", Base: m2, Head: p1, SHA: merge},
		base: m3, head: merge, fetched: []git.ID{m3}, differ: []string{"roles.smr", "teams.smr"},
	}.run(t)
	got, err := git.ChangedLines(base, head, []string{"teams.smr", "same.smr"})
	if diff := cmp.Diff(map[string][]git.Lines{"teams.smr": {{3, 3}}}, got); diff != "" || err != nil {
		t.Errorf("ChangedLines (-want +got): %v\n%s", err, diff)
	}
	if files, diags := dsl.Load(head); len(files) != 2 || len(diags) != 1 {
		t.Errorf("dsl.Load of head gives %d files and %v; the link is refused", len(files), diags)
	}
}

// A clone without files, as actions/checkout makes for a sparse checkout: the
// files that are read come in one fetch.
func TestPartialClone(t *testing.T) {
	t.Parallel()
	d := newDiverged(t)
	for _, filter := range []string{"blob:none", "tree:0"} {
		t.Run(filter, func(t *testing.T) {
			c := d.checkout(d.merge, "1", "--filter="+filter)
			c.git("sparse-checkout", "set", "nothing")
			s := scenario{
				repository: c.fetching(), change: git.Change{Event: "pull_request", Base: d.m1, Head: d.p1, SHA: d.merge},
				base: d.m2, head: d.merge, fetched: []git.ID{d.m2}, differ: []string{"roles.smr"},
			}
			s.run(t)

			// Without leave to fetch it is an error, not a file that is absent.
			c = d.checkout(d.merge, "2", "--filter="+filter)
			tr, err := c.open().OpenTree(t.Context(), d.m2)
			if err == nil {
				_, err = fs.ReadFile(tr, "roles.smr")
			}
			if !errors.Is(err, git.ErrMissing) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("roles.smr of a partial clone: %v, want ErrMissing", err)
			}
		})
	}
}

func TestBranchNames(t *testing.T) {
	t.Parallel()
	d := newDiverged(t)
	names := []string{"-x", "a b", "../../heads/main", "a\nb", "main..pr", "$(id)", "/main", "main/", "HEAD^{/x}", "@{u}", "a:b", "a?b"}
	for _, name := range names {
		c, err := (&git.Resolver{API: nameless{t, d.open()}}).Resolve(t.Context(),
			git.Change{Event: "pull_request_target", Base: d.m2, Head: d.p1, BaseBranch: name})
		if err != nil || c.Rules != d.m2 {
			t.Errorf("branch %q: %+v, %v", name, c, err)
		}
	}
}

// nameless fails a test when a branch is looked up.
type nameless struct {
	t *testing.T
	*git.Repository
}

func (n nameless) Branch(_ context.Context, name string) (git.ID, error) {
	n.t.Errorf("branch %q was looked up", name)
	return "", errOffline
}
