package authz_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sagemaker-roles/smr/iam/authz"
)

// TestLabelledCases agrees with every labelled request.
func TestLabelledCases(t *testing.T) {
	text, err := os.ReadFile("testdata/evaluations.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); count++ {
		var want struct {
			ID       string
			Expected string
		}
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		c, err := authz.DecodeCase(lines.Bytes())
		if err != nil {
			t.Errorf("%s: %v", want.ID, err)
			continue
		}
		d, err := c.Evaluate(authz.Options{})
		if err != nil || d.Outcome.String() != want.Expected {
			t.Errorf("%s\nwant %s\n got %s", lines.Bytes(), want.Expected, c.AppendAnswer(nil, d, err))
		}
	}
	if count == 0 {
		t.Fatal("found no cases")
	}
}

const request1 = `"request":{"principal":"arn:aws:iam::111122223333:user/ann","principal_type":"aws","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"`

// answer judges one line as "smr simulate --cases" does.
func answer(line string) string {
	c, err := authz.DecodeCase([]byte(line))
	var d authz.Decision
	if err == nil {
		d, err = c.Evaluate(authz.Options{})
	}
	return string(c.AppendAnswer(nil, d, err))
}

func TestAnswers(t *testing.T) {
	const allow = `{"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:SourceVpc":["<a>","b*"]}}}]}`
	for _, tt := range []struct{ line, want string }{
		{
			`{"id":"1",` + request1 + `,"context":{"aws:sourceVPC":"bc","n":1,"b":true,"l":[1,"x",false],"z":null}},"identity_policies":[` + allow + `],"session_policy":null,"expected":"allow"}`,
			`{"id":"1","decision":"allow","reasons":[{"layer":"identity-based policies","policy":"identity_policies[0]","statement":0,"sid":"S","effect":"Allow","matched":true,` +
				`"because":"Allows s3:* on * where StringLike aws:SourceVpc \"<a>\" or \"b*\" (\"bc\")."}]}`,
		},
		{
			`{"id":2,` + request1 + `,"context":null}}`,
			`{"id":2,"decision":"implicit-deny","reasons":[{"layer":"identity-based policies","policy":"identity-based policies","statement":-1,"effect":"Deny","matched":false,"because":"No statement allows the request."}]}`,
		},
		{
			`{"id":"3","request":{"principal":null,"principal_type":"anonymous","action":"s3:GetObject","resource":"*"},"scps":[[],[]],"rcps":[[]]}`,
			`{"id":"3","decision":"implicit-deny","reasons":[{"layer":"resource-based policy","policy":"resource-based policy","statement":-1,"effect":"Deny","matched":false,` +
				`"because":"No statement allows the request to this principal, and nothing else can grant it."}]}`,
		},
		{`nonsense`, `{"id":null,"error":"the line is not JSON: offset 2: invalid character 'o' in literal null (expecting 'u')"}`},
		{`[1]`, `{"id":null,"error":"the line is a JSON array, and a case is an object {\"id\", \"request\"}"}`},
		{`{"id":"4"}`, `{"id":"4","error":"the line has no \"request\""}`},
		{`{"id":"5",` + request1 + `},"identity_policies":{}}`, `{"id":"5","error":"\"identity_policies\" has the wrong type of value: object"}`},
		{`{"id":"6",` + request1 + `},"scps":[[` + allow + `,{"Statement":[]}],[{}]]}`, `{"id":"6","error":"scps[1][0]: offset 0: The policy document has no Statement element. It needs one with at least one statement."}`},
		{`{"id":"7",` + request1 + `},"identity_policies":[{"Statement":{"Effect":"Deny","Action":"*"}}]}`, `{"id":"7","error":"identity_policies[0]: statement 1: a statement of the identity-based policies needs Resource or NotResource"}`},
		{`{"id":"8",` + request1 + `,"context":[]}}`, `{"id":"8","error":"\"context\" must be an object"}`},
		{`{"id":"9",` + request1 + `,"context":{"a:b":"1","A:B":"2"}}}`, `{"id":"9","error":"context holds the key \"A:B\" twice; names compare without regard to case"}`},
		{`{"id":"10",` + request1 + `,"context":{"a":{}}}}`, `{"id":"10","error":"context key \"a\": the value must be a string, a number, a boolean or a list of them"}`},
		{`{"id":"11",` + request1 + `,"context":{"a":[[]]}}}`, `{"id":"11","error":"context key \"a\": a list holds strings, numbers and booleans alone"}`},
		{`{"id":"12","request":{"principal":"x","action":"s3:GetObject","resource":"*"}}`, `{"id":"12","error":"principal type \"\" does not exist; it is \"aws\", \"service\", \"federated\" or \"anonymous\""}`},
		{`{"id":"13",` + request1 + `},"permissions_boundaries":[1],"session_policy":2}`, `{"id":"13","error":"session_policy: offset 0: The policy document must be an object, not a number."}`},
	} {
		if diff := cmp.Diff(tt.want, answer(tt.line)); diff != "" {
			t.Errorf("%s\n-want +got\n%s", tt.line, diff)
		}
	}
}

func FuzzDecodeCase(f *testing.F) {
	f.Add([]byte(`{"id":"1",` + request1 + `,"context":{"aws:TagKeys":["a"],"x":1.5}},"resource_policy":{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"1"},"Action":"*","Condition":{"Null":{"x":true}}}}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if text := answer(string(line)); !json.Valid([]byte(text)) {
			t.Fatalf("not JSON: %s", text)
		}
	})
}
