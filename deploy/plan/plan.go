// Package plan makes the list of IAM calls that leads an account from what it
// holds to what a configuration says, in an order of which every state between
// two calls is proved: it grants nothing that neither the state before nor the
// one after grants, and nothing less than what both grant.
//
// A plan needs no memory of earlier ones. Made again from any state that one
// leaves behind, it keeps to the same two rules and ends at the same place.
//
// The Go API is not yet stable.
package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sagemaker-roles/smr/review"
)

// Schema names the layout of a plan file; what is added later keeps it.
const Schema = "smr.plan/1"

// A Plan is what is to be done in one account.
type Plan struct {
	Schema  string `json:"schema"`
	Tool    string `json:"tool"`    // the version of smr
	Created string `json:"created"` // RFC 3339; not part of Digest

	Account     string `json:"account"` // twelve digits
	AccountName string `json:"account_name"`
	Partition   string `json:"partition"`
	Project     string `json:"project"`
	Release     string `json:"release"` // for the tag smr:release

	// Paths are where descriptions and session durations were read, on which
	// digests depend: whoever checks them reads with live.Options.Paths.
	Paths []string `json:"paths,omitempty"`

	// Configuration is the digest of what the configuration says of this
	// account: of roles, documents and settings, not of the text of files.
	Configuration string `json:"configuration"`

	// Resources are everything that the operations read or write, with its
	// digest before the first and after the last of them. Nothing may be done
	// if one is neither as before nor as after.
	Resources  []Resource  `json:"resources"`
	Roles      []Role      `json:"roles"`      // those of which anything changes
	Operations []Operation `json:"operations"` // in order

	Losses   []Loss    `json:"losses"`   // what is announced: apply needs --allow-transient-loss
	Refusals []Finding `json:"refusals"` // while there are any, nothing may be applied
	Findings []Finding `json:"findings"` // what to know
	Quotas   []Quota   `json:"quotas"`   // of the account, after the last operation

	// Diff is what changes in access and settings, role by role, against what
	// is live.
	Diff             *review.Diff `json:"diff"`
	EscalationDigest string       `json:"escalation_digest"`

	Digest string `json:"digest"` // over all of the above but Created: "sha256:…"
}

// A Resource is a role or a customer managed policy.
type Resource struct {
	ID     string `json:"id"`                // see RoleID and PolicyID
	Before string `json:"before"`            // the digest, "" where it does not exist
	After  string `json:"after"`             // likewise
	RoleID string `json:"role_id,omitempty"` // of a role that exists: it is never made anew
}

// RoleID and PolicyID are the ids of resources.
func RoleID(name string) string  { return "role/" + name }
func PolicyID(arn string) string { return "policy/" + arn }

// A Change is what happens to a role.
type Change string

// The changes.
const (
	Create Change = "create"
	Update Change = "update"
	Retire Change = "retire" // nobody may assume it any more; it is deleted by a later release
	Delete Change = "delete"
)

// A Role is one role with changes.
type Role struct {
	Name   string   `json:"name"`           // the IAM name; "" for policies that no role has any more
	Role   string   `json:"role,omitempty"` // the label, with its key
	Change Change   `json:"change"`
	After  []string `json:"after,omitempty"` // roles whose operations come first, for this one's trust policy names them
	States []State  `json:"states"`          // between the operations that change access
}

// A State is what holds after one operation and before the next one that
// changes access, and how it was proved.
type State struct {
	Operation string `json:"operation"` // the id of the operation that leads to it
	NoExcess  Proof  `json:"no_excess"`
	NoLoss    Proof  `json:"no_loss"`
	Because   string `json:"because,omitempty"` // where NoLoss is not proved
}

// A Proof is how a property of a state is known.
type Proof string

// The proofs.
const (
	ByStatements Proof = "statements" // the statements themselves, with every Deny, are those of one side
	ByComparison Proof = "comparison" // the exact comparison of access says so
	Sealed       Proof = "sealed"     // everything is denied
	NotProved    Proof = "no"         // of losses alone, which are then announced
)

// The kinds of operations: actions of the IAM API.
const (
	CreateRole                    = "CreateRole"
	UpdateRole                    = "UpdateRole"
	UpdateAssumeRolePolicy        = "UpdateAssumeRolePolicy"
	PutRolePermissionsBoundary    = "PutRolePermissionsBoundary"
	DeleteRolePermissionsBoundary = "DeleteRolePermissionsBoundary"
	TagRole                       = "TagRole"
	UntagRole                     = "UntagRole"
	PutRolePolicy                 = "PutRolePolicy"
	DeleteRolePolicy              = "DeleteRolePolicy"
	AttachRolePolicy              = "AttachRolePolicy"
	DetachRolePolicy              = "DetachRolePolicy"
	DeleteRole                    = "DeleteRole"
	CreatePolicy                  = "CreatePolicy"
	CreatePolicyVersion           = "CreatePolicyVersion" // SetAsDefault=true
	DeletePolicyVersion           = "DeletePolicyVersion"
	DeletePolicy                  = "DeletePolicy"
	TagPolicy                     = "TagPolicy"
	UntagPolicy                   = "UntagPolicy"
)

