package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func computeTrust() Rule {
	return Rule{
		Code: "compute-trust", Severity: Notice,
		Checks:  []string{"ASSUMABLE_BY_COMPUTE_SERVICE"},
		Explain: "A service that runs people's code may assume the role: whoever starts an instance, a function or a task with it has its rights. SageMaker is expected to, for a role of SageMaker; others are worth a look. Source: cloudsplaining, \"Assumable by compute service\"; IAM User Guide, \"IAM roles\".",
		Bad:     trust(by("Service", "lambda.amazonaws.com"), act("sts:AssumeRole")),
		Good:    trust(by("Service", "sagemaker.amazonaws.com"), act("sts:AssumeRole"), when("StringEquals", "aws:SourceAccount", "123456789012")),
		Statement: func(p *Pass) {
			if p.options.Kind != Trust || p.Principal == nil || p.Effect != policy.Allow {
				return
			}
			for i, who := range p.Principal.Service {
				switch who {
				case "ec2.amazonaws.com", "lambda.amazonaws.com", "ecs-tasks.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com", "glue.amazonaws.com", "elasticmapreduce.amazonaws.com":
					p.at("Principal/Service", p.Principal.Service, i, "%q runs people's code, which then has the rights of the role.", who)
				}
			}
		},
	}
}
