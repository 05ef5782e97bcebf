package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/escalation"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Path is how a role comes to the rights of another, step by step.
type Path struct {
	From  Ref        `json:"from"`
	Steps []PathStep `json:"steps"`

	// Action is what the last role may call on any role, "" where the path leads
	// to other rights.
	Action string `json:"action,omitempty"`
}

// A Ref names a role of head.
type Ref struct {
	Role    string `json:"role"`
	Account string `json:"account"`
}

// A PathStep leads to a role. Action runs code as the role, passed to Service,
// where Way is [escalation.Pass].
type PathStep struct {
	To      Ref            `json:"to"`
	Way     escalation.Way `json:"way"`
	Service string         `json:"service,omitempty"`
	Action  string         `json:"action,omitempty"`
}

// paths finds the paths that head has and base lacks, and gives each to a role
// that changes and opens it: the one that its first new step leads to, or else
// the one that this step leaves. No path is new where nothing changes.
func (c *comparer) paths(pairs []*pair) {
	if !slices.ContainsFunc(pairs, (*pair).reaches) {
		return
	}
	shared := map[digest]*policy.Document{}
	var base, head []escalation.Role
	var was []int
	var of []*pair
	for _, p := range pairs {
		at := -1
		if p.base != nil {
			at = len(base)
			base = append(base, p.base.escalating(c, p.base.side(p.base.documents()), shared))
		}
		if p.head == nil {
			continue
		}
		side := p.head.side(p.head.documents())
		if p.claims != nil {
			side = p.claims.believed
		}
		head, was, of = append(head, p.head.escalating(c, side, shared)), append(was, at), append(of, p)
	}
	found, unknown := c.judge.NewPaths(base, head, was)
	for _, n := range found {
		p := of[n.Steps[len(n.Steps)-1].To]
		if n.Opened < len(n.Steps) {
			step := n.Steps[n.Opened]
			if p = of[step.To]; !p.reaches() && of[step.From].reaches() {
				p = of[step.From]
			}
		}
		p.opens = append(p.opens, path(of, &n.Path))
	}
	for _, p := range of {
		p.pathless = unknown > 0 && p.moves()
	}
}

// escalating is the role with its policies, each text one document.
func (s *subject) escalating(c *comparer, side access.Side, shared map[digest]*policy.Document) escalation.Role {
	one := func(d *policy.Document) *policy.Document {
		if d == nil {
			return nil
		}
		key := c.text(d).digest
		if shared[key] == nil {
			shared[key] = d
		}
		return shared[key]
	}
	r := escalation.Role{ARN: s.role.ARN(), Trust: s.role.Trust.Document, Side: access.Side{Boundary: one(side.Boundary)}}
	for _, d := range side.Identity {
		r.Side.Identity = append(r.Side.Identity, one(d))
	}
	return r
}

// reaches reports whether something of head's role changes by which roles come
// to others.
func (p *pair) reaches() bool {
	return p.head != nil && (p.moves() || p.base.key() != p.head.key() || p.base.trustKey() != p.head.trustKey())
}

// moves reports whether head has a role of an ARN that is new.
func (p *pair) moves() bool {
	return p.head != nil && (p.base == nil || p.base.role.ARN() != p.head.role.ARN())
}

// path names the roles of a path.
func path(of []*pair, p *escalation.Path) Path {
	ref := func(i int) Ref {
		r := of[i].head.role
		return Ref{r.Address(), r.Target.Name}
	}
	out := Path{From: ref(p.Steps[0].From), Action: p.Action}
	for _, s := range p.Steps {
		out.Steps = append(out.Steps, PathStep{To: ref(s.To), Way: s.Way, Service: s.Service, Action: s.Action})
	}
	return out
}

// paths tells of the ways that the role opens, as one: they go together.
func (e *escalations) paths() {
	if e.pathless {
		e.add(Escalation{Kind: EscalationUnknown, Summary: "it is not decided which roles come to others by its name"}, "path "+e.state())
	}
	if len(e.opens) == 0 {
		return
	}
	slices.SortStableFunc(e.opens, func(a, b Path) int {
		return cmp.Or(cmp.Compare(a.From.Account, b.From.Account), cmp.Compare(a.From.Role, b.From.Role), cmp.Compare(len(a.Steps), len(b.Steps)))
	})
	summary := e.opens[0].words(e.head.role.Target.Name)
	if more := len(e.opens) - 1; more > 0 {
		summary += fmt.Sprintf(", and %d more", more)
	}
	if e.role.Change == SameMeaning {
		e.role.Change = Changed
	}
	e.add(Escalation{Kind: EscalationPath, Summary: summary, Paths: e.opens}, "")
}

// words is the path as a sentence, in an account.
func (p *Path) words(account string) string {
	name := func(r Ref) string {
		if r.Account != account {
			return fmt.Sprintf("%q in %q", r.Role, r.Account)
		}
		return fmt.Sprintf("%q", r.Role)
	}
	var words []string
	from := p.From
	for _, s := range p.Steps {
		switch s.Way {
		case escalation.Assume:
			words = append(words, name(from)+" may assume "+name(s.To))
		case escalation.Edit:
			words = append(words, name(from)+" may write itself into the trust policy of "+name(s.To))
		default:
			words = append(words, fmt.Sprintf("%s may pass %s to %s with %s", name(from), name(s.To), s.Service, s.Action))
		}
		from = s.To
	}
	if p.Action != "" {
		words = append(words, name(from)+" may call "+p.Action+" on any role")
	}
	return strings.Join(words, ", and ")
}
