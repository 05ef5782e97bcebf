package escalation

import (
	"slices"
	"testing"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func TestMethodsAreMinimalAndSourced(t *testing.T) {
	d := Known()
	if len(d.Methods) < 70 {
		t.Fatalf("found %d methods", len(d.Methods))
	}
	for i, m := range d.Methods {
		if len(m.Sources) == 0 || len(m.Actions) == 0 || !slices.IsSorted(m.Actions) {
			t.Errorf("%s: sources %q, actions %q", m.ID, m.Sources, m.Actions)
		}
		if i > 0 && d.Methods[i-1].ID >= m.ID {
			t.Errorf("%s stands after %s", m.ID, d.Methods[i-1].ID)
		}
		for _, other := range d.Methods {
			if other.ID != m.ID && !slices.ContainsFunc(other.Actions, func(a string) bool { return !slices.Contains(m.Actions, a) }) {
				t.Errorf("%s holds all actions of %s", m.ID, other.ID)
			}
		}
	}
}

// Services that AWS has closed, whose actions the facts no longer list.
var closed = []string{"codestar", "datapipeline"}

func TestActionsExist(t *testing.T) {
	for _, m := range Known().Methods {
		for _, a := range m.Actions {
			if _, ok := facts.FindAction(a); !ok && !slices.ContainsFunc(closed, func(s string) bool { return policy.MatchFold(s+":*", a) }) {
				t.Errorf("%s: the facts know no %s", m.ID, a)
			}
		}
	}
	for _, s := range Known().SensitiveServices {
		if _, ok := facts.FindService(s); !ok {
			t.Errorf("the facts know no service %s", s)
		}
	}
}

func TestAllows(t *testing.T) {
	const training = "sagemaker:CreateTrainingJob"
	doc := func(text string) *policy.Document {
		t.Helper()
		d, err := policy.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	allow := doc(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sagemaker:*","Resource":"*"}]}`)
	tests := []struct {
		name string
		side access.Side
		want access.Answer
	}{
		{"nothing", access.Side{}, access.No},
		{"pattern", access.Side{Identity: []*policy.Document{allow}}, access.Yes},
		{"denied", access.Side{Identity: []*policy.Document{allow, doc(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sagemaker:Create*","Resource":"*"}]}`)}}, access.No},
		{"denied in part", access.Side{Identity: []*policy.Document{allow, doc(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sagemaker:Create*","Resource":"arn:aws:sagemaker:*:*:training-job/a*"}]}`)}}, access.Yes},
		{"outside of the boundary", access.Side{Identity: []*policy.Document{allow}, Boundary: doc(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)}, access.No},
		{"in the boundary", access.Side{Identity: []*policy.Document{allow}, Boundary: doc(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}, access.Yes},
		{"all but", access.Side{Identity: []*policy.Document{doc(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"sagemaker:*","Resource":"*"}]}`)}}, access.No},
		{"never", access.Side{Identity: []*policy.Document{doc(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sagemaker:*","Resource":"*","Condition":{"Null":{"aws:x":"true"},"StringEquals":{"aws:x":"y"}}}]}`)}}, access.No},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewJudge(access.Options{Facts: access.ServiceFacts()}).Allows(tt.side, training); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWholeService(t *testing.T) {
	for pattern, want := range map[string]string{"*": "account", "iam:*": "iam", "IAM:**": "iam", "iam:Get*": "", "s3:*": "", "k*s:*": "kms"} {
		if got := WholeService([]string{pattern}); got != want {
			t.Errorf("%s: got %q, want %q", pattern, got, want)
		}
	}
}
