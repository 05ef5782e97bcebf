package access_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/iam/policy/policytest"
	"pgregory.net/rapid"
)

// sides generates identity-based sides, some with a boundary, a session policy
// and SCPs.
func sides() *rapid.Generator[access.Side] {
	return rapid.Custom(func(t *rapid.T) access.Side {
		g := policytest.Documents(policytest.Shape{Denies: true, Variables: rapid.IntRange(0, 2).Draw(t, "variables") == 0})
		s := access.Side{Identity: rapid.SliceOfN(g, 1, 2).Draw(t, "identity")}
		if rapid.IntRange(0, 3).Draw(t, "bounded") == 0 {
			s.Boundary = g.Draw(t, "boundary")
		}
		if rapid.IntRange(0, 5).Draw(t, "in a session") == 0 {
			s.Session = g.Draw(t, "session")
		}
		for range rapid.IntRange(0, 1).Draw(t, "levels") {
			s.SCPs = append(s.SCPs, rapid.SliceOfN(g, 1, 2).Draw(t, "scp"))
		}
		return s
	})
}

// owned generates resource-based sides.
func owned() *rapid.Generator[access.Side] {
	return rapid.Custom(func(t *rapid.T) access.Side {
		d := policytest.Documents(policytest.Shape{Denies: true, Principals: true}).Draw(t, "resource policy")
		for i := range d.Statements {
			// Trust policies name no resource.
			if rapid.IntRange(0, 2).Draw(t, "trust") == 0 {
				d.Statements[i].Resources, d.Statements[i].NotResources = nil, nil
			}
		}
		return access.Side{Resource: d}
	})
}

// either generates sides of one kind.
func either(t *rapid.T) *rapid.Generator[access.Side] {
	if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
		return owned()
	}
	return sides()
}

func compare(t *rapid.T, base, head access.Side) access.Result {
	r, err := access.Compare(base, head, access.Options{})
	if err != nil {
		t.Fatalf("%v\nbase %s\nhead %s", err, sideText(base), sideText(head))
	}
	return r
}

// sideText writes a side for a failure.
func sideText(s access.Side) string {
	text := ""
	for _, d := range append([]*policy.Document{s.Boundary, s.Session, s.Resource}, slices.Concat(append(s.SCPs, s.Identity)...)...) {
		if d != nil {
			text += string(policy.AppendJSON(nil, d)) + "\n"
		}
	}
	return text
}

// vary changes a side in one place.
func vary(t *rapid.T, s access.Side) access.Side {
	s.Identity = slices.Clone(s.Identity)
	docs := []**policy.Document{&s.Boundary, &s.Session, &s.Resource}
	for i := range s.Identity {
		docs = append(docs, &s.Identity[i])
	}
	docs = slices.DeleteFunc(docs, func(d **policy.Document) bool { return *d == nil })
	d := rapid.SampledFrom(docs).Draw(t, "document")
	*d = (*d).Clone()
	list := &(*d).Statements
	i := rapid.IntRange(0, len(*list)-1).Draw(t, "statement")
	shape := policytest.Shape{Denies: true, Principals: s.Resource != nil}
	switch rapid.IntRange(0, 4).Draw(t, "change") {
	case 0:
		(*list)[i] = policytest.Statements(shape).Draw(t, "other")
	case 1:
		*list = append(*list, policytest.Statements(shape).Draw(t, "more"))
	case 2:
		(*list)[i].Conditions = nil
	case 3:
		if len((*list)[i].Actions) > 1 {
			(*list)[i].Actions = (*list)[i].Actions[1:]
		}
	case 4:
		if len(*list) > 1 {
			*list = slices.Delete(*list, i, i+1)
		}
	}
	return s
}

