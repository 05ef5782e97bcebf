package escalation

import (
	"slices"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// lets reports whether a trust policy lets a role in: named by its ARN, which
// within one account is enough (IAM User Guide, "Cross-account policy evaluation
// logic"), or with its whole account, which needs an Allow of the role's own.
// Conditions are passed over: who they let in is not decided here.
func lets(trust *policy.Document, arn string) (byName, byAccount bool) {
	own, _ := policy.ParseARN(arn)
	for i := range trust.Statements {
		s := &trust.Statements[i]
		if s.Effect != policy.Allow || s.Principal == nil || !Matches(s.Actions, nil, "sts:AssumeRole") {
			continue
		}
		byAccount = byAccount || s.Principal.Any
		for _, p := range s.Principal.AWS {
			root, isRoot := policy.RootAccount(p)
			switch {
			case p == arn:
				byName = true
			case p == "*" || isRoot && root == own.Account:
				byAccount = true
			}
		}
	}
	return byName, byAccount
}

// named are the ARNs that a trust policy names.
func named(trust *policy.Document) map[string]bool {
	if trust == nil {
		return nil
	}
	var names map[string]bool
	for i := range trust.Statements {
		if pr := trust.Statements[i].Principal; pr != nil {
			for _, p := range pr.AWS {
				if names == nil {
					names = map[string]bool{}
				}
				names[p] = true
			}
		}
	}
	return names
}

// trustsService reports whether a trust policy lets a service in.
func trustsService(trust *policy.Document, service string) bool {
	return slices.ContainsFunc(trust.Statements, func(s policy.Statement) bool {
		return s.Effect == policy.Allow && s.Principal != nil && Matches(s.Actions, nil, "sts:AssumeRole") &&
			(s.Principal.Any || slices.Contains(s.Principal.Service, service))
	})
}

// On decides whether a side allows some request with an action on one resource
// and, unless it is "", for passing it to a service.
func (j *Judge) On(side access.Side, action, resource, service string) access.Answer {
	allow, deny, _ := cut(side.Identity, action)
	allow.Statements = slices.DeleteFunc(allow.Statements, func(s policy.Statement) bool { return !mayReach(&s, resource) })
	if len(allow.Statements) == 0 {
		return access.No
	}
	deny.Statements = slices.DeleteFunc(deny.Statements, func(s policy.Statement) bool { return !mayReach(&s, resource) })
	session := only(action)
	session.Statements[0].Resources = []string{resource}
	if service != "" {
		session.Statements[0].Conditions = []policy.Condition{{Operator: "StringEquals", Key: "iam:PassedToService", Values: []string{service}}}
	}
	head := access.Side{Identity: []*policy.Document{allow, deny}, Session: session}
	key := "on\x00" + action + "\x00" + resource + "\x00" + service + "\x00" + string(policy.AppendJSON(policy.AppendJSON(nil, allow), deny))
	return j.compare(head, key, side.Boundary, action)
}

// mayReach reports whether a statement may speak of a resource; policy
// variables may be anything.
func mayReach(s *policy.Statement, resource string) bool {
	if len(s.NotResources) > 0 {
		return true
	}
	return slices.ContainsFunc(s.Resources, func(r string) bool {
		return policy.Match(r, resource) || len(policy.Variables(r)) > 0
	})
}
