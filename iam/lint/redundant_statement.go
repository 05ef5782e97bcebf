package lint

import (
	"fmt"
	"slices"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func redundantStatement() Rule {
	return Rule{
		Code: "redundant-statement", Severity: Notice,
		Checks:  []string{"REDUNDANT_STATEMENT"},
		Explain: "Another statement of the document says all that this one says. It changes nothing and takes characters of the quota. Source: IAM Access Analyzer policy check reference, \"Redundant statement\".",
		Bad:     Example{Identity, []string{document(`{"Sid":"A","Effect":"Allow",`+act("s3:Get*")+`,`+on(anObject)+`}`, `{"Sid":"B","Effect":"Allow",`+act("s3:GetObject")+`,`+on(anObject)+`}`)}},
		Good:    Example{Identity, []string{document(`{"Sid":"A","Effect":"Allow",`+act("s3:Get*")+`,`+on(anObject)+`}`, `{"Sid":"B","Effect":"Allow",`+act("s3:PutObject")+`,`+on(anObject)+`}`)}},
		Document: func(p *DocumentPass) {
			if len(p.Statements) > maxCompared/2 {
				return
			}
			for i := range p.Statements {
				if !p.judged(i) {
					continue
				}
				for j := range p.Statements {
					if i != j && !everything(&p.Statements[j]) && says(&p.Statements[j], &p.Statements[i]) && (j < i || !says(&p.Statements[i], &p.Statements[j])) {
						p.add(Finding{Statement: i, Pointer: pointer(i), Message: fmt.Sprintf("Statement %d of the policy says all that this one says.", j+1), Way: "Delete it."})
						break
					}
				}
			}
		},
	}
}

// says reports whether s covers t: the same effect, principals and conditions,
// and every action and resource.
func says(s, t *policy.Statement) bool {
	return s.Effect == t.Effect && s.Principal.Equal(t.Principal) && s.NotPrincipal.Equal(t.NotPrincipal) &&
		slices.Equal(s.NotActions, t.NotActions) && slices.Equal(s.NotResources, t.NotResources) &&
		sameConditions(s.Conditions, t.Conditions) &&
		len(s.Actions)+len(t.Actions) <= maxCompared && len(s.Resources)+len(t.Resources) <= maxCompared &&
		(len(s.Actions) > 0) == (len(t.Actions) > 0) && (len(s.Resources) > 0) == (len(t.Resources) > 0) &&
		coversAll(s.Actions, t.Actions, coversAction) && coversAll(s.Resources, t.Resources, coversARN)
}

// everything reports whether a statement names every action of everything, which
// wildcard-resource tells of.
func everything(s *policy.Statement) bool {
	return slices.ContainsFunc(s.Actions, stars) && starIn(s.Resources) >= 0
}

func sameConditions(a, b []policy.Condition) bool {
	return slices.EqualFunc(a, b, func(x, y policy.Condition) bool {
		return x.Operator == y.Operator && x.Key == y.Key && slices.Equal(x.Values, y.Values)
	})
}
