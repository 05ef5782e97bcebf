package authz

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// alwaysAllowed reports whether AWS allows the action without policies: "No
// permissions are required to perform this operation. If an administrator
// attaches a policy to your identity that explicitly denies access to the
// sts:GetCallerIdentity action, you can still perform this operation" (STS API
// Reference, "GetCallerIdentity").
func (f *frame) alwaysAllowed() bool {
	return !f.evaluator.options.PoliciesOnly && f.subject.iam() && strings.EqualFold(f.request.Action, "sts:GetCallerIdentity")
}

// protected says why the request would change what AWS alone may change, ""
// if it does not. No policy can grant such a request.
func (f *frame) protected() string {
	a, ok := f.resource.ARN()
	if !ok || f.evaluator.options.PoliciesOnly {
		return ""
	}
	switch action := policy.Lower(f.request.Action); {
	case a.Service == "iam" && a.Account == "aws" && strings.HasPrefix(a.Resource, "policy/"):
		if changesPolicy(action) {
			// IAM User Guide, "Managed policies and inline policies": "You cannot
			// change the permissions defined in AWS managed policies."
			return "Nobody but AWS can change an AWS managed policy."
		}
	case a.Service == "iam" && strings.HasPrefix(a.Resource, "role/aws-reserved/"):
		if changesRole(action) || action == "iam:passrole" || action == "iam:tagrole" || action == "iam:untagrole" || action == "iam:updaterole" ||
			action == "iam:updateroledescription" || action == "iam:deleteservicelinkedrole" || action == "iam:createservicelinkedrole" {
			// IAM Identity Center User Guide, "Troubleshooting": "this role is only
			// modifiable by AWS". Its trust policy admits the identity provider
			// alone, so that passing it to a service fails too.
			return "A role of IAM Identity Center is only modifiable by AWS."
		}
	case a.Service == "iam" && strings.HasPrefix(a.Resource, "role/aws-service-role/"):
		if changesRole(action) {
			// IAM User Guide, "Create a service-linked role": its trust and
			// permissions policies cannot be edited, and DeleteRole does not delete
			// it.
			return "The policies of a service-linked role are only modifiable by AWS."
		}
	case a.Service == "kms" && strings.HasPrefix(a.Resource, "alias/aws/"):
		if action == "kms:createalias" || action == "kms:updatealias" || action == "kms:deletealias" {
			// KMS API Reference, "CreateAlias": "The alias/aws/ prefix is reserved
			// for AWS managed keys."
			return "The prefix alias/aws/ is reserved for AWS managed keys."
		}
	}
	return ""
}

func changesPolicy(action string) bool {
	switch action {
	case "iam:createpolicy", "iam:createpolicyversion", "iam:deletepolicy", "iam:deletepolicyversion",
		"iam:setdefaultpolicyversion", "iam:tagpolicy", "iam:untagpolicy":
		return true
	}
	return false
}

func changesRole(action string) bool {
	switch action {
	case "iam:createrole", "iam:deleterole", "iam:attachrolepolicy", "iam:detachrolepolicy", "iam:putrolepolicy", "iam:deleterolepolicy",
		"iam:putrolepermissionsboundary", "iam:deleterolepermissionsboundary", "iam:updateassumerolepolicy":
		return true
	}
	return false
}
