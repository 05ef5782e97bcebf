package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func stringOperatorOnARN() Rule {
	return Rule{
		Code: "string-operator-on-arn", Severity: Warning,
		Checks:  []string{"STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"},
		Explain: "A pattern is compared with an ARN as text. In StringLike a * runs over the colons between the parts of an ARN, so arn:aws:iam::*:role/ci also matches a resource whose own name holds that text; the Arn operators compare part by part. Source: IAM Access Analyzer policy check reference, \"String like operator with ARN condition keys\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/ci")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/ci")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if c.key == nil || c.key.Type.Elem() != facts.ARN || c.op.Comparison.Positive() != policy.StringLike {
					continue
				}
				for j, v := range c.Values {
					// A star at the end of a whole ARN, or alone, means the same to both operators.
					plain := unescaped.Replace(v)
					if _, whole := policy.ParseARN(plain); policy.HasWildcard(strings.TrimRight(plain, "*")) || !whole && policy.HasWildcard(plain) && !stars(plain) {
						p.value(c, j, "%s compares %q as text, so a * runs over the parts of an ARN.", c.Operator, v).Way = "Write " + strings.Replace(strings.Replace(c.Operator, "StringNot", "ArnNot", 1), "StringLike", "ArnLike", 1) + "."
						break
					}
				}
			}
		},
	}
}
