package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func missingVPCPermissions() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "missing-vpc-permissions", Severity: hcl.DiagWarning,
			Explain: "The role may start jobs only in a VPC, and the role that these jobs run as cannot make network interfaces, so each of them fails (ValidationException or AccessDenied on ec2:CreateNetworkInterface). Give the execution role the activity access_required_aws_services with a vpc block of its own. Source: Amazon SageMaker Developer Guide, \"SageMaker AI roles\", the permissions for jobs in a VPC.",
			Bad:     vpcPassExample(""), Good: vpcPassExample(vpcBlock),
		},
		Stack: func(p *StackPass) {
			lacked := map[*ir.StackRole][]string{}
			for _, x := range p.passings() {
				if x.passer.VPC == nil || !passesIn(x.passer, func(a *ir.Activity) bool { return a.VPCForm }) {
					continue
				}
				list, seen := lacked[x.target]
				if !seen {
					if missing, ok := p.shared.lackedBy(x.target, interfaceActions()); ok {
						list = missing
					}
					lacked[x.target] = list
				}
				if len(list) == 0 {
					continue
				}
				if f := p.at(x.passer.Role, p.placeOf(x.passer.Role, x.passer.PassRange), x.target.Address()); f != nil {
					f.warnf("The role %q starts jobs only in a VPC, but %q, which it passes, lacks %s, so they fail.", named(x.passer), named(x.target), listed(list)).
						wayOut("Give %q the activity \"access_required_aws_services\" and a vpc block.", named(x.target)).
						relate(labelOf(x.target.Role), "the role that jobs run as")
				}
			}
		},
	}
}

// interfaceActions are what a role needs for jobs in a VPC (Amazon SageMaker
// Developer Guide, "SageMaker AI roles").
func interfaceActions() []string {
	return []string{
		"ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface",
		"ec2:DeleteNetworkInterfacePermission", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces",
		"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
	}
}

const vpcBlock = "  vpc {\n    subnets         = [\"subnet-0a1b2c3d4e5f60718\"]\n    security_groups = [\"sg-0a1b2c3d4e5f60718\"]\n  }\n"

func vpcPassExample(block string) string {
	return "smr { edition = \"2026\" }\nrole \"train\" {\n  activity \"access_required_aws_services\" {\n    s3_buckets       = [\"acme\"]\n    ecr_repositories = []\n  }\n" + block + "}\nrole \"ds\" {\n  activity \"manage_models\" {}\n  pass_roles = [role.train.arn]\n" + vpcBlock + "}\n"
}
