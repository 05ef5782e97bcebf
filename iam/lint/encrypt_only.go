package lint

import (
	"fmt"

	"github.com/sagemaker-roles/smr/iam/facts"
)

func encryptOnly() Rule {
	return Rule{
		Code: "encrypt-only", Severity: Warning,
		Checks:  []string{"SMR_KMS_ENCRYPT_ONLY"},
		Explain: "The role may use a key halfway. Writing to S3 with a KMS key calls kms:GenerateDataKey and not kms:Encrypt, and a large object, which is uploaded in parts, needs kms:Decrypt besides. Source: AWS re:Post, \"Why can't I upload a large file to my S3 bucket with encryption using an AWS KMS key?\"; Amazon S3 User Guide, \"Using server-side encryption with AWS KMS keys\".",
		Bad:     allow(act("kms:Encrypt"), on(aKey)),
		Good:    allow(act("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"), on(aKey)),
		Role: func(p *RolePass) {
			p.lacking(func(a *facts.Action) string {
				switch {
				case a.Service == "kms" && a.Name == "Encrypt" && !p.granted("kms:GenerateDataKeyWithoutPlaintext"):
					return "kms:GenerateDataKey"
				case a.Service == "kms" && a.Name == "GenerateDataKey":
					return "kms:Decrypt"
				}
				return ""
			}, func(names []string, need string) (string, string) {
				return fmt.Sprintf("The role may call %s and not %s, which writing to S3 needs.", listed(names), need), "Add " + need + "."
			})
		},
	}
}
