package check

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func invalidPolicyARN() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-policy-arn", Severity: hcl.DiagError,
			Explain: "managed_policies and permissions_boundary name managed policies by ARN: arn:aws:iam::aws:policy/NAME for one of AWS, arn:aws:iam::ACCOUNT:policy/NAME for one of the account. IAM refuses any other text when it attaches the policy. Source: IAM API Reference, AttachRolePolicy and PutRolePermissionsBoundary.",
			Bad:     policyExample(`"AmazonSageMakerReadOnly"`), Good: policyExample(`"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"`),
		},
		Program: func(p *ProgramPass) {
			for _, role := range p.Roles {
				for _, v := range role.ManagedPolicies {
					p.policyARN(role, v.Text, v.Range)
				}
				if role.PermissionsBoundary != "" {
					p.policyARN(role, role.PermissionsBoundary, role.Range("permissions_boundary"))
				}
			}
		},
	}
}

func (p *ProgramPass) policyARN(role *ir.Role, text string, place hcl.Range) {
	fault := iamFault(text, "policy")
	if fault == "" && policy.HasWildcard(text) {
		fault = fmt.Sprintf("%q is a pattern, and one policy is attached at a time.", text)
	}
	if fault == "" {
		return
	}
	if f := p.atText(role, p.placeOf(role, place), text); f != nil {
		f.errorf("%s", fault).wayOut("Write the policy's ARN, such as \"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\".")
	}
}

func policyExample(arn string) string {
	return "role \"r\" {\n  managed_policies = [" + arn + "]\n}\n"
}
