// Package review says what a change of a configuration changes: which access
// roles gain and lose, who may assume them, their boundaries, settings and use
// of quotas. Compare makes one document of it, from which every view is made.
//
// The Go API is not yet stable.
package review

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/iam/access"
)

// Options choose the facts and limits of a comparison. The zero Options are
// those of the command line.
type Options struct {
	Facts   access.Facts  // nil: [access.ServiceFacts]
	Limits  access.Limits // of each comparison of two sets of policies
	Workers int           // comparisons at a time; 0: as many as there are processors
}

// Compare says what head changes against base. A role that is on one side only
// is compared with nothing. Where the result of base is incomplete, every
// answer about a role of head is unknown, for base may lack what it allowed.
// Where that of head is, roles and access are not said to be lost, for errors
// may keep them out.
//
// The error is a fault of smr itself: an [access.UnconfirmedError] or the Fault
// of a result.
func Compare(base, head *compiler.Result, o Options) (*Diff, error) {
	for _, r := range []*compiler.Result{base, head} {
		if r.Fault != nil {
			return nil, r.Fault
		}
	}
	c := newComparer(o)
	d, err := c.compare(c.match(base, head))
	if err != nil {
		return nil, err
	}
	d.Findings, d.FindingsOmitted = newFindings(base, head)
	return d, nil
}

// CompareRoles says what changes from one role to another, whatever their
// names and accounts; nil is no role. The error is as that of [Compare].
func CompareRoles(base, head *ir.StackRole, o Options) (*Diff, error) {
	c := newComparer(o)
	p := &pair{}
	if base != nil {
		p.base = c.subject(base)
	}
	if head != nil {
		p.head = c.subject(head)
	}
	if base == nil && head == nil {
		return c.compare(nil)
	}
	return c.compare([]*pair{p})
}

func (c *comparer) compare(pairs []*pair) (*Diff, error) {
	for _, p := range pairs {
		p.ask(c)
	}
	if err := c.run(); err != nil {
		return nil, err
	}
	c.paths(pairs)
	c.tags = c.readers(pairs)
	d := &Diff{Schema: Schema, Roles: []Role{}, Findings: []Finding{}}
	for _, p := range pairs {
		if r, changed := p.role(c); changed {
			d.Roles = append(d.Roles, r)
		}
	}
	d.seal()
	return d, nil
}

// A pair is one role in both configurations.
type pair struct {
	base, head *subject // nil where the role is not there
	renamed    bool     // found by its ARN, under another label
	blind      bool     // base is incomplete
	cut        bool     // head is incomplete

	identity *question // nil: the texts are the same
	open     *question // as identity, with whatever a policy of unknown text may allow
	trust    *question // nil: the text is the same
	claims   *doubt    // nil: head claims no texts of its own
	opens    []Path    // from role to role, that the role opens
	pathless bool      // it is not decided which ones it opens
}

// A subject is a role with the texts that decide on it.
type subject struct {
	role     *ir.StackRole
	texts    *prove.Texts
	sources  []source
	boundary *text // nil: there is none, or its text is not known
	trust    *text
	keys     map[string]bool // of all statements of sources, filled when asked for
}

// A source is one identity-based policy of a role.
type source struct {
	*text
	name     string
	kind     string // managed, inline or attached
	origins  []ir.Origin
	attached ir.Value // of an attached policy
}

// The kinds of sources.
const (
	managed  = "managed"
	inline   = "inline"
	attached = "attached"
)

// A roleKey is a role in an account, by its label and key or by its ARN: what is
// matched between configurations.
type roleKey struct{ account, label, key string }

