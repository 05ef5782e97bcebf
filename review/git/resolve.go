package git

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Change is what an event says of the commits that are to be compared.
type Change struct {
	// Event is the event's name, "" outside of GitHub Actions.
	Event string
	// Base and Head are base.sha and head.sha of a pull request, base_sha and
	// head_sha of a merge group, before and after of a push.
	Base, Head ID
	// BaseBranch is base.ref of a pull request. It is only looked up, and not
	// at all if it is spelled unlike a branch.
	BaseBranch string
	// SHA is GITHUB_SHA: for a pull request, the merge of it into its base.
	SHA ID
	// Revision, if not "", is what the user wants to compare with instead.
	Revision string
}

// API is what GitHub answers where a repository lacks the history.
type API interface {
	Objects
	// MergeBase is the best common ancestor of two commits.
	MergeBase(ctx context.Context, base, head ID) (ID, error)
	// Branch is the commit that a branch stands at.
	Branch(ctx context.Context, name string) (ID, error)
}

// A Resolver finds what a change is to be compared with.
type Resolver struct {
	// Repository is nil where there is no git or nothing is checked out.
	Repository *Repository
	// API is nil without GitHub.
	API API
}

// A Comparison is the answer: two commits, and how they were found.
type Comparison struct {
	// Base is compared with; "" is an empty base, for a branch that is new.
	// Rules is the commit whose rules judge the change: the branch that the
	// change goes to, so that no old base can be chosen to be judged by rules
	// that have been tightened since.
	Base, Rules ID
	// Head is the commit that is reviewed, "" if the event deleted a branch.
	Head ID
	// How says in one sentence where the base comes from.
	How string
	// Fetched are commits that were not in the repository and were fetched.
	Fetched []ID
}

// An Error says why a change cannot be compared and what to do about it. It
// must not be taken for an empty base.
type Error struct {
	What   string // a whole sentence
	Remedy string // one or more whole sentences
	Err    error  // may be nil
}

// Error is the whole of it in one line.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.What + " " + e.Remedy
	}
	return fmt.Sprintf("%s (%v) %s", e.What, e.Err, e.Remedy)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// deeper is the remedy for a history that does not reach far enough.
const deeper = "Give actions/checkout `fetch-depth: 2` (or 0 for the whole history) and the job `permissions: contents: read`."

// Resolve finds the commits to compare.
//
// A merge group and a push name both. HEAD that is the merge of the pull
// request into its base is compared with its first parent, which is what
// merging changes, exactly; base.sha of the event is older than that. Any other
// HEAD of a pull request is compared with its merge base. Without an event, the
// base is HEAD's first parent.
//
// Commits that the repository lacks are fetched, at once, or read through the
// API. An [*Error] says what is missing and how to give it.
func (r *Resolver) Resolve(ctx context.Context, ch Change) (*Comparison, error) {
	c, err := r.choose(ctx, ch)
	if err != nil {
		return nil, err
	}
	if c.Base.IsZero() {
		c.Base, c.How = "", "the branch is new: everything in it is compared with nothing"
	}
	if c.Rules.IsZero() {
		c.Rules = ""
	}
	if c.Head.IsZero() {
		c.Head = ""
		return c, nil
	}
	if err := r.provide(ctx, c); err != nil {
		return nil, err
	}
	return c, nil
}

