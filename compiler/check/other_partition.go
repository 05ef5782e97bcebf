package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func otherPartition() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "other-partition", Severity: hcl.DiagError,
			Explain: "An ARN names another partition than the account's. Partitions share nothing: IAM refuses a policy with such a resource (MalformedPolicyDocument: Partition \"aws\" is not valid for resource), and a boundary or managed policy of another partition does not exist. Write ${partition}, which is right everywhere.\n\n" +
				"Edition role-manager-2024 writes arn:aws: as SageMaker Role Manager did, so it cannot be deployed to China or GovCloud; edition 2026 can.",
			Bad: partitionExample("arn:aws:s3:::acme/*"), Good: partitionExample("arn:${partition}:s3:::acme/*"),
		},
		Program: otherPartitionProgram,
		Stack:   otherPartitionStack,
	}
}

// foreign reports whether an ARN of another partition stands in s; it is the
// partition.
func foreign(t *ir.Target, s string) (partition string, yes bool) {
	if t.Partition == policy.PseudoPartition || !strings.HasPrefix(s, "arn:") {
		return "", false
	}
	partition, _, ok := strings.Cut(s[len("arn:"):], ":")
	return partition, ok && partition != t.Partition && !policy.HasWildcard(partition) && !strings.HasPrefix(partition, "$")
}

func otherPartitionProgram(p *ProgramPass) {
	look := func(role *ir.Role, text string, place hcl.Range) {
		partition, yes := foreign(role.Target, text)
		if !yes {
			return
		}
		if f := p.atTextIn(role, p.placeOf(role, place), text, role.Target.Name); f != nil {
			f.errorf("%q is of the partition %q, and the account %q is in %q; nothing of one partition reaches into another.", text, partition, role.Target.Name, role.Target.Partition).
				wayOut("Write \"arn:${partition}:…\".")
		}
	}
	text := func(_ *ir.Activity, param *ir.Param) bool {
		return param.Type.Kind == "arn" || param.Type.Kind == "string"
	}
	p.arguments(text, func(a argument) { look(a.role, a.text, a.place) })
	for _, role := range p.Roles {
		for _, text := range role.PassRoles {
			look(role, text, role.PassRange)
		}
		for _, v := range role.ManagedPolicies {
			look(role, v.Text, v.Range)
		}
		look(role, role.PermissionsBoundary, role.Range("permissions_boundary"))
		if role.KMS != nil {
			for _, text := range role.KMS.First {
				look(role, text, role.KMS.FirstRange)
			}
			for _, text := range role.KMS.Second {
				look(role, text, role.KMS.SecondRange)
			}
		}
	}
}

// otherPartitionStack looks at statements: those of users one by one, those of
// the catalogue once for each account.
func otherPartitionStack(p *StackPass) {
	builtin := map[*ir.Target][]string{}
	done := map[targetDocument]bool{}
	for _, role := range p.Roles {
		p.foreignTrust(role)
		for i := range role.Groups {
			g := &role.Groups[i]
			key := targetDocument{role.Target, g.Document}
			if done[key] {
				continue
			}
			done[key] = true
			for j := range g.Document.Statements {
				o := g.Origins[j]
				text, partition, yes := p.foreignIn(role, &g.Document.Statements[j])
				switch {
				case !yes:
				case o.BuiltIn && !slices.Contains(builtin[role.Target], o.Activity):
					builtin[role.Target] = append(builtin[role.Target], o.Activity)
				case !o.BuiltIn:
					if f := p.at(role.Role, p.shared.place(p.reporter, &o, text), text+role.Target.Name); f != nil {
						f.errorf("%q is of the partition %q, and the account %q is in %q; IAM refuses such a policy.", text, partition, role.Target.Name, role.Target.Partition).
							wayOut("Write \"arn:${partition}:…\".")
					}
				}
			}
		}
	}
	for _, t := range p.Stack.Targets {
		if names := builtin[t]; len(names) > 0 {
			if f := p.at(nil, p.targetPlace(t, ""), t.Name); f != nil {
				f.errorf("The edition %q writes ARNs of the partition \"aws\" in %s, and the account %q is in %q: IAM refuses such policies.", p.Stack.Edition, activityCount(names), t.Name, t.Partition).
					wayOut("Write edition = \"2026\" in the smr block.")
			}
		}
	}
}

// foreignTrust looks at the principals of a trust block.
func (p *StackPass) foreignTrust(role *ir.StackRole) {
	if role.Role.Trust == nil || role.Trust.Document == nil {
		return
	}
	for i := range role.Trust.Document.Statements {
		pr := role.Trust.Document.Statements[i].Principal
		if pr == nil || i >= len(role.Trust.Origins) {
			continue
		}
		for _, text := range slices.Concat(pr.AWS, pr.Federated) {
			partition, yes := foreign(role.Target, text)
			if !yes {
				continue
			}
			if f := p.at(role.Role, p.shared.place(p.reporter, &role.Trust.Origins[i], text), text+role.Target.Name); f != nil {
				f.errorf("%q is of the partition %q, and the account %q is in %q; nobody of one partition can assume a role of another.", text, partition, role.Target.Name, role.Target.Partition).
					wayOut("Write \"arn:${partition}:…\".")
			}
		}
	}
}

type targetDocument struct {
	target   *ir.Target
	document *policy.Document
}

// foreignIn finds a resource of another partition that is written in the
// statement; what the role gave to a parameter is reported where it stands.
func (p *StackPass) foreignIn(role *ir.StackRole, s *policy.Statement) (text, partition string, yes bool) {
	for _, list := range [][]string{s.Resources, s.NotResources} {
		for _, r := range list {
			if partition, yes := foreign(role.Target, r); yes && !p.given(role.Role, r) {
				return r, partition, true
			}
		}
	}
	return "", "", false
}

// given reports whether a text is a value of the role's: a role to pass, a key
// or an argument.
func (p *StackPass) given(role *ir.Role, text string) bool {
	if slices.Contains(role.PassRoles, text) || role.KMS != nil && (slices.Contains(role.KMS.First, text) || slices.Contains(role.KMS.Second, text)) {
		return true
	}
	_, yes := p.shared.argumentOf(role, "", text)
	return yes
}

func activityCount(names []string) string {
	if len(names) == 1 {
		return fmt.Sprintf("the activity %q", names[0])
	}
	return fmt.Sprintf("%d activities, %q among them", len(names), names[0])
}

func partitionExample(resource string) string {
	return "account \"china\" {\n  id     = \"123456789012\"\n  region = \"cn-north-1\"\n}\nrole \"r\" {\n  statement \"Read\" {\n    actions   = [\"s3:GetObject\"]\n    resources = [\"" + resource + "\"]\n  }\n}\n"
}
