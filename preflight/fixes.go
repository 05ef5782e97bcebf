package preflight

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Fix is what one owner changes. HCL goes into the block that In names, in
// place of an attribute of the same name; Statement is the statement to add, in
// place of the one at Replaces if that is set; Policy is the whole policy
// afterwards, for policies that are written whole.
type Fix struct {
	Owner      string            `json:"owner"`
	Text       string            `json:"text"`
	In         string            `json:"in,omitempty"` // such as role "train"
	HCL        string            `json:"hcl"`
	Statement  json.RawMessage   `json:"statement,omitempty"`
	Statements []json.RawMessage `json:"statements,omitempty"` // of a fix for several gaps
	Replaces   *int              `json:"replaces,omitempty"`   // a statement of the policy, from 0; without Statement it is removed
	Policy     json.RawMessage   `json:"policy,omitempty"`
}

// fixes gives each gap its fix, and the answer one for each policy.
func (j *judge) fixes() {
	var owners []string
	byOwner := map[string][]*gap{}
	grouped := map[string]bool{} // alternatives, of which one is enough
	for i := range j.answer.Checks {
		c := &j.answer.Checks[i]
		if c.outcome == allow || c.Met {
			continue
		}
		other := c.AnyOf != "" && grouped[c.AnyOf]
		grouped[c.AnyOf] = true
		for _, g := range c.gaps {
			owner := j.ownerOf(g)
			if other {
				if f := j.fix(owner, []*gap{g}); f != nil && c.Fix == nil {
					f.Text = "Instead of the execution role's permission: " + f.Text
					c.Fix = single(f)
				}
				continue
			}
			if !slices.Contains(owners, owner) {
				owners = append(owners, owner)
			}
			byOwner[owner] = append(byOwner[owner], g)
			if f := j.fix(owner, []*gap{g}); f != nil && c.Fix == nil {
				c.Fix = single(f)
			}
		}
	}
	for _, owner := range owners {
		if f := j.fix(owner, byOwner[owner]); f != nil {
			j.answer.Fixes = append(j.answer.Fixes, *f)
		}
	}
	for _, h := range j.answer.Rules {
		if f := j.ruleFix(h.ID); f != nil {
			j.answer.Fixes = append(j.answer.Fixes, *f)
		}
	}
}

// single is a fix of one statement in its simpler form.
func single(f *Fix) *Fix {
	if len(f.Statements) == 1 {
		f.Statement, f.Statements = f.Statements[0], nil
	}
	return f
}

// ownerOf names who can close a gap.
func (j *judge) ownerOf(g *gap) string {
	switch g.layer {
	case authz.Boundary:
		return "permissions boundary " + g.who.role.PermissionsBoundary
	case authz.SCP:
		return "organization" + strings.TrimPrefix(scpOf(g), "scp")
	case authz.Resource:
		return g.owned.name + " in account " + g.owned.account
	}
	return "role " + g.who.role.Address()
}

// scpOf is the control policy that a gap is about, "scp" where it is a level.
func scpOf(g *gap) string {
	if g.reason != nil && g.explicit {
		return g.reason.Policy
	}
	return "scp"
}

// fix closes the gaps of one owner; nil where nothing can be written: the
// resource or the policy is not known.
func (j *judge) fix(owner string, gaps []*gap) *Fix {
	switch gaps[0].layer {
	case authz.Identity:
		return j.roleFix(owner, gaps)
	case authz.Boundary:
		known := gaps[0].who.role.Target.Policies[gaps[0].who.role.PermissionsBoundary]
		if known == nil {
			return j.statementsOnly(owner, gaps, "Add the statement to the permissions boundary.", nil)
		}
		return j.documentFix(owner, known.Document, gaps, target{"policy", j.policyLabel(known), "document"}, nil)
	case authz.SCP:
		return j.scpFix(owner, gaps)
	case authz.Resource:
		return j.resourceFix(owner, gaps)
	}
	return nil
}

// policyLabel is the label of the block that gives a policy's text.
func (j *judge) policyLabel(known *ir.KnownPolicy) string {
	for _, p := range j.config().Policies {
		if p.Range == known.Range {
			return p.Name.Text
		}
	}
	return ""
}

