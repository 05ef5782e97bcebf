package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/review/git"
)

// frozenValues reads the files of --var-file. One that a compared commit holds
// is read from each commit: were the change's own file used for the base too,
// what it alters would be no change. The others, such as what an earlier step
// made, are read from the machine.
func (r *reviewing) frozenValues(ctx context.Context, resolver *git.Resolver, compared *git.Comparison) (func(*git.Tree) ([]dsl.File, error), error) {
	committed := map[string]string{}
	for _, name := range r.varFiles {
		inside, ok := r.inRepo(resolver.Repository, name)
		if !ok {
			continue
		}
		for _, id := range []git.ID{compared.Base, compared.Head, compared.Rules} {
			tree, err := resolver.Tree(ctx, id)
			if err != nil {
				return nil, err
			}
			if _, err := fs.Stat(tree, inside); err == nil {
				committed[name] = inside
			} else if !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("--var-file %s: %w", name, err)
			}
		}
	}
	return func(tree *git.Tree) ([]dsl.File, error) {
		var files []dsl.File
		for _, name := range r.varFiles {
			data, err := []byte(nil), error(nil)
			if inside := committed[name]; inside == "" {
				data, err = readLimited(r.path(name))
			} else if data, err = fs.ReadFile(tree, inside); errors.Is(err, fs.ErrNotExist) {
				continue // the commit had no such values yet
			}
			if err != nil {
				return nil, fmt.Errorf("--var-file %s: %w", name, cause(err))
			}
			files = append(files, dsl.File{Name: filepath.ToSlash(name), Bytes: data})
		}
		return files, nil
	}, nil
}

// inRepo is the path of a file in the repository; ok is false for one outside.
func (r *reviewing) inRepo(repo *git.Repository, name string) (inside string, ok bool) {
	if repo == nil {
		inside = path.Clean(filepath.ToSlash(name))
		return inside, fs.ValidPath(inside)
	}
	dir, err := repo.Prefix(filepath.Dir(r.path(name)))
	return path.Join(dir, filepath.Base(name)), err == nil
}
