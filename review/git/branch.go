package git

import (
	"context"
	"path"
	"strings"
)

// tip is where the base branch stands now, "" if that is not known.
func (r *Resolver) tip(ctx context.Context, branch string) ID {
	if !branchName(branch) {
		return ""
	}
	if r.Repository != nil {
		if shallow, err := r.Repository.Shallow(ctx); err == nil && !shallow {
			if id, err := r.Repository.Resolve(ctx, "refs/remotes/origin/"+branch); err == nil {
				return id
			}
		}
	}
	if r.API == nil {
		return ""
	}
	id, _ := r.API.Branch(ctx, branch) // without it, base.sha has to do
	return id
}

// branchName reports whether a name is a branch's that needs no quoting
// anywhere; git allows more ("git check-ref-format").
func branchName(s string) bool {
	if s == "" || len(s) > 250 || strings.HasPrefix(s, "-") || strings.Contains(s, "..") || strings.Contains(s, "//") {
		return false
	}
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/+=@-") == "" && path.Clean(s) == s && s[0] != '/'
}
