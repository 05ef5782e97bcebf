package cli

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/dsl"
)

// A formatting is one run of smr fmt.
type formatting struct {
	*session
	check, diff, recursive bool

	changed int
	diags   hcl.Diagnostics
	sources map[string][]byte
}

func (s *session) fmtCommand() *cobra.Command {
	f := &formatting{session: s, sources: map[string][]byte{}}
	cmd := &cobra.Command{
		Use:   "fmt [PATH…]",
		Short: "Write files in canonical layout",
		Long: `Fmt rewrites .smr and .smrvars files in canonical layout and prints the names
of those that it changed. Comments and heredocs stay. A PATH is a file, a
directory (its own files, with --recursive those below too), or - for standard
input, which is formatted to standard output; without one it is the directory.

With --check nothing is written, and the exit code is 1 if a file would change;
with --diff nothing is written and the changes are shown.`,
		Example: "  smr fmt\n  smr fmt --check --diff\n  smr fmt --recursive .",
		RunE:    func(_ *cobra.Command, args []string) error { return f.run(args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.check, "check", false, "write nothing; exit 1 if a file would change")
	flags.BoolVar(&f.diff, "diff", false, "write nothing; show what would change")
	flags.BoolVarP(&f.recursive, "recursive", "r", false, "enter the directories below as well")
	return cmd
}

func (f *formatting) run(args []string) error {
	if slices.Contains(args, "-") {
		if len(args) > 1 {
			return usagef("- (standard input) stands alone: format files in a run of their own")
		}
		return f.standardInput()
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	for _, arg := range args {
		if err := f.argument(arg); err != nil {
			return err
		}
	}
	return f.end()
}

// end reports syntax errors, and for --check whether anything would change.
func (f *formatting) end() error {
	if len(f.diags) > 0 {
		if err := render.Text(f.Stderr, reportOf(f.diags, f.sources), render.Options{Color: f.color(f.Stderr), Width: width(f.Stderr)}); err != nil {
			return err
		}
		return findings()
	}
	if f.check && f.changed > 0 {
		return findings()
	}
	return nil
}

func (f *formatting) standardInput() error {
	data, err := limited(f.Stdin)
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	const name = "<stdin>"
	out, ok := f.format(name, data)
	if !ok {
		return f.end()
	}
	if !f.check && !f.diff {
		_, err = f.Stdout.Write(out)
		return err
	}
	if err := f.show(name, data, out); err != nil {
		return err
	}
	return f.end()
}

// argument formats one file, or the files of a directory.
func (f *formatting) argument(arg string) error {
	full := f.path(arg)
	info, err := os.Stat(full)
	if err != nil {
		return fmt.Errorf("%s: %w", arg, cause(err))
	}
	if !info.IsDir() {
		if !formattable(arg) {
			return usagef("%s is no file of the language: its name ends with neither .smr nor .smrvars", arg)
		}
		return f.file(arg)
	}
	return filepath.WalkDir(full, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != full && (!f.recursive || strings.HasPrefix(d.Name(), ".")) {
				return fs.SkipDir
			}
			return nil
		}
		if !formattable(name) {
			return nil
		}
		rel, err := filepath.Rel(full, name)
		if err != nil {
			return err
		}
		return f.file(filepath.Join(arg, rel))
	})
}

func formattable(name string) bool {
	return strings.HasSuffix(name, ".smr") || strings.HasSuffix(name, ".smrvars")
}

func (f *formatting) file(name string) error {
	data, err := readLimited(f.path(name))
	if err != nil {
		return fmt.Errorf("%s: %w", name, cause(err))
	}
	shown := filepath.ToSlash(filepath.Join(f.dir, name))
	out, ok := f.format(shown, data)
	if !ok || bytes.Equal(out, data) {
		return nil
	}
	if err := f.show(shown, data, out); err != nil || f.check || f.diff {
		return err
	}
	return rewrite(f.path(name), out)
}

// format formats one file and keeps its diagnostics.
func (f *formatting) format(name string, data []byte) ([]byte, bool) {
	out, diags := dsl.Format(dsl.File{Name: name, Bytes: data})
	if diags.HasErrors() {
		f.diags, f.sources[name] = append(f.diags, diags...), data
		return nil, false
	}
	return out, true
}

// show prints the name of a file that changes, or with --diff the changes.
func (f *formatting) show(name string, before, after []byte) error {
	if bytes.Equal(before, after) {
		return nil
	}
	f.changed++
	if f.diff {
		_, err := f.Stdout.Write(diff.Diff(name, before, name+" (formatted)", after))
		return err
	}
	_, err := fmt.Fprintln(f.Stdout, name)
	return err
}

// rewrite replaces a file at once, with the permissions that it has; a link
// stays one.
func rewrite(name string, data []byte) error {
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(real), ".smr-fmt-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // gone already when all went well
	if _, err := temp.Write(data); err != nil {
		temp.Close()
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	if err := os.Chmod(temp.Name(), info.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), real)
}
