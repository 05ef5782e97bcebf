package check

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// An absence is what a condition comes to in a request that lacks its key.
type absence int

const (
	absentFails  absence = iota // never true
	absentPasses                // true, so it limits nothing
	absentMeant                 // true, and its author said so: IfExists, or Null "true"
)

// whenAbsent says what a condition comes to when the request lacks its key
// (IAM User Guide, "IAM JSON policy elements: Condition operators").
func whenAbsent(c *policy.Condition) (absence, bool) {
	op, ok := policy.ParseOperator(c.Operator)
	if !ok {
		return absentMeant, false
	}
	switch {
	case op.Comparison == policy.Null:
		for _, v := range c.Values {
			if !strings.EqualFold(v, "false") {
				return absentMeant, true
			}
		}
		return absentFails, true
	case op.IfExists:
		return absentMeant, true
	case op.Set == policy.ForAllValues:
		return absentPasses, true
	case op.Set == policy.ForAnyValue:
		return absentFails, true
	case op.Comparison.Negated():
		return absentPasses, true
	}
	return absentFails, true
}

// knownPrefix reports whether the prefix of a condition key is AWS's own, so
// that its keys are all in the data.
func knownPrefix(key string) bool {
	prefix, _, ok := strings.Cut(key, ":")
	if !ok {
		return false
	}
	if strings.EqualFold(prefix, "aws") {
		return true
	}
	_, ok = facts.FindService(prefix)
	return ok
}
