package review

import (
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Schema names the layout of the JSON form; what is added later keeps it.
// schema.json describes it.
const Schema = "smr.diff/1"

// A Diff is what changes between two configurations, role by role. Every view
// of a change is made from it. Files are named as in their configuration, with
// slashes; pseudo parameters are spelled ${partition}, ${region} and
// ${account_id}.
type Diff struct {
	Schema string `json:"schema"`

	// Roles are those of which anything changed, by account and role.
	Roles []Role `json:"roles"`

	// Findings are what checks, guardrails and expectations say of head and did
	// not say of base; FindingsOmitted counts those that are not listed.
	Findings        []Finding `json:"findings"`
	FindingsOmitted int       `json:"findings_omitted,omitempty"`

	// Digest is over everything that changes in access or settings, and
	// EscalationDigest over the set of escalations; neither depends on lines,
	// witnesses, quotas or findings, nor on texts of policies where access is
	// decided.
	Digest           string `json:"digest"`
	EscalationDigest string `json:"escalation_digest"`
}

// A Kind is how a role changes.
type Kind string

// The kinds. A role that changes in nothing is not listed.
const (
	Added       Kind = "added"
	Removed     Kind = "removed"
	Changed     Kind = "changed"
	SameMeaning Kind = "same-meaning" // texts changed, and no request is decided differently
)

// A Role is one role in one account.
type Role struct {
	Role    string `json:"role"`    // label or label["key"], in head if it is there
	Account string `json:"account"` // its name, "any" without a declared account
	Change  Kind   `json:"change"`

	// NewAccess and LostAccess speak of the role's identity policies under its
	// permissions boundary. UnknownBecause is given when one is unknown.
	NewAccess      access.Answer `json:"new_access"`
	LostAccess     access.Answer `json:"lost_access"`
	UnknownBecause string        `json:"unknown_because,omitempty"`

	// IfStarCrossesColons, StarWitness, FutureNamesOnly and OnlyIfAbsent are
	// those of [access.Result].
	IfStarCrossesColons access.Answer `json:"if_star_crosses_colons,omitempty"`
	FutureNamesOnly     bool          `json:"future_names_only,omitempty"`
	OnlyIfAbsent        []string      `json:"only_if_absent,omitempty"`

	// Escalation says that something new is an escalation: Escalations says what.
	Escalation  bool         `json:"escalation"`
	Escalations []Escalation `json:"escalations,omitempty"`

	Gained      []Grant         `json:"gained"`
	Lost        []Grant         `json:"lost"`
	Witness     *access.Witness `json:"witness,omitempty"`      // allowed by head, not by base
	LostWitness *access.Witness `json:"lost_witness,omitempty"` // allowed by base, not by head
	StarWitness *access.Witness `json:"star_witness,omitempty"`

	Trust    Trust            `json:"trust"`
	Boundary Values           `json:"boundary"` // the ARN of the permissions boundary
	Quotas   map[string]Quota `json:"quotas"`   // by name

	// What else changed, each absent where it did not. Attached are policies
	// that stand elsewhere, by ARN.
	Name            *Values     `json:"name,omitempty"` // the IAM name
	Path            *Values     `json:"path,omitempty"`
	ARN             *Values     `json:"arn,omitempty"`
	Description     *Values     `json:"description,omitempty"`
	SessionDuration *Numbers    `json:"max_session_duration,omitempty"` // seconds
	Tags            []TagChange `json:"tags,omitempty"`
	Attached        []Attached  `json:"attached,omitempty"`
	Policies        []Policy    `json:"policies,omitempty"`
	RenamedFrom     string      `json:"renamed_from,omitempty"` // the role's label in base, with the same ARN

	// Declared is the role's block: in head, or in base for a removed role.
	Declared *Place `json:"declared,omitempty"`
}

// A Grant is part of the access that a role gains or loses: Actions but
// NotActions, on Resources but NotResources, under Conditions (operator, key,
// values). [access.Row] says more.
type Grant struct {
	Actions       []string                       `json:"actions"`
	NotActions    []string                       `json:"not_actions,omitempty"`
	Resources     []string                       `json:"resources"`
	NotResources  []string                       `json:"not_resources"`
	Principals    []string                       `json:"principals,omitempty"`
	NotPrincipals []string                       `json:"not_principals,omitempty"`
	Conditions    map[string]map[string][]string `json:"conditions"`
	Level         access.Level                   `json:"level"` // "" if the facts do not know the actions
	Unproven      bool                           `json:"unproven,omitempty"`
	Escalation    bool                           `json:"escalation,omitempty"`
	From          *Cause                         `json:"from,omitempty"`
}

// The kinds of causes.
const (
	CauseStatement = "statement"      // an Allow statement: in head for gained access, in base for lost
	CauseDeny      = "deny"           // a Deny statement: gone from base for gained access, new in head for lost
	CauseBoundary  = "boundary"       // another permissions boundary, or another text of it
	CauseTrust     = "trust"          // a statement of the trust policy
	CauseManaged   = "managed-policy" // a policy that stands elsewhere was attached or detached
)

// A Cause is the place in the files that makes a difference. Side says whose
// files: "head" or "base".
type Cause struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Activity string `json:"activity,omitempty"` // "" for a hand-written statement
	Label    string `json:"label,omitempty"`    // of the statement
	Kind     string `json:"kind"`
	Side     string `json:"side"`
	Policy   string `json:"policy,omitempty"` // name or ARN of the policy with the statement
	Override *Place `json:"override,omitempty"`
}

