package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidSubnetID() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-subnet-id", Severity: hcl.DiagError,
			Explain: "Conditions on sagemaker:VpcSubnets compare ids of subnets. One that is misspelled can never be in a request, so the role could not use that subnet. An id is subnet- and 8 or 17 hexadecimal digits, not an ARN and not a name. Source: Amazon EC2 User Guide, \"Resource IDs\".",
			Bad:     networkExample("subnet-private-1", "sg-0a1b2c3d4e5f60718"), Good: networkExample("subnet-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60718"),
		},
		Program: func(p *ProgramPass) {
			customized(p, vpcOf, false, func(role *ir.Role, text string, place hcl.Range) {
				if resourceID(text, "subnet-") {
					return
				}
				if f := p.atText(role, p.placeOf(role, place), text); f != nil {
					f.errorf("%q is no id of a subnet. It is subnet- and 8 or 17 hexadecimal digits, such as \"subnet-0a1b2c3d4e5f60718\".", text)
				}
			})
		},
	}
}

func networkExample(subnet, group string) string {
	return "smr { edition = \"2026\" }\nrole \"r\" {\n  activity \"manage_models\" {}\n  pass_roles = []\n  vpc {\n    subnets         = [\"" + subnet + "\"]\n    security_groups = [\"" + group + "\"]\n  }\n}\n"
}
