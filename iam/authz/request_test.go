package authz_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func TestContext(t *testing.T) {
	var c authz.Context
	c.Set("aws:SourceVpc", "a")
	before := c
	c.Set("AWS:sourcevpc", "b")
	c.SetList("aws:TagKeys", "x", "y")
	c.SetList("aws:CalledVia")
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"AWS:sourcevpc":"b","aws:TagKeys":["x","y"],"aws:CalledVia":[]}`, string(text)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got, list, ok := before.Get("AWS:SOURCEVPC"); !ok || list || got[0] != "a" {
		t.Errorf("a copy changed: %q", got)
	}
	if _, _, ok := c.Get("aws:CalledVia"); ok {
		t.Error("an empty list is present")
	}
	if key, values, list := c.At(1); c.Len() != 3 || key != "aws:TagKeys" || len(values) != 2 || !list {
		t.Errorf("At(1): %q %q %v", key, values, list)
	}
	if err := c.UnmarshalJSON([]byte("{")); err == nil {
		t.Error("half an object is read")
	}
	var again authz.Context
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if second, _ := json.Marshal(again); string(second) != string(text) {
		t.Errorf("read again: %s", second)
	}
}

func TestRequestErrors(t *testing.T) {
	e, err := authz.Compile(authz.Policies{}, authz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	good := func() *authz.Request { return request("arn:aws:iam::111122223333:user/ann", "s3:GetObject", "*") }
	for want, change := range map[string]func(*authz.Request){
		"principal type \"root\" does not exist": func(r *authz.Request) { r.Principal.Type = "root" },
		"principal type \"\" does not exist":     func(r *authz.Request) { r.Principal = authz.Principal{} },
		"names no principal of type \"aws\"":     func(r *authz.Request) { r.Principal.ID = "" },
		"an anonymous request has no principal":  func(r *authz.Request) { r.Principal.Type = authz.Anonymous },
		"action \"\" is not of the form":         func(r *authz.Request) { r.Action = "" },
		"action \"GetObject\" is not":            func(r *authz.Request) { r.Action = "GetObject" },
		"action \"s3:Get*\" is not":              func(r *authz.Request) { r.Action = "s3:Get*" },
		"the request names no resource":          func(r *authz.Request) { r.Resource = "" },
	} {
		r := good()
		change(r)
		_, err1 := e.Decide(r)
		_, err2 := e.Evaluate(r)
		_, err3 := e.Explain(r)
		for _, err := range []error{err1, err2, err3} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want %q, got %v", want, err)
			}
		}
	}
	if o, err := e.Decide(good()); err != nil || o != authz.ImplicitDeny {
		t.Errorf("without policies: %v, %v", o, err)
	}
}

func TestCompileErrors(t *testing.T) {
	document := func(s policy.Statement) authz.Policy {
		return authz.Policy{Name: "p", Document: &policy.Document{Statements: []policy.Statement{{Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"}}, s}}}
	}
	plain := policy.Statement{SID: "S", Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"}}
	with := func(change func(*policy.Statement)) authz.Policy { s := plain.Clone(); change(&s); return document(s) }
	unknown := with(func(s *policy.Statement) { s.Conditions = []policy.Condition{{Operator: "Like", Key: "k"}} })
	bare := with(func(s *policy.Statement) { s.Resources = nil })
	for _, tt := range []struct {
		p    authz.Policies
		want string
	}{
		{authz.Policies{Endpoints: []authz.Policy{unknown}}, `p: statement 2 (S): the condition operator "Like" does not exist`},
		{authz.Policies{Resource: &unknown}, "does not exist"},
		{authz.Policies{RCPs: [][]authz.Policy{{unknown}}}, "does not exist"},
		{authz.Policies{Identity: []authz.Policy{bare}}, "p: statement 2 (S): a statement of the identity-based policies needs Resource or NotResource"},
		{authz.Policies{Session: []authz.Policy{bare}}, "a statement of the session policy needs"},
		{authz.Policies{Boundaries: []authz.Policy{bare}}, "a statement of the permissions boundary needs"},
		{authz.Policies{SCPs: [][]authz.Policy{{bare}}}, "a statement of the service control policies needs"},
		{authz.Policies{Identity: []authz.Policy{with(func(s *policy.Statement) { s.Effect = "allow" })}}, `the effect "allow" is neither "Allow" nor "Deny"`},
	} {
		if _, err := authz.Compile(tt.p, authz.Options{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want %q, got %v", tt.want, err)
		}
	}
}

// TestOptions: without AWS's own rules, policies alone decide.
func TestOptions(t *testing.T) {
	e, err := authz.Compile(authz.Policies{}, authz.Options{PoliciesOnly: true, Keys: authz.GlobalKeys{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*authz.Request{
		request("arn:aws:iam::111122223333:root", "s3:GetObject", "arn:aws:s3:::b/k"),
		request("arn:aws:iam::111122223333:user/ann", "sts:GetCallerIdentity", "*"),
	} {
		if o, err := e.Decide(r); err != nil || o != authz.ImplicitDeny {
			t.Errorf("%s: %v, %v", r.Action, o, err)
		}
	}
}

// mfaList says that ex:mfa is multivalued.
type mfaList struct{}

func (mfaList) KeyType(key string) (authz.KeyType, bool) {
	return authz.KeyType{Kind: authz.String, Multi: true}, key == "ex:mfa"
}

func TestOwnKeyTypes(t *testing.T) {
	d, err := policy.Parse([]byte(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"EX:MFA":"a"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for keys, want := range map[authz.KeyTypes]authz.Outcome{authz.GlobalKeys{}: authz.Allow, mfaList{}: authz.ImplicitDeny} {
		e, err := authz.Compile(authz.Policies{Identity: []authz.Policy{{Document: d}}}, authz.Options{Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		if o, err := e.Decide(request("arn:aws:iam::111122223333:user/ann", "s3:GetObject", "*", "ex:mfa=a")); err != nil || o != want {
			t.Errorf("%T: %v, %v", keys, o, err)
		}
	}
}

// TestOtherPrincipals: what is no ARN of IAM is equal to itself alone.
func TestOtherPrincipals(t *testing.T) {
	const id = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
	d, err := policy.Parse([]byte(`{"Statement":[{"Effect":"Allow","Principal":{"CanonicalUser":"` + id + `","AWS":["x","arn:aws:sts::111122223333:assumed-role/a"]},"Action":"*","Resource":"*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	e, err := authz.Compile(authz.Policies{Resource: &authz.Policy{Name: "r", Document: d}}, authz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for principal, want := range map[string]authz.Outcome{id: authz.Allow, "x": authz.Allow, "y": authz.ImplicitDeny, "arn:aws:s3:::b": authz.ImplicitDeny} {
		r := request("arn:", "s3:GetObject", "arn:aws:s3:::b/k")
		r.Principal.ID = principal
		if o, err := e.Decide(r); err != nil || o != want {
			t.Errorf("%s: %v, %v", principal, o, err)
		}
	}
	if s := authz.RCP.String(); s != "resource control policies" {
		t.Errorf("RCPs are called %q", s)
	}
	if s := authz.Outcome(0).String() + authz.Layer(0).String(); s != "" {
		t.Errorf("names of nothing: %q", s)
	}
}
