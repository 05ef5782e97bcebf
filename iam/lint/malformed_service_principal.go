package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func malformedServicePrincipal() Rule {
	return Rule{
		Code: "malformed-service-principal", Severity: Warning,
		Checks:  []string{"INVALID_SERVICE_PRINCIPAL_FORMAT"},
		Explain: "A condition compares the name of a service with a text that no service has as its principal: the name ends with amazonaws.com, such as sagemaker.amazonaws.com, and is not the prefix of the service's actions. The value matches nothing. Source: IAM User Guide, \"AWS JSON policy elements: Principal\", service principals; IAM Access Analyzer policy check reference.",
		Bad:     allow(act("iam:PassRole"), on(aRole), when("StringEquals", "iam:PassedToService", "sagemaker")),
		Good:    allow(act("iam:PassRole"), on(aRole), when("StringEquals", "iam:PassedToService", sagemaker)),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if c.op.Comparison > policy.StringNotLike || !namesService(policy.Lower(c.Key)) {
					continue
				}
				for j, v := range c.Values {
					if !open(v) && !servicePrincipal(v) {
						p.value(c, j, "%q is the principal of no service, so the value matches nothing.", v).Way = "Write it such as \"sagemaker.amazonaws.com\"."
					}
				}
			}
		},
	}
}

// namesService reports whether a condition key, in lower case, holds a service
// principal.
func namesService(key string) bool {
	switch key {
	case "iam:passedtoservice", "iam:awsservicename", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:principalservicename", "aws:principalservicenameslist":
		return true
	}
	return false
}

// servicePrincipal reports whether a text can be the principal of a service:
// those of AWS's managed policies end so.
func servicePrincipal(v string) bool {
	name, domain, ok := strings.Cut(v, ".")
	if !ok || name == "" {
		return false
	}
	for _, end := range []string{"amazonaws.com", "amazonaws.com.cn", "amazon.com", "aws.internal"} {
		if strings.HasSuffix(domain, end) {
			return true
		}
	}
	return false
}
