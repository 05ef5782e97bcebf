package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// An absence is what a condition comes to in a request that lacks its key.
type absence int

const (
	absentFails  absence = iota // never true
	absentPasses                // true, so it limits nothing
	absentMeant                 // true, and its author said so: IfExists, or Null "true"
)

// absent says what the condition comes to when the request lacks its key (IAM
// User Guide, "IAM JSON policy elements: Condition operators").
func (c *condition) absent() absence {
	switch {
	case c.op.Comparison == policy.Null:
		for _, v := range c.Values {
			if !strings.EqualFold(v, "false") {
				return absentMeant
			}
		}
		return absentFails
	case c.op.IfExists:
		return absentMeant
	case c.op.Set == policy.ForAllValues:
		return absentPasses
	case c.op.Set == policy.ForAnyValue:
		return absentFails
	case c.op.Comparison.Negated():
		return absentPasses
	}
	return absentFails
}

// demanded reports whether some condition of the statement fails without the
// key.
func (p *Pass) demanded(key string) bool {
	for i := range p.conditions {
		if c := &p.conditions[i]; strings.EqualFold(c.Key, key) && c.absent() == absentFails {
			return true
		}
	}
	return false
}
