package check

import (
	"fmt"
	"sync"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/facts"
)

// Names of the quotas that rules look at, as account blocks override them.
const (
	attachedPoliciesPerRole   = "attached_policies_per_role"
	managedPolicySize         = "managed_policy_size"
	inlinePoliciesSize        = "inline_policies_size"
	trustPolicySize           = "trust_policy_size"
	roleNameLength            = "role_name_length"
	policyNameLength          = "policy_name_length"
	pathLength                = "path_length"
	descriptionLength         = "description_length"
	tagsPerRole               = "tags"
	tagKeyLength              = "tag_key_length"
	tagValueLength            = "tag_value_length"
	maxSessionDuration        = "max_session_duration"
	rolesPerAccount           = "roles_per_account"
	managedPoliciesPerAccount = "managed_policies_per_account"
)

// quotas are the dated quotas of IAM by name.
var quotas = sync.OnceValue(func() map[string]facts.Quota {
	byName := map[string]facts.Quota{}
	for _, q := range facts.Quotas() {
		byName[q.Name] = q
	}
	return byName
})

// limit is what a target admits: IAM's default, or what its account block says.
// stated reports whether the block says it.
func limit(t *ir.Target, name string) (n int, stated bool) {
	if q, ok := t.Quotas[name]; ok && q.Value > 0 {
		return q.Value, true
	}
	return quotas()[name].Default, false
}

// raise says how to get more of a quota that an account can have more of, ""
// for a fixed one.
func raise(t *ir.Target, name string) string {
	q := quotas()[name]
	n, _ := limit(t, name)
	if q.Max <= q.Default || n >= q.Max {
		return ""
	}
	account := "account block"
	if !t.Any {
		account = fmt.Sprintf("block account %q", t.Name)
	}
	return fmt.Sprintf("AWS raises the quota up to %d on request (Service Quotas, %s); then say quotas { %s = N } in the %s.", q.Max, q.Code, name, account)
}
