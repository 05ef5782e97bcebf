// Package output writes emitted files into a directory, whole or not at all,
// and takes away what an earlier run wrote and this one does not. It touches no
// other file and follows no link that leads out of the directory.
package output

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/sagemaker-roles/smr/compiler/ir"
)

// A Result counts what Write did.
type Result struct {
	Written   int // files that are new or changed
	Unchanged int // files that were there with the same bytes
	Removed   int // files of an earlier run that are no longer produced
}

// A RefusedError says why a directory cannot be written to, and the way out.
type RefusedError struct {
	Dir, Reason string
}

// Error names the directory, the reason and the way out.
func (e *RefusedError) Error() string { return fmt.Sprintf("%s %s", e.Dir, e.Reason) }

// stage is where files wait inside a directory that exists already.
const stage = ".smr-stage"

// Write makes dir hold files, one of which is the manifest. The directory must
// be absent, empty, or hold the manifest of an earlier run; otherwise the error
// is a *RefusedError and nothing is changed. A new directory appears at once
// under its name; in an existing one every file is written beside its place
// before the first is moved there, so that an error or a crash leaves whole
// files, and the next run tidies up.
func Write(dir string, files []ir.File) (Result, error) {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return create(dir, files, false)
	case err != nil && isFile(dir):
		return Result{}, &RefusedError{dir, "is a file; name a directory with -o"}
	case err != nil:
		return Result{}, err
	case len(entries) == 0:
		return create(dir, files, true)
	}
	return update(dir, files)
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

// create writes a directory under another name beside its place and renames it.
func create(dir string, files []ir.File, exists bool) (Result, error) {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return Result{}, err
	}
	temp, err := os.MkdirTemp(parent, ".smr-new-*")
	if err != nil {
		if exists {
			return update(dir, files) // the directory can be written to, its parent not
		}
		return Result{}, err
	}
	if err := fill(temp, files); err != nil {
		return Result{}, errors.Join(err, os.RemoveAll(temp))
	}
	if exists {
		if err := os.Remove(dir); err != nil { // a mount point, for one
			if err := os.RemoveAll(temp); err != nil {
				return Result{}, err
			}
			return update(dir, files)
		}
	}
	if err := os.Rename(temp, dir); err != nil {
		return Result{}, errors.Join(err, os.RemoveAll(temp))
	}
	return Result{Written: len(files)}, nil
}

func fill(dir string, files []ir.File) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	made := map[string]bool{".": true}
	for _, f := range files {
		if err := mkdir(root, made, path.Dir(f.Path)); err != nil {
			return err
		}
		if err := root.WriteFile(filepath.FromSlash(f.Path), f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func mkdir(root *os.Root, made map[string]bool, dir string) error {
	if made[dir] {
		return nil
	}
	made[dir] = true
	return root.MkdirAll(filepath.FromSlash(dir), 0o755)
}

// update changes a directory that exists.
func update(dir string, files []ir.File) (res Result, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return res, err
	}
	defer root.Close()
	old, err := earlier(dir, root)
	if err != nil {
		return res, err
	}
	var changed []ir.File
	kept := map[string]bool{}
	for _, f := range files {
		kept[f.Path] = true
		same, err := compare(dir, root, f, old)
		if err != nil {
			return res, err
		}
		if same {
			res.Unchanged++
		} else {
			changed = append(changed, f)
		}
	}
	var gone []string
	for _, name := range old.names {
		if !kept[name] {
			gone = append(gone, name)
		}
	}
	if len(changed) > 0 || len(gone) > 0 {
		if res.Removed, err = replace(root, changed, gone); err != nil {
			return res, err
		}
	}
	res.Written = len(changed)
	return res, root.RemoveAll(stage)
}

// compare reports whether a file is there already with the same bytes. One
// that is there and that no earlier run wrote is refused.
func compare(dir string, root *os.Root, f ir.File, old owned) (same bool, err error) {
	name := filepath.FromSlash(f.Path)
	info, err := root.Lstat(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, &RefusedError{dir, fmt.Sprintf("has no room for %s (%v). Move what is there away, or name another directory with -o", f.Path, reason(err))}
	}
	if !old.has[f.Path] || info.IsDir() {
		return false, &RefusedError{dir, fmt.Sprintf("holds %s, which smr did not write. Move it away, or name another directory with -o", f.Path)}
	}
	if !info.Mode().IsRegular() || info.Size() != int64(len(f.Data)) {
		return false, nil
	}
	data, err := root.ReadFile(name)
	return err == nil && bytes.Equal(data, f.Data), nil
}

// replace moves changed files into their places and removes those that are
// gone: first all are written, then all moved, the manifest last.
func replace(root *os.Root, changed []ir.File, gone []string) (removed int, err error) {
	if err := prepare(root, changed); err != nil {
		return 0, errors.Join(err, root.RemoveAll(stage))
	}
	made := map[string]bool{".": true}
	manifest := -1
	for i, f := range changed {
		if f.Path == manifestName {
			manifest = i
			continue
		}
		if err := mkdir(root, made, path.Dir(f.Path)); err != nil {
			return 0, err
		}
		if err := root.Rename(staged(i), filepath.FromSlash(f.Path)); err != nil {
			return 0, err
		}
	}
	for _, name := range gone {
		err := root.Remove(filepath.FromSlash(name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, err
		}
		if err == nil {
			removed++
		}
		prune(root, path.Dir(name))
	}
	if manifest >= 0 {
		return removed, root.Rename(staged(manifest), manifestName)
	}
	return removed, nil
}

// prepare writes files to the stage, and the list of their places.
func prepare(root *os.Root, changed []ir.File) error {
	if err := root.RemoveAll(stage); err != nil {
		return err
	}
	if err := root.Mkdir(stage, 0o755); err != nil {
		return err
	}
	for i, f := range changed {
		if err := root.WriteFile(staged(i), f.Data, 0o644); err != nil {
			return err
		}
	}
	list, err := journalOf(changed)
	if err != nil {
		return err
	}
	return root.WriteFile(journal, list, 0o644)
}

func staged(i int) string { return filepath.Join(stage, fmt.Sprint(i)) }

// prune removes directories that have become empty.
func prune(root *os.Root, dir string) {
	for dir != "." && root.Remove(filepath.FromSlash(dir)) == nil {
		dir = path.Dir(dir)
	}
}

// reason is the cause of an error without the path.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
