package authz

import (
	"slices"
	"strconv"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Decision is an outcome and why.
type Decision struct {
	Outcome Outcome  `json:"decision"`
	Reasons []Reason `json:"reasons"` // every statement that matches, then every layer that withholds
}

// A Reason is what one statement, or the want of one in a layer, says about a
// request.
type Reason struct {
	Layer     Layer         `json:"layer"`
	Policy    string        `json:"policy"`    // the policy's name; of a layer, the layer's
	Statement int           `json:"statement"` // its place in the policy from 0, -1 for a layer
	SID       string        `json:"sid,omitempty"`
	Effect    policy.Effect `json:"effect"` // of a layer Deny, implicitly
	Matched   bool          `json:"matched"`
	Because   string        `json:"because"`
}

// MarshalText prints the outcome as in JSON output.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// MarshalText prints the layer by its name.
func (l Layer) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Evaluate decides a request with every reason. The error tells a request that
// is not well-formed.
func (e *Evaluator) Evaluate(r *Request) (Decision, error) {
	f, err := e.newFrame(r)
	if err != nil {
		return Decision{}, err
	}
	var space [16]hit
	hits := space[:0]
	d := Decision{Outcome: f.run(&hits)}
	d.Reasons = make([]Reason, 0, len(hits)+2)
	for _, h := range hits {
		d.Reasons = append(d.Reasons, f.reason(h))
	}
	d.Reasons = f.gaps(d.Reasons, hits)
	return d, nil
}

// Explain returns a reason for every statement of every layer, also for those
// that do not match and say which element keeps them from it, in the order of
// [Policies].
func (e *Evaluator) Explain(r *Request) ([]Reason, error) {
	f, err := e.newFrame(r)
	if err != nil {
		return nil, err
	}
	var out []Reason
	for i, g := range e.groups {
		for p := g.from; p < g.to; p++ {
			for s := range e.policies[p].statements {
				h := hit{group: i, policy: p, statement: s}
				if f.applies(g.layer) {
					h.grip = e.policies[p].statements[s].matches(f)
				}
				out = append(out, f.reason(h))
			}
		}
	}
	return out, nil
}

func (f *frame) reason(h hit) Reason {
	g := &f.evaluator.groups[h.group]
	st := &f.evaluator.policies[h.policy].statements[h.statement]
	r := Reason{
		Layer:     g.layer,
		Policy:    f.evaluator.policies[h.policy].name,
		Statement: h.statement,
		SID:       st.source.SID,
		Effect:    st.source.Effect,
		Matched:   h.grip != gripNone,
	}
	switch {
	case r.Matched:
		r.Because = st.because(f, g.layer, h.grip)
	case !f.applies(g.layer):
		r.Because = "This type of policy does not apply to the principal."
	default:
		r.Because = st.becauseNot(f)
	}
	return r
}

// gaps appends the layers that withhold, and what grants nothing where nothing
// grants.
func (f *frame) gaps(dst []Reason, hits []hit) []Reason {
	if f.alwaysAllowed() {
		return append(dst, gap(Identity, Identity.String(), policy.Allow, "AWS always allows sts:GetCallerIdentity."))
	}
	if because := f.protected(); because != "" {
		dst = append(dst, gap(Resource, "AWS", policy.Deny, because))
	}
	for i := range f.evaluator.groups {
		g := &f.evaluator.groups[i]
		if !f.applies(g.layer) || allows(f.evaluator, i, hits) {
			continue
		}
		switch g.layer {
		case SCP:
			name := "service control policies, level " + strconv.Itoa(g.level)
			dst = append(dst, gap(SCP, name, policy.Deny, "No statement of this level allows the request, and every level must."))
		case Endpoint:
			dst = append(dst, gap(Endpoint, Endpoint.String(), policy.Deny, "No statement allows the request to pass the endpoint."))
		}
	}
	if f.granted() {
		return dst
	}
	return f.ungranted(dst)
}

func allows(e *Evaluator, group int, hits []hit) bool {
	for _, h := range hits {
		if h.group == group && !e.policies[h.policy].statements[h.statement].deny {
			return true
		}
	}
	return false
}

// ungranted says what is missing for a grant.
func (f *frame) ungranted(dst []Reason) []Reason {
	v, iam := &f.verdict, f.subject.iam()
	cross := iam && f.subject.account != f.account
	deny := func(l Layer, because string) { dst = append(dst, gap(l, l.String(), policy.Deny, because)) }
	switch {
	case !iam:
		deny(Resource, "No statement allows the request to this principal, and nothing else can grant it.")
		return dst
	case cross && v.resource == gripNone:
		deny(Resource, "Principal and resource are of different accounts, and no statement allows the request.")
	case f.strict() && v.resource == gripNone:
		deny(Resource, "The policy of a KMS key or role must admit the principal or its account, and no statement does.")
	}
	if !f.identityGrants() && f.subject.kind == kindFederatedUser && !f.evaluator.hasSession {
		deny(Session, "A federated user without session policy has no permissions of identity-based policies.")
	}
	if !v.identity && f.subject.kind != kindRoot {
		deny(Identity, "No statement allows the request.")
	}
	if f.evaluator.boundary && !v.boundary {
		deny(Boundary, "No statement allows the request, and the boundary limits what the principal's policies grant.")
	}
	if f.evaluator.hasSession && !v.session {
		deny(Session, "No statement allows the request, and the session policy limits what the role's policies grant.")
	}
	return dst
}

func gap(l Layer, name string, effect policy.Effect, because string) Reason {
	return Reason{Layer: l, Policy: name, Statement: -1, Effect: effect, Because: because}
}

// because says what a matching statement does.
func (s *statement) because(f *frame, l Layer, g grip) string {
	verb := "Allows "
	if s.deny {
		verb = "Denies "
	}
	text := verb + s.actionText(f.request.Action)
	if r := s.resourceText(f); r != "" {
		text += " on " + r
	}
	switch {
	case l != Resource || s.deny:
	case g == gripAccount && (f.subject.account != f.account || f.strict()):
		text += " to the principal's account, whose own policies must allow it too"
	case g == gripAccount:
		text += " to the account, which grants nothing by itself to principals of the same account"
	case g == gripEntity:
		text += " to the role or user of the session"
	default:
		text += " to the principal"
	}
	for i := range s.conditions {
		join := " and "
		if i == 0 {
			join = " where "
		}
		text += join + s.conditions[i].text(f)
	}
	return text + "."
}

// actionText names the pattern that covers the action; there is one.
func (s *statement) actionText(action string) string {
	if s.not {
		return action + ", which NotAction does not name"
	}
	i := slices.IndexFunc(s.actions, func(p policy.Pattern) bool { return p.Match(action, nil) })
	return s.source.Actions[i]
}

// resourceText names the pattern that covers the resource.
func (s *statement) resourceText(f *frame) string {
	if s.notResources != nil {
		return f.resource.Text() + ", which NotResource does not name"
	}
	for i := range s.resources {
		if s.resources[i].Match(&f.resource, f) {
			return s.source.Resources[i]
		}
	}
	return ""
}

// becauseNot says which element keeps the statement from matching, first of
// all and for conditions every one that fails.
func (s *statement) becauseNot(f *frame) string {
	switch {
	case !s.matchesAction(f.request.Action) && s.not:
		return "NotAction names the action."
	case !s.matchesAction(f.request.Action):
		return "The action does not match."
	case !s.matchesResource(f):
		return s.resourceMismatch(f)
	case s.matchesPrincipal(f) == gripNone:
		return "The principal does not match."
	}
	text := ""
	for i := range s.conditions {
		if c := &s.conditions[i]; !c.holds(f) {
			text += " " + c.text(f) + "."
		}
	}
	return "A condition fails:" + text
}

func (s *statement) resourceMismatch(f *frame) string {
	if s.notResources != nil {
		return "NotResource names the resource."
	}
	for i := range s.resources {
		if !s.resources[i].Resolvable(f) {
			return "The resource does not match: a policy variable of " + s.source.Resources[i] + " has no value in the request."
		}
	}
	return "The resource does not match."
}

// text states a condition with the values of policy and request.
func (c *condition) text(f *frame) string {
	text := c.source.Operator + " " + c.source.Key
	for i, v := range c.source.Values {
		if i > 0 {
			text += " or"
		}
		text += " " + strconv.Quote(v)
	}
	e := f.request.Context.find(c.key)
	if e == nil {
		return text + " (absent)"
	}
	text += " ("
	for i, v := range e.values {
		if i > 0 {
			text += ", "
		}
		text += strconv.Quote(v)
	}
	return text + ")"
}
