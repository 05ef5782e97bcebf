package lint

import "strings"

func everyAction() Rule {
	return Rule{
		Code: "every-action", Severity: Warning,
		Checks:  []string{"ACTION_STAR"},
		Explain: "The statement allows every action of every service on the resources it names. Name the actions. Source: IAM User Guide, \"Security best practices in IAM\", least privilege.",
		Bad:     allow(act("*"), on("arn:aws:sqs:eu-west-1:123456789012:jobs")),
		Good:    allow(act("s3:GetObject"), on(anObject)),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind == Trust || starIn(p.Resources) >= 0 && len(p.Conditions) == 0 {
				return // wildcard-resource says it
			}
			for i, name := range p.Actions {
				if service, rest, _ := strings.Cut(name, ":"); stars(service) && (rest == "" || stars(rest)) {
					p.action(i, "%q allows every action of every service.", name).Way = "Name the actions."
				}
			}
		},
	}
}
