package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
)

func permissionsManagement() Rule {
	return Rule{
		Code: "permissions-management", Severity: Warning,
		Checks:  []string{"PERMISSIONS_MANAGEMENT_ACTIONS", "RESOURCE_POLICY_PRIVILEGE_ESCALATION"},
		Explain: "The statement allows, without a condition, an action by which permissions are given: whoever may write the policy of a bucket, key or repository may open it to anybody, and may give himself what the rest of his policies withhold. Leave such actions to those who deploy. Source of what gives permissions: AWS Service Authorization Reference, access level Permissions management, but for IAM's own, of which privilege-escalation tells; parliament, RESOURCE_POLICY_PRIVILEGE_ESCALATION.",
		Bad:     allow(act("s3:PutBucketPolicy"), on(aBucket)),
		Good:    allow(act("s3:GetBucketPolicy"), on(aBucket)),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind.principals() || len(p.Conditions) > 0 {
				return
			}
			p.look()
			for i := range p.actions {
				a := &p.actions[i]
				_, rest, _ := strings.Cut(a.pattern, ":")
				if stars(rest) || !a.all(func(one *facts.Action) bool { return one.Level == facts.PermissionsManagement }) || toldByName(a) || !gives(a) {
					continue
				}
				p.action(i, "%q gives permissions: whoever has it can open the resource to others.", a.pattern).Way = "Leave it to the role that deploys, or add a condition."
			}
		},
	}
}

// toldByName reports whether an action that gives permissions is the matter of
// another rule, or needed by every job in a VPC as AWS documents it (Amazon
// SageMaker Developer Guide, "SageMaker roles").
func toldByName(a *action) bool {
	return a.known[0].Service == "iam" || a.names() && (is(a.known[0], "kms:CreateGrant") || is(a.known[0], "ec2:CreateNetworkInterfacePermission"))
}

// gives reports whether some action of a pattern gives permissions; others of
// the access level take them away, such as s3:DeleteBucketPolicy.
func gives(a *action) bool {
	for _, one := range a.known {
		taking := false
		for _, verb := range []string{"Delete", "Detach", "Revoke", "Remove", "Retire", "Deauthorize", "Disassociate"} {
			taking = taking || strings.HasPrefix(one.Name, verb)
		}
		if !taking {
			return true
		}
	}
	return false
}
