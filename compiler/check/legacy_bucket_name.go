package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func legacyBucketName() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "legacy-bucket-name", Severity: hcl.DiagWarning,
			Explain: "Only a bucket made in us-east-1 before March 2018 can have upper-case letters or underscores in its name. If the bucket is younger the name is misspelled, and the statements made from it match nothing. Source: Amazon S3 User Guide, \"General purpose bucket naming rules\".",
			Bad:     activityWith("bucket_name", `"Acme_Forecast"`), Good: activityWith("bucket_name", `"acme-forecast"`),
		},
		Program: func(p *ProgramPass) {
			p.ofKind("bucket_name", func(a argument) {
				if fault, _ := bucketFault(a.text); fault == "" || !legacyBucket(a.role.Target.Partition, a.text) {
					return
				}
				if f := p.atText(a.role, a.place, a.text); f != nil {
					f.warnf("%q has upper-case letters or underscores, which only buckets made in us-east-1 before March 2018 can have.", a.text).
						wayOut("Check the name; if it is right, ignore this with # smr:ignore legacy-bucket-name -- reason.")
				}
			})
		},
	}
}
