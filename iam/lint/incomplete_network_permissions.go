package lint

import (
	"fmt"

	"github.com/sagemaker-roles/smr/iam/facts"
)

func incompleteNetworkPermissions() Rule {
	return Rule{
		Code: "incomplete-network-permissions", Severity: Warning,
		Checks:  []string{"SMR_VPC_ENI_INCOMPLETE"},
		Explain: "The role may make network interfaces and lacks some of the nine actions by which SageMaker attaches a job or model to a VPC, so every job in a VPC fails. Source: Amazon SageMaker Developer Guide, \"SageMaker roles\", CreateTrainingJob API: execution role permissions.",
		Bad:     allow(act("ec2:CreateNetworkInterface", "ec2:DescribeSubnets"), on("*"), when("StringEquals", "aws:ResourceAccount", "123456789012")),
		Good:    allow(networkActions()...),
		Role: func(p *RolePass) {
			if !p.Complete || !p.trusts(sagemaker) {
				return
			}
			for i := range p.spoken {
				s := &p.spoken[i]
				if !has(s, "ec2:CreateNetworkInterface") {
					continue
				}
				var lacks []string
				for _, name := range interfaces() {
					if !p.granted(name) {
						lacks = append(lacks, name)
					}
				}
				if len(lacks) > 0 {
					p.at(s, "ec2:CreateNetworkInterface", fmt.Sprintf("The role may make network interfaces and is not allowed %s, which SageMaker calls as well.", listed(lacks)), "Add the actions, on \"*\".")
				}
			}
		},
	}
}

// interfaces are the actions of EC2 that a job in a VPC needs.
func interfaces() []string {
	return []string{
		"ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission",
		"ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
	}
}

func networkActions() []string {
	return []string{act(interfaces()...), on("*"), when("StringEquals", "aws:ResourceAccount", "123456789012")}
}

// has reports whether a statement names an action of those that rules look at.
func has(s *spoken, name string) bool {
	for _, a := range s.names {
		if is(a, name) {
			return true
		}
	}
	return false
}

func is(a *facts.Action, name string) bool {
	n := len(a.Service)
	return len(name) == n+1+len(a.Name) && name[:n] == a.Service && name[n+1:] == a.Name
}
