package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func negatedPrefix() Rule {
	return Rule{
		Code: "negated-s3-prefix", Severity: Warning,
		Checks:  []string{"S3_PREFIX_IN_NEGATIVE_CONTEXT"},
		Explain: "s3:prefix is what the caller asks to see of a bucket's listing, and the caller may ask for less of it or for nothing: a listing without prefix shows everything. Keeping some prefixes out is therefore no limit; name those that are allowed. Source: IAM Access Analyzer policy check reference, \"S3 prefix in negative context\".",
		Bad:     allow(act("s3:ListBucket"), on(aBucket), when("StringNotLike", "s3:prefix", "secret/*")),
		Good:    allow(act("s3:ListBucket"), on(aBucket), when("StringLike", "s3:prefix", "team/*")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if !strings.EqualFold(c.Key, "s3:prefix") || c.op.Comparison > policy.StringNotLike {
					continue
				}
				if (p.Effect == policy.Allow) == c.op.Comparison.Negated() {
					p.key(c, "Whoever lists the bucket with a shorter prefix, or none, sees what this keeps out.").Way = "Allow the prefixes that are meant, with StringLike."
				}
			}
		},
	}
}
