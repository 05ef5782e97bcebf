package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// quotaTable lists the quotas that rules of this package look at.
func quotaTable() string {
	var b strings.Builder
	b.WriteString("| quota | default | most | of |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(quotas())) {
		q := quotas()[name]
		if !slices.Contains(looked(), name) {
			continue
		}
		most := "fixed"
		if q.Adjustable() {
			most = fmt.Sprint(q.Max)
		}
		fmt.Fprintf(&b, "| %s | %d %s | %s | %s |\n", name, q.Default, q.Unit, most, lowerFirst(q.Title))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// looked are the quotas that a rule looks at.
func looked() []string {
	return []string{
		attachedPoliciesPerRole, managedPolicySize, inlinePoliciesSize, trustPolicySize, roleNameLength, policyNameLength, pathLength,
		descriptionLength, tagsPerRole, tagKeyLength, tagValueLength, maxSessionDuration, rolesPerAccount, managedPoliciesPerAccount,
	}
}
