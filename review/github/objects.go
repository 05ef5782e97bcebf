package github

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/review/git"
)

var _ git.API = (*Client)(nil)

// Commit reads a commit.
func (c *Client) Commit(ctx context.Context, id git.ID) (git.Commit, error) {
	type object struct {
		SHA string `json:"sha"`
	}
	var answer struct {
		Tree    object   `json:"tree"`
		Parents []object `json:"parents"`
	}
	if err := c.object(ctx, "commits", id, maxBody, &answer); err != nil {
		return git.Commit{}, err
	}
	out := git.Commit{ID: id}
	var err error
	if out.Tree, err = git.ParseID(answer.Tree.SHA); err != nil {
		return git.Commit{}, err
	}
	for _, p := range answer.Parents {
		parent, err := git.ParseID(p.SHA)
		if err != nil {
			return git.Commit{}, err
		}
		out.Parents = append(out.Parents, parent)
	}
	return out, nil
}

// Tree reads one directory.
func (c *Client) Tree(ctx context.Context, id git.ID) ([]git.Entry, error) {
	var answer struct {
		Truncated bool `json:"truncated"`
		Tree      []struct {
			Path, Mode, SHA string
			Size            int64
		} `json:"tree"`
	}
	if err := c.object(ctx, "trees", id, maxBody, &answer); err != nil {
		return nil, err
	}
	if answer.Truncated {
		return nil, fmt.Errorf("tree %s %w by GitHub's API: it has too many entries. Run actions/checkout before this step", id, git.ErrTooLarge)
	}
	var out []git.Entry
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range answer.Tree {
		mode, err := strconv.ParseUint(e.Mode, 8, 32)
		if err != nil || e.Path == "" || strings.Contains(e.Path, "/") {
			return nil, fmt.Errorf("tree %s: %w", id, errAnswer)
		}
		object, err := git.ParseID(e.SHA)
		if err != nil {
			return nil, err
		}
		c.sizes[object] = e.Size
		out = append(out, git.Entry{Name: e.Path, Mode: uint32(mode), ID: object})
	}
	return out, nil
}

// Size is the number of bytes of a file, which the directory that it was found
// in has told.
func (c *Client) Size(ctx context.Context, id git.ID) (int64, error) {
	c.mu.Lock()
	size, ok := c.sizes[id]
	c.mu.Unlock()
	if ok {
		return size, nil
	}
	var answer struct{ Size int64 }
	return answer.Size, c.object(ctx, "blobs", id, maxBody, &answer)
}

// Blob reads a file of at most limit bytes, and checks that it is the one that
// its id names.
func (c *Client) Blob(ctx context.Context, id git.ID, limit int64) ([]byte, error) {
	if size, err := c.Size(ctx, id); err != nil {
		return nil, err
	} else if size > limit {
		return nil, fmt.Errorf("file %s has %d bytes and %w: at most %d", id, size, git.ErrTooLarge, limit)
	}
	var answer struct{ Content, Encoding string }
	if err := c.object(ctx, "blobs", id, 2*limit+1<<20, &answer); err != nil {
		return nil, err
	}
	if answer.Encoding != "base64" {
		return nil, fmt.Errorf("file %s: %w: its encoding is %.40q", id, errAnswer, answer.Encoding)
	}
	data, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, strings.NewReader(answer.Content)))
	if err != nil || !names(id, data) {
		return nil, fmt.Errorf("file %s: %w: its content is another", id, errAnswer)
	}
	return data, nil
}

// names reports whether an id is that of a blob with some content ("Git
// Internals - Git Objects").
func names(id git.ID, data []byte) bool {
	object := append([]byte("blob "+strconv.Itoa(len(data))+"\x00"), data...)
	if len(id) == 64 {
		sum := sha256.Sum256(object)
		return hex.EncodeToString(sum[:]) == string(id)
	}
	sum := sha1.Sum(object)
	return hex.EncodeToString(sum[:]) == string(id)
}

// object reads an object of the repository's. One that is not there is an
// error that wraps [git.ErrMissing].
func (c *Client) object(ctx context.Context, kind string, id git.ID, limit int64, out any) error {
	if _, err := git.ParseID(string(id)); err != nil {
		return err
	}
	err := c.do(ctx, http.MethodGet, c.repo("/git/%s/%s", kind, id), nil, limit, into(out))
	if s := status(err); s == http.StatusNotFound || s == http.StatusConflict || s == http.StatusUnprocessableEntity {
		return fmt.Errorf("object %s %w: %w", id, git.ErrMissing, err)
	}
	return err
}
