package authz_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/iam/policy/policytest"
	"pgregory.net/rapid"
)

// requests generates requests that generated documents tell apart.
func requests() *rapid.Generator[*authz.Request] {
	return rapid.Custom(func(t *rapid.T) *authz.Request {
		r := &authz.Request{
			Principal:       authz.Principal{Type: authz.AWS, ID: rapid.SampledFrom(policytest.Principals()).Draw(t, "principal")},
			Action:          rapid.SampledFrom(policytest.Actions()).Draw(t, "action"),
			Resource:        rapid.SampledFrom(policytest.Resources()).Draw(t, "resource"),
			ResourceAccount: rapid.SampledFrom(append(policytest.Accounts(), "")).Draw(t, "account"),
		}
		switch rapid.IntRange(0, 9).Draw(t, "type") {
		case 0:
			r.Principal = authz.Principal{Type: authz.Anonymous}
		case 1:
			r.Principal = authz.Principal{Type: authz.Service, ID: "sagemaker.amazonaws.com"}
		case 2:
			r.Principal = authz.Principal{Type: authz.Federated, ID: "accounts.google.com"}
		}
		keys := policytest.ContextKeys()
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			switch n := rapid.IntRange(0, 2).Draw(t, key); {
			case n == 0:
			case key == policytest.MultiKey:
				r.Context.SetList(key, rapid.SliceOfN(rapid.SampledFrom(keys[key]), 0, 3).Draw(t, "values")...)
			default:
				r.Context.Set(key, rapid.SampledFrom(keys[key]).Draw(t, "value"))
			}
		}
		return r
	})
}

// policies generates a set of policies of every layer.
func policies() *rapid.Generator[authz.Policies] {
	plain := policytest.Documents(policytest.Shape{Denies: true, Variables: true})
	owned := policytest.Documents(policytest.Shape{Denies: true, Principals: true, Variables: true})
	return rapid.Custom(func(t *rapid.T) authz.Policies {
		list := func(label string, g *rapid.Generator[*policy.Document], max int) []authz.Policy {
			var out []authz.Policy
			for _, d := range rapid.SliceOfN(g, 0, max).Draw(t, label) {
				out = append(out, authz.Policy{Name: label, Document: d})
			}
			return out
		}
		p := authz.Policies{
			Identity:   list("identity", plain, 3),
			Session:    list("session", plain, 1),
			Boundaries: list("boundary", plain, 1),
			Endpoints:  list("endpoint", owned, 1),
		}
		for range rapid.IntRange(0, 2).Draw(t, "levels") {
			p.SCPs = append(p.SCPs, list("scp", plain, 2))
			p.RCPs = append(p.RCPs, list("rcp", owned, 1))
		}
		if r := list("resource", owned, 1); len(r) > 0 {
			p.Resource = &r[0]
		}
		return p
	})
}

func decide(t *rapid.T, p authz.Policies, r *authz.Request) authz.Outcome {
	e, err := authz.Compile(p, authz.Options{})
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	o, err := e.Decide(r)
	if err != nil {
		t.Fatalf("decide: %v", err)
	}
	d, err := e.Evaluate(r)
	if err != nil || d.Outcome != o {
		t.Fatalf("Evaluate says %v, %v; Decide %v", d.Outcome, err, o)
	}
	return o
}

// clone copies p and returns pointers to all policies of the copy.
func clone(p authz.Policies) (authz.Policies, []*authz.Policy) {
	var all []*authz.Policy
	one := func(list []authz.Policy) []authz.Policy {
		list = slices.Clone(list)
		for i := range list {
			list[i].Document = list[i].Document.Clone()
			all = append(all, &list[i])
		}
		return list
	}
	p.Identity, p.Session, p.Boundaries, p.Endpoints = one(p.Identity), one(p.Session), one(p.Boundaries), one(p.Endpoints)
	p.SCPs, p.RCPs = slices.Clone(p.SCPs), slices.Clone(p.RCPs)
	for i := range p.SCPs {
		p.SCPs[i], p.RCPs[i] = one(p.SCPs[i]), one(p.RCPs[i])
	}
	if p.Resource != nil {
		p.Resource = &one([]authz.Policy{*p.Resource})[0]
	}
	return p, all
}

func TestDenyNeverAllowsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r := policies().Draw(t, "policies"), requests().Draw(t, "request")
		before := decide(t, p, r)
		more, all := clone(p)
		if len(all) == 0 {
			return
		}
		target := rapid.SampledFrom(all).Draw(t, "target")
		shape := policytest.Shape{Principals: target.Document.Statements[0].Principal != nil || target.Document.Statements[0].NotPrincipal != nil}
		deny := policytest.Statements(shape).Draw(t, "deny")
		deny.Effect = policy.Deny
		target.Document.Statements = append(target.Document.Statements, deny)
		if after := decide(t, more, r); after > before {
			t.Fatalf("%v becomes %v", before, after)
		}
	})
}

