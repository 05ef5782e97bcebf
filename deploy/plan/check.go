package plan

import (
	"maps"
	"strings"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A side is all that decides what a role may do and who may assume it.
type side struct {
	allow, deny atomSet
	boundary    string // the ARN, "" without one
	limit       *form  // the boundary's text
	trust       *form  // nil: nobody may assume the role, or there is none
}

func newSide(trust *form, boundary string, limit *form, policies []*form) *side {
	s := &side{allow: atomSet{}, deny: atomSet{}, boundary: boundary, limit: limit, trust: trust}
	for _, f := range policies {
		if f != nil {
			s.allow.add(f.allow)
			s.deny.add(f.deny)
		}
	}
	return s
}

// closed reports whether the trust policy lets nobody in.
func (s *side) closed() bool { return s.trust == nil || len(s.trust.allow) == 0 }

// sealed reports whether everything is denied.
func (s *side) sealed() bool { return s.deny[seal().id] != nil }

// A checker proves states between two sides.
type checker struct {
	before, after *side
	options       access.Options
	answers       *answers
	kept          map[string]bool // trust policies, by key, that hold all that both sides' hold
}

// answers remembers comparisons, which roles often share.
type answers struct{ proved map[string]bool }

// noExcess proves that s grants to nobody what neither before nor after grants.
// Who may assume a role and what it may do make pairs: a state is good if its
// pairs are all in one side, or if one half of them is in both.
func (c *checker) noExcess(s *side) Proof {
	if s.sealed() {
		return Sealed
	}
	how := ByStatements
	within := func(x *side) bool {
		p := c.trustWithin(s, x)
		if p == NotProved {
			return false
		}
		q := c.accessWithin(s, x)
		if p == ByComparison || q == ByComparison {
			how = ByComparison
		}
		return q != NotProved
	}
	if within(c.after) {
		return how
	}
	how = ByStatements
	if within(c.before) {
		return how
	}
	if p, q := c.trustWithin(s, c.before), c.trustWithin(s, c.after); p != NotProved && q != NotProved {
		if r := c.accessWithinEither(s); r != NotProved {
			return weakest(p, q, r)
		}
	}
	return NotProved
}

// weakest is ByComparison if one of the proofs is.
func weakest(list ...Proof) Proof {
	for _, p := range list {
		if p == ByComparison {
			return p
		}
	}
	return ByStatements
}

// trustWithin proves that whoever may assume the role in s may in x.
func (c *checker) trustWithin(s, x *side) Proof {
	switch {
	case s.closed() || s.trust.key() == x.trust.key():
		return ByStatements
	case x.closed() || s.trust.opaque() || x.trust.opaque():
		return NotProved
	}
	mine, theirs := formSets(s.trust), formSets(x.trust)
	if mine.allow.within(theirs.allow) && theirs.deny.within(mine.deny) {
		return ByStatements
	}
	return c.compare(
		access.Side{Resource: x.trust.doc.Policy}, access.Side{Resource: s.trust.doc.Policy},
		"trust\x00"+s.trust.key()+"\x00"+x.trust.key())
}

type sets struct{ allow, deny atomSet }

func formSets(f *form) sets {
	out := sets{atomSet{}, atomSet{}}
	out.allow.add(f.allow)
	out.deny.add(f.deny)
	return out
}

// accessWithin proves that what s allows, x allows.
func (c *checker) accessWithin(s, x *side) Proof {
	proof := ByStatements
	for _, a := range s.allow.sorted() {
		p := c.atomWithin(a, s, x)
		if p == NotProved {
			return NotProved
		}
		proof = weakest(proof, p)
	}
	return proof
}

// accessWithinEither proves that what s allows, before or after allows, for
// each statement one of them.
func (c *checker) accessWithinEither(s *side) Proof {
	proof := ByStatements
	for _, a := range s.allow.sorted() {
		p := c.atomWithin(a, s, c.after)
		if p != ByStatements {
			if q := c.atomWithin(a, s, c.before); q != NotProved {
				p = q
			}
		}
		if p == NotProved {
			return NotProved
		}
		proof = weakest(proof, p)
	}
	return proof
}

// atomWithin proves that what one statement of s allows, after every Deny of s
// and under its boundary, x allows.
func (c *checker) atomWithin(a *atom, s, x *side) Proof {
	sameLimit := x.boundary == "" || s.boundary == x.boundary && s.limit.key() == x.limit.key()
	if x.allow[a.id] != nil && x.deny.within(s.deny) && sameLimit {
		return ByStatements
	}
	if a.opaque || x.limit.opaque() && !sameLimit {
		return NotProved
	}
	for id, d := range x.deny {
		if d.opaque && s.deny[id] == nil {
			return NotProved // it may deny what s allows
		}
	}
	head := access.Side{Identity: []*policy.Document{a.document()}}
	base := access.Side{}
	key := strings.Builder{}
	key.WriteString("access\x00" + a.id)
	gather := func(to *access.Side, set atomSet, mark string) {
		key.WriteString(mark)
		for _, b := range set.sorted() {
			if !b.opaque && b.shape.MayMeet(a.shape) {
				to.Identity = append(to.Identity, b.document())
				key.WriteString("\x00" + b.id)
			}
		}
	}
	gather(&head, s.deny, "\x01-")
	gather(&base, x.allow, "\x01+")
	gather(&base, x.deny, "\x01-")
	if !sameLimit {
		limit(&head, s.limit, &key)
		limit(&base, x.limit, &key)
	}
	return c.compare(base, head, key.String())
}

// limit puts a side under a boundary. One whose text is not known is left out,
// which only the smaller side may do.
func limit(to *access.Side, f *form, key *strings.Builder) {
	key.WriteString("\x01under\x00")
	if f != nil && !f.opaque() {
		to.Boundary = f.doc.Policy
		key.WriteString(f.key())
	}
}

// compare proves that head allows nothing that base does not, in every reading
// of ARNs.
func (c *checker) compare(base, head access.Side, key string) Proof {
	ok, known := c.answers.proved[key]
	if !known {
		r, err := access.Compare(base, head, c.options)
		ok = err == nil && r.NewAccess == access.No && r.IfStarCrossesColons == ""
		c.answers.proved[key] = ok
	}
	if ok {
		return ByComparison
	}
	return NotProved
}

// noLoss proves that s grants everything that both before and after grant.
func (c *checker) noLoss(s *side) Proof {
	if len(c.before.allow) == 0 || len(c.after.allow) == 0 || c.before.sealed() || disjoint(c.before.trust, c.after.trust) {
		return ByStatements
	}
	p := c.trustKept(s)
	if p == NotProved {
		return NotProved
	}
	q := c.accessKept(s)
	if q == NotProved {
		return NotProved
	}
	return weakest(p, q)
}

// trustKept proves that whoever may assume the role before and after may in s.
func (c *checker) trustKept(s *side) Proof {
	key := s.trust.key()
	switch {
	case key == c.before.trust.key() || key == c.after.trust.key() || c.kept[key]:
		return ByStatements
	}
	for _, x := range []*side{c.before, c.after} {
		if p := c.trustWithin(x, s); p != NotProved {
			return p
		}
	}
	return NotProved
}

// accessKept proves that what both sides allow, s allows.
func (c *checker) accessKept(s *side) Proof {
	either := maps.Clone(c.before.deny)
	maps.Copy(either, c.after.deny)
	if !s.deny.within(either) || s.boundary != "" && !sameBoundary(s, c.before) && !sameBoundary(s, c.after) {
		return NotProved
	}
	base, head, key := c.missing(s, either)
	if len(head.Identity) == 0 || len(head.SCPs) == 0 {
		return ByStatements
	}
	return c.compare(base, head, key)
}

// missing are the sides of which a comparison says whether s lacks something
// that before and after allow: head is what they allow by statements that s
// has not, base what s allows. What both deny and a boundary of theirs
// withholds is in neither, so that base needs none of it.
func (c *checker) missing(s *side, either atomSet) (base, head access.Side, key string) {
	gone, coming := c.before.allow.without(s.allow), c.after.allow.without(s.allow)
	if len(gone) == 0 || len(coming) == 0 {
		return base, head, ""
	}
	var b strings.Builder
	b.WriteString("kept")
	put := func(mark string, list []*atom) (docs []*policy.Document) {
		b.WriteString("\x01" + mark)
		for _, a := range list {
			b.WriteString("\x00" + a.id)
			if a.opaque {
				a = anything()
			}
			docs = append(docs, a.document())
		}
		return docs
	}
	head.Identity = put("gone", gone)
	head.SCPs = append(head.SCPs, put("coming", coming))
	var denies []*atom
	for _, d := range either.sorted() {
		if !d.opaque {
			denies = append(denies, d)
		}
	}
	head.Identity = append(head.Identity, put("-", denies)...)
	limit(&head, c.before.limit, &b)
	if f := c.after.limit; f != nil && !f.opaque() {
		b.WriteString("\x01and\x00" + f.key())
		head.SCPs = append(head.SCPs, []*policy.Document{f.doc.Policy})
	}
	var here []*atom
	for _, a := range s.allow.sorted() {
		if !a.opaque {
			here = append(here, a)
		}
	}
	base.Identity = put("+", here)
	return base, head, b.String()
}

func anything() *atom {
	return &atom{version: policy.Version2012, st: policy.Statement{Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}
}

func sameBoundary(a, b *side) bool { return a.boundary == b.boundary && a.limit.key() == b.limit.key() }

// lost is a request that both sides grant and s does not, nil if none was
// found.
func (c *checker) lost(s *side) *access.Witness {
	either := maps.Clone(c.before.deny)
	maps.Copy(either, c.after.deny)
	base, head, _ := c.missing(s, either)
	if len(head.Identity) == 0 || len(head.SCPs) == 0 {
		return nil
	}
	r, err := access.Compare(base, head, c.options)
	if err != nil {
		return nil
	}
	return r.Witness
}
