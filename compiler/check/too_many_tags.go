package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func tooManyTags() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "too-many-tags", Severity: hcl.DiagError,
			Explain: "A role takes 50 tags; IAM refuses the role with more (LimitExceeded), and the quota cannot be raised. The tags of a persona and of the role are merged.",
			Bad:     tagExample(`for i in range(51) : "t${i}" => "x"`), Good: tagExample(`for i in range(50) : "t${i}" => "x"`),
		},
		Program: func(p *ProgramPass) {
			for _, role := range p.Roles {
				most, _ := limit(role.Target, tagsPerRole)
				if len(role.Tags) <= most {
					continue
				}
				if f := p.at(role, p.placeOf(role, role.Range("tags")), ""); f != nil {
					f.errorf("The role %q has %d tags, and IAM takes %d.", named(role), len(role.Tags), most)
				}
			}
		},
	}
}
