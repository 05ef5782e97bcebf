package check

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func duplicateRoleName() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "duplicate-role-name", Severity: hcl.DiagError,
			Explain: "Two roles of one account have the same name. IAM compares names without regard to case, and the path makes no difference, so the second role cannot be created (EntityAlreadyExists). Source: IAM API Reference, CreateRole.",
			Bad:     "role \"Train\" {\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\nrole \"train\" {\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n",
			Good:    "role \"train\" {\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\nrole \"tune\" {\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n",
		},
		Program: func(p *ProgramPass) {
			type name struct{ target, folded string }
			seen := make(map[name]*ir.Role, len(p.Roles))
			for _, role := range p.Roles {
				key := name{role.Target.Name, strings.ToLower(role.IAMName)}
				first, dup := seen[key]
				if !dup {
					seen[key] = role
					continue
				}
				if first.Address() == role.Address() {
					continue // told by duplicate-name
				}
				place := p.placeOf(role, role.Range("name"))
				if f := p.at(role, place, role.IAMName); f != nil {
					f.errorf("The roles %q and %q of one account would both be named %q, and IAM compares names without regard to case.", named(first), named(role), role.IAMName).
						wayOut("Give one of them another label or set name.")
					if other := p.placeOf(first, first.Range("name")); other != place {
						f.relate(other, "the first one")
					}
				}
			}
		},
	}
}