// needed is the statement that closes a gap of the principal's side.
func needed(g *gap) policy.Statement {
	s := policy.Statement{Effect: policy.Allow, Actions: []string{g.entry.Action}, Resources: []string{g.resource}}
	for _, key := range []string{"iam:PassedToService", "kms:GrantIsForAWSResource"} {
		if values, _, ok := g.context.Get(key); ok && len(values) == 1 {
			operator := "StringEquals"
			if values[0] == "true" {
				operator = "Bool"
			}
			s.Conditions = append(s.Conditions, policy.Condition{Operator: operator, Key: key, Values: values})
		}
	}
	return s
}

// merged are the statements of gaps, those of one resource and condition in
// one; gaps that no statement closes are left out.
func merged(gaps []*gap) []policy.Statement {
	var out []policy.Statement
	for _, g := range gaps {
		if g.explicit || g.denied || g.vague() {
			continue
		}
		s := needed(g)
		i := slices.IndexFunc(out, func(o policy.Statement) bool {
			return slices.Equal(o.Resources, s.Resources) && slices.EqualFunc(o.Conditions, s.Conditions, func(a, b policy.Condition) bool {
				return a.Operator == b.Operator && a.Key == b.Key && slices.Equal(a.Values, b.Values)
			})
		})
		if i < 0 {
			out = append(out, s)
		} else if !slices.Contains(out[i].Actions, s.Actions[0]) {
			out[i].Actions = append(out[i].Actions, s.Actions[0])
		}
	}
	// Statements of the same actions and conditions become one with all resources.
	var joined []policy.Statement
	for _, s := range out {
		i := slices.IndexFunc(joined, func(o policy.Statement) bool {
			return slices.Equal(o.Actions, s.Actions) && len(o.Conditions) == 0 && len(s.Conditions) == 0
		})
		if i < 0 {
			joined = append(joined, s)
		} else {
			joined[i].Resources = append(joined[i].Resources, s.Resources...)
		}
	}
	return joined
}

// vague reports whether the gap's resource is one that nobody named, so that a
// statement about it would allow far more than the call needs.
func (g *gap) vague() bool {
	if g.untold == "" {
		return false
	}
	return g.resource == "*" || strings.Contains(g.resource, ":::*") || strings.HasSuffix(g.resource, ":key/*") || strings.Contains(g.resource, ":repository/*")
}

func (j *judge) roleFix(owner string, gaps []*gap) *Fix {
	statements := merged(gaps)
	who := gaps[0].who
	if len(statements) == 0 {
		for _, g := range gaps {
			if g.explicit && g.reason != nil {
				return &Fix{Owner: owner, Text: fmt.Sprintf("Narrow the Deny statement %d of %s: no other statement can outweigh it.", g.reason.Statement+1, g.reason.Policy)}
			}
		}
		return nil
	}
	f := &Fix{Owner: owner, Text: "Add to the role.", In: fmt.Sprintf("role %q", who.role.Label)}
	f.HCL = formatted(j.roleHCL(who, statements))
	f.Statements = rawStatements(statements)
	return f
}

// statementsOnly is a fix of a policy that is not known.
func (j *judge) statementsOnly(owner string, gaps []*gap, text string, principal *policy.Principal) *Fix {
	statements := merged(gaps)
	if len(statements) == 0 {
		return nil
	}
	for i := range statements {
		statements[i].Principal = principal
	}
	return &Fix{Owner: owner, Text: text, Statements: rawStatements(statements)}
}

// A target is where a document stands in a configuration.
type target struct{ kind, label, attribute string }

func (t target) String() string {
	if t.label == "" {
		return ""
	}
	return fmt.Sprintf("%s %q", t.kind, t.label)
}

