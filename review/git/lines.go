package git

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Lines are lines of a file, from First to Last, counted from 1.
type Lines struct{ First, Last int }

// Contains reports whether a line is among them.
func (l Lines) Contains(line int) bool { return l.First <= line && line <= l.Last }

// ChangedLines are the lines of files of head that base does not have: those
// that GitHub shows as added in a pull request and takes annotations on. names
// are the files of head to look at, with slashes; a file without a changed
// line is not in the result. A file that base does not have is compared with
// the most similar of the files that head no longer has in the same directory,
// if half of its lines or more are there, as a renamed file.
func ChangedLines(base, head fs.FS, names []string) (map[string][]Lines, error) {
	out := map[string][]Lines{}
	for _, name := range names {
		after, err := fs.ReadFile(head, name)
		if err != nil {
			return nil, err
		}
		before, err := fs.ReadFile(base, name)
		if errors.Is(err, fs.ErrNotExist) {
			before, err = renamed(base, head, name, after)
		}
		if err != nil {
			return nil, err
		}
		if lines := changed(before, after); len(lines) > 0 {
			out[name] = lines
		}
	}
	return out, nil
}

// maxRenames bounds how many files a new one is compared with.
const maxRenames = 50

// renamed is the content of the file of base that a file of head was made of,
// nil if it is new.
func renamed(base, head fs.FS, name string, content []byte) ([]byte, error) {
	dir := path.Dir(name)
	entries, err := fs.ReadDir(base, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var best []byte
	most, tried := 0.5, 0
	for _, e := range entries {
		other := path.Join(dir, e.Name())
		if !e.Type().IsRegular() || path.Ext(other) != path.Ext(name) || tried == maxRenames {
			continue
		}
		if _, err := fs.Stat(head, other); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		tried++
		data, err := fs.ReadFile(base, other)
		if err != nil {
			return nil, err
		}
		if same := similarity(data, content); same >= most {
			best, most = data, same
		}
	}
	return best, nil
}

// similarity is the part of the lines of the longer of two files that both
// have, 0 to 1, wherever they stand.
func similarity(a, b []byte) float64 {
	count := map[string]int{}
	inA, inB := bytes.SplitAfter(a, []byte("\n")), bytes.SplitAfter(b, []byte("\n"))
	for _, line := range inA {
		count[string(line)]++
	}
	same := 0
	for _, line := range inB {
		if count[string(line)] > 0 {
			count[string(line)]--
			same++
		}
	}
	return float64(same) / float64(max(len(inA), len(inB)))
}

// changed reads the added lines out of a unified diff.
func changed(before, after []byte) []Lines {
	if len(before) == 0 {
		n := bytes.Count(after, []byte("\n"))
		if len(after) > 0 && after[len(after)-1] != '\n' {
			n++
		}
		if n == 0 {
			return nil
		}
		return []Lines{{1, n}}
	}
	var out []Lines
	line := 0
	text := string(diff.Diff("a", before, "b", after))
	for i, s := range strings.SplitAfter(text, "\n") {
		switch {
		case i < 3: // the three lines that head a diff
		case strings.HasPrefix(s, "@@ "):
			line = hunk(s)
		case strings.HasPrefix(s, "+"):
			if last := len(out) - 1; last >= 0 && out[last].Last == line-1 {
				out[last].Last = line
			} else {
				out = append(out, Lines{line, line})
			}
			line++
		case strings.HasPrefix(s, " "):
			line++
		}
	}
	return slices.Clip(out)
}

// hunk is the first line of head in "@@ -1,2 +3,4 @@".
func hunk(head string) int {
	_, rest, _ := strings.Cut(head, "+")
	n, _ := strconv.Atoi(rest[:max(0, strings.IndexAny(rest, ", "))])
	return n
}
