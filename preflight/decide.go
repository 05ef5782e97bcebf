package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// An outcome is allow, deny or, where what is known does not settle it,
// unknown.
type outcome uint8

const (
	allow outcome = iota + 1
	unknown
	deny
)

// String spells the outcome as the contract's decision does.
func (o outcome) String() string {
	switch o {
	case allow:
		return "allow"
	case deny:
		return "deny"
	}
	return "unknown"
}

// A finding is an outcome with the statement or layer that decided it.
type finding struct {
	outcome  outcome
	explicit bool // a Deny statement decided
	denied   bool // it is unknown whether a Deny statement matches
	because  string
	reason   *authz.Reason     // nil where no single statement or layer decided
	document *ir.KnownDocument // the resource's policy, where its reason is meant
}

// A question is one request, or a set of them: its resource may hold *.
type question struct {
	action   string // concrete
	resource string // an ARN, in which * stands for anything; or "*" for an action without resource types
	account  string // that owns the resource
	context  authz.Context
}

// anyText stands for a * of a question where a pattern is matched with it: a
// text of three characters that no document can hold, so that no literal and
// no ? of a policy matches it, and nothing but * covers it.
const anyText = "\ue0f1\ue0f2\ue0f3"

func (q *question) literal() string { return strings.ReplaceAll(q.resource, "*", anyText) }

// A layer is policies of one type, of which all are needed to judge.
type layer struct {
	kind     authz.Layer
	policies authz.Policies
	// missing is which text is not known, "" when all are.
	missing string

	ready *authz.Evaluator // once the policies are compiled
}

