// Package git reads revisions of a repository as file systems and finds the
// revision that a change is to be compared with.
//
// A revision is data: commits, trees and files are read as objects by their
// ids, through `git cat-file` or through GitHub's API, and nothing is checked
// out. No hook, filter, pager, external diff or file-system monitor of the
// repository runs, whoever owns it and whatever its configuration says. The
// one thing that writes is [Repository.Fetch], which adds objects.
package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// An ID names an object: 40 or 64 lower-case hexadecimal digits (SHA-1 or
// SHA-256 repositories). The zero value "" names nothing.
type ID string

// ParseID reads an object's id as git and GitHub print it.
func ParseID(s string) (ID, error) {
	if len(s) != 40 && len(s) != 64 {
		return "", fmt.Errorf("%.80q is not a commit id: one has 40 or 64 hexadecimal digits", s)
	}
	for _, c := range s {
		if !strings.ContainsRune("0123456789abcdef", c) {
			return "", fmt.Errorf("%q is not a commit id: one has 40 or 64 hexadecimal digits in lower case", s)
		}
	}
	return ID(s), nil
}

// IsZero reports whether an id is all zeros, which is how a push event spells
// that a branch did not exist before, or no longer does.
func (id ID) IsZero() bool { return id != "" && strings.Trim(string(id), "0") == "" }

// Short is the first seven digits, as GitHub shows a commit.
func (id ID) Short() string { return string(id)[:min(7, len(id))] }

// A Commit is what comparing needs of a commit object.
type Commit struct {
	ID      ID
	Tree    ID
	Parents []ID
}

// The modes of a tree's entries that have a meaning here ("git fast-import",
// section "M"). Only regular files are ever read.
const (
	ModeFile       = 0o100644
	ModeExecutable = 0o100755
	ModeLink       = 0o120000
	ModeSubmodule  = 0o160000
	ModeTree       = 0o040000
)

// An Entry is one name in a tree object.
type Entry struct {
	Name string // without slashes, not necessarily UTF-8
	Mode uint32
	ID   ID
}

// regular reports whether an entry is a file whose bytes may be read.
// 0o100664 is what old versions of git wrote for a file.
func (e Entry) regular() bool {
	return e.Mode == ModeFile || e.Mode == ModeExecutable || e.Mode == 0o100664
}

// fileMode is the mode that package fs has for an entry.
func (e Entry) fileMode() fs.FileMode {
	switch {
	case e.Mode == ModeTree:
		return fs.ModeDir | 0o555
	case e.Mode == ModeExecutable:
		return 0o555
	case e.regular():
		return 0o444
	case e.Mode == ModeLink:
		return fs.ModeSymlink | 0o444
	}
	return fs.ModeIrregular
}

// Objects gives the objects of a repository by id: a [Repository], or GitHub's
// API. An object that is not there is an error that wraps [ErrMissing].
type Objects interface {
	Commit(ctx context.Context, id ID) (Commit, error)
	Tree(ctx context.Context, id ID) ([]Entry, error)
	// Size is the number of bytes of a blob.
	Size(ctx context.Context, id ID) (int64, error)
	// Blob is the content of a blob of at most limit bytes; a larger one is an
	// error that wraps ErrTooLarge.
	Blob(ctx context.Context, id ID, limit int64) ([]byte, error)
}

// ErrMissing says that an object is not in the repository, as in one that was
// cloned in part.
var ErrMissing = errors.New("is not in this repository")

// ErrTooLarge says that an object is larger than what is read.
var ErrTooLarge = errors.New("is too large to be read")

// ErrNoRepository says that a directory is in no git repository.
var ErrNoRepository = errors.New("is not in a git repository")

// ErrNoGit says that the program git is not installed.
var ErrNoGit = errors.New("the program git was not found")

// The largest tree and commit objects that are read, in bytes: a directory of
// about 200,000 files, and a commit with a signature and a long message.
const (
	maxTree   = 16 << 20
	maxCommit = 4 << 20
)
