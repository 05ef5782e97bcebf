package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func unlistedRegion() Rule {
	return Rule{
		Code: "unlisted-region", Severity: Warning,
		Checks:  []string{"INVALID_REGION", "INVALID_ARN_REGION"},
		Explain: "AWS had no Region of this name when the data of this program was made, so an ARN or a condition with it matches nothing. Regions are added seldom; compare the spelling. Source: endpoint data of the AWS SDKs (" + facts.PartitionsDate + ").",
		Bad:     allow(act("sagemaker:CreateTrainingJob"), on("arn:aws:sagemaker:eu-west-11:123456789012:training-job/*")),
		Good:    allow(act("sagemaker:CreateTrainingJob"), on(aJob)),
		Statement: func(p *Pass) {
			for element, list := range elements(p.Statement) {
				for i, v := range list {
					arn, ok := policy.ParseARN(v)
					if ok && strings.HasSuffix(element, "Resource") && arn.Region != "" && !open(arn.Region) && !knownRegion(arn.Region) {
						p.at(element, list, i, "AWS had no Region %q in %s, so %q matches nothing.", arn.Region, facts.PartitionsDate, v)
					}
				}
			}
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if !strings.EqualFold(c.Key, "aws:RequestedRegion") || c.op.Comparison > policy.StringNotLike {
					continue
				}
				for j, v := range c.Values {
					if !open(v) && !knownRegion(v) {
						p.value(c, j, "AWS had no Region %q in %s.", v, facts.PartitionsDate)
					}
				}
			}
		},
	}
}

// knownRegion reports whether the Region is one of some partition's. IAM and
// other global services answer in pseudo Regions such as aws-global.
func knownRegion(name string) bool {
	for _, p := range facts.Partitions() {
		if p.Knows(name) || name == p.Name+"-global" {
			return true
		}
	}
	return false
}
