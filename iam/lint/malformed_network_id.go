package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func malformedNetworkID() Rule {
	return Rule{
		Code: "malformed-network-id", Severity: Warning,
		Checks:  []string{"INVALID_VPC_FORMAT", "INVALID_VPCE_FORMAT"},
		Explain: "aws:SourceVpc is compared with the id of a VPC, vpc- and 8 or 17 hexadecimal digits, and aws:SourceVpce with that of an endpoint, vpce- and digits. Another text matches no request. Source: IAM User Guide, \"AWS global condition context keys\"; Amazon EC2 User Guide, \"Resource IDs\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("StringEquals", "aws:SourceVpc", "my-vpc")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("StringEquals", "aws:SourceVpc", "vpc-0a1b2c3d4e5f60718")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				prefix := ""
				switch policy.Lower(c.Key) {
				case "aws:sourcevpc":
					prefix = "vpc-"
				case "aws:sourcevpce":
					prefix = "vpce-"
				}
				if prefix == "" || c.op.Comparison > policy.StringNotLike {
					continue
				}
				for j, v := range c.Values {
					if !open(v) && !networkID(v, prefix) {
						p.value(c, j, "%q is no id that %s can have, so it matches no request.", v, c.Key).Way = "An id is " + prefix + " and 8 or 17 hexadecimal digits."
					}
				}
			}
		},
	}
}

// networkID reports whether v is an id of EC2: the prefix and at most 17
// hexadecimal digits.
func networkID(v, prefix string) bool {
	digits, ok := strings.CutPrefix(v, prefix)
	return ok && len(digits) > 0 && len(digits) <= 17 && strings.Trim(digits, "0123456789abcdef") == ""
}
