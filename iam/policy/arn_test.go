package policy_test

import (
	"testing"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func TestWellFormedResource(t *testing.T) {
	for s, want := range map[string]bool{
		"*": true, "*:bucket": true, "arn:aws:s3:::acme/*": true, "arn:*": true, "arn:aws:iam::1:role/${x:y}": true,
		"": false, "acme": false, "arn:aws:s3": false, "arn:aws:s3::acme": false, "${aws:username}": false,
	} {
		if got := policy.WellFormedResource(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}
