package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func foreignLogGroup() Rule {
	return Rule{
		Code: "foreign-log-group", Severity: Notice,
		Checks:  []string{"SMR_LOG_GROUP"},
		Explain: "SageMaker may assume the role, and the role may write logs, but not to a log group under /aws/sagemaker/, where SageMaker writes those of its jobs, endpoints and notebooks: they run without logs. Source: Amazon SageMaker Developer Guide, \"Log groups and streams that Amazon SageMaker AI sends to Amazon CloudWatch Logs\".",
		Bad:     allow(act("logs:PutLogEvents"), on("arn:aws:logs:eu-west-1:123456789012:log-group:/acme/*:log-stream:*")),
		Good:    allow(act("logs:PutLogEvents"), on("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/*:log-stream:*")),
		Role: func(p *RolePass) {
			if !p.Complete || !p.trusts(sagemaker) {
				return
			}
			for i := range p.spoken {
				s := &p.spoken[i]
				if !has(s, "logs:PutLogEvents") || p.any(policy.Allow, logsOfSageMaker) {
					continue
				}
				p.at(s, "logs:PutLogEvents", "None of the resources is under /aws/sagemaker/, where SageMaker writes logs.", "Add \"arn:${partition}:logs:${region}:${account_id}:log-group:/aws/sagemaker/*\".")
			}
		},
	}
}

// logsOfSageMaker reports whether a statement lets logs be written to some log
// group of SageMaker's.
func logsOfSageMaker(s *policy.Statement) bool {
	if !matches(s, "logs:PutLogEvents") {
		return false
	}
	if len(s.NotResources) > 0 {
		return true
	}
	for _, r := range s.Resources {
		a, ok := policy.ParseARN(r)
		if !ok {
			return true // a star that may stand for it
		}
		for _, group := range []string{"TrainingJobs", "ProcessingJobs", "TransformJobs", "Endpoints/e", "NotebookInstances", "studio/d", "Clusters/c", "LabelingJobs"} {
			for _, stream := range []string{"", ":*", ":log-stream:s/algo-1"} {
				if policy.Match(a.Resource, "log-group:/aws/sagemaker/"+group+stream) {
					return true
				}
			}
		}
	}
	return false
}