// documentFix changes a policy that is written whole: its Deny statements that
// stand in the way no longer hold for the role, and what it must allow it does.
func (j *judge) documentFix(owner string, doc *policy.Document, gaps []*gap, at target, principal *policy.Principal) *Fix {
	after := doc.Clone()
	f := &Fix{Owner: owner, In: at.String()}
	var removed []int
	for _, g := range gaps {
		if !g.explicit || g.reason == nil || g.reason.Statement < 0 || g.reason.Statement >= len(after.Statements) || slices.Contains(removed, g.reason.Statement) {
			continue
		}
		s := &after.Statements[g.reason.Statement]
		f.Replaces = &g.reason.Statement
		if onlyRole(s, g.who.role.ARN()) {
			removed = append(removed, g.reason.Statement)
			f.Text = fmt.Sprintf("Remove the Deny statement %d%s, which is about the role alone.", g.reason.Statement+1, sid(s))
			continue
		}
		exceptRole(s, g.who.role.ARN())
		f.Text = fmt.Sprintf("Except the role from the Deny statement %d%s.", g.reason.Statement+1, sid(s))
		f.Statements = rawStatements([]policy.Statement{*s})
	}
	slices.Sort(removed)
	for _, i := range slices.Backward(slices.Compact(removed)) {
		after.Statements = slices.Delete(after.Statements, i, i+1)
	}
	added := merged(gaps)
	for i := range added {
		added[i].Principal, added[i].Conditions = principal, nil
		if at.kind == "kms_key" {
			added[i].Resources = []string{"*"} // in a key policy, the key
		}
		if at.kind == "ecr_repository" {
			added[i].Resources = nil // repository policies have none
		}
	}
	if len(added) > 0 {
		f.Text = strings.TrimSpace(f.Text + " Add the statement to the policy.")
		f.Statements = append(f.Statements, rawStatements(added)...)
		after.Statements = append(after.Statements, added...)
	}
	if f.Text == "" {
		return nil
	}
	if len(after.Statements) > 0 || at.kind != "bucket" {
		f.Policy = json.RawMessage(policy.AppendJSON(nil, after))
	}
	if f.In != "" {
		f.HCL = formatted(attributeHCL(at.attribute, after))
	}
	return f
}

func sid(s *policy.Statement) string {
	if s.SID == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", s.SID)
}

// onlyRole reports whether a statement is about the role and nobody else.
func onlyRole(s *policy.Statement, arn string) bool {
	p := s.Principal
	return p != nil && !p.Any && len(p.Service)+len(p.Federated)+len(p.CanonicalUser) == 0 && len(p.AWS) == 1 && p.AWS[0] == arn
}

// exceptRole adds a condition to a Deny statement that the role does not meet.
func exceptRole(s *policy.Statement, arn string) {
	for i := range s.Conditions {
		c := &s.Conditions[i]
		if c.Operator == "ArnNotEquals" && strings.EqualFold(c.Key, "aws:PrincipalArn") {
			c.Values = append(slices.Clone(c.Values), arn)
			return
		}
	}
	s.Conditions = append(s.Conditions, policy.Condition{Operator: "ArnNotEquals", Key: "aws:PrincipalArn", Values: []string{arn}})
}

func (j *judge) scpFix(owner string, gaps []*gap) *Fix {
	name := scpOf(gaps[0])
	for _, c := range j.env.SCPs {
		if name == "scp "+c.Label || name == "scp" && gaps[0].reason != nil && len(j.env.SCPs) == 1 {
			return j.documentFix(owner, c.Policy.Document, gaps, target{"scp", c.Label, "policy"}, nil)
		}
	}
	return j.statementsOnly(owner, gaps, "Allow it at every level of the organization.", nil)
}

func (j *judge) resourceFix(owner string, gaps []*gap) *Fix {
	o := gaps[0].owned
	principal := &policy.Principal{AWS: []string{gaps[0].who.role.ARN()}}
	if o.stated == nil {
		if o.open != "" || o.document != nil {
			return nil // a policy that nobody can edit
		}
		return j.statementsOnly(owner, gaps, "Add the statement to "+o.name+", and state the policy in the configuration.", principal)
	}
	attribute := "policy"
	return j.documentFix(owner, o.stated.Document, gaps, target{o.kind, o.label, attribute}, principal)
}

func rawStatements(list []policy.Statement) []json.RawMessage {
	var out []json.RawMessage
	for _, s := range list {
		text := policy.AppendJSON(nil, &policy.Document{Statements: []policy.Statement{s}})
		var d struct{ Statement []json.RawMessage }
		if json.Unmarshal(text, &d) == nil && len(d.Statement) == 1 {
			out = append(out, d.Statement[0])
		}
	}
	return out
}
