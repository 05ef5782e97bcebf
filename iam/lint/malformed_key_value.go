package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func malformedKeyValue() Rule {
	return Rule{
		Code: "malformed-key-value", Severity: Warning,
		Checks:  []string{"INVALID_KMS_KEY_VALUE"},
		Explain: "A condition compares the KMS key of a request, which AWS writes as the ARN of the key, with something else: a key id or an alias, which no request carries there. Source: Amazon S3 User Guide, \"Specifying server-side encryption with AWS KMS\"; Amazon SageMaker Developer Guide, condition keys.",
		Bad:     allow(act("s3:PutObject"), on(anObject), when("StringEquals", "s3:x-amz-server-side-encryption-aws-kms-key-id", "alias/acme")),
		Good:    allow(act("s3:PutObject"), on(anObject), when("StringEquals", "s3:x-amz-server-side-encryption-aws-kms-key-id", aKey)),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if !namesKey(policy.Lower(c.Key)) || c.op.Comparison > policy.StringNotLike {
					continue
				}
				for j, v := range c.Values {
					if !open(v) && !strings.HasPrefix(v, "arn:") {
						p.value(c, j, "Requests carry the ARN of a key in %q, and %q is none.", c.Key, v).Way = "Write arn:PARTITION:kms:REGION:ACCOUNT:key/ID."
					}
				}
			}
		},
	}
}

// namesKey reports whether a condition key, in lower case, holds a KMS key's ARN.
func namesKey(key string) bool {
	switch key {
	case "s3:x-amz-server-side-encryption-aws-kms-key-id", "sagemaker:volumekmskeyarn", "sagemaker:outputkmskeyarn", "sagemaker:homeefsfilesystemkmskeyarn":
		return true
	}
	return false
}
