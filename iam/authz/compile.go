package authz

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Policy is a document and the name under which reasons speak of it.
type Policy struct {
	Name     string
	Document *policy.Document
}

// Policies are all policies that apply to one principal and resource. An empty
// field means that there is none; a nil Resource differs from one without
// statements only in what reasons say.
type Policies struct {
	Identity   []Policy   // of the user and its groups, or of the role
	Session    []Policy   // passed when the session was made; all together are one layer
	Boundaries []Policy   // the permissions boundary; several are one layer
	SCPs       [][]Policy // by level from the root down; no level: the account is in no organization
	RCPs       [][]Policy // likewise, of the resource's account; RCPFullAWSAccess need not be given
	Resource   *Policy    // the resource's policy: bucket, key or trust policy and the like
	Endpoints  []Policy   // of the VPC endpoint on the way; several are one layer
}

// Options choose between readings. The zero Options are AWS's documented logic
// with ARNs compared segment by segment.
type Options struct {
	// Keys knows the types of condition keys; nil stands for [GlobalKeys].
	Keys KeyTypes

	// StarCrossesColons lets a * that ends a segment of Resource or NotResource
	// run on over colons, see [policy.ARNOptions].
	StarCrossesColons bool

	// PoliciesOnly leaves out what AWS decides without looking at policies: the
	// full access of an account's root user, that sts:GetCallerIdentity is always
	// allowed, and what AWS lets nobody change, such as its managed policies.
	PoliciesOnly bool
}

func (o *Options) keys() KeyTypes {
	if o.Keys == nil {
		return GlobalKeys{}
	}
	return o.Keys
}

// A Layer is a type of policy, all of which AWS evaluates together (IAM User
// Guide, "Policies and permissions", "Policy types").
type Layer uint8

// The layers.
const (
	Identity Layer = iota + 1
	Session
	Boundary
	SCP
	RCP
	Resource
	Endpoint
)

// String names the layer as IAM does.
func (l Layer) String() string {
	switch l {
	case Identity:
		return "identity-based policies"
	case Session:
		return "session policy"
	case Boundary:
		return "permissions boundary"
	case SCP:
		return "service control policies"
	case RCP:
		return "resource control policies"
	case Resource:
		return "resource-based policy"
	case Endpoint:
		return "VPC endpoint policy"
	}
	return ""
}

// An Evaluator holds policies made ready to decide many requests. It is
// immutable and safe for concurrent use.
type Evaluator struct {
	options    Options
	groups     []group
	hasSession bool
	boundary   bool
	policies   []compiled
}

// A group is the policies of a layer, or of one of its levels, of which one
// Allow suffices.
type group struct {
	layer Layer
	level int // of SCPs and RCPs, from 0
	from  int // policies[from:to]
	to    int
}

type compiled struct {
	name       string
	statements []statement
}

type statement struct {
	source       *policy.Statement
	deny         bool
	actions      []policy.Pattern
	not          bool // actions are those of NotAction
	resources    []policy.ARNPattern
	notResources []policy.ARNPattern // nil if the element is absent
	principal    *principals
	notPrincipal *principals
	nobody       bool // the layer needs a principal element and there is none
	conditions   []condition
}

