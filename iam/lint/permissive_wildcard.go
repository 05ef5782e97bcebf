package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func permissiveWildcard() Rule {
	return Rule{
		Code: "permissive-wildcard", Severity: Warning,
		Checks:  []string{"WILDCARD_USAGE_TOO_PERMISSIVE", "VARIABLE_USAGE_TOO_PERMISSIVE"},
		Explain: "The key holds an id of an account, organization or network, and its value is a pattern. No group of ids has a meaning, so a pattern lets strangers in: o-* is every organization. Source: IAM User Guide, \"AWS global condition context keys\", sensitive context keys.",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("StringLike", "aws:ResourceAccount", "1234*")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("StringEquals", "aws:ResourceAccount", "123456789012")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if p.Effect != policy.Allow || c.global == nil || !c.global.Sensitive || c.op.Comparison != policy.StringLike {
					continue
				}
				for j, v := range c.Values {
					if policy.HasWildcard(policyVariables(v)) && !stars(v) {
						p.value(c, j, "%q is a pattern of ids in %s, and it lets strangers in that match by chance.", v, c.Key).Way = "Write the ids with StringEquals."
					}
				}
			}
		},
	}
}

// policyVariables is a text whose policy variables stand for any text, as what
// a principal's tag holds may itself be a pattern of many.
func policyVariables(v string) string {
	for {
		i := strings.Index(v, "${")
		if i < 0 {
			return v
		}
		end := strings.IndexByte(v[i:], '}')
		if end < 0 {
			return v
		}
		v = v[:i] + v[i+end+1:]
	}
}
