package lint

import (
	"iter"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func unreplacedVariable() Rule {
	return Rule{
		Code: "unreplaced-variable", Severity: Warning,
		Checks:  []string{"INVALID_VARIABLE_FOR_OPERATOR", "VARIABLE_UNSUPPORTED_IN_ELEMENT", "VARIABLE_UNSUPPORTED_IN_VERSION"},
		Explain: "A policy variable stands where IAM replaces none: in an action, a principal, a condition that does not compare text or ARNs, or a document of version 2008-10-17 or without Version. It is then literal text and matches nothing that was meant. Source: IAM User Guide, \"IAM policy elements: Variables and tags\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("IpAddress", "aws:SourceIp", "${aws:PrincipalTag/office}")),
		Good:    allow(act("s3:GetObject"), on("arn:aws:s3:::acme/${aws:PrincipalTag/team}/*")),
		Statement: func(p *Pass) {
			for element, list := range elements(p.Statement) {
				old := p.Document.Version != policy.Version2012
				for i, v := range list {
					if !strings.Contains(v, "${") || !old && strings.HasSuffix(element, "Resource") {
						continue
					}
					if old && strings.HasSuffix(element, "Resource") {
						p.at(element, list, i, "%q has a policy variable, and the version of the document replaces none.", v).Way = "Write \"Version\": \"2012-10-17\"."
					} else {
						p.at(element, list, i, "%q has a policy variable, and IAM replaces none in %s.", v, element)
					}
				}
			}
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				for j, v := range c.Values {
					switch {
					case !strings.Contains(v, "${"):
					case !c.op.Comparison.Variables():
						p.value(c, j, "%q has a policy variable, and IAM replaces none for %s: only text and ARNs are compared so.", v, c.Operator)
					case p.Document.Version != policy.Version2012:
						p.value(c, j, "%q has a policy variable, and the version of the document replaces none.", v).Way = "Write \"Version\": \"2012-10-17\"."
					}
				}
			}
		},
	}
}

// elements yields the lists of actions, resources and principals of a
// statement with their names.
func elements(s *policy.Statement) iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		if !yield("Action", s.Actions) || !yield("NotAction", s.NotActions) || !yield("Resource", s.Resources) || !yield("NotResource", s.NotResources) {
			return
		}
		for _, p := range []struct {
			name string
			*policy.Principal
		}{{"Principal", s.Principal}, {"NotPrincipal", s.NotPrincipal}} {
			if p.Principal == nil {
				continue
			}
			if !yield(p.name+"/AWS", p.AWS) || !yield(p.name+"/Service", p.Service) || !yield(p.name+"/Federated", p.Federated) {
				return
			}
		}
	}
}
