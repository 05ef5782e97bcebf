package live_test

import (
	"testing"

	"github.com/sagemaker-roles/smr/deploy/live"
)

// TestSame: documents are the same if only order and brackets differ, or how
// an account is named. Everything else that is written otherwise makes them
// differ, also where it means the same: what is live is then written anew.
func TestSame(t *testing.T) {
	const base = `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"},{"Sid":"B","Effect":"Deny","Action":"s3:DeleteObject","Resource":["a","b"],"Condition":{"StringEquals":{"aws:SourceVpc":["x","y"]}}}]}`
	tests := []struct {
		name, a, b string
		want       bool
	}{
		{"order and brackets", base, `{"Statement":[{"Resource":["b","a"],"Action":["s3:DeleteObject"],"Effect":"Deny","Sid":"B","Condition":{"StringEquals":{"aws:SourceVpc":["y","x"]}}},{"Action":["s3:PutObject","s3:GetObject"],"Sid":"A","Effect":"Allow","Resource":["*"]}],"Version":"2012-10-17"}`, true},
		{"one statement", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}`, true},
		{
			"an account", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}`, true,
		},
		{"Sid", `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"a:b","Resource":"*"}]}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}`, false},
		{"case", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:B","Resource":"*"}]}`, false},
		{"repetition", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:b","a:b"],"Resource":"*"}]}`, false},
		{"Version", `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}`, `{"Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}`, false},
		{"effect", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"a:b","Resource":"*"}]}`, false},
		{"no policy", `nope`, `nope`, true},
		{"no policies", `nope`, `none`, false},
	}
	for _, tt := range tests {
		a, b := live.NewDocument(tt.a), live.NewDocument(tt.b)
		if got := live.Same(a, b); got != tt.want || (a.Digest() == b.Digest()) != tt.want {
			t.Errorf("%s: %v, want %v; digests %s and %s", tt.name, got, tt.want, a.Digest(), b.Digest())
		}
	}
	if live.Same(nil, live.NewDocument(base)) || !live.Same(nil, nil) {
		t.Error("nil")
	}
}
