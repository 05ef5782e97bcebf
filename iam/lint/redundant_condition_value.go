package lint

import (
	"strconv"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func redundantConditionValue() Rule {
	return Rule{
		Code: "redundant-condition-value", Severity: Notice,
		Checks:  []string{"REDUNDANT_CONDITION_VALUE_NUM"},
		Explain: "A value of a condition changes nothing beside the others: it is there twice, a pattern covers it, or of several limits one is reached first. Source: IAM Access Analyzer policy check reference, \"Redundant condition value num\".",
		Bad:     allow(act("s3:ListBucket"), on(aBucket), when("NumericLessThanEquals", "s3:max-keys", "10", "100")),
		Good:    allow(act("s3:ListBucket"), on(aBucket), when("NumericLessThanEquals", "s3:max-keys", "100")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if j, other := c.needless(); j >= 0 {
					p.value(c, j, "%q changes nothing beside %q.", c.Values[j], other).Way = "Delete it."
				}
			}
		},
	}
}

// needless finds a value that another one of the condition makes superfluous;
// -1 when there is none, or the values are too many to compare.
func (c *condition) needless() (index int, other string) {
	if len(c.Values) > maxCompared {
		return -1, ""
	}
	for i, v := range c.Values {
		for j, w := range c.Values {
			if i != j && (v != w || j < i) && c.covers(w, v) {
				return i, w
			}
		}
	}
	return -1, ""
}

// covers reports whether the condition holds with the value w wherever it holds
// with v.
func (c *condition) covers(w, v string) bool {
	switch op := c.op.Comparison; op {
	case policy.StringLike, policy.StringNotLike:
		return v == w || policy.HasWildcard(w) && covers(w, v)
	case policy.NumericLessThan, policy.NumericLessThanEquals, policy.NumericGreaterThan, policy.NumericGreaterThanEquals:
		x, err1 := strconv.ParseFloat(v, 64)
		y, err2 := strconv.ParseFloat(w, 64)
		if err1 != nil || err2 != nil {
			return false
		}
		if op == policy.NumericLessThan || op == policy.NumericLessThanEquals {
			return y >= x
		}
		return y <= x
	}
	return v == w
}
