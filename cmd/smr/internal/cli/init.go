package cli

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// starters are the files that init writes, as they will be called, but that
// "dot-" stands for the dot of a hidden name.
//
//go:embed all:starter
var starters embed.FS

func (s *session) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a first roles.smr and its workflows",
		Long: `Init writes a first roles.smr with a compute role and a data scientist, two
workflows of GitHub Actions (one reviews pull requests, one compiles what is
merged) and .gitattributes. A file that exists is never overwritten.

In a directory inside of a git repository the workflows go to the root of the
repository, which is where GitHub looks for them. Put the owner and the commit of
a release of smr in place of OWNER/smr@<commit> in them.`,
		Example: "  smr init\n  smr init team-a",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return s.initialize(directory(args)) },
	}
}

func (s *session) initialize(dir string) error {
	full, err := filepath.Abs(s.path(dir))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(full, 0o755); err != nil {
		return fmt.Errorf("%s cannot be made: %w", dir, cause(err))
	}
	repository := repositoryOf(full)
	inside, err := filepath.Rel(repository, full)
	if err != nil {
		return err
	}
	return fs.WalkDir(starters, "starter", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := starters.ReadFile(name)
		if err != nil {
			return err
		}
		rel := strings.ReplaceAll(strings.TrimPrefix(name, "starter/"), "dot-", ".")
		base := repository
		if path.Ext(rel) == ".smr" {
			base = full
		}
		data = bytes.ReplaceAll(data, []byte("@DIRECTORY@"), []byte(filepath.ToSlash(inside)))
		return s.start(base, rel, data)
	})
}

// start writes one file unless it exists, and says which.
func (s *session) start(base, rel string, data []byte) error {
	root, err := os.OpenRoot(base)
	if err != nil {
		return err
	}
	defer root.Close()
	shown := s.relative(filepath.Join(base, filepath.FromSlash(rel)))
	if err := root.MkdirAll(filepath.FromSlash(path.Dir(rel)), 0o755); err != nil {
		return fmt.Errorf("%s cannot be written: %w", shown, cause(err))
	}
	f, err := root.OpenFile(filepath.FromSlash(rel), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		_, err = fmt.Fprintf(s.Stdout, "kept  %s, which exists\n", shown)
		return err
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", shown, cause(err))
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Stdout, "wrote %s\n", shown)
	return err
}

// relative is a path from the working directory, where it can be.
func (s *session) relative(name string) string {
	if from, err := filepath.Abs(s.Dir); err == nil {
		if full, err := filepath.Abs(name); err == nil {
			if rel, err := filepath.Rel(from, full); err == nil {
				return filepath.ToSlash(rel)
			}
		}
	}
	return filepath.ToSlash(name)
}

// repositoryOf is the root of the git repository around a directory given by an
// absolute path, or the directory itself.
func repositoryOf(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if filepath.Dir(at) == at {
			return dir
		}
	}
}
