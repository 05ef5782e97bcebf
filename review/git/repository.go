package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Options say how git is run.
type Options struct {
	// Program is the path of git; "" looks it up in PATH.
	Program string
	// Env is the environment, as os.Environ gives it. Of it git is given what
	// it needs to run and, to fetch, what leads it to the network.
	Env []string
}

// A Repository is a git repository on this machine, read through the program
// git. It is safe for concurrent use. Close ends the processes it started.
type Repository struct {
	program string
	env     []string
	top     string

	mu      sync.Mutex
	content *batch // git cat-file --batch
	check   *batch // git cat-file --batch-check
	remote  *Remote
}

// devNull is no file, in every git: that of Windows knows the name too.
const devNull = "/dev/null"

// commandTime bounds one run of git that touches no network.
const commandTime = time.Minute

// Open finds the repository that a directory is in. It is an error that wraps
// [ErrNoRepository] if there is none, and [ErrNoGit] if git is not installed.
func Open(dir string, opts Options) (*Repository, error) {
	program := opts.Program
	if program == "" {
		program = "git"
	}
	program, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("%w: install git or name a directory instead of a revision", ErrNoGit)
	}
	top, err := discover(dir)
	if err != nil {
		return nil, err
	}
	return &Repository{program: program, env: opts.Env, top: top}, nil
}

// discover walks up from a directory to the one that holds the repository, so
// that git can be told exactly which one is meant.
func discover(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	working := func(at string) bool {
		_, err := os.Lstat(filepath.Join(at, ".git"))
		return err == nil
	}
	// A change can hold files that look like a bare repository. One inside of a
	// working tree is none.
	for _, is := range []func(string) bool{working, bare} {
		for at := abs; ; at = filepath.Dir(at) {
			if is(at) {
				return at, nil
			}
			if filepath.Dir(at) == at {
				break
			}
		}
	}
	return "", fmt.Errorf("%s %w", dir, ErrNoRepository)
}

// bare reports whether a directory is itself what .git is elsewhere.
func bare(dir string) bool {
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// Top is the absolute path of the working tree's root, links resolved, or of
// the bare repository.
func (r *Repository) Top() string { return r.top }

// Prefix is the path of a directory inside the repository, with slashes, "."
// for its root: what [Tree.Directory] takes.
func (r *Repository) Prefix(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	// From the outermost directory inwards: the first that is the repository's.
	// What follows is taken as it is spelled, since a link in there is the
	// change's own, and could lead away from what is reviewed.
	for at := len(filepath.VolumeName(abs)); at < len(abs); {
		n := strings.IndexByte(abs[at+1:], filepath.Separator)
		if at++; n < 0 {
			at = len(abs)
		} else {
			at += n
		}
		if real, err := filepath.EvalSymlinks(abs[:at]); err == nil && real == r.top {
			return filepath.ToSlash(cmp.Or(strings.TrimPrefix(abs[at:], string(filepath.Separator)), ".")), nil
		}
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	rel, err := filepath.Rel(r.top, abs)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("%s is outside of the repository %s", dir, r.top)
	}
	return filepath.ToSlash(rel), nil
}

// Close ends the processes that read objects. The repository may be used
// again; it starts new ones then.
func (r *Repository) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop()
	return nil
}

// stop ends the processes; r.mu is held.
func (r *Repository) stop() {
	for _, b := range []**batch{&r.content, &r.check} {
		if *b != nil {
			(*b).close()
			*b = nil
		}
	}
}

// mayFetch reports whether a remote is set.
func (r *Repository) mayFetch() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.remote != nil
}

// OpenTree is the root directory of a commit; see [NewTree].
func (r *Repository) OpenTree(ctx context.Context, commit ID) (*Tree, error) {
	return NewTree(ctx, r, commit)
}

// Head is the commit that is checked out.
func (r *Repository) Head(ctx context.Context) (ID, error) { return r.Resolve(ctx, "HEAD") }

// Resolve is the commit that a revision names: a branch, a tag, a commit id,
// HEAD~2 ("gitrevisions", section "Specifying revisions").
func (r *Repository) Resolve(ctx context.Context, revision string) (ID, error) {
	if err := checkRevision(revision); err != nil {
		return "", err
	}
	out, err := r.run(ctx, "rev-parse", "--verify", "--quiet", revision+"^{commit}")
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil && exit.ExitCode() == 1 {
		return "", fmt.Errorf("%q names no commit of this repository. Give a branch, a tag or a commit id that `git rev-parse` knows; a remote's branch is origin/NAME, and a shallow clone lacks what lies further back", revision)
	}
	if err != nil {
		return "", err
	}
	return ParseID(strings.TrimSpace(out))
}

