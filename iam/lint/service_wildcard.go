package lint

import (
	"fmt"
	"strings"
)

func serviceWildcard() Rule {
	return Rule{
		Code: "service-wildcard", Severity: Warning,
		Checks:  []string{"SERVICE_WILDCARD", "IAM_FULL"},
		Explain: "The statement allows every action of a service: to read, write, delete, open to others, and whatever AWS adds later. Name the actions, or patterns of them such as s3:Get*. Source: cloudsplaining, \"Service wildcard\"; IAM User Guide, \"Security best practices in IAM\", least privilege.",
		Bad:     allow(act("sqs:*"), on("arn:aws:sqs:eu-west-1:123456789012:jobs")),
		Good:    allow(act("sqs:SendMessage", "sqs:ReceiveMessage"), on("arn:aws:sqs:eu-west-1:123456789012:jobs")),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind == Trust || p.options.Kind == Resource {
				return
			}
			var f *Finding
			more := 0
			for i, name := range p.Actions {
				service, rest, ok := strings.Cut(name, ":")
				switch {
				case !ok || !stars(rest) || stars(service):
				case f == nil:
					f = p.action(i, "%q allows every action of the service, also those that AWS adds later.", name)
					f.Way = "Name the actions, or patterns such as " + service + ":Describe*."
				default:
					more++
				}
			}
			if more > 0 {
				f.Message += fmt.Sprintf(" So do %d more of the statement.", more)
			}
		},
	}
}
