package review

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/iam/policy/policytest"
)

// TestReduced holds the comparison of reduced sides to that of whole ones, over
// random policies, and over random changes of a policy.
func TestReduced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newComparer(Options{})
		docs := policytest.Documents(policytest.Shape{Denies: true, Variables: true})
		base := rapid.SliceOfN(docs, 0, 3).Draw(t, "base")
		head := rapid.SliceOfN(docs, 0, 3).Draw(t, "head")
		for _, d := range base { // mostly the same statements on both sides
			keep := d.Clone()
			keep.Statements = slices.DeleteFunc(keep.Statements, func(policy.Statement) bool {
				return rapid.IntRange(0, 3).Draw(t, "drop") == 0
			})
			head = append(head, keep)
		}
		b, h := c.subject(stackRole(base)), c.subject(stackRole(head))
		whole, wholeErr := access.Compare(b.side(b.documents()), h.side(h.documents()), c.options)
		rb, rh := reduced(b, h)
		less, lessErr := access.Compare(b.side(rb), h.side(rh), c.options)
		if wholeErr != nil || lessErr != nil {
			if (wholeErr == nil) != (lessErr == nil) && lessErr != nil {
				t.Fatalf("reduced: %v, whole: %v", lessErr, wholeErr)
			}
			return
		}
		// Reduced sides may be decided where whole ones are not.
		agree := func(what string, whole, less access.Answer) {
			if whole != less && whole != access.Unknown {
				t.Fatalf("%s: whole %s, reduced %s", what, whole, less)
			}
		}
		agree("new access", whole.NewAccess, less.NewAccess)
		agree("lost access", whole.LostAccess, less.LostAccess)
		if whole.NewAccess == access.No {
			agree("star", whole.IfStarCrossesColons, less.IfStarCrossesColons)
		}
		holds(t, less.Witness, head, base)
		holds(t, less.LostWitness, base, head)
	})
}

// holds fails if a request is not allowed by the whole of one side and denied
// by that of the other.
func holds(t *rapid.T, w *access.Witness, allows, denies []*policy.Document) {
	if w == nil {
		return
	}
	for _, side := range []struct {
		docs []*policy.Document
		want bool
	}{{allows, true}, {denies, false}} {
		var p authz.Policies
		for _, d := range side.docs {
			p.Identity = append(p.Identity, authz.Policy{Document: d})
		}
		if strings.Contains(w.Assumes, "resource's policy") {
			p.Resource = &authz.Policy{Document: &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
				Effect: policy.Allow, Principal: &policy.Principal{AWS: []string{w.ResourceAccount}}, Actions: []string{"*"}, Resources: []string{"*"},
			}}}}
		}
		e, err := authz.Compile(p, authz.Options{Keys: access.ServiceFacts(), PoliciesOnly: strings.Contains(w.Assumes, "Policies alone")})
		if err != nil {
			t.Fatal(err)
		}
		request := w.Request()
		if got, err := e.Decide(&request); err != nil || (got == authz.Allow) != side.want {
			t.Fatalf("the witness %+v is decided as %v (%v), want allowed: %v", w, got, err, side.want)
		}
	}
}

func stackRole(docs []*policy.Document) *ir.StackRole {
	r := &ir.StackRole{Role: &ir.Role{Label: "r", Target: &ir.Target{}}}
	for _, d := range docs {
		r.Managed = append(r.Managed, ir.Policy{Document: d})
	}
	return r
}

// TestReducedLeavesOut: statements that a change cannot touch are not compared.
func TestReducedLeavesOut(t *testing.T) {
	parse := func(text string) *policy.Document {
		d, err := policy.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const common = `{"Effect":"Allow","Action":"sqs:*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::secret/*"}`
	c := newComparer(Options{})
	base := c.subject(stackRole([]*policy.Document{parse(`{"Statement":[` + common + `]}`)}))
	head := c.subject(stackRole([]*policy.Document{parse(`{"Statement":[` + common + `,{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}`)}))
	b, h := reduced(base, head)
	if len(b) != 0 || len(h) != 1 || len(h[0].Statements) != 1 {
		t.Errorf("reduced to %v and %v, want nothing and the new statement", b, h)
	}
}
