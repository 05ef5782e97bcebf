package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func duplicateConditionKey() Rule {
	return Rule{
		Code: "duplicate-condition-key", Severity: Warning,
		Checks:  []string{"DUPLICATE_KEYS_WITH_DIFFERENT_CASE"},
		Explain: "Two conditions have one operator and one key, written with different capitals. IAM compares keys without regard to case, so these are one key given twice: both conditions must hold, which is seldom what was meant, and IAM Access Analyzer calls it an error. Write the key once, with all values. Source: IAM Access Analyzer policy check reference, \"Duplicate keys with different case\".",
		Bad:     Example{Boundary, []string{one("Allow", []string{act("s3:GetObject"), on(anObject), `"Condition":{"StringEquals":{"aws:SourceVpc":"vpc-0a1b2c3d4e5f60718","aws:sourcevpc":"vpc-0a1b2c3d4e5f60719"}}`})}},
		Good:    Example{Boundary, []string{one("Allow", []string{act("s3:GetObject"), on(anObject), when("StringEquals", "aws:SourceVpc", "vpc-0a1b2c3d4e5f60718", "vpc-0a1b2c3d4e5f60719")})}},
		Statement: func(p *Pass) {
			p.look()
			seen := map[string]bool{}
			for i := range p.conditions {
				c := &p.conditions[i]
				name := c.op.String() + " " + policy.Lower(c.Key)
				if seen[name] {
					p.key(c, "The condition key %q is there already with other capitals, and IAM takes the two for one.", c.Key).Way = "Write the key once, with the values of both."
				}
				seen[name] = true
			}
		},
	}
}
