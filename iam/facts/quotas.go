package facts

import (
	"slices"
	"sort"
	"strings"
	"sync"
)

// A Quota is a limit of AWS for one kind of thing.
type Quota struct {
	Name    string // the key in a configuration's quotas block: "attached_policies_per_role"
	Title   string // "Managed policies attached to a role"
	Unit    string // "characters", "bytes", "policies", "seconds"
	Minimum int    // the least AWS admits, 0 when there is no such limit
	Default int    // what an account has unless it asked for more
	Max     int    // what an account can have: Default when it cannot be raised, 0 when AWS states no maximum
	Code    string // the quota code in Service Quotas, "" when AWS gives none
	Date    string // YYYY-MM or YYYY-MM-DD of the source
	Source  string // page or model that states it
}

// Adjustable says whether an account can have more than the default.
func (q Quota) Adjustable() bool { return q.Max > q.Default || q.Max == 0 }

// Pages and models that quotas are taken from.
const (
	iamQuotas  = "IAM User Guide, IAM and AWS STS quotas"
	iamModel   = "IAM API Reference (API model 2010-05-08)"
	cfnQuotas  = "AWS CloudFormation User Guide, Understand CloudFormation quotas"
	orgQuotas  = "AWS Organizations User Guide, Quotas and service limits"
	serviceKMS = "AWS KMS Developer Guide, Resource quotas"
)

// Quotas returns all quotas by name. Sizes of policies are counted as IAM
// counts them: characters of the document without white space. Several moved
// in May and June 2026, so the account itself is the better source where it
// can be asked (iam:GetAccountSummary, Service Quotas).
func Quotas() []Quota { return slices.Clone(quotas()) }

// FindQuota returns the quota of that name, such as "trust_policy_size".
func FindQuota(name string) (q Quota, ok bool) {
	list := quotas()
	i, ok := sort.Find(len(list), func(i int) int { return strings.Compare(name, list[i].Name) })
	if !ok {
		return Quota{}, false
	}
	return list[i], true
}

// quotas is the table, sorted by name.
var quotas = sync.OnceValue(func() []Quota {
	list := []Quota{
		{"attached_policies_per_role", "Managed policies attached to a role", "policies", 0, 10, 25, "L-0DA4ABF3", "2026-05-26", iamQuotas},
		{"description_length", "Description of a role or managed policy", "characters", 0, 1000, 1000, "", "2026-05", iamModel},
		{"external_id_length", "External id of AssumeRole", "characters", 2, 1224, 1224, "", "2026-05", "AWS STS API Reference, AssumeRole"},
		{"inline_policies_size", "Inline policies of a role, together", "characters", 0, 10240, 10240, "", "2026-05-26", iamQuotas},
		{"instance_profiles_per_account", "Instance profiles in an account", "instance profiles", 0, 1000, 10000, "L-6E65F664", "2026-06", iamQuotas},
		{"managed_policies_per_account", "Customer managed policies in an account", "policies", 0, 1500, 10000, "L-E95E4862", "2026-06", iamQuotas},
		{"managed_policy_size", "Document of a managed policy", "characters", 0, 6144, 6144, "L-ED111B8C", "2026-05-26", iamQuotas},
		{"max_session_duration", "Maximum session duration of a role", "seconds", 3600, 43200, 43200, "", "2026-05", iamModel},
		{"oidc_providers_per_account", "OpenID Connect providers in an account", "providers", 0, 100, 700, "", "2026-03-06", iamQuotas},
		{"path_length", "Path of a role or policy", "characters", 1, 512, 512, "", "2026-05", iamModel},
		{"permissions_boundaries_per_role", "Permissions boundaries of a role", "policies", 0, 1, 1, "", "2026-03-06", iamQuotas},
		{"policy_name_length", "Name of a policy", "characters", 1, 128, 128, "", "2026-05", iamModel},
		{"policy_versions", "Versions of a managed policy", "versions", 0, 5, 5, "", "2026-03-06", iamQuotas},
		{"role_chaining_duration", "Session of a role assumed by a role", "seconds", 900, 3600, 3600, "", "2026-03-06", iamQuotas},
		{"role_name_length", "Name of a role", "characters", 1, 64, 64, "", "2026-05", iamModel},
		{"roles_per_account", "Roles in an account", "roles", 0, 1000, 10000, "L-FE177D64", "2026-06", iamQuotas},
		{"session_name_length", "Name of a role session", "characters", 2, 64, 64, "", "2026-05", "AWS STS API Reference, AssumeRole"},
		{"session_policy_size", "Session policies and the ARNs passed with them", "characters", 0, 2048, 2048, "", "2026-03-06", iamQuotas},
		{"session_policy_arns", "Managed policies passed to a session", "policies", 0, 10, 10, "", "2026-03-06", iamQuotas},
		{"tag_key_length", "Key of a tag", "characters", 1, 128, 128, "", "2026-05", iamModel},
		{"tag_value_length", "Value of a tag", "characters", 0, 256, 256, "", "2026-05", iamModel},
		{"tags", "Tags of a role or managed policy", "tags", 0, 50, 50, "", "2026-05", iamModel},
		{"trust_policy_size", "Trust policy of a role", "characters", 0, 2048, 8192, "L-C07B4B0D", "2026-05-26", iamQuotas},

		{"scp_size", "Service control policy", "characters", 0, 10240, 10240, "", "2026-05-18", orgQuotas},
		{"scps_per_target", "Service control policies of a root, unit or account", "policies", 0, 10, 10, "", "2026-05-18", orgQuotas},
		{"rcp_size", "Resource control policy", "characters", 0, 5120, 5120, "", "2026-05", orgQuotas},
		{"bucket_policy_size", "Bucket policy", "bytes", 0, 20480, 20480, "L-748707F3", "2026-05-26", "Amazon S3 User Guide, Bucket policies"},
		{"key_policy_size", "Key policy", "bytes", 0, 32768, 32768, "", "2026-05", serviceKMS},

		{"stack_instance_operations", "Operations on stack instances at once, per Region", "operations", 0, 10000, 0, "", "2026-05", cfnQuotas},
		{"stack_instances", "Stack instances of a stack set", "stack instances", 0, 100000, 0, "", "2026-05", cfnQuotas},
		{"stack_sets", "Stack sets of an administrator account", "stack sets", 0, 1000, 0, "", "2026-05", cfnQuotas},
		{"stacks_per_region", "Stacks in an account and Region", "stacks", 0, 2000, 0, "", "2026-05", cfnQuotas},
		{"template_size_inline", "Template in a request to CloudFormation", "bytes", 1, 51200, 51200, "", "2026-05", cfnQuotas},
		{"template_size_s3", "Template that CloudFormation reads from S3", "bytes", 1, 1000000, 1000000, "", "2026-05", cfnQuotas},
		{"template_resources", "Resources in a template", "resources", 1, 500, 500, "", "2026-05", cfnQuotas},
		{"template_outputs", "Outputs of a template", "outputs", 0, 200, 200, "", "2026-05", cfnQuotas},
		{"template_parameters", "Parameters of a template", "parameters", 0, 200, 200, "", "2026-05", cfnQuotas},
		{"template_mappings", "Mappings of a template", "mappings", 0, 200, 200, "", "2026-05", cfnQuotas},
		{"template_parameter_value_size", "Value of a template parameter", "bytes", 0, 4096, 4096, "", "2026-05", cfnQuotas},
		{"template_description_size", "Description of a template", "bytes", 0, 1024, 1024, "", "2026-05", cfnQuotas},
	}
	slices.SortFunc(list, func(a, b Quota) int { return strings.Compare(a.Name, b.Name) })
	return list
})
