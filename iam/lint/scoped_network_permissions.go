package lint

func scopedNetworkPermissions() Rule {
	return Rule{
		Code: "scoped-network-permissions", Severity: Warning,
		Checks:  []string{"SMR_VPC_EC2_SCOPED"},
		Explain: "The role makes processing jobs, and its statement about network interfaces is limited to resources or by conditions. For processing jobs in a VPC AWS asks for neither: the job fails when it is made. Source: Amazon SageMaker Developer Guide, \"SageMaker roles\", CreateProcessingJob API: execution role permissions.",
		Bad:     scopedNetwork("ProcessingJob"),
		Good:    scopedNetwork("TransformJob"),
		Role: func(p *RolePass) {
			if !p.granted("sagemaker:CreateProcessingJob") {
				return
			}
			for i := range p.spoken {
				s := &p.spoken[i]
				if has(s, "ec2:CreateNetworkInterface") && (starIn(s.Resources) < 0 || len(s.Conditions) > 0) {
					p.at(s, "ec2:CreateNetworkInterface", "The statement about network interfaces is limited, and processing jobs in a VPC need it without limits.", "Write resources = [\"*\"] and no condition.")
				}
			}
		},
	}
}

// scopedNetwork is an example that makes a kind of job and limits the statement
// about network interfaces.
func scopedNetwork(kind string) Example {
	jobs := `{"Effect":"Allow",` + act("sagemaker:Create"+kind, "sagemaker:Describe"+kind, "sagemaker:Stop"+kind, "sagemaker:AddTags") + `,` + on("arn:aws:sagemaker:eu-west-1:123456789012:*") + `}`
	pass := `{"Effect":"Allow",` + act("iam:PassRole") + `,` + on(aRole) + `,` + when("StringEquals", "iam:PassedToService", sagemaker) + `}`
	describe := `{"Effect":"Allow",` + act(interfaces()[4:]...) + `,` + on("*") + `}`
	change := `{"Effect":"Allow",` + act(interfaces()[:4]...) + `,` + on("arn:aws:ec2:eu-west-1:123456789012:*") + `}`
	return Example{Identity, []string{document(jobs, pass, describe, change)}}
}
