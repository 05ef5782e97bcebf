package check

import (
	"slices"
	"strings"
)

// Rules returns the rules in the order of their codes.
func Rules() []Rule {
	rules := []Rule{
		broadManagedPolicy(), nameBoundBuckets(), escalationPath(),
		duplicatePolicyName(), duplicateRoleName(), duplicateSID(), emptyOverride(), escalatingPassRole(), excessiveQuota(), foreignPassRole(),
		invalidAccountID(), invalidAction(), invalidARN(), invalidBucketName(), invalidCharacter(), invalidDescription(),
		invalidKeyARN(), invalidPath(), invalidPolicyARN(), invalidPolicyName(), invalidPrincipal(), invalidQuota(), invalidRepositoryARN(),
		invalidResource(), invalidResourceName(), invalidRoleARN(), invalidRoleName(), invalidSecurityGroupID(),
		invalidSessionDuration(), invalidSID(), invalidSubnetID(), invalidTag(), legacyBucketName(), missingActivity(),
		missingBoundary(), missingKeyPermissions(), missingReason(), missingSageMakerTrust(), missingVPCPermissions(),
		otherPartition(), oversizedInlinePolicies(), oversizedManagedPolicy(), oversizedTrustPolicy(), quirk(),
		selfPassRole(), tooManyAttachedPolicies(), tooManyPolicies(), tooManyRoles(), tooManyTags(),
		unknownManagedPolicy(), unknownQuota(),
		unscopedPassRole(), wildcardPassRole(),
	}
	slices.SortFunc(rules, func(a, b Rule) int { return strings.Compare(a.Code, b.Code) })
	return rules
}
