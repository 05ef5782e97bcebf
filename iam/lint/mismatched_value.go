package lint

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func mismatchedValue() Rule {
	return Rule{
		Code: "mismatched-value", Severity: Warning,
		Checks:  []string{"TYPE_MISMATCH_BOOLEAN", "TYPE_MISMATCH_DATE", "TYPE_MISMATCH_IP_RANGE", "TYPE_MISMATCH_NUMBER", "TYPE_MISMATCH_STRING", "INVALID_DATE_VALUE"},
		Explain: "A value of a condition cannot be what the operator compares: Bool takes \"true\" and \"false\", Numeric operators numbers, Date operators dates of ISO 8601 or seconds since 1970, IpAddress addresses and CIDR ranges, Arn operators ARNs. Such a value matches nothing. Source: IAM User Guide, \"IAM JSON policy elements: Condition operators\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("Bool", "aws:SecureTransport", "yes")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("Bool", "aws:SecureTransport", "true")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				for j, v := range c.Values {
					if what := wants(c.op.Comparison.Positive(), v); what != "" {
						p.value(c, j, "%s compares %s, and %q is none, so the value matches nothing.", c.Operator, what, v)
					}
				}
			}
		},
	}
}

// wants says what an operator compares when a value cannot be that, else "".
// What has a policy variable is the matter of another rule.
func wants(op policy.Comparison, v string) string {
	switch {
	case policy.HasPseudo(v) || strings.Contains(v, "${"):
		return ""
	case op == policy.Bool || op == policy.Null:
		if !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
			return `"true" and "false"`
		}
	case op >= policy.NumericEquals && op <= policy.NumericGreaterThanEquals:
		if _, err := strconv.ParseFloat(v, 64); err != nil {
			return "numbers"
		}
	case op >= policy.DateEquals && op <= policy.DateGreaterThanEquals:
		if !isDate(v) {
			return "dates"
		}
	case op == policy.IPAddress:
		if _, ok := addresses(v); !ok {
			return "IP addresses and CIDR ranges"
		}
	case op == policy.ARNEquals || op == policy.ARNLike:
		if !mayBeARN(v) {
			return "ARNs"
		}
	}
	return ""
}

// isDate reports whether IAM reads v as a date: one of the W3C profile of ISO
// 8601, or seconds since 1970.
func isDate(v string) bool {
	if _, err := strconv.ParseInt(v, 10, 64); err == nil {
		return true
	}
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "20060102T150405Z"} {
		if _, err := time.Parse(layout, v); err == nil {
			return true
		}
	}
	return false
}

// addresses reads an IP address or a CIDR range.
func addresses(v string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(v); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(v)
	return p, err == nil
}