// Compile makes policies ready. It fails on statements that cannot be judged,
// naming policy and statement: with an unknown effect or condition operator, or
// without Resource where a policy of the layer needs one.
func Compile(p Policies, o Options) (*Evaluator, error) {
	e := &Evaluator{options: o, hasSession: len(p.Session) > 0, boundary: len(p.Boundaries) > 0}
	add := func(l Layer, level int, list []Policy) error { return e.add(l, level, list) }
	err := add(Identity, 0, p.Identity)
	if err == nil && len(p.Session) > 0 {
		err = add(Session, 0, p.Session)
	}
	if err == nil && len(p.Boundaries) > 0 {
		err = add(Boundary, 0, p.Boundaries)
	}
	for i := 0; err == nil && i < len(p.SCPs); i++ {
		err = add(SCP, i, p.SCPs[i])
	}
	for i := 0; err == nil && i < len(p.RCPs); i++ {
		err = add(RCP, i, p.RCPs[i])
	}
	if err == nil && p.Resource != nil {
		err = add(Resource, 0, []Policy{*p.Resource})
	}
	if err == nil && len(p.Endpoints) > 0 {
		err = add(Endpoint, 0, p.Endpoints)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Evaluator) add(l Layer, level int, list []Policy) error {
	g := group{layer: l, level: level, from: len(e.policies)}
	for _, p := range list {
		c := compiled{name: p.Name, statements: make([]statement, len(p.Document.Statements))}
		for i := range p.Document.Statements {
			var err error
			if c.statements[i], err = e.statement(l, p.Document, i); err != nil {
				return fmt.Errorf("%s: statement %s: %w", p.Name, label(p.Document, i), err)
			}
		}
		e.policies = append(e.policies, c)
	}
	g.to = len(e.policies)
	e.groups = append(e.groups, g)
	return nil
}

// label names a statement by its place from 1 and its Sid.
func label(d *policy.Document, i int) string {
	if sid := d.Statements[i].SID; sid != "" {
		return strconv.Itoa(i+1) + " (" + sid + ")"
	}
	return strconv.Itoa(i + 1)
}

func (e *Evaluator) statement(l Layer, d *policy.Document, i int) (statement, error) {
	src := &d.Statements[i]
	if err := admitted(l, src); err != nil {
		return statement{}, err
	}
	s := statement{
		source:       src,
		deny:         src.Effect == policy.Deny,
		not:          src.NotActions != nil,
		principal:    newPrincipals(src.Principal),
		notPrincipal: newPrincipals(src.NotPrincipal),
		nobody:       (l == Resource || l == RCP) && src.Principal == nil && src.NotPrincipal == nil,
	}
	actions := src.Actions
	if s.not {
		actions = src.NotActions
	}
	for _, a := range actions {
		// AWS: "The prefix and the action name are case insensitive" (IAM JSON
		// policy elements: Action). Variables are not replaced in actions.
		s.actions = append(s.actions, policy.NewPattern(a, policy.PatternOptions{Fold: true}))
	}
	o := policy.ARNOptions{
		Variables:         d.HasVariables(),
		Complete:          l == Identity || l == Session || l == Boundary || l == SCP,
		StarCrossesColons: e.options.StarCrossesColons,
	}
	s.resources = newARNPatterns(src.Resources, o)
	s.notResources = newARNPatterns(src.NotResources, o)
	for j := range src.Conditions {
		c := &src.Conditions[j]
		op, ok := policy.ParseOperator(c.Operator)
		if !ok {
			return s, fmt.Errorf("the condition operator %q does not exist", c.Operator)
		}
		s.conditions = append(s.conditions, newCondition(c, op, d.HasVariables(), &e.options))
	}
	return s, nil
}

func newARNPatterns(list []string, o policy.ARNOptions) []policy.ARNPattern {
	if list == nil {
		return nil
	}
	out := make([]policy.ARNPattern, len(list))
	for i, text := range list {
		out[i] = policy.NewARNPattern(text, o)
	}
	return out
}

// admitted refuses statements that say too little to be judged. What AWS would
// not save but has a plain meaning is judged: that belongs to a linter.
func admitted(l Layer, s *policy.Statement) error {
	needsResource := l == Identity || l == Session || l == Boundary || l == SCP
	switch {
	case s.Effect != policy.Allow && s.Effect != policy.Deny:
		return fmt.Errorf("the effect %q is neither %q nor %q", s.Effect, policy.Allow, policy.Deny)
	case needsResource && s.Resources == nil && s.NotResources == nil:
		return fmt.Errorf("a statement of the %s needs Resource or NotResource", l)
	}
	return nil
}

// matchesAction reports whether the statement speaks of the action.
func (s *statement) matchesAction(action string) bool {
	for i := range s.actions {
		if s.actions[i].Match(action, nil) {
			return !s.not
		}
	}
	return s.not
}

// matchesResource reports whether the statement speaks of the resource. Trust
// policies and some resource-based policies name none: they speak of the
// resource that they belong to.
func (s *statement) matchesResource(f *frame) bool {
	if s.resources != nil {
		for i := range s.resources {
			if s.resources[i].Match(&f.resource, f) {
				return true
			}
		}
		return false
	}
	for i := range s.notResources {
		if s.notResources[i].Match(&f.resource, f) {
			return false
		}
	}
	return true
}

// matchesPrincipal returns the grip of the statement on the caller.
func (s *statement) matchesPrincipal(f *frame) grip {
	switch {
	case s.principal != nil:
		return s.principal.holds(&f.subject)
	case s.notPrincipal != nil:
		if s.deny && f.evaluator.boundary && f.subject.iam() {
			// AWS: "The NotPrincipal element with a Deny effect will always deny
			// any IAM principal that has a permissions boundary policy attached,
			// regardless of the values specified" (NotPrincipal).
			return gripDirect
		}
		if s.notPrincipal.excepts(&f.subject) {
			return gripNone
		}
		return gripDirect
	case s.nobody:
		return gripNone
	}
	return gripDirect
}

// matches returns the statement's grip if all its elements match.
func (s *statement) matches(f *frame) grip {
	if !s.matchesAction(f.request.Action) || !s.matchesResource(f) {
		return gripNone
	}
	g := s.matchesPrincipal(f)
	if g == gripNone {
		return gripNone
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(f) {
			return gripNone
		}
	}
	return g
}

// validAction reports whether s is service:name.
func validAction(s string) bool {
	service, name, ok := strings.Cut(s, ":")
	return ok && service != "" && name != "" && !strings.ContainsAny(s, "*? ")
}
