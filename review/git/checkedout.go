package git

import (
	"context"
	"fmt"
	"slices"
)

// about refuses a commit that the pull request has no part in: a workflow that
// checks out something else, or files of the change that look like a repository
// of their own, would have it pass unseen.
func (r *Resolver) about(ctx context.Context, ch Change, commit Commit) error {
	if commit.ID == ch.Head || commit.ID == ch.SHA || slices.Contains(commit.Parents, ch.Head) {
		return nil
	}
	found, err := r.ancestor(ctx, ch.Head, commit.ID)
	if err == nil && found == ch.Head {
		return nil
	}
	return &Error{
		What:   fmt.Sprintf("The commit %s is checked out, and is neither the pull request's %s nor made of it.", commit.ID.Short(), ch.Head.Short()),
		Remedy: "Let actions/checkout take what the event is about (no `ref:` and no `repository:`, or `ref: ${{ github.event.pull_request.head.sha }}`).", Err: err,
	}
}

// untrusted compares a pull request without ever checking it out: its head is
// read as data beside the branch that it goes to.
func (r *Resolver) untrusted(ctx context.Context, ch Change) (*Comparison, error) {
	if ch.Base == "" || ch.Head == "" {
		return nil, incomplete(ch.Event)
	}
	if r.Repository != nil {
		head, err := r.Repository.Head(ctx)
		if err != nil {
			return nil, &Error{What: "It is not known what is checked out.", Remedy: "Leave actions/checkout out of a workflow on pull_request_target.", Err: err}
		}
		commit, err := r.Repository.Commit(ctx, head)
		if err != nil {
			return nil, err
		}
		if head == ch.Head || slices.Contains(commit.Parents, ch.Head) {
			return nil, &Error{
				What:   fmt.Sprintf("The pull request's own commit %s is checked out in a workflow on pull_request_target, where its files can reach the token of the base repository.", ch.Head.Short()),
				Remedy: "Leave actions/checkout out of that workflow: smr reads the files through git or the API and runs none of them.",
			}
		}
	}
	return r.mergeBase(ctx, ch, ch.Head)
}
