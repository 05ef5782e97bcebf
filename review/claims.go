package review

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Texts of policies that smr does not deploy are claims: a change that gives
// another text deploys none of it. Were it believed, a change could hide what a
// role gains behind a boundary, a Deny or an attached policy that reads so in
// the change alone. So what a role gains is also asked by the texts that base
// claims.

// claims are the texts that base claims, by account and ARN.
type claims map[string]map[string]*ir.KnownPolicy

// claimsOf reads them; nil where there is no configuration to claim anything.
func claimsOf(base *compiler.Result, account func(*ir.Target) string) claims {
	c := claims{}
	if base.Program == nil {
		return c
	}
	for _, t := range base.Program.Targets {
		c[account(t)] = t.Policies
	}
	return c
}

// A doubt is what the pair would gain by the texts that base claims.
type doubt struct {
	arns     []string  // whose text only head claims
	attached bool      // one of them is attached anew
	gains    *question // from base to head by those texts
	hidden   *question // from head to the same
	believed access.Side
}

// doubted asks what head allows where its new claims are not believed; nil where
// it makes none.
func (p *pair) doubted(c *comparer) *doubt {
	if p.head == nil || c.claims == nil {
		return nil
	}
	role := p.head.role
	theirs := c.claims[c.account(role.Target)]
	doc := func(arn string) *policy.Document {
		if k := theirs[arn]; k != nil {
			return k.Document
		}
		if m, ok := facts.FindManagedPolicy(arn); ok {
			own, err := policy.Parse(m.Document())
			if err == nil {
				return own
			}
		}
		return nil
	}
	claimed := func(arn string) bool {
		mine := role.Target.Policies[arn]
		return mine != nil && (theirs[arn] == nil || c.text(theirs[arn].Document).digest != c.text(mine.Document).digest)
	}
	d := &doubt{}
	side := access.Side{}
	for _, src := range p.head.sources {
		if src.kind != attached || !claimed(src.name) {
			side.Identity = append(side.Identity, src.document)
			continue
		}
		d.arns = append(d.arns, src.name)
		if own := doc(src.name); own != nil {
			side.Identity = append(side.Identity, own)
		} else if !p.base.attaches(src.name) {
			d.attached = true
		}
	}
	if arn := role.PermissionsBoundary; arn != "" && claimed(arn) {
		d.arns = append(d.arns, arn)
		side.Boundary = doc(arn)
	} else if p.head.boundary != nil {
		side.Boundary = p.head.boundary.document
	}
	if len(d.arns) == 0 {
		return nil
	}
	d.believed = side
	key := p.believed(c, side)
	d.gains = c.question("gains "+p.base.key()+"|"+key, func() *question {
		return &question{base: p.base.side(p.base.documents()), head: side, noRows: true}
	})
	d.hidden = c.question("hidden "+p.head.key()+"|"+key, func() *question {
		return &question{base: p.head.side(p.head.documents()), head: side, noRows: true}
	})
	return d
}

// believed tells apart what a side allows.
func (p *pair) believed(c *comparer, side access.Side) string {
	var b strings.Builder
	for _, d := range side.Identity {
		t := c.text(d)
		b.Write(t.digest[:])
	}
	if t := c.text(side.Boundary); t != nil {
		b.WriteString("under")
		b.Write(t.digest[:])
	}
	return b.String()
}

// attaches reports whether the role has a policy of an ARN attached.
func (s *subject) attaches(arn string) bool {
	return s != nil && slices.ContainsFunc(s.role.Attached, func(v ir.Value) bool { return v.Text == arn })
}

// open reports whether something may be gained that the change does not show.
func (d *doubt) open() bool {
	may := func(q *question) bool {
		return q.err != nil || q.result.NewAccess != access.No || q.result.IfStarCrossesColons != ""
	}
	return d.attached || may(d.gains) && may(d.hidden)
}

// claimed tells of access that is new unless texts are what only head claims.
func (e *escalations) claimed() {
	d := e.claims
	if d == nil || !d.open() {
		return
	}
	e.add(Escalation{
		Kind:    EscalationUnknown,
		Summary: "it is not decided what access is new: only this change says that the text of " + quoted(spelledAll(d.arns)) + " is what it gives",
	}, "claims "+e.state())
}
