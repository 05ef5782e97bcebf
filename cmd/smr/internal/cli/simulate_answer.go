package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A question is a request that roles are asked about.
type question struct {
	action, resource string
	context          authz.Context
	resourcePolicy   *policy.Document
	shown            func(file string) string
}

// decisionUnknown is the decision where a text that matters is not known.
const decisionUnknown = "unknown"

// nearMisses is how many statements that almost match are shown.
const nearMisses = 3

// answer decides the request of one role.
func (q *question) answer(role *ir.StackRole) (render.Decision, error) {
	texts := prove.NewTexts(role)
	policies := texts.Policies()
	if q.resourcePolicy != nil {
		policies.Resource = &authz.Policy{Name: "resource policy", Document: q.resourcePolicy}
	}
	evaluator, err := authz.Compile(policies, prove.Options())
	if err != nil {
		return render.Decision{}, err
	}
	request := prove.Request(role, q.action, q.resource, q.owner(), q.context)
	decision, err := evaluator.Evaluate(&request)
	if err != nil {
		return render.Decision{}, err
	}
	a := render.Decision{
		Role: role.Address(), Account: role.Target.Name, Principal: role.ARN(), Action: q.action, Resource: q.resource,
		Context: sent(request.Context), Decision: decision.Outcome.String(), Reasons: []render.Reason{},
	}
	for _, r := range decision.Reasons {
		a.Reasons = append(a.Reasons, q.reason(texts, r))
	}
	a.UnknownBecause = q.doubt(texts, decision)
	if a.UnknownBecause != "" {
		a.Decision = decisionUnknown
	}
	if decision.Outcome == authz.ImplicitDeny {
		explained, err := evaluator.Explain(&request)
		if err != nil {
			return a, err
		}
		a.NearMisses = q.near(texts, policies, explained)
	}
	a.Notes = q.notes(texts, decision)
	return a, nil
}

// sent are the keys that a request has: those that follow from what is not
// known are empty.
func sent(c authz.Context) (out authz.Context) {
	for i := range c.Len() {
		switch key, values, list := c.At(i); {
		case list:
			out.SetList(key, values...)
		case values[0] != "":
			out.Set(key, values[0])
		}
	}
	return out
}

// owner is the account that the context gives the resource, "" if it gives none.
func (q *question) owner() string {
	if values, _, ok := q.context.Get("aws:ResourceAccount"); ok && policy.IsAccountID(values[0]) {
		return values[0]
	}
	return ""
}

func (q *question) reason(texts *prove.Texts, r authz.Reason) render.Reason {
	out := render.Reason{
		Layer: r.Layer.String(), Policy: r.Policy, Statement: r.Statement, SID: r.SID, Effect: r.Effect, Matched: r.Matched, Because: r.Because,
	}
	if r.Layer != authz.Identity {
		return out
	}
	if o, ok := texts.Origin(r.Policy, r.Statement); ok {
		if file, line := emit.Source(o.Place()); file != "" {
			out.From = &render.Origin{File: q.shown(file), Line: line, Activity: o.Activity, Label: o.Label}
			if file, line := emit.Source(o.Override); file != "" {
				out.From.Override = &render.Origin{File: q.shown(file), Line: line}
			}
		}
	}
	return out
}

// doubt says why the decision is not certain, "" if it is. A policy of unknown
// text can change it, but for an explicit deny; a boundary of unknown text can
// only take away; and where the role's side allows a request, its resource's
// policy may still be asked.
func (q *question) doubt(texts *prove.Texts, d authz.Decision) string {
	var missing []string
	for _, v := range texts.Missing {
		missing = append(missing, fmt.Sprintf("%q", v.Text))
	}
	if texts.MissingBoundary != "" && d.Outcome == authz.Allow {
		missing = append(missing, fmt.Sprintf("%q", texts.MissingBoundary))
	}
	switch {
	case d.Outcome == authz.ExplicitDeny:
		return ""
	case len(missing) > 0:
		return "the text of " + strings.Join(missing, " and ") + " is not known. Give it: policy \"NAME\" { arn = \"…\", document = policy_file(\"NAME.json\") }"
	case d.Outcome == authz.ImplicitDeny && q.resourcePolicy == nil && withheldByResource(d):
		return "the role's policies allow the request, and the resource's own policy decides. Give it with --resource-policy FILE"
	}
	return ""
}

