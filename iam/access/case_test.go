package access_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func TestAnswerCase(t *testing.T) {
	const all = `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}`
	for _, c := range []struct{ name, line, want string }{
		{"documents", `{"id": 1, "base": ` + all + `, "head": ` + all + `}`, `{"id":1,"new_access":"no","lost_access":"no","gained":[],"lost":[]}`},
		{"lists and nothing", `{"id": "x", "base": [], "head": [{}, null, ` + all + `], "expected": 1}`, `"witness":{"action":"s3:GetObject","resource":"arn:aws:s3:us-east-1:123456789012:example","context":{}`},
		{"null", `{"base": null, "head": {}}`, `{"id":null,"new_access":"no"`},
		{"empty fields", `{"id": 1, "base": {"identity_policies": null, "permissions_boundary": {}}, "head": {"scps": [[` + all + `]], "session_policy": ` + all + `}}`, `{"id":1,"new_access":"no"`},
		{"resource policy", `{"id": 1, "base": {"resource_policy": {"Statement": []}}, "head": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}}`, `"new_access":"yes"`},
		{"not JSON", `{"id": 1, "base": `, `"error":"the line is no case: it is not JSON: unexpected end`},
		{"a number", `1`, `"error":"the line is no case: it is a JSON number where an object {\"id\", \"base\", \"head\"} belongs"`},
		{"a list", `[]`, `"error":"the line is no case: it is a JSON array where `},
		{"policies of another type", `{"id": 1, "base": {"identity_policies": "x"}, "head": {}}`, `"error":"base: identity_policies: it is a JSON string where a list of policy documents belongs"`},
		{"rows", `{"id": 1, "base": {}, "head": ` + all + `}`, `"gained":[{"actions":["s3:GetObject"],"resources":["*"],"not_resources":[],"conditions":{}`},
		{"no head", `{"id": 1, "base": {}}`, `{"id":1,"error":"the line needs \"base\" and \"head\""}`},
		{"a text", `{"id": 1, "base": "x", "head": {}}`, `"error":"base: a side is a policy document`},
		{"unknown field", `{"id": 1, "base": {}, "head": {"policies": []}}`, `"error":"head: \"policies\" is no field of a side`},
		{"wrong type", `{"id": 1, "base": {"scps": [1]}, "head": {}}`, `"error":"base: scps: it is a JSON number where a list of levels`},
		{"bad policy in a list", `{"id": 1, "base": [{"Statement": 1}], "head": {}}`, `"error":"base: policy[0]: `},
		{"bad policy in a field", `{"id": 1, "base": {"resource_policy": {"Statement": 1}}, "head": {}}`, `"error":"base: resource_policy: `},
		{"bad SCP", `{"id": 1, "base": {"scps": [[{"Statement": 1}]]}, "head": {}}`, `"error":"base: scps: scps[0][0]: `},
		{"two kinds", `{"id": 1, "base": {"identity_policies": [` + all + `]}, "head": {"resource_policy": {"Statement": []}}}`, `"error":"one side is a resource policy and the other is not`},
		{"mixed side", `{"id": 1, "base": {"identity_policies": [` + all + `], "resource_policy": {"Statement": []}}, "head": {}}`, `"error":"a side holds a resource policy and others`},
		{"principal", `{"id": 1, "base": {}, "head": [` + all + `, {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}]}`, `has a Principal, which AWS refuses`},
		{"no resource", `{"id": 1, "base": {}, "head": {"Statement": {"Effect": "Allow", "Action": "s3:*"}}}`, `"error":"head: `},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := access.AnswerCase([]byte(c.line), access.Options{})
			if err != nil || !strings.Contains(string(got), c.want) || bytes.Contains(got, []byte("\n")) {
				t.Errorf("got %s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestDecodeSideRefusesBrokenJSON(t *testing.T) {
	for _, text := range []string{`[`, `{"a"`, `1`} {
		if s, err := access.DecodeSide([]byte(text)); err == nil {
			t.Errorf("%s: got %+v", text, s)
		}
	}
}

// TestOptions shows what OneWay and NoRows leave out.
func TestOptions(t *testing.T) {
	base := access.Side{Identity: []*policy.Document{document(policy.Statement{Effect: policy.Allow, Actions: []string{"s3:*"}, Resources: []string{"*"}})}}
	r, err := access.Compare(base, access.Side{}, access.Options{OneWay: true, NoRows: true})
	if err != nil || r.NewAccess != access.No || r.LostAccess != "" || r.Lost != nil || r.LostWitness != nil {
		t.Errorf("got %+v, %v", r, err)
	}
	r, err = access.Compare(base, access.Side{}, access.Options{})
	if err != nil || r.Empty() || r.LostAccess != access.Yes || len(r.Lost) != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
}

// FuzzAnswerCase answers every line, within small limits.
func FuzzAnswerCase(f *testing.F) {
	text, err := os.ReadFile("testdata/access-pairs.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for i, line := range bytes.Split(text, []byte("\n")) {
		if i%10 == 0 {
			f.Add(line)
		}
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		answer, err := access.AnswerCase(line, access.Options{Limits: access.Limits{States: 2_000, Steps: 2_000, Values: 64}})
		if err != nil || !json.Valid(answer) {
			t.Errorf("%s: %v", answer, err)
		}
	})
}
