package check

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidRoleName() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-role-name", Severity: hcl.DiagError,
			Explain: "IAM refuses the role's name (ValidationError). A name has 1 to 64 letters, digits and _ + = , . @ -. Without `name` it is SageMaker- and the role's label, with for_each also the key. Source: IAM API Reference, CreateRole.",
			Bad:     "role \"r\" {\n  name             = \"data science\"\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n",
			Good:    "role \"r\" {\n  name             = \"data-science\"\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n",
		},
		Program: func(p *ProgramPass) {
			for _, role := range p.Roles {
				most, _ := limit(role.Target, roleNameLength)
				if fault := nameFault(role.IAMName, most); fault != "" {
					p.badName(role, fault)
				}
			}
		},
	}
}

func (p *ProgramPass) badName(role *ir.Role, fault string) {
	if f := p.at(role, p.placeOf(role, role.Range("name")), role.IAMName); f != nil {
		f.errorf("IAM refuses the role name %q: %s.", brief(role.IAMName), fault).
			wayOut("Give another label or set name.")
	}
}

// nameFault says what is wrong with the name of a role or policy: IAM takes
// [\w+=,.@-] of ASCII (IAM API Reference, types roleNameType and
// policyNameType).
func nameFault(name string, most int) string {
	switch n := length(name); {
	case name == "":
		return "it is empty"
	case n > most:
		return fmt.Sprintf("it has %d characters, and %d are allowed", n, most)
	case !only(name, "_+=,.@-"):
		return "only letters, digits and _ + = , . @ - are allowed"
	}
	return ""
}
