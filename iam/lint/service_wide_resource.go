package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func serviceWideResource() Rule {
	return Rule{
		Code: "service-wide-resource", Severity: Notice,
		Checks:  []string{"RESOURCE_EFFECTIVELY_STAR"},
		Explain: "The resource is an ARN that stands for everything of a service, in every account and Region: it limits no more than * does. Name the account and the resources. Source: parliament, RESOURCE_EFFECTIVELY_STAR.",
		Bad:     allow(act("sagemaker:StopTrainingJob"), on("arn:aws:sagemaker:*:*:*")),
		Good:    allow(act("sagemaker:StopTrainingJob"), on(aJob)),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind.principals() || len(p.Conditions) > 0 || !p.changes() {
				return
			}
			for i, r := range p.Resources {
				a, ok := policy.ParseARN(r)
				if ok && policyStar(a.Account) && policyStar(a.Region) && strings.Trim(a.Resource, "*/") == "" {
					p.resource(i, "%q stands for everything of the service, whatever the account and Region.", r).Way = "Name the account and the resources."
				}
			}
		},
	}
}

// policyStar reports whether a part of an ARN is stars alone or, as in the ARNs
// of buckets, empty.
func policyStar(s string) bool { return strings.Trim(s, "*") == "" }

// changes reports whether the statement names an action that writes and can be
// limited to resources.
func (p *Pass) changes() bool {
	p.look()
	for i := range p.actions {
		for _, one := range p.actions[i].known {
			if one.Level >= facts.Write && len(one.ResourceTypes) > 0 {
				return true
			}
		}
	}
	return false
}
