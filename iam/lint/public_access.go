package lint

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func publicAccess() Rule {
	return Rule{
		Code: "public-access", Severity: Warning,
		Checks:  []string{"PUBLIC_RESOURCE_POLICY", "KMS_WILDCARD_PRINCIPAL"},
		Explain: "The policy of a bucket, key or repository lets everybody in, and no condition says whom: every AWS account, and for a bucket everybody on the internet. Name principals, or add a condition on an organization, account or network. Source: Amazon S3 User Guide, \"The meaning of 'public'\".",
		Bad:     Example{Resource, []string{one("Allow", []string{`"Principal":"*"`, act("s3:GetObject"), on(anObject)})}},
		Good:    Example{Resource, []string{one("Allow", []string{`"Principal":"*"`, act("s3:GetObject"), on(anObject), when("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5")})}},
		Statement: func(p *Pass) {
			if p.options.Kind != Resource || p.Effect != policy.Allow || p.Principal == nil || !p.Principal.Any && !slices.Contains(p.Principal.AWS, "*") {
				return
			}
			p.look()
			for i := range p.conditions {
				if c := &p.conditions[i]; c.absent() == absentFails && limitsCaller(policy.Lower(c.Key)) {
					return
				}
			}
			p.whole("This lets everybody in.").Way = "Name principals, or add a condition such as aws:PrincipalOrgID."
		},
	}
}

// limitsCaller reports whether a condition key, in lower case, tells callers
// apart that are nothing to each other (Amazon S3 User Guide, "The meaning of
// 'public'").
func limitsCaller(key string) bool {
	switch key {
	case "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:sourcearn", "aws:sourceaccount",
		"aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid",
		"aws:vpceorgpaths", "aws:userid", "aws:principaltype", "kms:calleraccount", "s3:dataaccesspointarn", "s3:dataaccesspointaccount":
		return true
	}
	return strings.HasPrefix(key, "aws:principaltag/")
}