// checkRevision refuses what git might read as anything but one revision.
func checkRevision(s string) error {
	bad := s == "" || strings.HasPrefix(s, "-") || strings.HasPrefix(s, "^") || strings.Contains(s, "..") || len(s) > 1000
	for _, c := range s {
		bad = bad || c <= ' ' || c == 0x7f
	}
	if bad {
		return fmt.Errorf("%.80q is not a revision: one is a branch, a tag, a commit id or HEAD~2, without blanks and without a dash or ^ in front", s)
	}
	return nil
}

// Shallow reports whether the repository holds a part of its history only.
func (r *Repository) Shallow(ctx context.Context) (bool, error) {
	out, err := r.run(ctx, "rev-parse", "--is-shallow-repository")
	return strings.TrimSpace(out) == "true", err
}

// MergeBase is the best common ancestor of two commits, "" if they have none.
// In a shallow repository the answer may be wrong.
func (r *Repository) MergeBase(ctx context.Context, a, b ID) (ID, error) {
	out, err := r.run(ctx, "merge-base", string(a), string(b))
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil && exit.ExitCode() == 1 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(out, "\n")
	return ParseID(line)
}

// run runs git for its output, without a network.
func (r *Repository) run(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := r.command(ctx, args...)
	out, stderr := &limited{max: 1 << 20}, &limited{max: 4096}
	cmd.Stdout, cmd.Stderr = out, stderr
	if err := cmd.Run(); err != nil {
		return "", failure(ctx, args[0], err, stderr)
	}
	return out.String(), nil
}

// failure is why a run of git failed, with what git said of it.
func failure(ctx context.Context, verb string, err error, stderr *limited) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if said := stderr.lastLine(); said != "" {
		return fmt.Errorf("git %s: %w: %q", verb, err, said)
	}
	return fmt.Errorf("git %s: %w", verb, err)
}

// command is git as a reader of data: in this repository and no other, without
// the settings of user and system, without replacements of objects, without
// transport, and without the programs that a repository's configuration can
// name.
func (r *Repository) command(ctx context.Context, args ...string) *exec.Cmd {
	return r.git(ctx, nil, []string{
		"GIT_ALLOW_PROTOCOL=none",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_SYSTEM=" + devNull,
		"GIT_CONFIG_GLOBAL=" + devNull,
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_NO_LAZY_FETCH=1",
	}, args)
}

// git is the part of a command that reading and fetching share.
func (r *Repository) git(ctx context.Context, settings, env, args []string) *exec.Cmd {
	line := []string{
		"--no-pager", "-C", r.top,
		// Only for this run, for a checkout that another user owns, as in a
		// container of a job ("git config", safe.directory).
		"-c", "safe.directory=" + filepath.ToSlash(r.top),
		"-c", "core.hooksPath=" + devNull,
		"-c", "core.fsmonitor=false",
		"-c", "core.alternateRefsCommand=",
		"-c", "gc.auto=0",
		"-c", "maintenance.auto=false",
	}
	line = append(append(line, settings...), args...)
	cmd := exec.CommandContext(ctx, r.program, line...)
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = append(r.passed("PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "PATHEXT", "COMSPEC"),
		"LC_ALL=C", "LANGUAGE=",
		"GIT_CEILING_DIRECTORIES="+filepath.Dir(r.top),
		"GIT_LITERAL_PATHSPECS=1",
		"GIT_NO_REPLACE_OBJECTS=1",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_PROTOCOL_FROM_USER=0",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_ASKPASS=",
	)
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// passed is the part of the environment that has one of the names.
func (r *Repository) passed(names ...string) []string {
	var out []string
	for _, e := range r.env {
		name, _, _ := strings.Cut(e, "=")
		for _, n := range names {
			if name == n || runtime.GOOS == "windows" && strings.EqualFold(name, n) {
				out = append(out, e)
			}
		}
	}
	return out
}

// limited keeps the first max bytes of what is written to it.
type limited struct {
	bytes.Buffer
	max int
}

// Write keeps what there is room for and takes the rest as written.
func (l *limited) Write(p []byte) (int, error) {
	l.Buffer.Write(p[:min(len(p), max(0, l.max-l.Len()))])
	return len(p), nil
}

// lastLine is the last line with something on it: where git says what is fatal.
func (l *limited) lastLine() string {
	lines := strings.FieldsFunc(l.String(), func(r rune) bool { return r == '\n' || r == '\r' })
	for i := len(lines) - 1; i >= 0; i-- {
		if s := strings.TrimSpace(lines[i]); s != "" {
			return s
		}
	}
	return ""
}
