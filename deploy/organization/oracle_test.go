package organization_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sagemaker-roles/smr/deploy/organization"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A world is a set of requests, small enough to try all of them: who assumes
// the role, and what it then asks for.
var (
	principals = []string{alice, bob}
	requests   = [][2]string{
		{"s3:GetObject", "arn:aws:s3:::data/a"},
		{"s3:GetObject", "arn:aws:s3:::data/secret/a"},
		{"s3:PutObject", "arn:aws:s3:::data/a"},
		{"s3:PutObject", "arn:aws:s3:::other/a"},
		{"s3:DeleteObject", "arn:aws:s3:::data/a"},
		{"s3:ListAllMyBuckets", "*"},
		{"sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q"},
	}
)

// fatal is what both kinds of tests have.
type fatal interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// real puts an account for pseudo parameters.
func real(d *policy.Document) *policy.Document {
	text := strings.NewReplacer(policy.PseudoAccount, "123456789012", policy.PseudoPartition, "aws", policy.PseudoRegion, "us-east-1").Replace(string(policy.AppendJSON(nil, d)))
	out, err := policy.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return out
}

// pairs are which principal can do what with a role: those the trust policy lets
// in, and what the policies allow under the boundary. It is decided request by
// request, without the comparison that the steps are proved by.
func pairs(t fatal, trust *policy.Document, docs []*policy.Document, boundary *policy.Document) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	var identity authz.Policies
	for _, d := range docs {
		identity.Identity = append(identity.Identity, authz.Policy{Name: "p", Document: real(d)})
	}
	if boundary != nil {
		identity.Boundaries = []authz.Policy{{Name: "b", Document: boundary}}
	}
	can := evaluator(t, identity)
	who := evaluator(t, authz.Policies{Resource: &authz.Policy{Name: "trust", Document: real(trust)}})
	for _, p := range principals {
		enter := authz.Request{Principal: authz.Principal{Type: authz.AWS, ID: p}, Action: "sts:AssumeRole", Resource: "arn:aws:iam::123456789012:role/smr/forecast/SageMaker-x"}
		if !allowed(t, who, &enter) {
			continue
		}
		for _, r := range requests {
			if allowed(t, can, &authz.Request{Principal: authz.Principal{Type: authz.AWS, ID: "arn:aws:sts::123456789012:assumed-role/SageMaker-x/s"}, Action: r[0], Resource: r[1]}) {
				out[p+" "+r[0]+" "+r[1]] = true
			}
		}
	}
	return out
}