func (r *Resolver) choose(ctx context.Context, ch Change) (*Comparison, error) {
	if r.Repository == nil && r.API == nil {
		return nil, &Error{
			What:   "There is no git repository here, so that there is no base to compare with.",
			Remedy: "Run smr in a clone with git installed, or compare two directories with `smr diff BASE HEAD`.", Err: ErrNoRepository,
		}
	}
	switch {
	case ch.Event == "pull_request_target":
		return r.untrusted(ctx, ch)
	case ch.Revision != "":
		return r.asked(ctx, ch)
	case ch.Event == "merge_group" || ch.Event == "push":
		if ch.Base == "" || ch.Head == "" {
			return nil, incomplete(ch.Event)
		}
		return &Comparison{Base: ch.Base, Rules: ch.Base, Head: ch.Head, How: "the " + strings.ReplaceAll(ch.Event, "_", " ") + " names it"}, nil
	}
	head, err := r.head(ctx, ch)
	if err != nil {
		return nil, err
	}
	commit, err := r.commit(ctx, head)
	if err != nil {
		return nil, &Error{What: fmt.Sprintf("The commit %s cannot be read.", head.Short()), Remedy: deeper, Err: err}
	}
	if ch.Event != "pull_request" {
		return parent(commit), nil
	}
	if ch.Base == "" || ch.Head == "" {
		return nil, incomplete(ch.Event)
	}
	if err := r.about(ctx, ch, commit); err != nil {
		return nil, err
	}
	if len(commit.Parents) == 2 && commit.Parents[1] == ch.Head {
		base := commit.Parents[0]
		return &Comparison{Base: base, Rules: base, Head: head, How: "the first parent of the merge of the pull request, " + head.Short()}, nil
	}
	return r.mergeBase(ctx, ch, head)
}

func incomplete(event string) error {
	return &Error{
		What:   fmt.Sprintf("The event %s names no commits to compare.", event),
		Remedy: "Give the commit to compare with in the input `base`.",
	}
}

// parent compares a commit with its first parent.
func parent(c Commit) *Comparison {
	if len(c.Parents) == 0 {
		return &Comparison{Head: c.ID, How: "the first commit has no parent: everything in it is compared with nothing"}
	}
	return &Comparison{Base: c.Parents[0], Rules: c.Parents[0], Head: c.ID, How: "the parent of " + c.ID.Short()}
}

// asked compares with the revision that the user named, as it is.
func (r *Resolver) asked(ctx context.Context, ch Change) (*Comparison, error) {
	head, err := r.head(ctx, ch)
	if err != nil {
		return nil, err
	}
	if ch.Event == "pull_request" && ch.Head != "" {
		commit, err := r.commit(ctx, head)
		if err != nil {
			return nil, &Error{What: fmt.Sprintf("The commit %s cannot be read.", head.Short()), Remedy: deeper, Err: err}
		}
		if err := r.about(ctx, ch, commit); err != nil {
			return nil, err
		}
	}
	how := fmt.Sprintf("the base %q was asked for", ch.Revision)
	if id, err := ParseID(ch.Revision); err == nil {
		return &Comparison{Base: id, Rules: id, Head: head, How: how}, nil
	}
	if r.Repository == nil {
		return nil, &Error{
			What:   fmt.Sprintf("There is no git repository here in which to look up %q.", ch.Revision),
			Remedy: "Give the base as a whole commit id.",
		}
	}
	base, err := r.Repository.Resolve(ctx, ch.Revision)
	if err != nil {
		return nil, &Error{What: "The base cannot be found.", Remedy: deeper, Err: err}
	}
	return &Comparison{Base: base, Rules: base, Head: head, How: how}, nil
}

// head is the commit under review: what is checked out, else what the event
// runs for.
func (r *Resolver) head(ctx context.Context, ch Change) (ID, error) {
	if r.Repository != nil {
		id, err := r.Repository.Head(ctx)
		if err != nil {
			return "", &Error{What: "No commit is checked out.", Remedy: "Commit once, or compare two directories with `smr diff BASE HEAD`.", Err: err}
		}
		return id, nil
	}
	if ch.SHA == "" {
		return "", &Error{
			What:   "Neither a repository nor GITHUB_SHA says which commit is under review.",
			Remedy: "Run actions/checkout before this step.",
		}
	}
	return ch.SHA, nil
}

