// Package prove decides what a configuration asserts about its own roles:
// guardrails, for every possible request, and expectations, for one request
// each. It also gathers the policies that decide on a role, for whoever asks.
package prove

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Texts are the policies that decide on a role, as far as their texts are
// known: its own, AWS's managed ones, and those that policy blocks give.
type Texts struct {
	Identity []authz.Policy
	Boundary []authz.Policy
	// Missing are the ARNs of policies attached to the role whose text is not
	// known, and MissingBoundary is that of the boundary.
	Missing         []ir.Value
	MissingBoundary string
	origins         map[*policy.Document][]ir.Origin
}

// A store finds the texts of policies by ARN and parses each once.
type store map[string]*policy.Document

// NewTexts gathers the policies of a role.
func NewTexts(role *ir.StackRole) *Texts { return store{}.texts(role) }

// Gather returns a function that does what NewTexts does for many roles, which
// then share the documents of AWS's managed policies. It is not safe for
// concurrent use.
func Gather() func(*ir.StackRole) *Texts { return store{}.texts }

func (l store) texts(role *ir.StackRole) *Texts {
	t := &Texts{origins: map[*policy.Document][]ir.Origin{}}
	for _, list := range [][]ir.Policy{role.Managed, role.Inline} {
		for _, p := range list {
			t.Identity = append(t.Identity, authz.Policy{Name: p.Name, Document: p.Document})
			t.origins[p.Document] = p.Origins
		}
	}
	for _, v := range role.Attached {
		if doc := l.find(role.Target, v.Text); doc != nil {
			t.Identity = append(t.Identity, authz.Policy{Name: name(v.Text), Document: doc})
		} else {
			t.Missing = append(t.Missing, v)
		}
	}
	if arn := role.PermissionsBoundary; arn != "" {
		if doc := l.find(role.Target, arn); doc != nil {
			t.Boundary = []authz.Policy{{Name: name(arn), Document: doc}}
		} else {
			t.MissingBoundary = arn
		}
	}
	return t
}

// find returns the text of a policy: the configuration's own, or AWS's.
func (l store) find(target *ir.Target, arn string) *policy.Document {
	if known := target.Policies[arn]; known != nil {
		return known.Document
	}
	if doc, ok := l[arn]; ok {
		return doc
	}
	var doc *policy.Document
	if managed, ok := facts.FindManagedPolicy(arn); ok {
		doc, _ = policy.Parse(managed.Document())
	}
	l[arn] = doc
	return doc
}

// name is the last part of an ARN.
func name(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// Side is the role as comparisons take it, with the boundary where its text is
// known.
func (t *Texts) Side() access.Side {
	s := access.Side{}
	for _, p := range t.Identity {
		s.Identity = append(s.Identity, p.Document)
	}
	for _, p := range t.Boundary {
		s.Boundary = p.Document
	}
	return s
}

// Policies are the role's policies as an evaluation takes them.
func (t *Texts) Policies() authz.Policies {
	return authz.Policies{Identity: t.Identity, Boundaries: t.Boundary}
}

// Origin finds where a statement of a policy comes from, by the names that the
// reasons of a decision give.
func (t *Texts) Origin(policyName string, statement int) (ir.Origin, bool) {
	for _, p := range t.Identity {
		if p.Name == policyName {
			if o := t.origins[p.Document]; statement >= 0 && statement < len(o) {
				return o[statement], true
			}
		}
	}
	return ir.Origin{}, false
}

// unknown says, for a message, which texts are missing; "" when none is.
func (t *Texts) unknown(boundary bool) string {
	var arns []string
	for _, v := range t.Missing {
		arns = append(arns, fmt.Sprintf("%q", v.Text))
	}
	if boundary && t.MissingBoundary != "" {
		arns = append(arns, fmt.Sprintf("%q", t.MissingBoundary))
	}
	return strings.Join(arns, " and ")
}

// wayOut is how to make a text known.
const wayOut = "Give it: policy \"NAME\" { arn = \"…\", document = policy_file(\"NAME.json\") }."

// Request is a request of a session of the role. The keys that AWS sends with
// every request of the role and that follow from the configuration are filled
// in (IAM User Guide, "AWS global condition context keys"); context has the
// rest and wins. account owns the resource; "" is the account in its ARN, or
// the role's.
func Request(role *ir.StackRole, action, resource, account string, context authz.Context) authz.Request {
	t := role.Target
	if account == "" {
		account = t.AccountID
		if arn, ok := policy.ParseARN(resource); ok && policy.IsAccountID(arn.Account) {
			account = arn.Account
		}
	}
	var c authz.Context
	c.Set("aws:PrincipalArn", role.ARN())
	c.Set("aws:PrincipalAccount", t.AccountID)
	c.Set("aws:PrincipalType", "AssumedRole")
	c.Set("aws:PrincipalIsAWSService", "false")
	c.Set("aws:ViaAWSService", "false")
	c.Set("aws:SecureTransport", "true")
	c.Set("aws:RequestedRegion", t.Region)
	c.Set("aws:ResourceAccount", account)
	for _, tag := range role.Tags {
		c.Set("aws:PrincipalTag/"+tag.Key, tag.Value)
	}
	for i := range context.Len() {
		if key, values, list := context.At(i); list {
			c.SetList(key, values...)
		} else if len(values) == 1 {
			c.Set(key, values[0])
		}
	}
	return authz.Request{
		Principal: authz.Principal{Type: authz.AWS, ID: role.ARN()},
		Action:    action, Resource: resource, ResourceAccount: account, Context: c,
	}
}

// Options are how evaluations and comparisons read policies.
func Options() authz.Options { return authz.Options{Keys: access.ServiceFacts()} }
