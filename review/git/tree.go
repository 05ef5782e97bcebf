package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sagemaker-roles/smr/dsl"
)

// MaxFileBytes is the largest file that is read of a revision: the largest
// that a configuration may hold.
const MaxFileBytes = dsl.MaxFileBytes

// A Tree is a directory of a revision as a file system. Symbolic links and
// submodules are listed and refused: what they lead to is not in the tree.
// That a file does not exist is only said when the trees that lead to it were
// read; an object that could not be had is an error that wraps [ErrMissing].
// It is safe for concurrent use.
type Tree struct {
	ctx     context.Context
	objects Objects
	root    ID // of a tree; "" is an empty directory
	shared  *listings
}

// listings are the directories read so far.
type listings struct {
	sync.Mutex
	byID map[ID][]Entry
}

var (
	_ fs.ReadDirFS  = (*Tree)(nil)
	_ fs.ReadFileFS = (*Tree)(nil)
	_ fs.StatFS     = (*Tree)(nil)
	_ fs.SubFS      = (*Tree)(nil)
)

// NewTree is the root directory of a commit. The context bounds everything
// that is read later through the tree. A zero or empty id is an empty
// directory, the base of a branch that did not exist.
func NewTree(ctx context.Context, objects Objects, commit ID) (*Tree, error) {
	t := &Tree{ctx: ctx, objects: objects, shared: &listings{byID: map[ID][]Entry{}}}
	if commit == "" || commit.IsZero() {
		return t, nil
	}
	c, err := objects.Commit(ctx, commit)
	if err != nil {
		return nil, err
	}
	t.root = c.Tree
	if _, err := t.list(t.root); err != nil {
		return nil, err
	}
	return t, nil
}

