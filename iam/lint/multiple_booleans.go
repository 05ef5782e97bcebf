package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func multipleBooleans() Rule {
	return Rule{
		Code: "multiple-booleans", Severity: Warning,
		Checks:  []string{"INVALID_CONDITION_MULTIPLE_BOOLEAN"},
		Explain: "A condition compares a boolean with several values. Values are alternatives, so \"true\" and \"false\" together hold always and limit nothing, and the same value twice says nothing more. Source: IAM Access Analyzer policy check reference, \"Invalid condition multiple boolean\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("Bool", "aws:SecureTransport", "true", "false")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("Bool", "aws:SecureTransport", "true")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if (c.op.Comparison == policy.Bool || c.op.Comparison == policy.Null) && len(c.Values) > 1 {
					p.key(c, "%s of %q has %d values, which are alternatives: a boolean is compared with one.", c.Operator, c.Key, len(c.Values)).Way = "Leave one value."
				}
			}
		},
	}
}
