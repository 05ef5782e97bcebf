package check

import (
	"slices"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A grantingStatement is an Allow statement of some policy.
type grantingStatement = *policy.Statement

// granting are the Allow statements of a role: of the documents made for it and
// of the AWS managed policies attached to it. complete is false when a policy
// is attached whose text is not known.
func (x *stackIndex) granting(role *ir.StackRole) (list []grantingStatement, complete bool) {
	for i := range role.Groups {
		list = append(list, x.allows(role.Groups[i].Document)...)
	}
	complete = true
	for _, v := range role.Attached {
		statements, known := x.managedAllows(v.Text)
		list = append(list, statements...)
		complete = complete && known
	}
	return list, complete
}

func (x *stackIndex) allows(d *policy.Document) []grantingStatement {
	list, ok := x.grants[d]
	if !ok {
		for i := range d.Statements {
			if d.Statements[i].Effect == policy.Allow {
				list = append(list, &d.Statements[i])
			}
		}
		x.grants[d] = list
	}
	return list
}

// managedAllows are the Allow statements of an AWS managed policy; known is
// false for any other ARN.
func (x *stackIndex) managedAllows(arn string) (list []grantingStatement, known bool) {
	list, ok := x.managed[arn]
	if ok {
		return list, list != nil
	}
	if p, found := facts.FindManagedPolicy(spelled(arn)); found {
		if d, err := policy.Parse(p.Document()); err == nil {
			list = append([]grantingStatement{}, x.allows(d)...)
		}
	}
	x.managed[arn] = list
	return list, list != nil
}

// allowsAction reports whether a statement speaks of the action, whatever its
// resources and conditions.
func allowsAction(s *policy.Statement, action string) bool {
	matches := func(p string) bool { return policy.MatchFold(p, action) }
	if len(s.NotActions) > 0 {
		return !slices.ContainsFunc(s.NotActions, matches)
	}
	return slices.ContainsFunc(s.Actions, matches)
}

// allowsResource reports whether a statement speaks of the resource.
func allowsResource(s *policy.Statement, resource string) bool {
	matches := func(p string) bool { return policy.Match(p, resource) }
	if len(s.NotResources) > 0 {
		return !slices.ContainsFunc(s.NotResources, matches)
	}
	return slices.ContainsFunc(s.Resources, matches)
}
