package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/iam/policy/policytest"
	"pgregory.net/rapid"
)

func parse(t *testing.T, text string) *policy.Document {
	t.Helper()
	d, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

func TestCanonical(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{
			"order, repetition and case of actions", `{"Id":"x","Statement":[{"Sid":"b","Effect":"Allow","Action":["S3:Get","s3:get","a:b"],"Resource":["b","a","b"]}]}`,
			`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":["a:b","s3:get"],"Resource":["a","b"]}]}`,
		},
		{
			"star is all", `{"Statement":[{"Effect":"Allow","NotAction":["a:b","*"],"NotResource":["x","*"]}]}`,
			`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","NotAction":"*","NotResource":"*"}]}`,
		},
		{
			"but not beside a variable that may be missing", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":["arn:aws:s3:::${aws:username}","*"]}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":["*","arn:aws:s3:::${aws:username}"]}]}`,
		},
		{
			"account root", `{"Statement":[{"Effect":"Allow","Action":"a:b","Principal":{"AWS":["arn:aws:iam::111122223333:root","111122223333"],"Service":["b","a","a"]}}]}`,
			`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333","Service":["a","b"]},"Action":"a:b"}]}`,
		},
		{
			"statements", `{"Statement":[{"Sid":"2","Effect":"Deny","Action":"a:b"},{"Effect":"Allow","Action":"a:b"},{"Effect":"Deny","Action":"a:b"}]}`,
			`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"a:b"},{"Effect":"Deny","Action":"a:b"}]}`,
		},
		{
			"conditions", `{"Statement":[{"Effect":"Allow","Action":"a:b","Condition":{"stringlike":{"B":["y","x","x"],"A":"z"},"bool":{"c":true}}}]}`,
			`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Condition":{"Bool":{"c":"true"},"StringLike":{"a":"z","b":["x","y"]}}}]}`,
		},
		{
			"one key twice, same values", `{"Statement":[{"Effect":"Allow","Action":"a:b","Condition":{"StringLike":{"a":["y","x"],"A":["x","y"]}}}]}`,
			`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Condition":{"StringLike":{"a":["x","y"]}}}]}`,
		},
		{
			"one key twice, negated", `{"Statement":[{"Effect":"Allow","Action":"a:b","Condition":{"StringNotEquals":{"a":"y","A":["x","y"]}}}]}`,
			`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Condition":{"StringNotEquals":{"a":["x","y"]}}}]}`,
		},
	}
	for _, tt := range tests {
		got := policy.Canonical(parse(t, tt.text), policy.CanonicalOptions{})
		if diff := cmp.Diff(tt.want, string(policy.AppendJSON(nil, got))); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, diff)
		}
	}
	d := parse(t, `{"Id":"x","Statement":[{"Sid":"b","Effect":"Allow","Action":"a:b"},{"Sid":"a","Effect":"Allow","Action":"a:b"}]}`)
	if got := policy.Canonical(d, policy.CanonicalOptions{KeepIDs: true}); got.ID != "x" || len(got.Statements) != 2 || got.Statements[0].SID != "a" {
		t.Errorf("with KeepIDs: %+v", got)
	}
}

// TestCanonicalKeepsBoth: two conditions on one key must both hold, and values
// of a positive operator would mean "or".
func TestCanonicalKeepsBoth(t *testing.T) {
	d := parse(t, `{"Statement":[{"Effect":"Allow","Action":"a:b","Condition":{"StringLike":{"a":"x*","A":"*y"}}}]}`)
	if _, _, ok := d.Duplicates(); ok {
		t.Error("keys of other case are duplicates")
	}
	got := policy.Canonical(d, policy.CanonicalOptions{})
	if n := len(got.Statements[0].Conditions); n != 2 {
		t.Errorf("%d conditions", n)
	}
	if i, c, ok := got.Duplicates(); !ok || i != 0 || c.Values[0] != "x*" {
		t.Errorf("Duplicates: %d %+v %v", i, c, ok)
	}
	if _, err := policy.Parse(policy.AppendJSON(nil, got)); err == nil {
		t.Error("what JSON cannot say is read as something else")
	}
}

func TestCanonicalIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := policytest.Documents(policytest.Shape{Principals: true, Denies: true, Variables: rapid.Bool().Draw(t, "variables")}).Draw(t, "document")
		before := d.Clone()
		o := policy.CanonicalOptions{KeepIDs: rapid.Bool().Draw(t, "keep")}
		once := policy.Canonical(d, o)
		if !d.Equal(before) {
			t.Fatalf("Canonical changed its argument: %s", cmp.Diff(before, d))
		}
		if twice := policy.Canonical(once, o); !twice.Equal(once) {
			t.Fatalf("-once +twice\n%s", cmp.Diff(once, twice))
		}
	})
}

func TestEqualAndClone(t *testing.T) {
	d := parse(t, everyElement)
	c := d.Clone()
	if !c.Equal(d) || !cmp.Equal(c, d) {
		t.Fatal("a clone differs")
	}
	for name, change := range map[string]func(*policy.Document){
		"Version":       func(d *policy.Document) { d.Version = "" },
		"Id":            func(d *policy.Document) { d.ID = "" },
		"statements":    func(d *policy.Document) { d.Statements = d.Statements[1:] },
		"Sid":           func(d *policy.Document) { d.Statements[0].SID = "B" },
		"Effect":        func(d *policy.Document) { d.Statements[0].Effect = policy.Deny },
		"any":           func(d *policy.Document) { d.Statements[0].Principal.Any = false },
		"no Principal":  func(d *policy.Document) { d.Statements[0].Principal = nil },
		"AWS":           func(d *policy.Document) { d.Statements[1].NotPrincipal.AWS[0] = "x" },
		"Service":       func(d *policy.Document) { d.Statements[1].NotPrincipal.Service[0] = "x" },
		"Federated":     func(d *policy.Document) { d.Statements[1].NotPrincipal.Federated[0] = "x" },
		"CanonicalUser": func(d *policy.Document) { d.Statements[1].NotPrincipal.CanonicalUser[0] = "x" },
		"Action":        func(d *policy.Document) { d.Statements[0].Actions[0] = "x" },
		"NotAction":     func(d *policy.Document) { d.Statements[1].NotActions = []string{} },
		"Resource":      func(d *policy.Document) { d.Statements[0].Resources = nil },
		"empty":         func(d *policy.Document) { d.Statements[2].Resources = []string{} },
		"NotResource":   func(d *policy.Document) { d.Statements[1].NotResources[0] = "x" },
		"operator":      func(d *policy.Document) { d.Statements[0].Conditions[0].Operator = "StringLike" },
		"key":           func(d *policy.Document) { d.Statements[0].Conditions[0].Key = "x" },
		"value":         func(d *policy.Document) { d.Statements[0].Conditions[1].Values[0] = "x" },
	} {
		c := d.Clone()
		change(c)
		if c.Equal(d) {
			t.Errorf("%s: not seen", name)
		}
		if !d.Equal(parse(t, everyElement)) {
			t.Fatalf("%s: the clone shares it", name)
		}
	}
}