func TestGuardrailsOnlyNarrow(t *testing.T) {
	plain := policytest.Documents(policytest.Shape{Denies: true, Variables: true})
	owned := policytest.Documents(policytest.Shape{Denies: true, Principals: true})
	rapid.Check(t, func(t *rapid.T) {
		p, r := policies().Draw(t, "policies"), requests().Draw(t, "request")
		before := decide(t, p, r)
		more, _ := clone(p)
		switch rapid.IntRange(0, 4).Draw(t, "layer") {
		case 0:
			if len(p.Boundaries) > 0 {
				return
			}
			more.Boundaries = []authz.Policy{{Name: "new", Document: plain.Draw(t, "new")}}
		case 1:
			if len(p.Session) > 0 || r.Principal.ID == "arn:aws:sts::111122223333:federated-user/ann" {
				return // a federated user's session policy is what its permissions come from
			}
			more.Session = []authz.Policy{{Name: "new", Document: plain.Draw(t, "new")}}
		case 2:
			more.SCPs = append(more.SCPs, []authz.Policy{{Name: "new", Document: plain.Draw(t, "new")}})
		case 3:
			more.RCPs = append(more.RCPs, []authz.Policy{{Name: "new", Document: owned.Draw(t, "new")}})
		case 4:
			if len(p.Endpoints) > 0 {
				return
			}
			more.Endpoints = []authz.Policy{{Name: "new", Document: owned.Draw(t, "new")}}
		}
		if after := decide(t, more, r); after > before {
			t.Fatalf("%v becomes %v", before, after)
		}
	})
}

func TestOrderIsIrrelevant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r := policies().Draw(t, "policies"), requests().Draw(t, "request")
		before := decide(t, p, r)
		other, all := clone(p)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for _, x := range all {
			s := x.Document.Statements
			random.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
			for i := range s {
				for _, list := range [][]string{s[i].Actions, s[i].NotActions, s[i].Resources, s[i].NotResources} {
					random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
				}
			}
		}
		slices.Reverse(other.Identity)
		slices.Reverse(other.SCPs)
		if after := decide(t, other, r); after != before {
			t.Fatalf("%v becomes %v", before, after)
		}
	})
}

func TestCanonicalKeepsDecisions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r := policies().Draw(t, "policies"), requests().Draw(t, "request")
		before := decide(t, p, r)
		other, all := clone(p)
		for _, x := range all {
			x.Document = policy.Canonical(x.Document, policy.CanonicalOptions{})
		}
		if after := decide(t, other, r); after != before {
			t.Fatalf("%v becomes %v", before, after)
		}
	})
}

// TestColonsOnlyWiden: a star that crosses colons matches no less.
func TestColonsOnlyWiden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := policytest.Statements(policytest.Shape{}).Draw(t, "statement")
		if s.NotResources != nil {
			return
		}
		p := authz.Policies{Identity: []authz.Policy{{Document: &policy.Document{Statements: []policy.Statement{s}}}}}
		r := requests().Draw(t, "request")
		e, err := authz.Compile(p, authz.Options{StarCrossesColons: true})
		if err != nil {
			t.Fatal(err)
		}
		wide, err := e.Decide(r)
		if narrow := decide(t, p, r); err != nil || narrow == authz.Allow && wide != narrow {
			t.Fatalf("%v %v: %v", narrow, wide, err)
		}
	})
}

// TestExplain: every statement is explained, and those that match are the
// reasons of the decision.
func TestExplain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r := policies().Draw(t, "policies"), requests().Draw(t, "request")
		e, err := authz.Compile(p, authz.Options{})
		if err != nil {
			t.Fatal(err)
		}
		all, err := e.Explain(r)
		if err != nil {
			t.Fatal(err)
		}
		_, docs := clone(p)
		n := 0
		for _, d := range docs {
			n += len(d.Document.Statements)
		}
		if len(all) != n {
			t.Fatalf("%d statements, %d explained", n, len(all))
		}
		var matched []authz.Reason
		for _, x := range all {
			if x.Because == "" {
				t.Fatalf("no words: %+v", x)
			}
			if x.Matched {
				matched = append(matched, x)
			}
		}
		d, _ := e.Evaluate(r)
		if len(d.Reasons) < len(matched) || !slices.Equal(d.Reasons[:len(matched)], matched) {
			t.Fatalf("decision %+v, explained %+v", d.Reasons, matched)
		}
		if d.Outcome == authz.ImplicitDeny && len(d.Reasons) == len(matched) {
			t.Fatalf("an implicit deny without a layer that withholds: %+v", d)
		}
	})
}
