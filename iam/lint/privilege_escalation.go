package lint

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/escalation"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func privilegeEscalation() Rule {
	return Rule{
		Code: "privilege-escalation", Severity: Warning,
		Checks:  []string{"PRIVILEGE_ESCALATION"},
		Explain: "Together, the actions let the role come to more than its policies give it: by writing policies, by making credentials of others, or by running code as a role that it passes. Each of the sets of actions is a known method, and only the smallest are named. Passing roles counts where every role may be passed; from one role of the configuration to another, escalation-path says where it leads. Sources: pathfinding.cloud, Rhino Security Labs, HackTricks, parliament, cloudsplaining, and for some of SageMaker's calls the same mechanism found in the API (iam/escalation).",
		Bad:     allow(act("iam:PutRolePolicy"), on(aRole)),
		Good:    allow(act("iam:GetRolePolicy"), on(aRole)),
		Role: func(p *RolePass) {
			if p.Judge == nil {
				return
			}
			side := access.Side{Identity: p.Policies, Boundary: p.Boundary}
			passes := sync.OnceValue(func() bool {
				return p.any(policy.Allow, func(s *policy.Statement) bool {
					return matches(s, "iam:PassRole") && (len(s.NotResources) > 0 || slices.ContainsFunc(s.Resources, anyRole))
				})
			})
			told := map[string]bool{}
			for i := range p.spoken {
				s := &p.spoken[i]
				if slices.ContainsFunc(s.Actions, stars) && starIn(s.Resources) >= 0 {
					continue // wildcard-resource says it of everything
				}
				var ways []string
				first := ""
				for _, m := range escalation.Touched(func(action string) bool { return matches(s.Statement, action) }) {
					if told[m.ID] || slices.Contains(m.Actions, "iam:PassRole") && !passes() || elsewhere(m) || !p.meets(m) || p.Judge.Has(side, m) == access.No {
						continue
					}
					told[m.ID] = true
					ways = append(ways, strings.Join(m.Actions, " + "))
					if first == "" {
						first = m.Actions[slices.IndexFunc(m.Actions, func(a string) bool { return matches(s.Statement, a) })]
					}
				}
				if len(ways) > 0 {
					p.at(s, first, fmt.Sprintf("The role can come to more than its policies give it, by %s.", listed(ways)), "Leave these actions to the role that deploys, or limit them to resources without power.")
				}
			}
		},
	}
}

// meets reports whether each action of a method is allowed on a resource that it
// can be asked for: allowing every action on a bucket allows none of IAM's.
func (p *RolePass) meets(m *escalation.Method) bool {
	return !slices.ContainsFunc(m.Actions, func(action string) bool {
		if _, listed := facts.FindAction(action); !listed {
			return true // of a service that is no more
		}
		return !p.any(policy.Allow, func(s *policy.Statement) bool {
			return matches(s, action) && (len(s.NotResources) > 0 || slices.ContainsFunc(s.Resources, func(r string) bool { return facts.MatchesResource(action, r) != facts.NoOverlap }))
		})
	})
}

// elsewhere reports whether a rule of its own tells of a method, with an eye to
// the resources.
func elsewhere(m *escalation.Method) bool {
	if len(m.Actions) != 1 {
		return false
	}
	switch m.Actions[0] {
	case "sagemaker:CreatePresignedDomainUrl", "sagemaker:CreatePresignedNotebookInstanceUrl", "sts:AssumeRole":
		return true
	}
	return false
}