// An Operation is one call of the IAM API.
type Operation struct {
	ID       string `json:"id"` // "ROLE/NUMBER": unique in the plan, in order within the role
	Kind     string `json:"kind"`
	Role     string `json:"role"`               // the IAM name of the role that it belongs to; "" for orphaned policies
	Policy   string `json:"policy,omitempty"`   // ARN of a managed policy, name of an inline policy
	Resource string `json:"resource"`           // what it writes: the id of a Resource
	Before   string `json:"before"`             // the resource's digest before and after it
	After    string `json:"after"`              //
	Phase    string `json:"phase"`              // what it is part of: see Phases
	Why      string `json:"why"`                // in a few words
	Announce bool   `json:"announce,omitempty"` // something is lost from here on for a while: see Plan.Losses
	Args     Args   `json:"args"`
}

// Args are the parameters of a call beside RoleName, PolicyArn and PolicyName,
// which Role and Policy give. Those that the call does not have are empty.
type Args struct {
	Path               string            `json:"path,omitempty"`
	PolicyName         string            `json:"policy_name,omitempty"` // of CreatePolicy
	Description        *string           `json:"description,omitempty"`
	MaxSessionDuration int32             `json:"max_session_duration,omitempty"`
	Document           string            `json:"document,omitempty"` // JSON text: of a policy, or the trust policy
	Boundary           string            `json:"boundary,omitempty"`
	VersionID          string            `json:"version_id,omitempty"`
	Tags               map[string]string `json:"tags,omitempty"`
	TagKeys            []string          `json:"tag_keys,omitempty"`
}

// The phases of a role's operations.
const (
	PhasePrepare = "prepare" // nothing that decides on access
	PhaseNarrow  = "narrow"  // Deny grows, statements move, Allow shrinks
	PhaseChange  = "change"  // the final text of a policy, the boundary or the trust
	PhaseGrow    = "grow"    // towards what is new
	PhaseSettle  = "settle"  // what is left over goes
	PhaseRetire  = "retire"
	PhaseDelete  = "delete"
)

// A Loss is access that both the state before and the one after grant, and
// that is withheld from one operation until another.
type Loss struct {
	Role    string `json:"role"`
	From    string `json:"from"`  // the id of the operation that takes it
	Until   string `json:"until"` // the id of the operation that gives it back
	What    string `json:"what"`
	Because string `json:"because"` // why there is no other way
}

// A Finding is something to know, or what keeps the plan from being applied.
type Finding struct {
	Code   string `json:"code"`
	Role   string `json:"role,omitempty"` // the IAM name
	Detail string `json:"detail"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
}

// A Quota is how much of what IAM limits for the account is used after.
type Quota struct {
	Name   string `json:"name"`
	Before int    `json:"before"`
	After  int    `json:"after"`
	Limit  int    `json:"limit"`
}

// Empty reports whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Operations) == 0 }

// Refused reports whether the plan may not be applied.
func (p *Plan) Refused() bool { return len(p.Refusals) > 0 }

// Deletes reports whether the plan deletes roles or retires them.
func (p *Plan) Deletes() bool {
	for i := range p.Roles {
		if c := p.Roles[i].Change; c == Retire || c == Delete {
			return true
		}
	}
	return false
}

// Seal sets the digest of a plan that is complete.
func (p *Plan) Seal() {
	p.Digest = p.digest()
}

func (p *Plan) digest() string {
	c := *p
	c.Created, c.Digest = "", ""
	sum := sha256.Sum256(encode(&c))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func encode(p *Plan) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(p); err != nil {
		panic(err) // nothing in a plan is without a JSON form
	}
	return b.Bytes()
}

// JSON is the plan as its file holds it.
func (p *Plan) JSON() []byte { return encode(p) }

// Parse reads a plan file. A file that was changed after smr wrote it is an
// error.
func Parse(data []byte) (*Plan, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var p Plan
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("this is no plan of smr: %w", err)
	}
	if p.Schema != Schema {
		return nil, fmt.Errorf("the plan has the schema %q, and this smr reads %q. Make it again with this smr", p.Schema, Schema)
	}
	if p.Digest != p.digest() {
		return nil, errors.New("the plan's digest is not that of its content: it was changed after it was made. Make it again")
	}
	return &p, nil
}
