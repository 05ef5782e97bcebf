// Package ir holds what the compiler's steps hand to one another: a Program
// (roles resolved to values), a Stack (roles with policy documents) and the
// files that are emitted from it.
package ir

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Program is a configuration with every reference resolved.
type Program struct {
	Config  *dsl.Config
	Project string // "" when the configuration names none
	Edition string // of the catalogue
	Targets []*Target
	Roles   []*Role // by target, then label, then key
	// Definitions are the activities that roles use, by name.
	Definitions map[string]*Activity
	Partial     bool // roles of one account only, so that what matches nothing may match elsewhere
	// Overrides are the blocks at top level, in the order of the files.
	Overrides []*dsl.Override
}

// A Target is where roles are deployed: a declared account, or anywhere.
type Target struct {
	Name      string // the account's name, "any" without a declared account
	Any       bool   // partition, Region and account id are pseudo parameters
	AccountID string
	Region    string
	Partition string
	Quotas    map[string]Quota // what the account block overrides, by name
	Range     hcl.Range        // the account block, zero for "any"
	Scope     *hcl.EvalContext // what every expression of the target sees
	// Policies are the texts that policy blocks give, by ARN.
	Policies map[string]*KnownPolicy
	// Environment is what fact blocks state, never nil once resolved.
	Environment *Environment
}

// A KnownPolicy is the text of a policy that stands elsewhere.
type KnownPolicy struct {
	Document *policy.Document
	Range    hcl.Range
}

// A Quota is a limit that an account block sets.
type Quota struct {
	Value int
	Range hcl.Range
}

// A Role is one IAM role in one target.
type Role struct {
	Label, Key string // the block's label; the key of for_each, or ""
	Decl       *dsl.Role
	Target     *Target

	IAMName, Path, Description string
	MaxSessionDuration         int // seconds; 0 when unset, IAM's default of an hour
	PermissionsBoundary        string
	Tags                       []Tag // sorted by key
	Layout                     Layout
	ManagedPolicies            []Value // ARNs of policies that stand elsewhere
	Retire, Exclusive          bool

	Persona    string // "" when the role has none
	Layers     []*Layer
	Activities []*Grant
	Overrides  []*dsl.Override // the blocks at top level that speak of the role
	PassRoles  []string        // nil when unset
	PassRange  hcl.Range       // of the attribute that set PassRoles
	VPC, KMS   *Customization
	Trust      *dsl.Trust // nil means SageMaker's default
	Refs       []string   // labels of the roles that this one refers to, sorted
	// Scope evaluates expressions of the role and of its persona.
	Scope func(persona bool) *hcl.EvalContext
	// NameRange, PathRange and so on point at what set a value; the role's
	// label where nothing did.
	Ranges map[string]hcl.Range
}

// Address is the role as people write it: label or label["key"].
func (r *Role) Address() string {
	if r.Key == "" {
		return r.Label
	}
	return r.Label + `["` + r.Key + `"]`
}

// Matches reports whether one of the globs names the role: by its label, which
// means every key of it, or as label["key"]. In a glob * stands for any text
// and ? for one character; nothing else is special.
func (r *Role) Matches(globs []string) bool {
	for _, g := range globs {
		if policy.Match(g, r.Label) || r.Key != "" && policy.Match(g, r.Address()) {
			return true
		}
	}
	return false
}

// Folder is the role's name among emitted files: label or label-key.
func (r *Role) Folder() string {
	if r.Key == "" {
		return r.Label
	}
	return r.Label + "-" + r.Key
}

// ARN is the role's own ARN, with pseudo parameters where the target is "any".
func (r *Role) ARN() string {
	return "arn:" + r.Target.Partition + ":iam::" + r.Target.AccountID + ":role" + r.Path + r.IAMName
}

// Range is where the role attribute with that name was set, or its label.
func (r *Role) Range(attr string) hcl.Range {
	if rng, ok := r.Ranges[attr]; ok {
		return rng
	}
	return r.Decl.Name.Range
}

// A Value is a string with the place that gave it.
type Value struct {
	Text  string
	Range hcl.Range
}

// A Tag is one IAM tag.
type Tag struct {
	Key, Value string
	Range      hcl.Range
}

// A Layer is one block whose settings a role takes: a persona or the role.
type Layer struct {
	Name    string // the persona's name, "" for the role itself
	Common  *dsl.Common
	Persona bool
}

// A Customization is a vpc or kms block with its values: Subnets and
// SecurityGroups, or DataKeys and VolumeKeys.
type Customization struct {
	First, Second []string
	Range         hcl.Range
	FirstRange    hcl.Range
	SecondRange   hcl.Range
}

// An Activity is a definition with what does not depend on a role.
type Activity struct {
	Name          string
	Decl          *dsl.Activity
	Title         string
	Summary       string
	PolicyName    string // without the suffixes of customizations
	ManagedPolicy bool
	Requires      [][]string // all of them, each one of its alternatives
	Params        []*Param
	VPCForm       bool // a statement depends on vpc
	KMSForm       bool // a statement depends on kms
}

// A Param is a parameter of an activity.
type Param struct {
	Name, Description string
	From              string // the role-wide setting that fills it, or ""
	Type              Type
	Required          bool
	Default           cty.Value // cty.NilVal when required
	Decl              *dsl.Parameter
}

// A Type is what a parameter takes: cty's type and, for strings, the kind that
// checks look at ("string", "arn", "bucket_name", "account_id").
type Type struct {
	Cty  cty.Type
	Kind string // of the innermost string; "" for numbers and bools
	Text string // as written, for messages
}

// A Grant is one activity that a role has, with its arguments.
type Grant struct {
	Activity *Activity
	Args     map[string]Arg
	Range    hcl.Range // where the role came to have it: activity block or list element
}

// An Arg is the value of one parameter and the place that gave it.
type Arg struct {
	Value   cty.Value
	Range   hcl.Range
	Default bool
}

// Layout is how a role's statements become policies.
type Layout string

// The layouts.
const (
	PerActivity Layout = "per_activity" // a managed policy for each activity
	Packed      Layout = "packed"       // the fewest managed policies
	Inline      Layout = "inline"       // inline policies
)

// Layouts are the values that layout takes.
var Layouts = []string{string(Inline), string(Packed), string(PerActivity)}