// requests generates requests of the comparison's universe: values are of the
// type of their key, and the resource is of the caller's account.
func requests() *rapid.Generator[*authz.Request] {
	return rapid.Custom(func(t *rapid.T) *authz.Request {
		r := &authz.Request{
			Principal:       authz.Principal{Type: authz.AWS, ID: "arn:aws:iam::111122223333:role/train"},
			Action:          rapid.SampledFrom(policytest.Actions()).Draw(t, "action"),
			Resource:        rapid.SampledFrom(policytest.Resources()).Draw(t, "resource"),
			ResourceAccount: "111122223333",
		}
		keys := policytest.ContextKeys()
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			values := slices.DeleteFunc(keys[key], func(v string) bool { return v == "none" || v == "many" })
			switch n := rapid.IntRange(0, 2).Draw(t, key); {
			case n == 0:
			case key == policytest.MultiKey:
				r.Context.SetList(key, rapid.SliceOfN(rapid.SampledFrom(values), 0, 3).Draw(t, "values")...)
			default:
				r.Context.Set(key, rapid.SampledFrom(values).Draw(t, "value"))
			}
		}
		return r
	})
}

// outcome decides a request by policies alone.
func outcome(t *rapid.T, s access.Side, r *authz.Request) bool {
	wrap := func(list []*policy.Document) []authz.Policy {
		var out []authz.Policy
		for _, d := range list {
			if d != nil {
				out = append(out, authz.Policy{Name: "p", Document: d})
			}
		}
		return out
	}
	p := authz.Policies{Identity: wrap(s.Identity), Boundaries: wrap([]*policy.Document{s.Boundary}), Session: wrap([]*policy.Document{s.Session})}
	for _, level := range s.SCPs {
		p.SCPs = append(p.SCPs, wrap(level))
	}
	if s.Resource != nil {
		p.Resource = &wrap([]*policy.Document{s.Resource})[0]
	}
	e, err := authz.Compile(p, authz.Options{PoliciesOnly: true})
	if err != nil {
		t.Fatalf("%v", err)
	}
	o, err := e.Decide(r)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return o == authz.Allow
}

func TestSameIsSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := either(t).Draw(t, "side")
		if r := compare(t, s, s); !r.Empty() || len(r.Gained)+len(r.Lost) > 0 {
			t.Errorf("a side differs from itself: %+v", r)
		}
	})
}

// TestAnswersAgreeWithDecisions shows that a "no" is one: no random request is
// allowed by the one side alone. Compare itself checks every witness.
func TestAnswersAgreeWithDecisions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := sides().Draw(t, "base")
		head := vary(t, base)
		r := compare(t, base, head)
		for range 20 {
			q := requests().Draw(t, "request")
			single(q, base, head)
			b, h := outcome(t, base, q), outcome(t, head, q)
			if h && !b && r.NewAccess == access.No || b && !h && r.LostAccess == access.No {
				t.Fatalf("new access %s, lost access %s; base allows: %v, head allows: %v\n%+v\nbase %shead %s", r.NewAccess, r.LostAccess, b, h, q, sideText(base), sideText(head))
			}
		}
	})
}

// TestRolesAgreeWithDecisions is the same for resource-based policies: the
// callers are in another account, where they may do everything.
func TestRolesAgreeWithDecisions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := owned().Draw(t, "base")
		head := vary(t, base)
		r := compare(t, base, head)
		all := &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}}
		for range 20 {
			q := requests().Draw(t, "request")
			q.ResourceAccount = "999999999999"
			switch id := rapid.SampledFrom(append(policytest.Principals(), "", "sagemaker.amazonaws.com", "accounts.google.com")).Draw(t, "principal"); id {
			case "":
				q.Principal = authz.Principal{Type: authz.Anonymous}
			case "sagemaker.amazonaws.com":
				q.Principal = authz.Principal{Type: authz.Service, ID: id}
			case "accounts.google.com":
				q.Principal = authz.Principal{Type: authz.Federated, ID: id}
			default:
				q.Principal.ID = id
			}
			consistent(q)
			single(q, base, head)
			b, h := base, head
			b.Identity, h.Identity = []*policy.Document{all}, []*policy.Document{all}
			inBase, inHead := outcome(t, b, q), outcome(t, h, q)
			if inHead && !inBase && r.NewAccess == access.No || inBase && !inHead && r.LostAccess == access.No {
				t.Fatalf("new access %s, lost access %s; base allows: %v, head allows: %v\n%+v\nbase %shead %s", r.NewAccess, r.LostAccess, inBase, inHead, q, sideText(base), sideText(head))
			}
		}
	})
}