// mergeBase compares with where head left the base branch, which only a whole
// history or GitHub knows. The event's base.sha can be hours old: if head has
// merged the branch since, the merge base with the branch as it now stands is
// the right one. Where head is in that branch already, everything would seem
// unchanged, so that base.sha counts again.
func (r *Resolver) mergeBase(ctx context.Context, ch Change, head ID) (*Comparison, error) {
	tips := []ID{ch.Base}
	if tip := r.tip(ctx, ch.BaseBranch); tip != "" && tip != ch.Base {
		tips = []ID{tip, ch.Base}
	}
	var found ID
	var err error
	for _, tip := range tips {
		found, err = r.ancestor(ctx, tip, head)
		if err == nil && found != "" && (found != head || tip == ch.Base) {
			how := "the merge base of " + tip.Short() + " and " + head.Short()
			if head != ch.Head && head != ch.SHA {
				how += ", which is checked out and is not what the event is about: neither " + ch.Head.Short() + " nor its merge"
			}
			return &Comparison{Base: found, Rules: tip, Head: head, How: how}, nil
		}
	}
	return nil, &Error{
		What:   fmt.Sprintf("The merge base of %s and %s cannot be found.", ch.Base.Short(), head.Short()),
		Remedy: "Give actions/checkout `fetch-depth: 2` without `ref:`, so that it checks out the merge of the pull request, or `fetch-depth: 0` with it.", Err: err,
	}
}

func (r *Resolver) ancestor(ctx context.Context, base, head ID) (ID, error) {
	found, err := r.localMergeBase(ctx, base, head)
	if err == nil && found == "" && r.API != nil {
		return r.API.MergeBase(ctx, base, head)
	}
	return found, err
}

// localMergeBase is "" where the repository cannot know.
func (r *Resolver) localMergeBase(ctx context.Context, base, head ID) (ID, error) {
	if r.Repository == nil {
		return "", nil
	}
	shallow, err := r.Repository.Shallow(ctx)
	if err != nil || shallow {
		return "", err
	}
	for _, id := range []ID{base, head} {
		has, err := r.Repository.Has(ctx, id)
		if err != nil {
			return "", err
		}
		if has {
			continue
		}
		// The history is whole, so that fetching the commit keeps it whole.
		if !r.Repository.mayFetch() {
			return "", nil
		}
		if err := r.Repository.Fetch(ctx, id); err != nil {
			if r.API != nil {
				return "", nil
			}
			return "", err
		}
	}
	return r.Repository.MergeBase(ctx, base, head)
}

// provide fetches what the repository lacks of a comparison, in one fetch.
// What can be read through the API need not be there.
func (r *Resolver) provide(ctx context.Context, c *Comparison) error {
	if r.Repository == nil {
		return nil
	}
	var lacking []ID
	for _, id := range []ID{c.Head, c.Base, c.Rules} {
		if id == "" || slices.Contains(lacking, id) {
			continue
		}
		has, err := r.Repository.Has(ctx, id)
		if err != nil {
			return err
		}
		if !has {
			lacking = append(lacking, id)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	err := fmt.Errorf("%s %w", lacking[0].Short(), ErrMissing)
	if r.Repository.mayFetch() {
		if err = r.Repository.Fetch(ctx, lacking...); err == nil {
			c.Fetched = lacking
			return nil
		}
	}
	if r.API != nil {
		return nil
	}
	return &Error{
		What:   fmt.Sprintf("The commit %s to compare with is not in the checkout and could not be fetched.", lacking[0].Short()),
		Remedy: deeper, Err: err,
	}
}

// commit reads a commit where it is.
func (r *Resolver) commit(ctx context.Context, id ID) (Commit, error) {
	objects, err := r.objects(ctx, id)
	if err != nil {
		return Commit{}, err
	}
	return objects.Commit(ctx, id)
}

// objects is what a commit can be read from: the repository if it has it, else
// the API.
func (r *Resolver) objects(ctx context.Context, id ID) (Objects, error) {
	if r.Repository == nil {
		return r.API, nil
	}
	has, err := r.Repository.Has(ctx, id)
	if err == nil && !has && r.API != nil {
		return r.API, nil
	}
	return r.Repository, err
}

// Tree opens a commit of a comparison. "" is an empty directory. The context
// bounds everything that is read through the tree.
func (r *Resolver) Tree(ctx context.Context, id ID) (*Tree, error) {
	if id == "" {
		return NewTree(ctx, r.Repository, "")
	}
	objects, err := r.objects(ctx, id)
	if err == nil {
		var t *Tree
		if t, err = NewTree(ctx, objects, id); err == nil {
			return t, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if errors.Is(err, ErrMissing) {
		return nil, &Error{What: fmt.Sprintf("The commit %s cannot be read.", id.Short()), Remedy: deeper, Err: err}
	}
	return nil, err
}
