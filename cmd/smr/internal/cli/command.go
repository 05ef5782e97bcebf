// Package cli is the command line of smr: one file for each command, listed in
// root.go. It takes its streams, its environment and its directory as values,
// so that a test runs it as a shell does.
package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes. Warnings never change them.
const (
	ExitGood     = 0 // done, nothing is wrong
	ExitFindings = 1 // errors in the files, files that are not formatted
	ExitUsage    = 2 // a command line that means nothing
	ExitFailure  = 3 // could not finish: input or output, a limit of the machine
)

// A Command runs smr. Every field but Dir must be set.
type Command struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Env            []string // "NAME=value", as os.Environ gives it
	Dir            string   // working directory; "" is the process's
}

// Main runs smr with arguments, the first of which is the command's name, and
// returns the exit code.
func (c *Command) Main(args []string) (code int) {
	s := newSession(c)
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(s.Stderr, "smr: this is a mistake of smr, not of yours: %v\n%s", p, debug.Stack())
			code = ExitFailure
		}
		if err := s.flush(); err != nil && code == ExitGood {
			code = ExitFailure
		}
	}()
	root := s.root()
	root.SetArgs(args)
	err := root.Execute()
	var status *exitError
	switch {
	case err == nil:
		return ExitGood
	case errors.As(err, &status):
		if status.err != nil {
			s.complain(status.err)
		}
		return status.code
	case !s.started:
		s.complain(err)
		fmt.Fprintf(s.Stderr, "Run '%s --help' for usage.\n", s.asked(root, args))
		return ExitUsage
	}
	s.complain(err)
	return ExitFailure
}

// complain writes an error as one paragraph.
func (s *session) complain(err error) {
	fmt.Fprintf(s.Stderr, "smr: %s\n", strings.TrimRight(err.Error(), "\n"))
}

// asked is the command that arguments name, for the hint at its help.
func (s *session) asked(root *cobra.Command, args []string) string {
	if cmd, _, err := root.Find(args); err == nil {
		return cmd.CommandPath()
	}
	return root.CommandPath()
}

// An exitError ends smr with a code of its own. Without an error inside,
// everything has been said.
type exitError struct {
	code int
	err  error
}

// Error is what is wrong.
func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

// findings ends smr with ExitFindings after everything has been said.
func findings() error { return &exitError{code: ExitFindings} }

// usagef is a command line that means nothing.
func usagef(format string, args ...any) error {
	return &exitError{ExitUsage, fmt.Errorf(format, args...)}
}

// A session is one run of smr with its global flags.
type session struct {
	*Command
	// Where text for people goes. In a job of GitHub Actions no line of it is a
	// command; the streams of Command are as they came.
	Stdout, Stderr io.Writer

	started bool // a command has begun, so that errors are no longer of usage

	dir      string
	account  string
	vars     []string
	varFiles []string
	noColor  bool
}

// env is a variable of the environment, "" when it is not set.
func (s *session) env(name string) string {
	for _, e := range s.Env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}

// path is where a path of the command line leads: from the directory of -C.
func (s *session) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.Dir, s.dir, name)
}
