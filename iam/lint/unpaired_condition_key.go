package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func unpairedConditionKey() Rule {
	return Rule{
		Code: "unpaired-condition-key", Severity: Warning,
		Checks:  []string{"MISSING_PAIRED_CONDITION_KEYS"},
		Explain: "aws:VpcSourceIp is the private address inside some VPC, and every VPC may have the same addresses. Without aws:SourceVpc or aws:SourceVpce beside it the condition lets in whoever makes a VPC of that range. Source: IAM User Guide, \"AWS global condition context keys\", aws:VpcSourceIp.",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("IpAddress", "aws:VpcSourceIp", "10.0.0.0/16")),
		Good:    allow(act("s3:GetObject"), on(anObject), `"Condition":{"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/16"},"StringEquals":{"aws:SourceVpc":"vpc-0a1b2c3d4e5f60718"}}`),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if p.Effect == policy.Allow && c.op.Comparison == policy.IPAddress && strings.EqualFold(c.Key, "aws:VpcSourceIp") && !conditioned(p.Statement, "aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn") {
					p.key(c, "Every VPC can have these addresses.").Way = "Add a condition on aws:SourceVpc or aws:SourceVpce."
				}
			}
		},
	}
}