// A Place is a line of a file of the configuration, from 1.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// A Trust says what changes in who may assume a role.
type Trust struct {
	NewAccess      access.Answer   `json:"new_access"`
	LostAccess     access.Answer   `json:"lost_access"`
	UnknownBecause string          `json:"unknown_because,omitempty"`
	Gained         []Grant         `json:"gained,omitempty"`
	Lost           []Grant         `json:"lost,omitempty"`
	Witness        *access.Witness `json:"witness,omitempty"`
	LostWitness    *access.Witness `json:"lost_witness,omitempty"`
	Text           bool            `json:"text,omitempty"` // the policy's text changed
}

// Values are a text before and after; nil where there is none.
type Values struct {
	Before *string `json:"before"`
	After  *string `json:"after"`
}

// Numbers are a number before and after; nil where there is none.
type Numbers struct {
	Before *int `json:"before"`
	After  *int `json:"after"`
}

// A Quota is how much of what IAM limits for each role is used; Before or After
// is nil where the role is not there. Of names the policy that uses most.
type Quota struct {
	Before *int   `json:"before"`
	After  *int   `json:"after"`
	Limit  int    `json:"limit"` // in head, or in base for a removed role
	Of     string `json:"of,omitempty"`
}

// A TagChange is one tag before and after.
type TagChange struct {
	Key string `json:"key"`
	Values
}

// An Attached is a policy that stands elsewhere and is attached or detached.
type Attached struct {
	ARN    string `json:"arn"`
	Change Kind   `json:"change"` // added or removed
}

// A Policy is a policy of the role whose text changes, with its size in
// characters as IAM counts them.
type Policy struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`   // managed or inline
	Change Kind   `json:"change"` // added, removed or changed
	Numbers

	// Texts are those of base and head, nil where the policy is not there. The
	// JSON document leaves them out: git tells them.
	Texts [2]*policy.Document `json:"-"`
}

// A Finding is one diagnostic about head.
type Finding struct {
	Severity string    `json:"severity"` // error, warning or notice
	Code     string    `json:"code"`
	Summary  string    `json:"summary"`
	Detail   string    `json:"detail"`
	File     string    `json:"file,omitempty"`
	Line     int       `json:"line,omitempty"`
	EndLine  int       `json:"end_line,omitempty"`
	Related  []Related `json:"related,omitempty"`
	Roles    int       `json:"roles,omitempty"` // how many roles it stands for
}

// A Related is a second place that belongs to a finding.
type Related struct {
	Message string `json:"message"`
	Place
}

// Meaning reports whether anything but texts changes: access, who may assume
// roles, or their settings.
func (d *Diff) Meaning() bool {
	for i := range d.Roles {
		if d.Roles[i].Change != SameMeaning {
			return true
		}
	}
	return false
}

// Unknown reports whether some role's access or trust is not decided.
func (d *Diff) Unknown() bool {
	for i := range d.Roles {
		r := &d.Roles[i]
		for _, a := range []access.Answer{r.NewAccess, r.LostAccess, r.IfStarCrossesColons, r.Trust.NewAccess, r.Trust.LostAccess} {
			if a == access.Unknown {
				return true
			}
		}
	}
	return false
}