// match pairs roles by account and ARN, then, of those that are left, by account
// and label: whoever may use an ARN comes to what stands behind it, whatever its
// label. Accounts are the same if they have the same id, whatever their names:
// the same role in another account is another role.
func (c *comparer) match(base, head *compiler.Result) []*pair {
	byID := distinctIDs(base) && distinctIDs(head)
	c.account = func(t *ir.Target) string {
		if byID {
			return t.AccountID
		}
		return t.Name
	}
	c.claims = claimsOf(base, c.account)
	labelOf := func(r *ir.StackRole) roleKey { return roleKey{c.account(r.Target), r.Label, r.Key} }
	arnOf := func(r *ir.StackRole) roleKey { return roleKey{c.account(r.Target), r.ARN(), ""} }
	left := map[*ir.StackRole]bool{}
	for _, r := range roles(base) {
		left[r] = true
	}
	var pairs []*pair
	for _, r := range roles(head) {
		pairs = append(pairs, &pair{head: c.subject(r), blind: base.Incomplete, cut: head.Incomplete})
	}
	for _, keyOf := range []func(*ir.StackRole) roleKey{arnOf, labelOf} {
		found := map[roleKey]*ir.StackRole{}
		for _, r := range roles(base) {
			if left[r] {
				found[keyOf(r)] = r
			}
		}
		for _, p := range pairs {
			if b := found[keyOf(p.head.role)]; p.base == nil && b != nil && left[b] {
				p.base, p.renamed = c.subject(b), labelOf(b) != labelOf(p.head.role)
				delete(left, b)
			}
		}
	}
	for _, r := range roles(base) {
		if left[r] {
			pairs = append(pairs, &pair{base: c.subject(r), cut: head.Incomplete})
		}
	}
	slices.SortStableFunc(pairs, func(p, q *pair) int {
		a, b := p.main().role, q.main().role
		return cmp.Or(cmp.Compare(a.Target.Name, b.Target.Name), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Key, b.Key))
	})
	return pairs
}

func roles(r *compiler.Result) []*ir.StackRole {
	if r.Stack == nil {
		return nil
	}
	return r.Stack.Roles
}

// distinctIDs reports whether account ids tell the accounts of a configuration
// apart.
func distinctIDs(r *compiler.Result) bool {
	if r.Stack == nil {
		return true
	}
	seen := map[string]string{}
	for _, role := range r.Stack.Roles {
		id, name := role.Target.AccountID, role.Target.Name
		if other, ok := seen[id]; ok && other != name {
			return false
		}
		seen[id] = name
	}
	return true
}

// main is the subject that names the pair: head's, or base's where the role is
// gone.
func (p *pair) main() *subject {
	if p.head != nil {
		return p.head
	}
	return p.base
}

// kind tells how the role changes, given what else is known of it.
func (p *pair) kind(r *Role) Kind {
	switch {
	case p.base == nil:
		return Added
	case p.head == nil:
		return Removed
	case r.NewAccess == access.No && r.LostAccess == access.No && r.IfStarCrossesColons == "" &&
		r.Trust.NewAccess == access.No && r.Trust.LostAccess == access.No && !r.settings():
		return SameMeaning
	}
	return Changed
}

// settings reports whether something changes that has a meaning beside the
// texts of policies.
func (r *Role) settings() bool {
	return r.Name != nil || r.Path != nil || r.ARN != nil || r.SessionDuration != nil || len(r.Tags) > 0 ||
		!same(r.Boundary.Before, r.Boundary.After)
}

func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// role describes the pair; changed is false if nothing changes.
func (p *pair) role(c *comparer) (r Role, changed bool) {
	main := p.main().role
	r = Role{Role: main.Address(), Account: main.Target.Name, Declared: declared(main), Gained: []Grant{}, Lost: []Grant{}}
	if p.renamed {
		r.RenamedFrom = p.base.role.Address()
	}
	texts := p.properties(c, &r)
	p.judge(c, &r)
	p.judgeTrust(c, &r)
	r.Change = p.kind(&r)
	p.escalate(c, &r)
	if p.cut && p.uncut(&r) {
		return r, false
	}
	return r, r.Change != SameMeaning || texts
}

// uncut takes back what an incomplete head seems to take away, and reports
// whether nothing else changes.
func (p *pair) uncut(r *Role) bool {
	if p.head == nil {
		return true
	}
	if r.LostAccess == access.No && r.Trust.LostAccess == access.No {
		return false
	}
	because := "the configuration of this change has errors, and may lack what it allows"
	if r.LostAccess != access.No {
		r.LostAccess, r.Lost, r.LostWitness = access.Unknown, []Grant{}, nil
		r.UnknownBecause = strings.Join(appendText(appendText(nil, r.UnknownBecause), because), "; ")
	}
	if t := &r.Trust; t.LostAccess != access.No {
		t.LostAccess, t.Lost, t.LostWitness = access.Unknown, nil, nil
		t.UnknownBecause = strings.Join(appendText(appendText(nil, t.UnknownBecause), because), "; ")
	}
	return r.NewAccess == access.No && r.IfStarCrossesColons == "" && r.Trust.NewAccess == access.No && len(r.Escalations) == 0 && !r.settings()
}
