package check

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/fit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func tooManyAttachedPolicies() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "too-many-attached-policies", Severity: hcl.DiagError,
			Explain: "More managed policies would be attached to the role than the account admits: 10 by default, up to 25 when AWS has raised the quota. In the layout per_activity every activity is one policy, and AWS's policies and managed_policies count too. SageMaker Role Manager did not notice until the last one failed (LimitExceeded).\n\n" +
				"Another layout needs fewer policies: `packed` puts the statements in the fewest managed policies, `inline` attaches none.",
			Bad: attachedExample(11), Good: attachedExample(10),
		},
		Stack: func(p *StackPass) {
			for _, role := range p.Roles {
				n := len(role.Managed) + len(role.Attached)
				most, _ := limit(role.Target, attachedPoliciesPerRole)
				if n <= most {
					continue
				}
				if f := p.at(role.Role, p.placeOf(role.Role, labelOf(role.Role)), ""); f != nil {
					f.errorf("%d managed policies would be attached to the role %q (%d of its own, %d that stand elsewhere), and the account admits %d.", n, named(role), len(role.Managed), len(role.Attached), most).
						wayOut("%s", strings.TrimSpace(p.layouts(role)+" "+raise(role.Target, attachedPoliciesPerRole)))
				}
			}
		},
	}
}

// layouts says which other layouts of the role keep within the quotas.
func (p *StackPass) layouts(role *ir.StackRole) string {
	var fits []string
	for _, l := range []ir.Layout{ir.Packed, ir.Inline, ir.PerActivity} {
		if l == role.Layout {
			continue
		}
		if how := p.fits(role, l); how != "" {
			fits = append(fits, fmt.Sprintf("layout = %q (%s)", string(l), how))
		}
	}
	if len(fits) == 0 {
		return "No other layout fits either: divide the role, or give it less."
	}
	return "It would fit with " + strings.Join(fits, " or ") + "."
}

// fits says how a role would fit in a layout, "" when it would not.
func (p *StackPass) fits(role *ir.StackRole, l ir.Layout) string {
	attached, _ := limit(role.Target, attachedPoliciesPerRole)
	inline, _ := limit(role.Target, inlinePoliciesSize)
	size, _ := limit(role.Target, managedPolicySize)
	policies, characters := fit.Try(role, l)
	if policies+len(role.Attached) > attached || characters > inline {
		return ""
	}
	if l == ir.PerActivity {
		for i := range role.Groups {
			if p.shared.size(role.Groups[i].Document) > size {
				return ""
			}
		}
	}
	if l == ir.Inline {
		return fmt.Sprintf("%d of %d characters", characters, inline)
	}
	return fmt.Sprintf("%d of %d policies", policies+len(role.Attached), attached)
}

// attachedExample is a role with n managed policies that stand elsewhere.
func attachedExample(n int) string {
	return fmt.Sprintf("role \"r\" {\n  managed_policies = [for i in range(%d) : \"arn:${partition}:iam::${account_id}:policy/p${i}\"]\n}\n", n)
}
