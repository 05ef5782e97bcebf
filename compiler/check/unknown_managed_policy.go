package check

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
)

func unknownManagedPolicy() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "unknown-managed-policy", Severity: hcl.DiagWarning,
			Explain: "AWS had no managed policy of this ARN when the data of this program was made (" + facts.ManagedPoliciesDate + "). If it is misspelled, attaching it fails with NoSuchEntity. A policy younger than the data is possible, so this is a warning.",
			Bad:     policyExample(`"arn:aws:iam::aws:policy/AmazonSagemakerReadOnlyAccess"`), Good: policyExample(`"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"`),
		},
		Program: func(p *ProgramPass) {
			known := map[string]bool{}
			look := func(role *ir.Role, arn string, place hcl.Range) {
				if !strings.Contains(arn, ":iam::aws:policy/") {
					return
				}
				ok, seen := known[arn]
				if !seen {
					_, ok = facts.FindManagedPolicy(spelled(arn))
					known[arn] = ok
				}
				if ok {
					return
				}
				if f := p.atText(role, p.placeOf(role, place), arn); f != nil {
					f.warnf("AWS had no managed policy %q on %s.", arn, facts.ManagedPoliciesDate)
					f.way = p.suggest(func() string { return nearPolicy(arn) })
				}
			}
			for _, role := range p.Roles {
				for _, v := range role.ManagedPolicies {
					look(role, v.Text, v.Range)
				}
				look(role, role.PermissionsBoundary, role.Range("permissions_boundary"))
			}
		},
	}
}

// spelled writes the pseudo parameter of the partition as "aws".
func spelled(arn string) string {
	return strings.Replace(arn, pseudoPartitionARN, "arn:aws:", 1)
}

func nearPolicy(arn string) string {
	var arns []string
	for p := range facts.ManagedPolicies() {
		arns = append(arns, p.ARN)
	}
	return diag.DidYouMean(arn, arns, "Look it up in the IAM console; a newer policy can be ignored with # smr:ignore unknown-managed-policy -- reason.")
}
