package git

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
)

// Commit reads a commit object. In a shallow repository its parents are listed
// though they are not there.
func (r *Repository) Commit(ctx context.Context, id ID) (Commit, error) {
	data, err := r.object(ctx, id, "commit", maxCommit)
	if err != nil {
		return Commit{}, err
	}
	c := Commit{ID: id}
	for line := range strings.SplitSeq(string(data), "\n") {
		key, value, _ := strings.Cut(line, " ")
		if key != "tree" && key != "parent" {
			break // these two kinds of lines come first
		}
		other, err := ParseID(value)
		if err != nil {
			return Commit{}, fmt.Errorf("commit %s: %w", id, err)
		}
		if key == "tree" {
			c.Tree = other
		} else {
			c.Parents = append(c.Parents, other)
		}
	}
	if c.Tree == "" {
		return Commit{}, fmt.Errorf("commit %s names no tree", id)
	}
	return c, nil
}

// Tree reads a tree object.
func (r *Repository) Tree(ctx context.Context, id ID) ([]Entry, error) {
	data, err := r.object(ctx, id, "tree", maxTree)
	if err != nil {
		return nil, err
	}
	entries, err := parseTree(data, len(id)/2)
	if err != nil {
		return nil, fmt.Errorf("tree %s: %w", id, err)
	}
	return entries, nil
}

// parseTree reads the entries of a tree object: a mode in octal digits, a
// blank, a name, a zero byte and an id of width bytes.
func parseTree(data []byte, width int) ([]Entry, error) {
	var out []Entry
	for len(data) > 0 {
		head, rest, ok := bytes.Cut(data, []byte{0})
		mode, name, named := strings.Cut(string(head), " ")
		if !ok || !named || name == "" || strings.Contains(name, "/") || len(rest) < width {
			return nil, errors.New("is malformed")
		}
		m, err := strconv.ParseUint(mode, 8, 32)
		if err != nil {
			return nil, errors.New("has an entry without a mode")
		}
		out = append(out, Entry{Name: name, Mode: uint32(m), ID: ID(hex.EncodeToString(rest[:width]))})
		data = rest[width:]
	}
	return out, nil
}

// Size is the number of bytes of a blob, which is not read for that.
func (r *Repository) Size(ctx context.Context, id ID) (int64, error) {
	kind, size, err := r.stat(ctx, id)
	if err != nil {
		return 0, err
	}
	if kind != "blob" {
		return 0, fmt.Errorf("object %s is a %s, not a file", id, kind)
	}
	return size, nil
}

// Blob reads a blob of at most limit bytes.
func (r *Repository) Blob(ctx context.Context, id ID, limit int64) ([]byte, error) {
	return r.object(ctx, id, "blob", limit)
}

// Has reports whether an object is in the repository.
func (r *Repository) Has(ctx context.Context, id ID) (bool, error) {
	_, _, err := r.stat(ctx, id)
	if errors.Is(err, ErrMissing) {
		return false, nil
	}
	return err == nil, err
}

// object reads an object of one kind. Its size is asked for first, so that a
// large one is never made to be sent.
func (r *Repository) object(ctx context.Context, id ID, kind string, limit int64) ([]byte, error) {
	k, size, err := r.stat(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case k != kind:
		return nil, fmt.Errorf("object %s is a %s, not a %s", id, k, kind)
	case size > limit:
		return nil, fmt.Errorf("%s %s has %d bytes and %w: at most %d", kind, id, size, ErrTooLarge, limit)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b, err := r.started(ctx, &r.content, "--batch")
	if err != nil {
		return nil, err
	}
	var data []byte
	err = b.ask(ctx, id, func(_ string, size int64, out *bufio.Reader) error {
		if size > limit {
			return fmt.Errorf("object %s %w", id, ErrTooLarge)
		}
		data = make([]byte, size+1) // and the line feed that ends it
		_, err := io.ReadFull(out, data)
		return err
	})
	if err != nil {
		r.stop()
		return nil, err
	}
	return data[:len(data)-1], nil
}

// stat asks for the kind and size of an object.
func (r *Repository) stat(ctx context.Context, id ID) (kind string, size int64, err error) {
	if _, err := ParseID(string(id)); err != nil {
		return "", 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b, err := r.started(ctx, &r.check, "--batch-check")
	if err != nil {
		return "", 0, err
	}
	err = b.ask(ctx, id, func(k string, n int64, _ *bufio.Reader) error {
		kind, size = k, n
		return nil
	})
	if err != nil && (b.ended || !errors.Is(err, ErrMissing)) {
		r.stop()
	}
	return kind, size, err
}

// started is a running `git cat-file`; r.mu is held.
func (r *Repository) started(ctx context.Context, b **batch, mode string) (*batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if *b == nil {
		started, err := r.start(mode)
		if err != nil {
			return nil, err
		}
		*b = started
	}
	return *b, nil
}

// A batch is a `git cat-file` that answers one object id a line.
type batch struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *limited
	ended  bool
}

// start runs `git cat-file` in one of its batch modes. It lives until it is
// closed, longer than the question that started it.
func (r *Repository) start(mode string) (*batch, error) {
	ctx, cancel := context.WithCancel(context.Background())
	b := &batch{cmd: r.command(ctx, "cat-file", mode), cancel: cancel, stderr: &limited{max: 4096}}
	b.cmd.Stderr = b.stderr
	in, err := b.cmd.StdinPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	if err := b.cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	b.in, b.out = in, bufio.NewReaderSize(out, 64<<10)
	return b, nil
}

// ask sends an id and reads the head of the answer, "<id> <kind> <size>"; read
// reads what follows it. When ctx ends, the process is ended.
func (b *batch) ask(ctx context.Context, id ID, read func(kind string, size int64, out *bufio.Reader) error) error {
	stop := context.AfterFunc(ctx, b.cancel)
	defer stop()
	err := b.exchange(id, read)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && !errors.Is(err, ErrMissing) && !errors.Is(err, ErrTooLarge) {
		b.close()
		said := b.stderr.lastLine()
		// Git before 2.45 ends with this where later ones say "missing".
		if strings.Contains(said, "promisor remote") {
			return fmt.Errorf("object %s %w", id, ErrMissing)
		}
		if said != "" {
			return fmt.Errorf("git cat-file: %w: %q", err, said)
		}
		return fmt.Errorf("git cat-file: %w", err)
	}
	return err
}

func (b *batch) exchange(id ID, read func(string, int64, *bufio.Reader) error) error {
	if _, err := io.WriteString(b.in, string(id)+"\n"); err != nil {
		return err
	}
	line, err := b.out.ReadSlice('\n')
	if err != nil {
		return err
	}
	f := strings.Fields(string(line))
	if len(f) == 2 && f[1] == "missing" {
		return fmt.Errorf("object %s %w", id, ErrMissing)
	}
	if len(f) != 3 {
		return fmt.Errorf("answered %.200q for object %s", line, id)
	}
	size, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil || size < 0 {
		return fmt.Errorf("answered %.200q for object %s", line, id)
	}
	return read(f[1], size, b.out)
}

// close ends the process and waits for it.
func (b *batch) close() {
	if b.ended {
		return
	}
	b.ended = true
	b.in.Close()
	b.cancel()
	_ = b.cmd.Wait() // it was told to end
}
