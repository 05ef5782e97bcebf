package output

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
)

const manifestName = emit.ManifestName

// journal lists the files that a run was about to put in place.
var journal = filepath.Join(stage, "files.json")

// owned is the files of a directory that earlier runs wrote.
type owned struct {
	names []string
	has   map[string]bool
}

func (o *owned) add(name string) {
	if name != "" && filepath.IsLocal(filepath.FromSlash(name)) && !o.has[name] {
		o.has[name] = true
		o.names = append(o.names, name)
	}
}

// listing is the part of the manifest that is read back.
type listing struct {
	Schema string   `json:"schema"`
	Files  []listed `json:"files"`
}

type listed struct {
	Path string `json:"path"`
}

// earlier reads which files of a directory are of an earlier run: those of its
// manifest, and those that a run which did not finish was putting in place. A
// directory with files and without either is not ours.
func earlier(dir string, root *os.Root) (owned, error) {
	old := owned{has: map[string]bool{}}
	interrupted, err := old.read(root, journal)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return old, err
	}
	ours, err := old.read(root, manifestName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if interrupted || onlyStage(root) {
			return old, nil
		}
		return old, &RefusedError{dir, "is not empty and holds no manifest.json of an earlier run. Empty it, or name another directory with -o"}
	case err != nil:
		return old, err
	case !ours:
		return old, &RefusedError{dir, "holds a manifest.json that smr did not write. Move it away, or name another directory with -o"}
	}
	old.add(manifestName)
	return old, nil
}

// read adds the files that a listing names; ours is false when it is none of
// this program's.
func (o *owned) read(root *os.Root, name string) (ours bool, err error) {
	data, err := root.ReadFile(name)
	if err != nil {
		return false, err
	}
	var l listing
	if json.Unmarshal(data, &l) != nil || !strings.HasPrefix(l.Schema, "smr.manifest/") {
		return false, nil
	}
	for _, f := range l.Files {
		o.add(f.Path)
	}
	return true, nil
}

// onlyStage reports whether nothing but the stage of an interrupted run is there.
func onlyStage(root *os.Root) bool {
	entries, err := fs.ReadDir(root.FS(), ".")
	return err == nil && (len(entries) == 0 || len(entries) == 1 && entries[0].Name() == stage)
}

// journalOf is a listing of files.
func journalOf(files []ir.File) ([]byte, error) {
	l := listing{Schema: emit.ManifestSchema}
	for _, f := range files {
		l.Files = append(l.Files, listed{f.Path})
	}
	return json.Marshal(l)
}
