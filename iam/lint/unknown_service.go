package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
)

func unknownService() Rule {
	return Rule{
		Code: "unknown-service", Severity: Warning,
		Checks:  []string{"INVALID_SERVICE_IN_ACTION"},
		Explain: "AWS listed no service with this prefix when the data of this program was made (" + facts.ServicesDate + "), so the action grants or denies nothing. The prefix is often not the product's name: CloudWatch Logs is logs, Step Functions is states. Source: AWS Service Authorization Reference.",
		Bad:     allow(act("simplestorage:GetObject"), on(anObject)),
		Good:    allow(act("s3:GetObject"), on(anObject)),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.actions {
				a := &p.actions[i]
				if a.wide || a.service != nil || !wellFormedAction(a.pattern) {
					continue
				}
				prefix, _, _ := strings.Cut(a.pattern, ":")
				f := p.action(i, "AWS listed no service %q on %s, so %q matches nothing.", prefix, facts.ServicesDate, a.pattern)
				f.Given, f.Candidates, f.Otherwise = prefix, facts.Services, "The AWS Service Authorization Reference lists the prefixes."
			}
		},
	}
}
