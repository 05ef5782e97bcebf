package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review/git"
)

// comparisonError is wrong usage for policies that cannot be compared, and a
// failure for a fault of smr.
func comparisonError(err error) error {
	if fault := (*access.UnconfirmedError)(nil); errors.As(err, &fault) {
		return err
	}
	return usagef("%s", err)
}

// revision compiles the configuration as it stands in a revision.
func (d *comparison) revision(ctx context.Context, name string) (*side, error) {
	repo, err := d.repository()
	if errors.Is(err, git.ErrNoRepository) {
		return nil, usagef("there is no file or directory %s, and it can be no revision: %s", name, err)
	}
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	id, err := repo.Resolve(ctx, name)
	if err != nil {
		return nil, usagef("there is no file or directory %s, and as a revision: %s", name, err)
	}
	return d.commit(ctx, repo, id, name)
}

// beforeHead is the configuration of the commit before the one that is checked
// out. Before the first commit there was none.
func (d *comparison) beforeHead(ctx context.Context) (*side, error) {
	const name = "HEAD^"
	repo, err := d.repository()
	if errors.Is(err, git.ErrNoRepository) {
		return nil, usagef("%s. Name what to compare: smr diff BASE HEAD", err)
	}
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	head, err := repo.Head(ctx)
	if err != nil {
		return nil, err
	}
	// The commit itself tells its parents; of a shallow clone git would say that
	// there are none.
	commit, err := repo.Commit(ctx, head)
	if err != nil {
		return nil, err
	}
	if len(commit.Parents) == 0 {
		return &side{name: name, revision: name, result: &compiler.Result{Stack: &ir.Stack{}}}, nil
	}
	return d.commit(ctx, repo, commit.Parents[0], name)
}

func (d *comparison) repository() (*git.Repository, error) {
	return git.Open(d.here(), git.Options{Env: d.Env})
}

// commit compiles the configuration of a commit, in the directory that is the
// working directory's.
func (d *comparison) commit(ctx context.Context, repo *git.Repository, id git.ID, name string) (*side, error) {
	prefix, err := repo.Prefix(d.here())
	if err != nil {
		return nil, err
	}
	result, err := d.compileCommit(ctx, repo, id, prefix)
	if errors.Is(err, git.ErrMissing) {
		err = fmt.Errorf("%w. The clone does not hold it: fetch more of the history (git fetch --deepen=1; with actions/checkout, fetch-depth: 2)", err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", name, id.Short(), err)
	}
	return &side{name: name, revision: name, dir: prefix, result: result}, nil
}

func (d *comparison) compileCommit(ctx context.Context, repo *git.Repository, id git.ID, prefix string) (*compiler.Result, error) {
	tree, err := repo.OpenTree(ctx, id)
	if err != nil {
		return nil, err
	}
	dir, err := tree.Directory(prefix)
	if err != nil {
		return nil, err
	}
	return d.compileTree(dir)
}