// allowAll is an identity-based policy that leaves the decision to other
// layers.
func allowAll() []authz.Policy {
	return []authz.Policy{{Name: "everything", Document: &policy.Document{
		Version:    policy.Version2012,
		Statements: []policy.Statement{{Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"}}},
	}}}
}

// admitAccount is a policy of a resource that leaves the decision to the IAM
// policies of an account, as default key policies do (AWS KMS Developer Guide,
// "Default key policy").
func admitAccount(partition, account string) *authz.Policy {
	return &authz.Policy{Name: "default key policy", Document: &policy.Document{
		Version: policy.Version2012,
		Statements: []policy.Statement{{
			Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"},
			Principal: &policy.Principal{AWS: []string{"arn:" + partition + ":iam::" + account + ":root"}},
		}},
	}}
}

// decide evaluates a question under one layer's policies. What conditions ask
// of keys that nobody told, and resources that a statement covers in part, are
// read both ways; where that changes the decision, it is unknown.
func (j *judge) decide(p *principal, q *question, l *layer) finding {
	request := prove.Request(p.role, q.action, q.literal(), q.account, q.context)
	doubts := j.doubts(p, &request, q, &l.policies)
	if len(doubts) == 0 {
		return l.evaluate(&request)
	}
	read := func(best bool) finding {
		certain := layer{kind: l.kind, policies: rewrite(l.policies, doubts, best), missing: l.missing}
		return certain.evaluate(&request)
	}
	best, worst := read(true), read(false)
	if best.outcome == worst.outcome {
		return worst
	}
	return finding{outcome: unknown, because: doubtText(doubts, q), reason: worst.reason, denied: worst.explicit}
}

// evaluate decides one request under policies that are certain.
func (l *layer) evaluate(request *authz.Request) finding {
	if l.ready == nil {
		evaluator, err := authz.Compile(l.policies, prove.Options())
		if err != nil {
			return finding{outcome: unknown, because: fmt.Sprintf("the policies cannot be judged: %s", err)}
		}
		l.ready = evaluator
	}
	decision, err := l.ready.Evaluate(request)
	if err != nil {
		return finding{outcome: unknown, because: fmt.Sprintf("this is no request that AWS could decide: %s", err)}
	}
	f := finding{outcome: deny}
	if decision.Outcome == authz.Allow {
		f.outcome = allow
	}
	for i := range decision.Reasons {
		r := &decision.Reasons[i]
		r.Because = strings.ReplaceAll(r.Because, anyText, "*")
		decides := r.Effect == policy.Deny
		if decision.Outcome == authz.Allow {
			decides = r.Effect == policy.Allow
		}
		if decision.Outcome == authz.ExplicitDeny {
			decides = decides && r.Statement >= 0
		}
		if decides && f.reason == nil {
			f.reason, f.because = r, r.Because
		}
	}
	f.explicit = decision.Outcome == authz.ExplicitDeny
	if l.missing != "" && !f.explicit {
		return finding{outcome: unknown, because: "the text of " + l.missing + " is not known. Give it: policy \"NAME\" { arn = \"…\", document = policy_file(\"NAME.json\") }", reason: f.reason}
	}
	return f
}

// A doubt is a statement that may match or not.
type doubt struct {
	document  *policy.Document
	name      string
	statement int
	keys      []string // of conditions, which nobody told
	partly    bool     // it covers some of the resources that are asked about
	partial   []string // its resources, where it covers some
	session   bool     // it names sessions of the role, or all but some
}

// doubts finds the statements that could match the question in part, or under
// conditions on keys whose values are not known.
func (j *judge) doubts(p *principal, request *authz.Request, q *question, policies *authz.Policies) []doubt {
	var out []doubt
	wanted := policy.Statement{Actions: []string{q.action}, Resources: []string{q.resource}}
	shape := prove.NewShape(&wanted)
	lists := [][]authz.Policy{policies.Identity, policies.Boundaries, policies.Endpoints}
	lists = append(append(lists, policies.SCPs...), policies.RCPs...)
	if policies.Resource != nil {
		lists = append(lists, []authz.Policy{*policies.Resource})
	}
	for _, list := range lists {
		for _, pol := range list {
			for i := range pol.Document.Statements {
				s := &pol.Document.Statements[i]
				if !concerns(s, q.action) || !j.shapes.of(s).MayMeet(shape) {
					continue
				}
				d := doubt{document: pol.Document, name: pol.Name, statement: i}
				d.partly = coversSome(s, q, request)
				if d.partly {
					d.partial = s.Resources
				}
				for _, c := range s.Conditions {
					if !j.settled(request, q.action, c.Key) {
						d.keys = append(d.keys, c.Key)
					}
				}
				d.session = namesSession(s, p.role.ARN())
				if d.partly || d.session || len(d.keys) > 0 {
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// concerns reports whether a statement is about an action.
func concerns(s *policy.Statement, action string) bool {
	match := func(p string) bool { return policy.MatchFold(p, action) }
	if s.NotActions != nil {
		return !slices.ContainsFunc(s.NotActions, match)
	}
	return slices.ContainsFunc(s.Actions, match)
}

// coversSome reports whether a statement's resources hold some, but not surely
// all, of those that the question asks about.
func coversSome(s *policy.Statement, q *question, request *authz.Request) bool {
	if !strings.Contains(q.resource, "*") || q.resource == "*" {
		return false
	}
	name := policy.NewResourceName(q.literal())
	covers := func(list []string) bool {
		return slices.ContainsFunc(list, func(p string) bool {
			pattern := policy.NewARNPattern(p, policy.ARNOptions{Variables: true, Complete: true})
			return pattern.Match(&name, variables{request})
		})
	}
	switch {
	case s.NotResources != nil:
		return !covers(s.NotResources) && meets(s.NotResources, q.resource)
	case s.Resources == nil:
		return false // trust policies
	}
	return !covers(s.Resources) // that they meet is known
}

// meets reports whether a pattern of the list can match what the other does.
func meets(list []string, resource string) bool {
	return prove.MayMeet(&policy.Statement{Resources: list}, &policy.Statement{Resources: []string{resource}})
}

// variables are the policy variables of a request.
type variables struct{ request *authz.Request }

// Variable implements [policy.Lookup].
func (v variables) Variable(lower string) (string, bool) {
	values, list, ok := v.request.Context.Get(lower)
	if !ok || list || len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

// rewrite returns the policies with every doubtful statement read one way: for
// the best, as Allow that matches and Deny that does not; for the worst the
// other way round. Statements keep their places.
func rewrite(p authz.Policies, doubts []doubt, best bool) authz.Policies {
	changed := map[*policy.Document]*policy.Document{}
	for _, d := range doubts {
		doc := changed[d.document]
		if doc == nil {
			c := *d.document
			c.Statements = slices.Clone(d.document.Statements)
			doc = &c
			changed[d.document] = doc
		}
		s := &doc.Statements[d.statement]
		if (s.Effect == policy.Allow) != best {
			// A statement of an action that no request has matches nothing.
			s.Actions, s.NotActions = []string{"smr:none"}, nil
			continue
		}
		if d.partly {
			s.Resources, s.NotResources = []string{"*"}, nil
		}
		if d.session {
			s.Principal, s.NotPrincipal = &policy.Principal{Any: true}, nil
		}
		s.Conditions = slices.DeleteFunc(slices.Clone(s.Conditions), func(c policy.Condition) bool {
			return slices.ContainsFunc(d.keys, func(k string) bool { return strings.EqualFold(k, c.Key) })
		})
	}
	list := func(in []authz.Policy) []authz.Policy {
		out := slices.Clone(in)
		for i := range out {
			if doc := changed[out[i].Document]; doc != nil {
				out[i].Document = doc
			}
		}
		return out
	}
	levels := func(in [][]authz.Policy) [][]authz.Policy {
		var out [][]authz.Policy
		for _, l := range in {
			out = append(out, list(l))
		}
		return out
	}
	p.Identity, p.Boundaries, p.Endpoints = list(p.Identity), list(p.Boundaries), list(p.Endpoints)
	p.SCPs, p.RCPs = levels(p.SCPs), levels(p.RCPs)
	if p.Resource != nil {
		p.Resource = &list([]authz.Policy{*p.Resource})[0]
	}
	return p
}

// doubtText says what is not known.
func doubtText(doubts []doubt, q *question) string {
	var parts []string
	for _, d := range doubts {
		s := &d.document.Statements[d.statement]
		verb := "allows"
		if s.Effect == policy.Deny {
			verb = "denies"
		}
		text := fmt.Sprintf("statement %d of %s %s", d.statement+1, d.name, verb)
		switch {
		case d.partly && len(d.partial) > 0:
			text += fmt.Sprintf(" only %s of %s", spelled(d.partial[0]), spelled(q.resource))
			if len(d.partial) > 1 {
				text += fmt.Sprintf(" (and %d more patterns)", len(d.partial)-1)
			}
		case d.partly:
			text += " all but some of " + spelled(q.resource)
		default:
			text += " it"
		}
		if d.session {
			text += ", depending on the name of the role's session, which the service chooses"
		}
		if len(d.keys) > 0 {
			text += ", depending on " + strings.Join(slices.Compact(d.keys), " and ") + ", which the call sets and nobody told"
		}
		parts = append(parts, text)
		if len(parts) == 2 {
			break
		}
	}
	return strings.Join(parts, "; ")
}

// spelled writes pseudo parameters as the language does.
func spelled(text string) string {
	return emit.Replace(text, "${partition}", "${region}", "${account_id}")
}

// shapes remembers what statements can match.
type shapes struct {
	known map[*policy.Statement]*prove.Shape
}

func (m *shapes) of(s *policy.Statement) *prove.Shape {
	shape := m.known[s]
	if shape == nil {
		shape = prove.NewShape(s)
		m.known[s] = shape
	}
	return shape
}
