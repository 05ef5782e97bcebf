package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func unmaskedAddressRange() Rule {
	return Rule{
		Code: "unmasked-address-range", Severity: Notice,
		Checks:  []string{"IMPROVE_IP_RANGE"},
		Explain: "The address of a CIDR range has bits set that its mask leaves out. IAM masks them; the range is wider than its address reads. Source: IAM Access Analyzer policy check reference, \"Improve IP range\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("IpAddress", "aws:SourceIp", "203.0.113.17/24")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("IpAddress", "aws:SourceIp", "203.0.113.0/24")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if c.op.Comparison.Positive() != policy.IPAddress {
					continue
				}
				for j, v := range c.Values {
					if a, ok := addresses(v); ok && a.Masked() != a {
						p.value(c, j, "%q means the range %q.", v, a.Masked()).Way = "Write it so."
					}
				}
			}
		},
	}
}
