package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/escalation"
	"github.com/sagemaker-roles/smr/iam/lint"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// lint reports what package lint finds in the statements that users wrote or
// changed, and in the texts that policy and fact blocks give. Roles share documents, so
// each document is judged once.
func (p *StackPass) lint() {
	made := map[*policy.Document][]*finding{}
	for _, wp := range p.shared.writtenPolicies() {
		if list, seen := made[wp.document]; seen {
			for _, f := range list {
				f.count(wp.role.Role)
			}
			continue
		}
		p.touched = nil
		p.lintDocument(wp)
		made[wp.document] = slices.Clone(p.touched)
	}
	p.lintRoles()
	p.lintTexts()
}

// lintDocument reports the findings about the written statements of a policy.
func (p *StackPass) lintDocument(wp writtenPolicy) {
	byIndex := map[int]*written{}
	for _, w := range wp.statements {
		byIndex[w.index] = w
	}
	o := lint.Options{Account: wp.role.Target.AccountID, Only: func(i int) bool { return byIndex[i] != nil }}
	if wp.statements[0].trust {
		o.Kind = lint.Trust
	}
	for _, f := range lint.Document(wp.document, o) {
		if w := byIndex[f.Statement]; w != nil {
			p.reportWritten(wp.role.Role, w, &f)
		}
	}
}

// lintRoles reports what the policies of each role come to together.
func (p *StackPass) lintRoles() {
	judge := escalation.NewJudge(access.Options{Facts: access.ServiceFacts()})
	index := map[*policy.Document]map[int]*written{}
	for i, list := 0, p.shared.writtenPolicies(); i < len(list); {
		role := list[i].role
		any := false
		for ; i < len(list) && list[i].role == role; i++ {
			if list[i].statements[0].trust {
				continue
			}
			any = true
			if index[list[i].document] == nil {
				byIndex := map[int]*written{}
				for _, w := range list[i].statements {
					byIndex[w.index] = w
				}
				index[list[i].document] = byIndex
			}
		}
		if !any {
			continue
		}
		r := p.policiesOf(role)
		r.Judge = judge
		r.Only = func(document, statement int) bool { return index[r.Policies[document]][statement] != nil }
		for _, f := range lint.Policies(r) {
			p.reportWritten(role.Role, index[r.Policies[f.Document]][f.Statement], &f.Finding)
		}
	}
}

// policiesOf are the policies of a role as far as their texts are known.
func (p *StackPass) policiesOf(role *ir.StackRole) lint.Role {
	r := lint.Role{Complete: true, Trust: role.Trust.Document}
	for i := range role.Groups {
		r.Policies = append(r.Policies, role.Groups[i].Document)
	}
	for _, v := range role.Attached {
		if d := p.shared.textOf(role.Target, v.Text); d != nil {
			r.Policies = append(r.Policies, d)
		} else {
			r.Complete = false
		}
	}
	if role.PermissionsBoundary != "" {
		r.Boundary = p.shared.textOf(role.Target, role.PermissionsBoundary)
	}
	return r
}

// reportWritten reports one finding about a written statement.
func (p *StackPass) reportWritten(role *ir.Role, w *written, f *lint.Finding) {
	place, ok := p.lintSpot(role, w, f)
	if !ok {
		return
	}
	p.code = f.Code
	d := p.at(role, place, f.Text)
	if d == nil {
		return
	}
	p.say(d, f, f.Message)
}

// lintSpot is where a user wrote what a finding is about; ok is false when it is
// the catalogue's and the user's override changed something else.
func (p *StackPass) lintSpot(role *ir.Role, w *written, f *lint.Finding) (place hcl.Range, ok bool) {
	if f.Text == "" {
		if w.origin.BuiltIn && !p.shared.builtin {
			return w.origin.Override, true
		}
		return w.origin.Range, true
	}
	if w.origin.Activity != "" && strings.Contains(f.Pointer, "Resource/") {
		if place, isArg := p.shared.argumentOf(role, w.origin.Activity, f.Text); isArg {
			return p.within(place, f.Text), arnFault(f.Text) == "" // else invalid-arn says it
		}
	}
	return p.spot(w, f.Text)
}

// say fills a diagnostic in.
func (p *StackPass) say(d *finding, f *lint.Finding, message string) {
	if f.Severity == lint.Notice {
		d.noticef("%s", message)
	} else {
		d.warnf("%s", message)
	}
	d.way = f.Way
	if f.Candidates != nil {
		d.way = p.suggest(func() string { return meant(f) })
	}
}

// meant says what a finding's text may have been meant to be.
func meant(f *lint.Finding) string {
	near := diag.Nearest(f.Given, f.Candidates())
	if len(near) == 0 {
		return f.Otherwise
	}
	for i := range near {
		near[i] = f.Prefix + near[i]
	}
	return "Did you mean " + quoteAny(near) + "?"
}

// lintTexts reports the findings about texts that blocks give, one for each
// block and code: they are often AWS's or another team's.
func (p *StackPass) lintTexts() {
	bounds := map[string]bool{}
	for _, role := range p.Roles {
		bounds[role.PermissionsBoundary] = true
	}
	done := map[hcl.Range]bool{}
	for _, t := range p.Stack.Targets {
		for _, arn := range sortedKeys(t.Policies) {
			known := t.Policies[arn]
			if done[known.Range] {
				continue
			}
			done[known.Range] = true
			kind := lint.Identity
			if bounds[arn] {
				kind = lint.Boundary
			}
			place := func(text string) hcl.Range { return p.shared.inText(p.reporter, known.Range, text) }
			p.lintText(known.Document, lint.Options{Kind: kind, Account: t.AccountID}, known.Range, place)
		}
		p.lintFacts(t, done)
	}
}

// lintFacts reports the findings about policies that fact blocks state: of
// buckets, keys and repositories, and service control policies.
func (p *StackPass) lintFacts(t *ir.Target, done map[hcl.Range]bool) {
	look := func(known *ir.KnownDocument, kind lint.Kind) {
		if known == nil || done[known.Range] || !p.users(known.Range) {
			return
		}
		done[known.Range] = true
		place := func(text string) hcl.Range { return p.within(known.Range, text) }
		p.lintText(known.Document, lint.Options{Kind: kind, Account: t.AccountID}, known.Range, place)
	}
	if t.Environment == nil {
		return
	}
	for _, b := range t.Environment.Buckets {
		look(b.Policy, lint.Resource)
	}
	for _, k := range t.Environment.Keys {
		look(k.Policy, lint.Resource)
	}
	for _, r := range t.Environment.Repositories {
		look(r.Policy, lint.Resource)
	}
	for _, c := range t.Environment.SCPs {
		look(c.Policy, lint.Control)
	}
}

// lintText reports the findings about one text, which stands at a place.
func (p *StackPass) lintText(d *policy.Document, o lint.Options, at hcl.Range, place func(text string) hcl.Range) {
	found := lint.Document(d, o)
	first, more := map[string]int{}, map[string]int{}
	for i := range found {
		code := found[i].Code
		if _, seen := first[code]; seen {
			more[code]++
		} else {
			first[code] = i
		}
	}
	for i := range found {
		f := &found[i]
		if first[f.Code] != i {
			continue
		}
		p.code = f.Code
		spot := at
		if f.Text != "" {
			spot = place(f.Text)
		}
		if diag := p.at(nil, spot, f.Code); diag != nil {
			p.say(diag, f, whereInText(d, f)+f.Message+andMore(more[f.Code]))
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, cmp.Compare)
	return keys
}
