package lint_test

import (
	"testing"

	"github.com/sagemaker-roles/smr/iam/lint"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// FuzzDocument holds that every document that can be read is judged, of every
// kind, and that judging changes nothing of it.
func FuzzDocument(f *testing.F) {
	for _, r := range lint.Rules() {
		for _, text := range append(r.Bad.Policies, r.Good.Policies...) {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := policy.Parse(src)
		if err != nil {
			return
		}
		before := d.Clone()
		for _, kind := range []lint.Kind{lint.Identity, lint.Boundary, lint.Trust, lint.Resource, lint.Control} {
			for _, finding := range lint.Document(d, lint.Options{Kind: kind, Account: account}) {
				if finding.Code == "" || finding.Message == "" || finding.Statement >= len(d.Statements) {
					t.Errorf("%s: %+v", kind, finding)
				}
			}
		}
		lint.Policies(lint.Role{Policies: []*policy.Document{d}, Complete: true})
		if !d.Equal(before) {
			t.Error("judging changed the document")
		}
	})
}
