package lint

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func unknownAction() Rule {
	return Rule{
		Code: "unknown-action", Severity: Warning,
		Checks:  []string{"INVALID_ACTION"},
		Explain: "The service had no such action when the data of this program was made (" + facts.ServicesDate + "). IAM accepts the policy and the statement does nothing: s3:ListObjects is a call of the API, and the action that allows it is s3:ListBucket. Services gain actions daily, so this is a warning. Source: AWS Service Authorization Reference.",
		Bad:     allow(act("s3:GetObjects"), on(anObject)),
		Good:    allow(act("s3:GetObject"), on(anObject)),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.actions {
				a := &p.actions[i]
				if a.service == nil || len(a.known) > 0 || !wellFormedAction(a.pattern) {
					continue
				}
				f := p.action(i, "%s had no action that %q names on %s, so it matches nothing.", a.service.Title, a.pattern, facts.ServicesDate)
				if meant := callNotAction(policy.Lower(a.pattern)); meant != "" {
					f.Way = fmt.Sprintf("That is a call of the API; the action that allows it is %q.", meant)
					continue
				}
				_, f.Given, _ = strings.Cut(a.pattern, ":")
				f.Prefix, f.Candidates = a.service.Prefix+":", actionNames(a.service)
				f.Otherwise = "The AWS Service Authorization Reference lists the actions of the service."
			}
			for i, name := range p.NotActions {
				if a := lookAction(name); a.service != nil && len(a.known) == 0 && wellFormedAction(name) {
					f := p.at("NotAction", p.NotActions, i, "%s had no action that %q names on %s, so it excepts nothing.", a.service.Title, name, facts.ServicesDate)
					_, f.Given, _ = strings.Cut(name, ":")
					f.Prefix, f.Candidates = a.service.Prefix+":", actionNames(a.service)
				}
			}
		},
	}
}

// actionNames are the names of a service's actions without its prefix.
func actionNames(s *facts.Service) func() []string {
	return func() []string {
		var names []string
		for a := range s.Actions() {
			names = append(names, a.Name)
		}
		return names
	}
}

// callNotAction is the action that allows a call of another name, for calls
// that people take for actions (AWS Service Authorization Reference, Amazon S3,
// and Amazon S3 API Reference).
func callNotAction(call string) string {
	switch call {
	case "s3:listobject", "s3:listobjects", "s3:listobjectsv2", "s3:headbucket":
		return "s3:ListBucket"
	case "s3:headobject":
		return "s3:GetObject"
	case "s3:copyobject", "s3:uploadpart", "s3:createmultipartupload", "s3:completemultipartupload":
		return "s3:PutObject"
	case "s3:deleteobjects":
		return "s3:DeleteObject"
	case "s3:listbuckets":
		return "s3:ListAllMyBuckets"
	}
	return ""
}
