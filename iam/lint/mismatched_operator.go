package lint

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func mismatchedOperator() Rule {
	return Rule{
		Code: "mismatched-operator", Severity: Warning,
		Checks:  []string{"TYPE_MISMATCH", "INVALID_CONDITION_DATA_TYPE"},
		Explain: "The condition operator compares another type of value than the key has: a number as a date, an address as text, text as an ARN. IAM takes the policy; such a comparison is never true, or only of values spelled alike, and its negation always. Source: IAM User Guide, \"IAM JSON policy elements: Condition operators\"; types of keys from the AWS Service Authorization Reference.",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("NumericLessThan", "aws:SourceIp", "10")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("IpAddress", "aws:SourceIp", "203.0.113.0/24")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if c.key == nil || comparable(c) {
					continue
				}
				p.key(c, "%q has values of type %s, and %s compares values of another type.", c.Key, c.key.Type.Elem(), c.Operator).Way = "Write " + operatorsOf(c.key.Type.Elem()) + "."
			}
		},
	}
}

// comparable reports whether an operator can compare values of the key's type.
// Text comparisons of texts that have one spelling are let pass.
func comparable(c *condition) bool {
	op, t := c.op.Comparison.Positive(), c.key.Type.Elem()
	switch {
	case op == policy.Null || t == 0:
		return true
	case op <= policy.StringLike:
		return t != facts.IPAddress && t != facts.Numeric && t != facts.Date && t != facts.Bool
	case op <= policy.NumericGreaterThanEquals:
		return t == facts.Numeric || t == facts.Date
	case op <= policy.DateGreaterThanEquals:
		return t == facts.Date
	case op == policy.Bool:
		return t == facts.Bool
	case op == policy.BinaryEquals:
		return t == facts.Binary
	case op == policy.IPAddress:
		return t == facts.IPAddress
	}
	// Keys that AWS lists as text may hold ARNs.
	return t == facts.ARN || t == facts.String && !slices.ContainsFunc(c.Values, func(v string) bool { return !mayBeARN(v) })
}

func mayBeARN(v string) bool {
	return strings.HasPrefix(v, "arn:") || strings.HasPrefix(v, "*") || strings.HasPrefix(v, "$")
}

func operatorsOf(t facts.Type) string {
	switch t {
	case facts.ARN:
		return "ArnLike or ArnEquals"
	case facts.Bool:
		return "Bool"
	case facts.Numeric:
		return "a Numeric operator"
	case facts.Date:
		return "a Date operator"
	case facts.IPAddress:
		return "IpAddress or NotIpAddress"
	case facts.Binary:
		return "BinaryEquals"
	}
	return "a String operator"
}
