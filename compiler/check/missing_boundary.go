package check

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func missingBoundary() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "missing-boundary", Severity: hcl.DiagWarning,
			Explain: "Some roles of the configuration have a permissions boundary and this one has none. Where the boundary is meant for everybody, a role without it is the way around it. A notice only: nothing is said where no role has a boundary.",
			Bad:     boundaryExample(""), Good: boundaryExample("  permissions_boundary = \"arn:aws:iam::123456789012:policy/ml\"\n"),
		},
		Notice: true,
		Program: func(p *ProgramPass) {
			var without []*ir.Role
			for _, role := range p.Roles {
				if role.PermissionsBoundary == "" {
					without = append(without, role)
				}
			}
			if len(without) == 0 || len(without) == len(p.Roles) {
				return
			}
			f := p.at(nil, labelOf(without[0]), "")
			f.noticef("%s no permissions boundary, and the other roles have one.", haveOrHas(without)).
				wayOut("Set permissions_boundary, in the role or in its persona.")
		},
	}
}

func boundaryExample(boundary string) string {
	role := func(name, boundary string) string {
		const policies = "managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n"
		if boundary == "" {
			return "role \"" + name + "\" {\n  " + policies + "}\n"
		}
		return "role \"" + name + "\" {\n" + boundary + "  " + strings.Replace(policies, " =", "     =", 1) + "}\n"
	}
	return role("a", "  permissions_boundary = \"arn:aws:iam::123456789012:policy/ml\"\n") + role("b", boundary)
}

func haveOrHas(roles []*ir.Role) string {
	if len(roles) == 1 {
		return fmt.Sprintf("The role %q has", named(roles[0]))
	}
	return fmt.Sprintf("%d roles, %q among them, have", len(roles), named(roles[0]))
}
