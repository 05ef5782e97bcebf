package setup

import "slices"

// A Use is an action of AWS that smr calls, and for what.
type Use struct {
	Action    string // service:Name
	Operation string // what needs it, in a few words
	Deploy    bool   // only smr apply needs it; else smr plan and smr drift do as well
}

// Actions are the actions that smr plan, drift and apply call, sorted by action:
// all of them, and none that they can do without. The policies of the two roles
// allow exactly these.
func Actions() []Use { return slices.Clone(uses) }

// uses is not changed.
var uses = []Use{
	{"iam:AttachRolePolicy", "attach a managed policy to a role", true},
	{"iam:CreatePolicy", "make a managed policy", true},
	{"iam:CreatePolicyVersion", "change a managed policy", true},
	{"iam:CreateRole", "make a role", true},
	{"iam:DeletePolicy", "delete a managed policy that no role has any more", true},
	{"iam:DeletePolicyVersion", "make room for a new version, and delete a policy", true},
	{"iam:DeleteRole", "delete a retired role", true},
	{"iam:DeleteRolePolicy", "remove an inline policy", true},
	{"iam:DetachRolePolicy", "detach a managed policy from a role", true},
	{"iam:GetAccountAuthorizationDetails", "read roles and policies with their documents", false},
	{"iam:ListPolicyTags", "see whose a managed policy is", false},
	{"iam:ListRoles", "read descriptions and session durations", false},
	{"iam:PutRolePermissionsBoundary", "set a permissions boundary", true},
	{"iam:PutRolePolicy", "write an inline policy", true},
	{"iam:TagPolicy", "mark a managed policy as smr's", true},
	{"iam:TagRole", "mark a role as smr's, and set its tags", true},
	{"iam:UntagRole", "remove a tag of a role", true},
	{"iam:UpdateAssumeRolePolicy", "change a trust policy", true},
	{"iam:UpdateRole", "change a description or session duration", true},
}

// actions are those of Actions that a test lets through, in order.
func actions(keep func(Use) bool) []string {
	var out []string
	for _, u := range uses {
		if keep(u) {
			out = append(out, u.Action)
		}
	}
	return out
}
