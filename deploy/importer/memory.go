package importer

import (
	"bytes"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/sagemaker-roles/smr/compiler/ir"
)

// memory is a file system of files that are not written yet.
type memory []ir.File

// Open opens a file, or a directory that holds some.
func (m memory) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	for _, f := range m {
		if f.Path == name {
			return &memoryFile{info: info{name: f.Path[strings.LastIndexByte(f.Path, '/')+1:], size: int64(len(f.Data))}, Reader: bytes.NewReader(f.Data)}, nil
		}
	}
	prefix := name + "/"
	if name == "." {
		prefix = ""
	}
	d := &memoryFile{info: info{name: name, dir: true}, Reader: bytes.NewReader(nil)}
	seen := map[string]bool{}
	for _, f := range m {
		rest, ok := strings.CutPrefix(f.Path, prefix)
		if !ok {
			continue
		}
		base, _, dir := strings.Cut(rest, "/")
		if !seen[base] {
			seen[base] = true
			d.entries = append(d.entries, fs.FileInfoToDirEntry(info{name: base, dir: dir, size: int64(len(f.Data))}))
		}
	}
	if name != "." && len(d.entries) == 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	slices.SortFunc(d.entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return d, nil
}

// A memoryFile is an open file or directory of memory.
type memoryFile struct {
	info
	*bytes.Reader
	entries []fs.DirEntry
}

func (f *memoryFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *memoryFile) Close() error               { return nil }

// ReadDir lists the entries that were not listed yet, at most n if n > 0.
func (f *memoryFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(f.entries)
	} else if len(f.entries) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(f.entries))
	out := f.entries[:n]
	f.entries = f.entries[n:]
	return out, nil
}

// info describes a file of memory.
type info struct {
	name string
	size int64
	dir  bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.dir }
func (i info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
