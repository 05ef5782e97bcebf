// Package authz decides single requests as AWS does: allow, implicit deny or
// explicit deny, with every reason. It follows the IAM User Guide, "Policy
// evaluation logic" and the pages it leads to, which the rules cite where they
// stand; choices where AWS's text leaves room are in DECISIONS.md.
//
// Policies are made ready once by [Compile]; [Evaluator.Evaluate] then decides
// a request in microseconds. Nothing here looks at accounts, clocks or
// networks: a request holds everything that the decision depends on.
package authz

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// An Outcome is what AWS decides.
type Outcome uint8

// The outcomes, the stronger the later: a Deny statement denies explicitly,
// whatever else allows the request; one that nothing allows is denied
// implicitly.
const (
	ExplicitDeny Outcome = iota + 1
	ImplicitDeny
	Allow
)

// String spells the outcome as JSON output does.
func (o Outcome) String() string {
	switch o {
	case Allow:
		return "allow"
	case ImplicitDeny:
		return "implicit-deny"
	case ExplicitDeny:
		return "explicit-deny"
	}
	return ""
}

// A frame is the state of one evaluation.
type frame struct {
	evaluator *Evaluator
	request   *Request
	subject   subject
	resource  policy.ResourceName
	account   string // that owns the resource
	verdict   verdict
}

// A verdict collects what the layers say.
type verdict struct {
	denied   bool
	identity bool // some statement allows
	session  bool
	boundary bool
	endpoint bool
	hasGap   bool // an SCP level without Allow
	hasEndp  bool
	resource grip // the strongest of the statements that allow
}

// Variable implements [policy.Lookup]: the value of a single-valued key. AWS
// takes a key without value as absent ("has no value or is not present").
func (f *frame) Variable(lower string) (string, bool) {
	e := f.request.Context.find(lower)
	if e == nil || len(e.values) != 1 || e.values[0] == "" {
		return "", false
	}
	t, known := f.evaluator.options.keys().KeyType(lower)
	if known && t.Multi || !known && e.list {
		return "", false
	}
	return e.values[0], true
}

// newFrame checks the request.
func (e *Evaluator) newFrame(r *Request) (*frame, error) {
	f := &frame{evaluator: e, request: r}
	var err error
	if f.subject, err = newSubject(r.Principal); err != nil {
		return nil, err
	}
	if !validAction(r.Action) {
		return nil, fmt.Errorf("action %q is not of the form service:name without wildcards, such as s3:GetObject", r.Action)
	}
	if r.Resource == "" {
		return nil, fmt.Errorf(`the request names no resource; give an ARN, or "*" for an action that takes none`)
	}
	f.resource = policy.NewResourceName(r.Resource)
	f.account = r.ResourceAccount
	if f.account == "" {
		a, _ := f.resource.ARN()
		f.account = a.Account
	}
	if f.account == "" {
		f.account = f.subject.account
	}
	return f, nil
}

// Decide decides a request without reasons and, but for one fixed piece,
// without allocating. The error tells a request that is not well-formed.
func (e *Evaluator) Decide(r *Request) (Outcome, error) {
	f, err := e.newFrame(r)
	if err != nil {
		return 0, err
	}
	return f.run(nil), nil
}

// A hit is a statement that matches the request.
type hit struct {
	group     int
	policy    int
	statement int
	grip      grip
}

// run evaluates every layer, stopping nowhere, and appends the statements that
// match to hits if that is not nil.
func (f *frame) run(hits *[]hit) Outcome {
	for i := range f.evaluator.groups {
		f.group(i, hits)
	}
	return f.outcome()
}

// applies reports whether a layer says anything about this caller.
func (f *frame) applies(l Layer) bool {
	switch l {
	case Identity, Session, Boundary:
		// Attached to identities and sessions; services and unsigned callers
		// have none.
		return f.subject.iam()
	case SCP:
		// AWS: "SCPs don't affect any service-linked role", and they apply to the
		// "IAM users and roles" of member accounts and their root users (Service
		// control policies).
		return f.subject.iam() && !f.subject.linked
	case RCP:
		// AWS: RCPs restrict any principal's access to the account's resources,
		// but "RCPs don't affect any service-linked role" (Resource control
		// policies).
		return !f.subject.linked
	}
	return true
}