// Directory is a directory of the tree, by a path with slashes. If the
// revision has none of that name, it is empty: a configuration that did not
// exist. Anything else that is wrong is an error.
func (t *Tree) Directory(dir string) (*Tree, error) {
	sub, err := t.Sub(path.Clean(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return &Tree{ctx: t.ctx, objects: t.objects, shared: t.shared}, nil
	}
	if err != nil {
		return nil, err
	}
	return sub.(*Tree), nil
}

// Sub is a directory of the tree as a file system, which must exist. No path
// leads out of it.
func (t *Tree) Sub(dir string) (fs.FS, error) {
	e, err := t.entry("sub", dir)
	if err != nil {
		return nil, err
	}
	if e.Mode != ModeTree {
		return nil, &fs.PathError{Op: "sub", Path: dir, Err: refusal(e, "a directory")}
	}
	return &Tree{ctx: t.ctx, objects: t.objects, root: e.ID, shared: t.shared}, nil
}

// Empty reports whether there is nothing in the directory.
func (t *Tree) Empty() bool { return t.root == "" }

// list reads a directory.
func (t *Tree) list(id ID) ([]Entry, error) {
	if id == "" {
		return nil, nil
	}
	t.shared.Lock()
	defer t.shared.Unlock()
	if entries, ok := t.shared.byID[id]; ok {
		return entries, nil
	}
	entries, err := t.objects.Tree(t.ctx, id)
	if r := t.fetcher(err); r != nil {
		if fetchErr := r.fetchObjects(t.ctx, []ID{id}); fetchErr != nil {
			return nil, fmt.Errorf("%w, and %w", err, fetchErr)
		}
		entries, err = t.objects.Tree(t.ctx, id)
	}
	if err == nil {
		t.shared.byID[id] = entries
	}
	return entries, err
}

// entry finds what a path names.
func (t *Tree) entry(op, name string) (Entry, error) {
	if !fs.ValidPath(name) {
		return Entry{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	at := Entry{Name: ".", Mode: ModeTree, ID: t.root}
	if name == "." {
		return at, nil
	}
	for part := range strings.SplitSeq(name, "/") {
		if at.Mode != ModeTree {
			return Entry{}, &fs.PathError{Op: op, Path: name, Err: refusal(at, "a directory")}
		}
		entries, err := t.list(at.ID)
		if err != nil {
			return Entry{}, &fs.PathError{Op: op, Path: name, Err: err}
		}
		i := slices.IndexFunc(entries, func(e Entry) bool { return e.Name == part })
		if i < 0 {
			return Entry{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
		at = entries[i]
	}
	return at, nil
}

// refusal is why an entry is not read as what it would have to be.
func refusal(e Entry, wanted string) error {
	is := "a file"
	switch {
	case e.Mode == ModeLink:
		is = "a symbolic link, which is not followed in a revision"
	case e.Mode == ModeSubmodule:
		is = "a submodule, which is not read"
	case e.Mode == ModeTree:
		is = "a directory"
	case !e.regular():
		is = fmt.Sprintf("of mode %06o", e.Mode)
	}
	return fmt.Errorf("%q is %s, not %s", e.Name, is, wanted)
}

// Open opens a file or a directory. A file is read when it is first read from.
func (t *Tree) Open(name string) (fs.File, error) {
	e, err := t.entry("open", name)
	if err != nil {
		return nil, err
	}
	switch {
	case e.Mode == ModeTree:
		return &directory{info: t.info(e, name), tree: t, name: name}, nil
	case e.regular():
		return &file{info: t.info(e, name), read: func() ([]byte, error) { return t.ReadFile(name) }}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: refusal(e, "a regular file")}
}

// ReadFile reads a file of at most [MaxFileBytes].
func (t *Tree) ReadFile(name string) ([]byte, error) {
	e, err := t.entry("read", name)
	if err != nil {
		return nil, err
	}
	if !e.regular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: refusal(e, "a regular file")}
	}
	var data []byte
	err = t.having(e, name, func() error {
		data, err = t.objects.Blob(t.ctx, e.ID, MaxFileBytes)
		return err
	})
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}

// Stat describes a file, a directory, a link (not what it leads to) or a
// submodule. Nothing but a name and a mode is known of the latter.
func (t *Tree) Stat(name string) (fs.FileInfo, error) {
	e, err := t.entry("stat", name)
	if err != nil {
		return nil, err
	}
	info := t.info(e, name)
	if !e.regular() {
		return info, nil
	}
	if info.size, err = t.size(e, name); err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return info, nil
}

func (t *Tree) size(e Entry, name string) (size int64, err error) {
	err = t.having(e, name, func() (err error) {
		size, err = t.objects.Size(t.ctx, e.ID)
		return err
	})
	return size, err
}

// maxFetchedBlobs bounds how many files of one directory are fetched at once.
const maxFetchedBlobs = dsl.MaxFiles

// having does what needs a file's object. If the repository was cloned without
// it and may fetch, the files of that directory are fetched first, together.
func (t *Tree) having(e Entry, name string, do func() error) error {
	err := do()
	r := t.fetcher(err)
	if r == nil {
		return err
	}
	dir, lookup := t.entry("read", path.Dir(name))
	entries, list := t.list(dir.ID)
	if lookup != nil || list != nil {
		return err
	}
	ids := []ID{e.ID}
	for _, other := range entries {
		if other.regular() && other.ID != e.ID && len(ids) < maxFetchedBlobs {
			ids = append(ids, other.ID)
		}
	}
	if fetchErr := r.fetchObjects(t.ctx, ids); fetchErr != nil {
		return fmt.Errorf("%w, and %w", err, fetchErr)
	}
	return do()
}

// fetcher is the repository if an object is missing from it and it may fetch.
func (t *Tree) fetcher(err error) *Repository {
	r, ok := t.objects.(*Repository)
	if !ok || !errors.Is(err, ErrMissing) || !r.mayFetch() {
		return nil
	}
	return r
}

// ReadDir lists a directory in the order of names.
func (t *Tree) ReadDir(name string) ([]fs.DirEntry, error) {
	e, err := t.entry("readdir", name)
	if err != nil {
		return nil, err
	}
	if e.Mode != ModeTree {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: refusal(e, "a directory")}
	}
	entries, err := t.list(e.ID)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	out := make([]fs.DirEntry, 0, len(entries))
	for _, e := range entries {
		out = append(out, t.info(e, path.Join(name, e.Name)))
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}

func (t *Tree) info(e Entry, name string) *info { return &info{entry: e, tree: t, path: name} }

// info is a file's description and its entry in a directory.
type info struct {
	entry Entry
	tree  *Tree
	path  string
	size  int64
}

func (i *info) Name() string       { return path.Base(i.entry.Name) }
func (i *info) Size() int64        { return i.size }
func (i *info) Mode() fs.FileMode  { return i.entry.fileMode() }
func (i *info) Type() fs.FileMode  { return i.entry.fileMode().Type() }
func (i *info) IsDir() bool        { return i.entry.Mode == ModeTree }
func (i *info) ModTime() time.Time { return time.Time{} } // a revision's files have none
func (i *info) Sys() any           { return i.entry }

// Info is the description with the size, which listing a directory leaves out.
func (i *info) Info() (fs.FileInfo, error) { return i.tree.Stat(i.path) }

// file is an open file.
type file struct {
	*info
	read   func() ([]byte, error)
	reader *bytes.Reader
}

func (f *file) Stat() (fs.FileInfo, error) { return f.tree.Stat(f.path) }
func (f *file) Close() error               { return nil }

func (f *file) Read(p []byte) (int, error) {
	if f.reader == nil {
		data, err := f.read()
		if err != nil {
			return 0, err
		}
		f.reader = bytes.NewReader(data)
	}
	return f.reader.Read(p)
}

// directory is an open directory.
type directory struct {
	*info
	tree *Tree
	name string
	rest []fs.DirEntry
	read bool
}

func (d *directory) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *directory) Close() error               { return nil }

func (d *directory) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a directory")}
}

// ReadDir is that of fs.ReadDirFile.
func (d *directory) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.read {
		all, err := d.tree.ReadDir(d.name)
		if err != nil {
			return nil, err
		}
		d.rest, d.read = all, true
	}
	if n <= 0 {
		n = len(d.rest)
	} else if len(d.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.rest))
	out := d.rest[:n]
	d.rest = d.rest[n:]
	return out, nil
}
