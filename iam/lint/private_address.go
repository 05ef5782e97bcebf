package lint

import (
	"net/netip"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func privateAddress() Rule {
	return Rule{
		Code: "private-address", Severity: Warning,
		Checks:  []string{"PRIVATE_IP_ADDRESS", "PRIVATE_NOT_IP_ADDRESS", "PRIVATE_IP_ADDRESS_SUBSET", "PRIVATE_NOT_IP_ADDRESS_SUBSET"},
		Explain: "aws:SourceIp is the public address from which a request comes, and is absent through a VPC endpoint: a private address there matches no request, and its negation every one. Compare aws:VpcSourceIp, with aws:SourceVpc beside it. Source: IAM User Guide, \"AWS global condition context keys\", aws:SourceIp.",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("IpAddress", "aws:SourceIp", "10.0.0.0/8")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("IpAddress", "aws:SourceIp", "203.0.113.0/24")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if c.op.Comparison.Positive() != policy.IPAddress || !strings.EqualFold(c.Key, "aws:SourceIp") {
					continue
				}
				for j, v := range c.Values {
					a, ok := addresses(v)
					if !ok || !private(a) {
						continue
					}
					end := "it matches none"
					if c.op.Comparison.Negated() {
						end = "it excludes none"
					}
					p.value(c, j, "%q is private, and requests carry public addresses in aws:SourceIp, so %s.", v, end).Way = "Compare aws:VpcSourceIp, with aws:SourceVpc beside it."
				}
			}
		},
	}
}

// private reports whether all addresses of a range are private, shared or of
// the machine itself (RFC 1918, RFC 6598, RFC 4193).
func private(a netip.Prefix) bool {
	for _, text := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10", "::1/128"} {
		r := netip.MustParsePrefix(text)
		if r.Bits() <= a.Bits() && r.Contains(a.Addr()) {
			return true
		}
	}
	return false
}
