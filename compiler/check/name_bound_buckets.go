package check

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func nameBoundBuckets() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "name-bound-buckets", Severity: hcl.DiagWarning,
			Explain: "All that the role may read of S3 comes from an AWS managed policy, and that one, which the role names itself, speaks of buckets by their names: AmazonSageMakerClusterInstanceRolePolicy reads buckets whose names begin with sagemaker- and that are of the same account, and no other. Data and lifecycle scripts in a bucket of another name are refused with AccessDenied. Name the bucket, or add an activity or a statement for it. `smr preflight` says it for a given bucket. Source: the policies' documents.",
			Bad:     policyExample(`"arn:aws:iam::aws:policy/AmazonSageMakerClusterInstanceRolePolicy"`), Good: nameBoundExample(),
		},
		Notice: true,
		Stack: func(p *StackPass) {
			for _, role := range p.Roles {
				if len(role.ManagedPolicies) == 0 {
					continue
				}
				text, pattern, place := p.shared.boundBuckets(role)
				if text == "" || !slices.ContainsFunc(role.ManagedPolicies, func(v ir.Value) bool { return v.Text == text }) {
					continue
				}
				if f := p.at(role.Role, p.within(p.placeOf(role.Role, place), text), text); f != nil {
					f.noticef("%q lets objects be read only in buckets such as %q, and nothing else of the role reads S3.", text, pattern).wayOut("Name the bucket so, or allow yours, with the activity \"s3_bucket_access\" or a statement.")
				}
			}
		},
	}
}

// boundBuckets is the attached policy that alone lets a role read objects, if
// it names buckets by patterns, with the first pattern; "" otherwise.
func (x *stackIndex) boundBuckets(role *ir.StackRole) (arn, pattern string, place hcl.Range) {
	reads := func(s *policy.Statement) bool { return allowsAction(s, "s3:GetObject") }
	for i := range role.Groups {
		if slices.ContainsFunc(x.allows(role.Groups[i].Document), reads) {
			return "", "", place
		}
	}
	for _, v := range role.Attached {
		statements, known := x.managedAllows(v.Text)
		if !known {
			return "", "", place
		}
		for _, s := range statements {
			if !reads(s) {
				continue
			}
			bound := slices.IndexFunc(s.Resources, func(r string) bool { return strings.Contains(strings.ToLower(r), ":s3:::") })
			open := slices.ContainsFunc(s.Resources, func(r string) bool {
				return strings.Trim(r, "*") == "" || strings.HasSuffix(r, ":s3:::*") || strings.HasSuffix(r, ":s3:::*/*")
			})
			if bound < 0 || open || len(s.NotResources) > 0 {
				return "", "", place
			}
			if arn == "" {
				arn, pattern, place = v.Text, s.Resources[bound], v.Range
			}
		}
	}
	return arn, pattern, place
}

func nameBoundExample() string {
	return "smr { edition = \"2026\" }\nrole \"r\" {\n  activity \"s3_bucket_access\" { buckets = [\"acme-cluster\"] }\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerClusterInstanceRolePolicy\"]\n}\n"
}
