package check

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func oversizedManagedPolicy() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "oversized-managed-policy", Severity: hcl.DiagError,
			Explain: "A managed policy takes 6,144 characters, white space between them not counted, and AWS raises that for nobody. smr counts spaces inside strings too, and pseudo parameters at their longest value, so that what passes here is accepted in every account. Long lists of buckets are the usual cause. Source: IAM User Guide, \"IAM and AWS STS quotas\".",
			Bad:     sizeExample("per_activity", 200), Good: sizeExample("packed", 200),
		},
		Stack: func(p *StackPass) {
			for _, role := range p.Roles {
				most, _ := limit(role.Target, managedPolicySize)
				for i := range role.Managed {
					m := &role.Managed[i]
					n := p.shared.size(m.Document)
					if n <= most {
						continue
					}
					if f := p.at(role.Role, p.policyPlace(role, m), m.Activity); f != nil {
						f.errorf("The managed policy %q has %d characters, and IAM takes %d.", m.Name, n, most).
							wayOut("%s", strings.TrimSpace(p.layouts(role)+" Fewer or shorter names, or a pattern in a statement of your own, make it smaller."))
					}
				}
			}
		},
	}
}

// policyPlace is where a user brought a policy in: the activity, the first
// hand-written statement, or the role.
func (p *StackPass) policyPlace(role *ir.StackRole, m *ir.Policy) hcl.Range {
	var places []hcl.Range
	for i := range m.Origins {
		if o := &m.Origins[i]; !o.BuiltIn && o.Activity == "" {
			places = append(places, o.Range)
		} else {
			places = append(places, o.Use)
		}
	}
	return p.placeOf(role.Role, places...)
}

// sizeExample is a role whose one statement has n resources.
func sizeExample(layout string, n int) string {
	return "role \"r\" {\n  layout = \"" + layout + "\"\n  statement \"Read\" {\n    actions   = [\"s3:GetObject\"]\n    resources = [for i in range(" + itoa(n) + ") : \"arn:aws:s3:::acme-forecast-${i}/*\"]\n  }\n}\n"
}
