package setup

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// planStatements are what the plan role may do: read.
func planStatements(f *fence, o Options) []policy.Statement {
	st := []policy.Statement{allow("Read", actions(func(u Use) bool { return !u.Deploy }), []string{"*"})}
	return append(st, engineReads(f, o)...)
}

// deployStatements are what the deploy role may do, and what it may not whatever
// else it is given.
func deployStatements(f *fence, o Options) []policy.Statement {
	st := planStatements(f, o)
	st = append(st, engineWrites(f, o)...)
	if o.Engine == StackSets {
		// The roles are written by the engine's own roles in the member accounts.
		return append(st, protectOwn(f))
	}
	return slices.Concat(st, roleStatements(f, o), policyStatements(f), denials(f))
}

// roleActions are the actions on roles for which IAM knows the role's permissions
// boundary (Service Authorization Reference, "Condition keys for AWS Identity
// and Access Management": iam:PermissionsBoundary), but those that attach.
func roleActions() []string {
	return actions(func(u Use) bool {
		return u.Deploy && strings.Contains(u.Action, "Role") && !tags(u) && !attaches(u)
	})
}

func tags(u Use) bool {
	return strings.HasPrefix(u.Action, "iam:Tag") || strings.HasPrefix(u.Action, "iam:Untag")
}

func attaches(u Use) bool {
	return u.Action == "iam:AttachRolePolicy" || u.Action == "iam:DetachRolePolicy"
}

// roleStatements let roles be written: under a boundary of the configuration
// anywhere in the fence, and without one the roles that are declared so, each
// by its name.
func roleStatements(f *fence, o Options) []policy.Statement {
	writes, attach := roleActions(), actions(attaches)
	if o.Engine == Stack {
		writes = append(writes, handlerWrites...)
	}
	known := condition("ArnLike", "iam:PolicyARN", slices.Concat(f.policies, f.attached)...)
	var st []policy.Statement
	if len(f.boundaries) > 0 {
		bounded := condition("ArnLike", "iam:PermissionsBoundary", f.boundaries...)
		st = append(st,
			allow("RolesUnderBoundary", writes, f.roles, bounded),
			allow("AttachUnderBoundary", attach, f.roles, bounded, known))
	}
	if len(f.unbounded) > 0 {
		none := condition("Null", "iam:PermissionsBoundary", "true")
		// Setting a boundary is for the statement above: it is then in the request.
		free := slices.DeleteFunc(slices.Clone(writes), func(a string) bool { return a == "iam:PutRolePermissionsBoundary" })
		st = append(st,
			allow("RolesWithoutBoundary", free, f.unbounded, none),
			allow("AttachWithoutBoundary", attach, f.unbounded, none, known))
	}
	if len(f.exclusive) > 0 {
		st = append(st, allow("DetachFromExclusive", []string{"iam:DetachRolePolicy"}, f.exclusive))
	}
	return append(st, allow("TagRoles", actions(func(u Use) bool { return tags(u) && strings.HasSuffix(u.Action, "Role") }), f.roles))
}

// policyStatements let the project's managed policies be written.
func policyStatements(f *fence) []policy.Statement {
	return []policy.Statement{allow("Policies", actions(func(u Use) bool {
		return u.Deploy && strings.Contains(u.Action, "Policy") && !strings.Contains(u.Action, "Role")
	}), f.policies)}
}

// denials hold whatever else the role is given: a boundary stays and says what
// it said, no managed role is used by the role itself, and the setup is not
// changed by what it lets in.
func denials(f *fence) []policy.Statement {
	st := []policy.Statement{deny("KeepBoundaries", []string{"iam:DeleteRolePermissionsBoundary"}, []string{"*"})}
	if b := f.customerBoundaries(); len(b) > 0 {
		st = append(st, deny("KeepBoundaryPolicies", []string{
			"iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion",
			"iam:SetDefaultPolicyVersion", "iam:TagPolicy", "iam:UntagPolicy",
		}, b))
	}
	return append(st,
		deny("UseNoManagedRole", []string{"iam:PassRole", "sts:AssumeRole"}, f.roles),
		protectOwn(f))
}

// protectOwn keeps the setup itself: both roles, their policies and the OIDC
// provider.
func protectOwn(f *fence) policy.Statement {
	return deny("KeepSetup", []string{"iam:*", "sts:AssumeRole"}, append(slices.Clone(f.own), f.provider))
}

func allow(sid string, actions, resources []string, conditions ...policy.Condition) policy.Statement {
	return policy.Statement{SID: sid, Effect: policy.Allow, Actions: actions, Resources: resources, Conditions: conditions}
}

func deny(sid string, actions, resources []string) policy.Statement {
	return policy.Statement{SID: sid, Effect: policy.Deny, Actions: actions, Resources: resources}
}

func condition(operator, key string, values ...string) policy.Condition {
	return policy.Condition{Operator: operator, Key: key, Values: values}
}
