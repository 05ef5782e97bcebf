package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func unsourcedServiceTrust() Rule {
	return Rule{
		Code: "unsourced-service-trust", Severity: Notice,
		Checks:  []string{"SMR_TRUST_NO_SOURCE", "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"},
		Explain: "The trust policy lets a service assume the role on whosever behalf: somebody of another account who learns the role's ARN may have the service use it for them. aws:SourceAccount or aws:SourceArn limits it to your account. The rule speaks of services that document these keys in trust policies. Source: IAM User Guide, \"The confused deputy problem\"; Amazon SageMaker Developer Guide, \"Cross-service confused deputy prevention\".",
		Bad:     trust(by("Service", "sagemaker.amazonaws.com"), act("sts:AssumeRole")),
		Good:    trust(by("Service", "sagemaker.amazonaws.com"), act("sts:AssumeRole"), when("ArnLike", "aws:SourceArn", "arn:aws:sagemaker:eu-west-1:123456789012:*")),
		Statement: func(p *Pass) {
			if p.Principal == nil || p.Effect != policy.Allow || conditioned(p.Statement, "aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths", "sts:ExternalId", "aws:PrincipalOrgID", "aws:PrincipalAccount") {
				return
			}
			for i, who := range p.Principal.Service {
				if p.options.Kind == Resource || sendsSource(who) {
					p.at("Principal/Service", p.Principal.Service, i, "%q is let in on behalf of any account.", who).Way = "Add a condition on aws:SourceAccount or aws:SourceArn."
				}
			}
		},
	}
}

// sendsSource reports whether a service documents aws:SourceArn and
// aws:SourceAccount for the roles that it assumes (each service's guide,
// "Cross-service confused deputy prevention").
func sendsSource(service string) bool {
	switch service {
	case "sagemaker.amazonaws.com", "bedrock.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com", "codebuild.amazonaws.com", "pipes.amazonaws.com":
		return true
	}
	return false
}
