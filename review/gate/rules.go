package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/review"
)

// Rules are what changes are judged by: a review block.
type Rules struct {
	FailOn    Level
	Approvers []string // logins, or org/team, without @
	Allow     []Allow

	defaultFailOn Level // what FailOn is without a review block
}

// equal reports whether two sets of rules say the same.
func (r Rules) equal(other Rules) bool {
	return r.FailOn == other.FailOn && slices.Equal(r.Approvers, other.Approvers) &&
		slices.EqualFunc(r.Allow, other.Allow, func(a, b Allow) bool {
			return a.Reason == b.Reason && slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Actions, b.Actions) && slices.Equal(a.Resources, b.Resources)
		})
}

// An Allow accepts escalations for ever. An empty list stands for anything.
type Allow struct {
	Reason                    string
	Roles, Actions, Resources []string // patterns
}

// ReadRules evaluates the review block of a configuration: of the revision that
// a change goes to, never of the change. Without one, or without fail_on in it,
// failOn holds. The error tells a block that cannot be read: no rule may be
// concluded from it.
func ReadRules(r *compiler.Result, failOn Level) (Rules, error) {
	rules := Rules{FailOn: failOn, defaultFailOn: failOn}
	if r.Config == nil || r.Config.Review == nil {
		return rules, nil
	}
	block, read := r.Config.Review, reader{result: r}
	if texts := read.strings(block.FailOn); block.FailOn != nil && read.err == nil {
		level, err := ParseLevel(strings.Join(texts, " "))
		if err != nil {
			return rules, fmt.Errorf("fail_on of the review block: %w", err)
		}
		rules.FailOn = level
	}
	for _, a := range read.strings(block.Approvers) {
		rules.Approvers = append(rules.Approvers, strings.ToLower(strings.TrimPrefix(a, "@")))
	}
	for _, a := range block.Allow {
		rules.Allow = append(rules.Allow, Allow{
			Reason: strings.Join(read.strings(a.Reason), " "),
			Roles:  read.strings(a.Roles), Actions: read.strings(a.Actions), Resources: read.strings(a.Resources),
		})
	}
	return rules, read.err
}

// A reader evaluates attributes and keeps the first error.
type reader struct {
	result *compiler.Result
	err    error
}

// strings is a list of texts, or one text as a list.
func (r *reader) strings(a *dsl.Attr) []string {
	if a == nil || r.err != nil {
		return nil
	}
	var scope *hcl.EvalContext
	if p := r.result.Program; p != nil && len(p.Targets) > 0 {
		scope = p.Targets[0].Scope
	}
	v, diags := r.result.Config.Eval(a, scope)
	if diags.HasErrors() {
		r.err = fmt.Errorf("%s of the review block: %s", a.Name, diags[0].Detail)
		return nil
	}
	if one, err := convert.Convert(v, cty.String); err == nil && one.IsWhollyKnown() && !one.IsNull() {
		return []string{emit.Replace(one.AsString(), "${partition}", "${region}", "${account_id}")}
	}
	list, err := convert.Convert(v, cty.List(cty.String))
	if err != nil || !list.IsWhollyKnown() || list.IsNull() {
		r.err = fmt.Errorf("%s of the review block: it is a list of strings", a.Name)
		return nil
	}
	out := []string{}
	for _, e := range list.AsValueSlice() {
		if e.IsNull() {
			r.err = fmt.Errorf("%s of the review block: an element is null", a.Name)
			return nil
		}
		out = append(out, emit.Replace(e.AsString(), "${partition}", "${region}", "${account_id}"))
	}
	return out
}

// allows reports whether an allow block accepts an item: new access of its own
// that the patterns cover wholly.
func (a *Allow) allows(item *Item) bool {
	if item.Kind == review.EscalationTrust || item.Kind == review.EscalationBoundary || item.Kind == review.EscalationUnknown || len(item.Grants) == 0 {
		return false
	}
	if !covers(a.Roles, item.Role) {
		return false
	}
	for _, g := range item.Grants {
		if len(g.Actions) == 0 || len(g.Resources) == 0 {
			return false // all but some, which no pattern covers
		}
		for _, action := range g.Actions {
			if !covers(lower(a.Actions), strings.ToLower(action)) {
				return false
			}
		}
		for _, resource := range g.Resources {
			if !covers(a.Resources, resource) {
				return false
			}
		}
	}
	return true
}

func lower(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ToLower(s)
	}
	return out
}

// covers reports whether some pattern matches everything that another matches.
// Its * matches a * as it does any text; a ? must not match a *, which stands
// for more than one character.
func covers(patterns []string, other string) bool {
	if len(patterns) == 0 {
		return true
	}
	return slices.ContainsFunc(patterns, func(p string) bool {
		if strings.Contains(p, "?") && strings.Contains(other, "*") {
			return p == other
		}
		return policy.Match(p, other)
	})
}