// withheldByResource reports whether nothing but the resource's policy is
// missing for a grant.
func withheldByResource(d authz.Decision) bool {
	found := false
	for _, r := range d.Reasons {
		if r.Statement >= 0 {
			continue
		}
		if r.Layer != authz.Resource || r.Policy != authz.Resource.String() {
			return false
		}
		found = true
	}
	return found
}

// near returns the statements that allow the action, but not this request of
// it: first those that only a condition keeps from matching, then those whose
// resources look most alike.
func (q *question) near(texts *prove.Texts, policies authz.Policies, explained []authz.Reason) []render.Reason {
	type miss struct {
		reason render.Reason
		score  int
	}
	var misses []miss
	documents := map[string]*policy.Document{}
	for _, p := range slices.Concat(policies.Identity, policies.Boundaries) {
		documents[p.Name] = p.Document
	}
	for _, r := range explained {
		d := documents[r.Policy]
		if r.Matched || r.Effect != policy.Allow || r.Layer == authz.Resource || d == nil || r.Statement >= len(d.Statements) {
			continue
		}
		st := &d.Statements[r.Statement]
		if !allowsAction(st, q.action) {
			continue
		}
		m := miss{reason: q.reason(texts, r), score: 1 << 20} // a condition that fails
		if strings.HasPrefix(r.Because, "The resource") && len(st.Resources) > 0 {
			best := nearestResource(st.Resources, q.resource)
			m.score = alike(best, q.resource)
			m.reason.Because = strings.TrimSuffix(r.Because, ".") + "; the statement is about " + spelledResource(best, len(st.Resources)-1) + "."
		}
		misses = append(misses, m)
	}
	slices.SortStableFunc(misses, func(a, b miss) int { return cmp.Compare(b.score, a.score) })
	var out []render.Reason
	for _, m := range misses[:min(len(misses), nearMisses)] {
		out = append(out, m.reason)
	}
	return out
}

func spelledResource(text string, more int) string {
	text = emit.Replace(text, "${partition}", "${region}", "${account_id}")
	if more > 0 {
		return fmt.Sprintf("%s and %d more", text, more)
	}
	return text
}

// allowsAction reports whether a statement is about an action.
func allowsAction(st *policy.Statement, action string) bool {
	match := func(p string) bool { return policy.MatchFold(p, action) }
	if st.NotActions != nil {
		return !slices.ContainsFunc(st.NotActions, match)
	}
	return slices.ContainsFunc(st.Actions, match)
}

func nearestResource(patterns []string, resource string) string {
	return slices.MaxFunc(patterns, func(a, b string) int { return cmp.Compare(alike(a, resource), alike(b, resource)) })
}

// alike is the length of what two texts begin with.
func alike(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// notes are what to know before believing the answer.
func (q *question) notes(texts *prove.Texts, d authz.Decision) []string {
	var notes []string
	service, name, _ := strings.Cut(q.action, ":")
	action, known := facts.FindAction(q.action)
	switch s, ok := facts.FindService(service); {
	case !ok:
		notes = append(notes, fmt.Sprintf("AWS lists no service %q as of %s.%s", service, facts.ServicesDate, diag.DidYouMean(service, facts.Services(), "")))
	case !known:
		var names []string
		for a := range s.Actions() {
			names = append(names, a.Name)
		}
		notes = append(notes, fmt.Sprintf("AWS lists no action %s as of %s.%s", q.action, facts.ServicesDate, diag.DidYouMean(name, names, "")))
	case facts.MatchesResource(q.action, q.resource) == facts.NoOverlap:
		notes = append(notes, fmt.Sprintf("AWS asks about %s with %s, so a request with this resource does not happen.", action, takes(action)))
	}
	if texts.MissingBoundary != "" && d.Outcome != authz.Allow {
		notes = append(notes, fmt.Sprintf("The text of the permissions boundary %q is not known; it could not allow the request.", texts.MissingBoundary))
	}
	if d.Outcome == authz.ImplicitDeny && q.resourcePolicy == nil && !withheldByResource(d) {
		notes = append(notes, "A policy of the resource that names the role could allow the request; --resource-policy FILE takes it into account.")
	}
	return notes
}

// takes names the resources of an action.
func takes(a *facts.Action) string {
	var list []string
	for i := range a.ResourceTypes {
		list = append(list, a.ResourceTypes[i].ARNs...)
	}
	slices.Sort(list)
	list = slices.Compact(list)
	switch {
	case len(list) == 0:
		return `the resource "*" alone`
	case len(list) > 2:
		return fmt.Sprintf("%s, %s or one of %d more", list[0], list[1], len(list)-2)
	}
	return strings.Join(list, " or ")
}
