package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func unsupportedKeyForService() Rule {
	return Rule{
		Code: "unsupported-key-for-service", Severity: Warning,
		Checks:  []string{"UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"},
		Explain: "The statement lets an AWS service in and asks something of the caller that services do not have: an organization, a tag, an ARN. The service is then never let in. Put the service into a statement of its own, limited by aws:SourceAccount or aws:SourceArn. Source: IAM Access Analyzer policy check reference, \"Unsupported condition key for service principal\".",
		Bad:     trust(by("Service", "sagemaker.amazonaws.com"), act("sts:AssumeRole"), when("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5")),
		Good:    trust(by("Service", "sagemaker.amazonaws.com"), act("sts:AssumeRole"), when("StringEquals", "aws:SourceAccount", "123456789012")),
		Statement: func(p *Pass) {
			if p.Principal == nil || len(p.Principal.Service) == 0 || p.Effect != policy.Allow {
				return
			}
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if c.absent() == absentFails && ofPerson(policy.Lower(c.Key)) {
					p.key(c, "%q is no property of a service, so %q is never let in.", c.Key, p.Principal.Service[0]).Way = "Give the service a statement of its own, with aws:SourceAccount or aws:SourceArn."
				}
			}
		},
	}
}

// ofPerson reports whether a condition key, in lower case, tells something that
// service principals do not have.
func ofPerson(key string) bool {
	switch key {
	case "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:userid", "aws:username", "aws:principaltype":
		return true
	}
	return strings.HasPrefix(key, "aws:principaltag/")
}
