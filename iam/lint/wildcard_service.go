package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func wildcardService() Rule {
	return Rule{
		Code: "wildcard-service", Severity: Notice,
		Checks:  []string{"WILDCARD_IN_SERVICE_NAME"},
		Explain: "The service of an action is a pattern, so the action names things of services that have nothing to do with each other, now and later. Write one action for each service. Source: IAM Access Analyzer policy check reference, \"Wildcard in service name\".",
		Bad:     allow(act("sagemaker*:ListTags"), on("*")),
		Good:    allow(act("sagemaker:ListTags"), on("*")),
		Statement: func(p *Pass) {
			for i, name := range p.Actions {
				if service, rest, ok := strings.Cut(name, ":"); ok && policy.HasWildcard(service) && (!stars(service) || !stars(rest)) {
					p.action(i, "%q names actions of several services.", name).Way = "Write one action for each service."
				}
			}
		},
	}
}
