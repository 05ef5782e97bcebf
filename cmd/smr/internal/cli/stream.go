package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/review/inert"
)

// newSession is a run of a command. In a job of GitHub Actions the runner
// searches both streams for commands, and names, paths and lines of source
// could plant some: there what is printed is kept from being one. A stream that
// leads to a file is nobody's log and stays as it is.
func newSession(c *Command) *session {
	s := &session{Command: c, Stdout: c.Stdout, Stderr: c.Stderr}
	if s.onGitHub() {
		s.Stdout, s.Stderr = guarded(c.Stdout), guarded(c.Stderr)
	}
	return s
}

// onGitHub reports whether a job of GitHub Actions runs this.
func (s *session) onGitHub() bool { return s.env("GITHUB_ACTIONS") == "true" }

func guarded(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return w
		}
	}
	return &stream{raw: w, guard: inert.NewLog(w)}
}

// A stream is standard output or error in a job of GitHub Actions.
type stream struct {
	raw   io.Writer
	guard io.WriteCloser
}

// Write writes what the guard lets through.
func (s *stream) Write(p []byte) (int, error) { return s.guard.Write(p) }

// chooseStream sets how the command's standard output is guarded: text as a log,
// JSON spelled so that nothing in it is a command, other data as it is or not at
// all, annotations not at all: their writer sees to it.
func (s *session) chooseStream(cmd *cobra.Command, args []string) {
	out, ok := s.Stdout.(*stream)
	if !ok {
		return
	}
	value := func(name string) string {
		if f := cmd.Flags().Lookup(name); f != nil {
			return f.Value.String()
		}
		return ""
	}
	format := value("format")
	switch {
	case cmd.Name() == "compile" && value("output") == "", cmd.Name() == "fmt" && slices.Contains(args, "-") && value("diff") == "false",
		cmd.Name() == "completion":
		out.guard = exact{out.raw}
	case format == "github":
		out.guard = unguarded{out.raw}
	case format == "json", format == "sarif", value("cases") != "":
		out.guard = &jsonStream{w: out.raw}
	}
}

// flush writes out lines that have no end.
func (s *session) flush() error {
	var all []error
	for _, w := range []io.Writer{s.Stdout, s.Stderr} {
		if st, ok := w.(*stream); ok {
			all = append(all, st.guard.Close())
		}
	}
	return errors.Join(all...)
}

// unguarded writes what comes.
type unguarded struct{ io.Writer }

// Close does nothing.
func (unguarded) Close() error { return nil }

// exact writes data that must not be altered, or refuses it.
type exact struct{ w io.Writer }

// Write refuses data of which the runner would take a line for a command.
func (e exact) Write(p []byte) (int, error) {
	if inert.HasCommand(string(p)) {
		return 0, errors.New("what is to be printed holds a line that GitHub Actions takes for a command (:: at its start, or ##[). Write it to a file instead of the log of the job")
	}
	return e.w.Write(p)
}

// Close does nothing.
func (exact) Close() error { return nil }

// A jsonStream spells "##[" in strings of JSON so that it means the same and is
// no command; outside of strings it cannot stand, and no line of JSON begins
// with "::".
type jsonStream struct {
	w    io.Writer
	kept []byte // signs "#" of which it is not known yet what follows
}

// Write writes JSON.
func (j *jsonStream) Write(p []byte) (int, error) {
	text := bytes.ReplaceAll(append(j.kept, p...), []byte("##["), []byte(`#\u0023[`))
	n := len(text) - len(bytes.TrimRight(text, "#"))
	n = min(n, 2)
	j.kept = slices.Clone(text[len(text)-n:])
	if _, err := j.w.Write(text[:len(text)-n]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes out what is kept.
func (j *jsonStream) Close() error {
	if len(j.kept) == 0 {
		return nil
	}
	_, err := j.w.Write(j.kept)
	j.kept = nil
	return err
}
