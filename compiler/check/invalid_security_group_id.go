package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidSecurityGroupID() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-security-group-id", Severity: hcl.DiagError,
			Explain: "Conditions on sagemaker:VpcSecurityGroupIds compare ids of security groups. One that is misspelled can never be in a request, so the role could not use that group. An id is sg- and 8 or 17 hexadecimal digits, not an ARN and not a name. Source: Amazon EC2 User Guide, \"Resource IDs\".",
			Bad:     networkExample("subnet-0a1b2c3d4e5f60718", "default"), Good: networkExample("subnet-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60718"),
		},
		Program: func(p *ProgramPass) {
			customized(p, vpcOf, true, func(role *ir.Role, text string, place hcl.Range) {
				if resourceID(text, "sg-") {
					return
				}
				if f := p.atText(role, p.placeOf(role, place), text); f != nil {
					f.errorf("%q is no id of a security group. It is sg- and 8 or 17 hexadecimal digits, such as \"sg-0a1b2c3d4e5f60718\".", text)
				}
			})
		},
	}
}
