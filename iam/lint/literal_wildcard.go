package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func literalWildcard() Rule {
	return Rule{
		Code: "literal-wildcard", Severity: Warning,
		Checks:  []string{"WILDCARD_WITHOUT_LIKE_OPERATOR"},
		Explain: "A value holds * or ?, and the operator compares texts as they are: only StringLike and StringNotLike, and the Arn operators, read wildcards. The value matches nothing but itself. Source: IAM User Guide, \"IAM JSON policy elements: Condition operators\".",
		Bad:     allow(act("s3:ListBucket"), on(aBucket), when("StringEquals", "s3:prefix", "team/*")),
		Good:    allow(act("s3:ListBucket"), on(aBucket), when("StringLike", "s3:prefix", "team/*")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if c.op.Comparison > policy.StringNotEqualsIgnoreCase {
					continue
				}
				for j, v := range c.Values {
					if policy.HasWildcard(unescaped.Replace(v)) {
						p.value(c, j, "%s reads no wildcards, so %q matches only that text.", c.Operator, v).Way = "Write StringLike or StringNotLike, or ${*} for the character itself."
					}
				}
			}
		},
	}
}

// unescaped leaves the escapes of wildcards out.
var unescaped = strings.NewReplacer("${*}", "", "${?}", "")
