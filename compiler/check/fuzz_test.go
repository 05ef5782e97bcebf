package check

import (
	"testing"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// FuzzValues holds that no text makes the checks of values panic, and that a
// fault always comes with words.
func FuzzValues(f *testing.F) {
	for _, s := range []string{
		"", "-", "acme", "a.b.c.d", "arn:", "arn:aws:s3:::acme", "s3://", "s3://a/b", "acme/", "/", "xn--",
		"arn:aws:kms:eu-west-1:123456789012:key/mrk-", "alias/", "arn:aws:iam::123456789012:role/", "*", "arn:*",
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com/a", policy.PseudoAccount, "arn:" + policy.PseudoPartition + ":", "\xff", "é",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if fault, way := bucketFault(s); (fault == "") != (way == "") {
			t.Errorf("bucket %q: %q, %q", s, fault, way)
		}
		for _, fault := range []func(string) string{arnFault, keyFault, repositoryFault, partitionFault} {
			fault(s)
		}
		if keyFault(s) == "" {
			if _, ok := policy.ParseARN(s); !ok {
				t.Errorf("%q passes for a key's ARN", s)
			}
		}
		iamFault(s, "role")
		iamFault(s, "policy")
		nameFault(s, 64)
		pathFault(s, 512)
		descriptionFault(s, 1000)
		tagText(s)
		_, _ = beyondLatin(s)
		_ = resourceID(s, "sg-")
		wellFormedAction(s)
		policy.WellFormedResource(s)
		_ = brief(s)
		legacyBucket("aws", s)
		foreign(&ir.Target{Partition: "aws"}, s)
	})
}
