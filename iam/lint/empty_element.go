package lint

import "strings"

func emptyElement() Rule {
	return Rule{
		Code: "empty-element", Severity: Warning,
		Checks:  []string{"EMPTY_ARRAY_ACTION", "EMPTY_ARRAY_CONDITION", "EMPTY_ARRAY_CONDITION_FORALLVALUES", "EMPTY_ARRAY_CONDITION_FORANYVALUE", "EMPTY_ARRAY_CONDITION_IFEXISTS", "EMPTY_ARRAY_PRINCIPAL", "EMPTY_ARRAY_RESOURCE", "EMPTY_OBJECT_PRINCIPAL"},
		Explain: "A list of the statement is empty, so the statement speaks of nothing, or the condition holds never or always. Source: IAM Access Analyzer policy check reference, \"Empty array\".",
		Bad:     Example{Boundary, []string{one("Allow", []string{`"Action":[]`, on(anObject)})}},
		Good:    Example{Boundary, []string{one("Allow", []string{act("s3:GetObject"), on(anObject)})}},
		Statement: func(p *Pass) {
			for element, list := range elements(p.Statement) {
				if list != nil && len(list) == 0 {
					p.add(Finding{Statement: p.Index, Pointer: pointer(p.Index, strings.Split(element, "/")...), Message: element + " is empty, so the statement speaks of nothing.", Way: "Delete the statement, or fill the list."})
				}
			}
			if pr := p.Principal; pr != nil && !pr.Any && len(pr.AWS)+len(pr.Service)+len(pr.Federated)+len(pr.CanonicalUser) == 0 && pr.AWS == nil && pr.Service == nil && pr.Federated == nil {
				p.add(Finding{Statement: p.Index, Pointer: pointer(p.Index, "Principal"), Message: "Principal names nobody.", Way: "Delete the statement, or name who is meant."})
			}
			p.look()
			for i := range p.conditions {
				if c := &p.conditions[i]; len(c.Values) == 0 {
					p.key(c, "The condition on %q has no values.", c.Key).Way = "Delete it, or give values."
				}
			}
		},
	}
}