// consistent gives aws:PrincipalArn the value that follows from the principal,
// as every signed request has it.
func consistent(q *authz.Request) {
	if _, _, ok := q.Context.Get("aws:PrincipalArn"); !ok && q.Principal.Type == authz.AWS {
		q.Context.Set("aws:PrincipalArn", "")
	}
	switch id := q.Principal.ID; {
	case q.Principal.Type == authz.Anonymous:
		q.Context.SetList("aws:PrincipalArn")
	case q.Principal.Type != authz.AWS:
	case id == "arn:aws:sts::111122223333:assumed-role/train/s1":
		q.Context.Set("aws:PrincipalArn", "arn:aws:iam::111122223333:role/train")
	case id == "arn:aws:sts::444455556666:assumed-role/other/s2":
		q.Context.Set("aws:PrincipalArn", "arn:aws:iam::444455556666:role/other")
	default:
		q.Context.Set("aws:PrincipalArn", id)
	}
}

// single makes the list of a request one value if no set operator looks at it:
// then the comparison takes the key for one of single values.
func single(q *authz.Request, sides ...access.Side) {
	for _, s := range sides {
		if strings.Contains(sideText(s), "Value") {
			return
		}
	}
	if values, _, ok := q.Context.Get(policytest.MultiKey); ok {
		q.Context.Set(policytest.MultiKey, values[0])
	}
}

func TestOrderIsIrrelevant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := either(t).Draw(t, "side")
		turned := s
		turn := func(d *policy.Document) *policy.Document {
			if d == nil {
				return nil
			}
			d = d.Clone()
			slices.Reverse(d.Statements)
			for i := range d.Statements {
				st := &d.Statements[i]
				slices.Reverse(st.Actions)
				slices.Reverse(st.Resources)
				slices.Reverse(st.Conditions)
			}
			return d
		}
		turned.Identity = nil
		for _, d := range s.Identity {
			turned.Identity = append([]*policy.Document{turn(d)}, turned.Identity...)
		}
		turned.Boundary, turned.Resource = turn(s.Boundary), turn(s.Resource)
		if r := compare(t, s, turned); !r.Empty() {
			t.Errorf("order matters: %+v", r)
		}
		other := vary(t, s)
		one, two := compare(t, s, other), compare(t, turned, other)
		if one.NewAccess != two.NewAccess || one.LostAccess != two.LostAccess {
			t.Errorf("order changes the answer from %s, %s to %s, %s", one.NewAccess, one.LostAccess, two.NewAccess, two.LostAccess)
		}
	})
}

func TestDenyNeverGains(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := either(t).Draw(t, "side")
		more := s
		deny := policytest.Statements(policytest.Shape{Principals: s.Resource != nil}).Draw(t, "deny")
		deny.Effect = policy.Deny
		if s.Resource != nil {
			more.Resource = s.Resource.Clone()
			more.Resource.Statements = append(more.Resource.Statements, deny)
		} else {
			more.Identity = append(slices.Clone(s.Identity), &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{deny}})
		}
		if r := compare(t, s, more); r.NewAccess != access.No {
			t.Errorf("a deny adds access: %+v", r)
		}
	})
}

func TestBoundaryOnlyNarrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sides().Draw(t, "side")
		s.Boundary = nil
		bounded := s
		bounded.Boundary = policytest.Documents(policytest.Shape{Denies: true}).Draw(t, "boundary")
		if r := compare(t, s, bounded); r.NewAccess != access.No {
			t.Errorf("a boundary adds access: %+v", r)
		}
	})
}

func TestCanonicalIsEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := either(t).Draw(t, "side")
		canonical := access.Side{Session: s.Session, SCPs: s.SCPs}
		for _, d := range s.Identity {
			canonical.Identity = append(canonical.Identity, policy.Canonical(d, policy.CanonicalOptions{}))
		}
		if s.Boundary != nil {
			canonical.Boundary = policy.Canonical(s.Boundary, policy.CanonicalOptions{})
		}
		if s.Resource != nil {
			canonical.Resource = policy.Canonical(s.Resource, policy.CanonicalOptions{})
		}
		if r := compare(t, s, canonical); !r.Empty() {
			t.Errorf("the canonical form differs: %+v", r)
		}
	})
}