func evaluator(t fatal, p authz.Policies) *authz.Evaluator {
	t.Helper()
	e, err := authz.Compile(p, authz.Options{PoliciesOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func allowed(t fatal, e *authz.Evaluator, r *authz.Request) bool {
	t.Helper()
	out, err := e.Decide(r)
	if err != nil {
		t.Fatal(err)
	}
	return out == authz.Allow
}

func closedTrust() *policy.Document {
	return &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{Effect: policy.Deny, Principal: &policy.Principal{Any: true}, Actions: []string{"sts:AssumeRole"}}}}
}

// state is a role as a template has it, or none.
type state struct {
	trust    *policy.Document
	slots    map[string]*policy.Document
	boundary string
}

func stateOf(t *organization.Template, name string) state {
	s := state{trust: closedTrust(), slots: map[string]*policy.Document{}}
	if r := t.Roles[name]; r != nil {
		s.trust, s.boundary = r.Trust, r.Boundary
		for _, slot := range r.Slots {
			s.slots[slot.Key] = slot.Document
		}
	}
	return s
}

func (s state) pairs(t fatal) map[string]bool {
	var docs []*policy.Document
	for _, d := range s.slots {
		docs = append(docs, d)
	}
	return pairs(t, s.trust, docs, boundaryText(s.boundary))
}

func boundaryText(arn string) *policy.Document {
	if arn == "" {
		return nil
	}
	return organization.KnownPolicies(nil)(arn)
}

// excess tries every mixture of a step and names one that grants what neither
// before nor after grants; "" if there is none.
func excess(t fatal, from, to, before, after *organization.Template) string {
	t.Helper()
	names := map[string]bool{}
	for name := range from.Roles {
		names[name] = true
	}
	for name := range to.Roles {
		names[name] = true
	}
	for name := range names {
		a, b := stateOf(from, name), stateOf(to, name)
		if from.Roles[name] == nil {
			a.boundary = b.boundary // it is made with its boundary
		}
		if to.Roles[name] == nil {
			if from.Roles[name].Retain {
				continue // it stays as it is
			}
			b.boundary = a.boundary
		}
		granted := stateOf(before, name).pairs(t)
		for p := range stateOf(after, name).pairs(t) {
			granted[p] = true
		}
		var keys []string
		for k := range a.slots {
			keys = append(keys, k)
		}
		for k := range b.slots {
			if _, ok := a.slots[k]; !ok {
				keys = append(keys, k)
			}
		}
		for mask := range 1 << (len(keys) + 2) {
			m := state{trust: a.trust, boundary: a.boundary, slots: map[string]*policy.Document{}}
			if mask&1 != 0 {
				m.trust = b.trust
			}
			if mask&2 != 0 {
				m.boundary = b.boundary
			}
			for i, k := range keys {
				side := a
				if mask&(4<<i) != 0 {
					side = b
				}
				if d, ok := side.slots[k]; ok {
					m.slots[k] = d
				}
			}
			for p := range m.pairs(t) {
				if !granted[p] {
					return fmt.Sprintf("role %s, mixture %b: %s", name, mask, p)
				}
			}
		}
	}
	return ""
}

// body writes a template of one role with managed policies, as smr does.
func body(trust any, boundary string, slots map[string]any) []byte {
	resources := map[string]any{}
	var attached []any
	for _, id := range []string{"A", "B", "C"} {
		if d, ok := slots[id]; ok {
			resources[id] = map[string]any{"Type": "AWS::IAM::ManagedPolicy", "Properties": map[string]any{
				"ManagedPolicyName": "p" + id, "Path": "/smr/forecast/", "PolicyDocument": d,
			}}
			attached = append(attached, map[string]any{"Ref": id})
		}
	}
	p := map[string]any{"RoleName": "SageMaker-x", "Path": "/smr/forecast/", "AssumeRolePolicyDocument": trust}
	if len(attached) > 0 {
		p["ManagedPolicyArns"] = attached
	}
	if boundary != "" {
		p["PermissionsBoundary"] = boundary
	}
	resources["X"] = map[string]any{"Type": "AWS::IAM::Role", "Properties": p}
	out, err := json.Marshal(map[string]any{"Metadata": map[string]any{"smr": map[string]any{"Project": "forecast"}}, "Resources": resources})
	if err != nil {
		panic(err)
	}
	return out
}

func drawTemplate(t *rapid.T, name string) *organization.Template {
	statements := func(name string) []any {
		var out []any
		for i := range rapid.IntRange(1, 2).Draw(t, name+" statements") {
			at := fmt.Sprintf("%s statement %d", name, i)
			out = append(out, map[string]any{
				"Effect":   rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, at+" effect"),
				"Action":   rapid.SampledFrom([]string{"s3:GetObject", "s3:PutObject", "s3:*", "sqs:*"}).Draw(t, at+" action"),
				"Resource": rapid.SampledFrom([]string{"*", "arn:aws:s3:::data/*", "arn:aws:s3:::data/secret/*"}).Draw(t, at+" resource"),
			})
		}
		return out
	}
	slots := map[string]any{}
	for _, id := range []string{"A", "B", "C"} {
		if rapid.Bool().Draw(t, name+" has "+id) {
			slots[id] = map[string]any{"Version": "2012-10-17", "Statement": statements(name + " " + id)}
		}
	}
	who := rapid.SampledFrom([][]string{{alice}, {bob}, {alice, bob}}).Draw(t, name+" trusts")
	boundary := rapid.SampledFrom([]string{"", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/AmazonS3FullAccess"}).Draw(t, name+" boundary")
	trust := map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": who}, "Action": "sts:AssumeRole"}}}
	read, err := organization.Parse(body(trust, boundary, slots), organization.KnownPolicies(nil))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// From any template to any other: no mixture of any step grants what neither
// grants, and every change that these few statements can make has such steps.
func TestNoMixtureExceeds(t *testing.T) {
	several := 0
	rapid.Check(t, func(t *rapid.T) {
		old, new := drawTemplate(t, "old"), drawTemplate(t, "new")
		switch rapid.IntRange(0, 9).Draw(t, "side") {
		case 0:
			old = organization.Empty()
		case 1:
			new = organization.Empty()
		}
		s, err := organization.Plan(old, new, organization.KnownPolicies(nil))
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Unproved) > 0 {
			t.Fatalf("not proved: %v", s.Unproved)
		}
		if len(s.Steps) > 1 {
			several++
		}
		from := old
		for i, step := range s.Steps {
			to := new
			if i < len(s.Steps)-1 {
				if to, err = organization.Parse(step.Body, organization.KnownPolicies(nil)); err != nil {
					t.Fatalf("%v\n%s", err, step.Body)
				}
			}
			if problem := excess(t, from, to, old, new); problem != "" {
				t.Fatalf("step %d of %d, %s: %s", i+1, len(s.Steps), step.Title, problem)
			}
			from = to
		}
	})
	if several == 0 {
		t.Error("no change needed more than one step")
	}
}
