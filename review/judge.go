package review

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/escalation"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A comparer answers each question about two sets of policies once, however
// many roles it stands for.
type comparer struct {
	options   access.Options
	workers   int
	gather    func(*ir.StackRole) *prove.Texts
	texts     map[*policy.Document]*text
	questions map[string]*question
	order     []*question
	judge     *escalation.Judge
	tags      tagReader               // what looks at tags
	claims    claims                  // nil where roles are compared without their configurations
	account   func(*ir.Target) string // names accounts on both sides
}

func newComparer(o Options) *comparer {
	if o.Facts == nil {
		o.Facts = access.ServiceFacts()
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return &comparer{
		options: access.Options{Facts: o.Facts, Limits: o.Limits}, workers: o.Workers,
		judge:  escalation.NewJudge(access.Options{Facts: o.Facts, Limits: o.Limits}),
		gather: prove.Gather(), texts: map[*policy.Document]*text{}, questions: map[string]*question{},
	}
}

// A question is one comparison of two sides.
type question struct {
	base, head access.Side
	noRows     bool
	result     access.Result
	err        error
}

// question returns that of two sides, which key tells apart.
func (c *comparer) question(key string, make func() *question) *question {
	q := c.questions[key]
	if q == nil {
		q = make()
		c.questions[key] = q
		c.order = append(c.order, q)
	}
	return q
}

// run answers all questions.
func (c *comparer) run() error {
	var wait sync.WaitGroup
	next := make(chan *question)
	for range min(c.workers, len(c.order)) {
		wait.Go(func() {
			for q := range next {
				o := c.options
				o.NoRows = q.noRows
				q.result, q.err = access.Compare(q.base, q.head, o)
			}
		})
	}
	for _, q := range c.order {
		next <- q
	}
	close(next)
	wait.Wait()
	for _, q := range c.order {
		if fault := (*access.UnconfirmedError)(nil); errors.As(q.err, &fault) {
			return q.err
		}
	}
	return nil
}

// ask puts the questions of the pair.
func (p *pair) ask(c *comparer) {
	if p.base.key() != p.head.key() {
		p.askAccess(c)
	}
	if base, head := p.base.trustKey(), p.head.trustKey(); base != head {
		p.trust = c.question("trust "+base+"|"+head, func() *question {
			return &question{base: p.base.trustSide(), head: p.head.trustSide()}
		})
	}
	p.claims = p.doubted(c)
}

// askAccess asks what the role gains and loses, and again with an Allow of
// everything on both sides if they share a policy of unknown text.
func (p *pair) askAccess(c *comparer) {
	base, head := p.base.documents(), p.head.documents()
	if p.both() && !p.base.boundary.changed(p.head.boundary) {
		base, head = reduced(p.base, p.head)
	}
	key := documentsKey(base) + p.base.boundaryKey() + "|" + documentsKey(head) + p.head.boundaryKey()
	p.identity = c.question(key, func() *question {
		return &question{base: p.base.side(base), head: p.head.side(head)}
	})
	if len(p.base.missing()) > 0 && slices.Equal(p.base.missing(), p.head.missing()) {
		all := &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{
			{Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"}},
		}}
		p.open = c.question("open "+key, func() *question {
			return &question{base: p.base.side(append(base, all)), head: p.head.side(append(head, all)), noRows: true}
		})
	}
}

// key tells apart what the known texts of roles allow.
func (s *subject) key() string {
	if s == nil {
		return "none"
	}
	var b strings.Builder
	for _, d := range s.digests() {
		b.Write(d[:])
	}
	return b.String() + s.boundaryKey()
}

func (s *subject) boundaryKey() string {
	if s == nil || s.boundary == nil {
		return ""
	}
	return "under" + string(s.boundary.digest[:])
}

// documents are the role's policies of known text, each once.
func (s *subject) documents() []*policy.Document {
	if s == nil {
		return nil
	}
	var list []*policy.Document
	seen := map[digest]bool{}
	for _, src := range s.sources {
		if !seen[src.digest] {
			seen[src.digest] = true
			list = append(list, src.document)
		}
	}
	return list
}

// side puts documents under the role's boundary.
func (s *subject) side(docs []*policy.Document) access.Side {
	side := access.Side{Identity: docs}
	if s != nil && s.boundary != nil {
		side.Boundary = s.boundary.document
	}
	return side
}

func (s *subject) trustKey() string {
	if s == nil || s.trust == nil {
		return "none"
	}
	return string(s.trust.digest[:])
}

func (s *subject) trustSide() access.Side {
	if s == nil || s.trust == nil {
		return access.Side{}
	}
	return access.Side{Resource: s.trust.document}
}

// judge decides what access the role gains and loses.
func (p *pair) judge(c *comparer, r *Role) {
	var result access.Result
	result.NewAccess, result.LostAccess = access.No, access.No
	var because []string
	if p.identity != nil {
		result = p.identity.result
		because = appendText(because, result.UnknownBecause)
		if p.identity.err != nil {
			result = access.Result{NewAccess: access.Unknown, LostAccess: access.Unknown}
			because = []string{p.identity.err.Error()}
		}
	}
	d := doubts{pair: p, because: because}
	r.NewAccess = d.settle(result.NewAccess, gained)
	r.LostAccess = d.settle(result.LostAccess, lost)
	r.IfStarCrossesColons = d.star(result.IfStarCrossesColons, r.NewAccess)
	if r.NewAccess == access.Unknown || r.LostAccess == access.Unknown || r.IfStarCrossesColons == access.Unknown {
		r.UnknownBecause = strings.Join(d.because, "; ")
	}
	if r.NewAccess == access.Yes {
		r.Witness, r.FutureNamesOnly, r.OnlyIfAbsent = spellWitness(result.Witness), result.FutureNamesOnly, result.OnlyIfAbsent
	}
	if r.LostAccess == access.Yes {
		r.LostWitness = spellWitness(result.LostWitness)
	}
	if r.IfStarCrossesColons == access.Yes {
		r.StarWitness = spellWitness(result.StarWitness)
	}
	r.Gained = p.grants(result.Gained, gained)
	r.Lost = p.grants(result.Lost, lost)
}

// A way is a direction of comparison.
type way int

const (
	gained way = iota
	lost
)

// sides returns the side that allows and the one that does not.
func (p *pair) sides(w way) (allows, denies *subject) {
	if w == gained {
		return p.head, p.base
	}
	return p.base, p.head
}

// doubts turns answers about known texts into answers about roles.
type doubts struct {
	pair    *pair
	because []string
}

func (d *doubts) unknown(format string, args ...any) access.Answer {
	d.because = appendText(d.because, fmt.Sprintf(format, args...))
	return access.Unknown
}

// settle decides one way. A policy of unknown text that both sides have cancels
// out only where the known texts differ neither in what they allow nor, over
// anything that it may allow, in what they deny; what is new may lie inside of
// it. A boundary of unknown text can only withhold.
func (d *doubts) settle(known access.Answer, w way) access.Answer {
	if d.pair.blind {
		return d.unknown("the configuration that this one is compared with has errors, and may lack what it allowed")
	}
	allows, denies := d.pair.sides(w)
	if allows == nil {
		return access.No
	}
	hidden := ""
	if denies != nil {
		hidden = denies.texts.MissingBoundary
	}
	theirs, ours := denies.missing(), allows.missing()
	answer := known
	switch {
	case !slices.Equal(theirs, ours):
		return d.unknown("the text of %s is not known", quoted(difference(theirs, ours)))
	case hidden != "" && hidden != allows.texts.MissingBoundary:
		return d.unknown("the text of the permissions boundary %q is not known", hidden)
	case len(ours) > 0 && (known != access.No || d.opened(w) != access.No):
		return d.unknown("the text of %s is not known, and what differs may lie inside of it", quoted(ours))
	case allows.texts.MissingBoundary != "" && known != access.No:
		return d.unknown("the text of the permissions boundary %q is not known, and it may withhold what differs", allows.texts.MissingBoundary)
	}
	if answer == access.No && denies != nil {
		if key := d.context(); key != "" {
			return d.unknown("the policies look at %s, and its value for the role changes", key)
		}
	}
	return answer
}

// opened is the answer where a policy of unknown text may allow anything.
func (d *doubts) opened(w way) access.Answer {
	switch q := d.pair.open; {
	case q == nil:
		return access.No
	case q.err != nil:
		return access.Unknown
	case w == lost:
		return q.result.LostAccess
	case q.result.IfStarCrossesColons != "":
		return access.Unknown
	default:
		return q.result.NewAccess
	}
}

// star is the answer under AWS's other reading of a *.
func (d *doubts) star(known, settled access.Answer) access.Answer {
	p := d.pair
	if known == "" || settled != access.No || p.head == nil {
		return ""
	}
	if len(p.head.missing()) > 0 || p.head.texts.MissingBoundary != "" {
		return d.unknown("a text is not known that may matter where a * runs on over colons")
	}
	return known
}

// context names a condition key that policies look at and that follows from the
// role's settings, where those change: comparisons take keys as independent of
// the role.
func (d *doubts) context() string {
	base, head := d.pair.base, d.pair.head
	looked := func(key string) bool { return base.mentions(key) || head.mentions(key) }
	if base.role.ARN() != head.role.ARN() && looked("aws:principalarn") {
		return "aws:PrincipalArn"
	}
	for _, t := range tagChanges(base.role.Tags, head.role.Tags) {
		if looked("aws:principaltag/" + strings.ToLower(t.Key)) {
			return "aws:PrincipalTag/" + t.Key
		}
	}
	return ""
}

// judgeTrust decides who gains and loses the right to assume the role.
func (p *pair) judgeTrust(c *comparer, r *Role) {
	t := &r.Trust
	t.NewAccess, t.LostAccess = access.No, access.No
	t.Text = p.trust != nil && p.base != nil && p.head != nil
	if p.blind {
		t.NewAccess, t.LostAccess = access.Unknown, access.Unknown
		t.UnknownBecause = "the configuration that this one is compared with has errors"
	}
	if p.trust == nil {
		return
	}
	if p.trust.err != nil {
		t.NewAccess, t.LostAccess, t.UnknownBecause = access.Unknown, access.Unknown, p.trust.err.Error()
		return
	}
	result := &p.trust.result
	if !p.blind {
		t.NewAccess, t.LostAccess, t.UnknownBecause = result.NewAccess, result.LostAccess, result.UnknownBecause
		t.Witness, t.LostWitness = spellWitness(result.Witness), spellWitness(result.LostWitness)
	}
	if result.IfStarCrossesColons != "" && t.NewAccess == access.No {
		t.NewAccess, t.UnknownBecause = access.Unknown, "it depends on whether a * of an ARN runs on over colons"
	}
	t.Gained, t.Lost = p.trustGrants(result.Gained, gained), p.trustGrants(result.Lost, lost)
}

// appendText appends text unless it is empty or there.
func appendText(list []string, text string) []string {
	if text == "" || slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// difference returns what only one of two sorted sets holds.
func difference(a, b []string) []string {
	var list []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			list = append(list, s)
		}
	}
	for _, s := range b {
		if !slices.Contains(a, s) {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return list
}

func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(out, " and ")
}