// group evaluates the policies of one layer or level.
func (f *frame) group(index int, hits *[]hit) {
	g := &f.evaluator.groups[index]
	if !f.applies(g.layer) {
		return
	}
	best := gripNone
	for p := g.from; p < g.to; p++ {
		statements := f.evaluator.policies[p].statements
		for s := range statements {
			st := &statements[s]
			got := st.matches(f)
			if got == gripNone {
				continue
			}
			if hits != nil {
				*hits = append(*hits, hit{index, p, s, got})
			}
			if st.deny {
				// AWS: "An explicit deny in any of these policies overrides the
				// allow" (Policy evaluation logic), also one that names an account.
				f.verdict.denied = true
			} else {
				best = max(best, got)
			}
		}
	}
	f.verdict.add(g.layer, best)
}

func (v *verdict) add(l Layer, best grip) {
	allowed := best > gripNone
	switch l {
	case Identity:
		v.identity = allowed
	case Session:
		v.session = allowed
	case Boundary:
		v.boundary = allowed
	case SCP:
		// AWS: "each level" must allow: an action must be allowed "at every level
		// from the root through each OU in the direct path to the account" (SCP
		// evaluation).
		v.hasGap = v.hasGap || !allowed
	case Resource:
		v.resource = best
	case Endpoint:
		v.hasEndp, v.endpoint = true, allowed
	}
	// An RCP can only deny: AWS: "RCPFullAWSAccess can't be detached, so there
	// will always be an Allow statement" (How AWS enforcement code logic ...).
}

// outcome combines what the layers say.
func (f *frame) outcome() Outcome {
	switch {
	case f.alwaysAllowed():
		return Allow
	case f.verdict.denied:
		return ExplicitDeny
	case f.guarded() || f.protected() != "" || !f.granted():
		return ImplicitDeny
	}
	return Allow
}

// guarded reports whether a layer that can only withhold does.
func (f *frame) guarded() bool {
	return f.verdict.hasGap || f.verdict.hasEndp && !f.verdict.endpoint
}

// bounded reports whether boundary and session policy, if there are any, allow.
func (f *frame) bounded() bool {
	return (!f.evaluator.boundary || f.verdict.boundary) && (!f.evaluator.hasSession || f.verdict.session)
}

// identityGrants reports whether the caller's own side grants the request: its
// identity-based policies within boundary and session policy, whose
// intersection is effective (Permissions boundaries for IAM entities;
// Policies and permissions, "Session policies").
func (f *frame) identityGrants() bool {
	switch f.subject.kind {
	case kindRoot:
		// AWS: "all requests are implicitly denied with the exception of the AWS
		// account root user, which has full access" (How AWS enforcement code
		// logic evaluates requests).
		return !f.evaluator.options.PoliciesOnly || f.verdict.identity
	case kindFederatedUser:
		// AWS: "If you do not pass a policy, the resulting federated user session
		// has no permissions" but those of resource-based policies that name the
		// session (STS API Reference, "GetFederationToken").
		if !f.evaluator.hasSession {
			return false
		}
	}
	return f.verdict.identity && f.bounded()
}

// granted reports whether some policy grants the request.
func (f *frame) granted() bool {
	resource := f.verdict.resource
	switch {
	case !f.subject.iam():
		// A service or unsigned caller has no policies of its own: the
		// resource-based policy must name it or everyone.
		return resource == gripDirect
	case f.subject.account != f.account:
		// AWS: a cross-account request needs an Allow in the trusting account's
		// resource-based policy, to the account or the identity, and one in the
		// trusted account (Cross-account policy evaluation logic).
		return resource > gripNone && f.identityGrants()
	case resource == gripDirect:
		// AWS: if the policy "grants permission directly to the IAM user or the
		// session principal that is making the request, then an implicit deny in
		// an identity-based policy, a permissions boundary, or a session policy
		// does not impact the final decision" (How AWS enforcement code logic
		// evaluates requests).
		return true
	case resource == gripEntity && f.bounded():
		// AWS: such grants "are limited by an implicit deny in a permissions
		// boundary or session policy" (same page).
		return true
	case f.strict():
		return resource > gripNone && f.identityGrants()
	}
	return f.identityGrants()
}

// strict reports whether the resource's policy must admit its own account's
// principals: "IAM role trust policies and KMS key policies are exceptions to
// this logic, because they must explicitly allow access for principals" (same
// page). A key policy that names the account lets its IAM policies grant
// access (KMS Developer Guide, "Default key policy"); so does a trust policy.
func (f *frame) strict() bool {
	a, ok := f.resource.ARN()
	if !ok {
		return false
	}
	service, _, _ := strings.Cut(f.request.Action, ":")
	switch {
	case strings.EqualFold(service, "kms"):
		return a.Service == "kms" && strings.HasPrefix(a.Resource, "key/")
	case strings.EqualFold(service, "sts"):
		return a.Service == "iam" && strings.HasPrefix(a.Resource, "role/")
	}
	return false
}
