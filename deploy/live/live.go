// Package live is the state of one AWS account as far as roles and customer
// managed policies go: read with few calls, decoded to policy documents, and
// compared by what is said rather than by how it is spelled.
//
// The Go API is not yet stable.
package live

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A State is what an account holds.
type State struct {
	Account   string // twelve digits
	Partition string // such as "aws"

	// Roles are by name in lower case, for IAM tells names apart without regard
	// to case (IAM User Guide, "IAM and AWS STS quotas", on names). Use Role.
	Roles map[string]*Role
	// Policies are the account's customer managed policies by ARN.
	Policies map[string]*Policy
}

// New is an account that holds nothing.
func New(account, partition string) *State {
	return &State{Account: account, Partition: partition, Roles: map[string]*Role{}, Policies: map[string]*Policy{}}
}

// Role returns the role of a name, in any case; nil if there is none.
func (s *State) Role(name string) *Role { return s.Roles[strings.ToLower(name)] }

// SetRole puts a role in its place.
func (s *State) SetRole(r *Role) { s.Roles[strings.ToLower(r.Name)] = r }

// RoleNames are the names of the roles, sorted without regard to case.
func (s *State) RoleNames() []string {
	names := make([]string, 0, len(s.Roles))
	for _, key := range slices.Sorted(maps.Keys(s.Roles)) {
		names = append(names, s.Roles[key].Name)
	}
	return names
}

// PolicyARNs are the ARNs of the policies, sorted.
func (s *State) PolicyARNs() []string { return slices.Sorted(maps.Keys(s.Policies)) }

// PolicyARN is the ARN of a customer managed policy of the account.
func (s *State) PolicyARN(path, name string) string {
	return "arn:" + s.Partition + ":iam::" + s.Account + ":policy" + path + name
}

// RoleARN is the ARN of a role of the account.
func (s *State) RoleARN(path, name string) string {
	return "arn:" + s.Partition + ":iam::" + s.Account + ":role" + path + name
}

// Clone copies the state; documents, which nothing changes, are shared.
func (s *State) Clone() *State {
	c := New(s.Account, s.Partition)
	for key, r := range s.Roles {
		c.Roles[key] = r.Clone()
	}
	for arn, p := range s.Policies {
		c.Policies[arn] = p.Clone()
	}
	return c
}

// A Role is one role of the account.
type Role struct {
	Name string
	Path string
	ARN  string
	ID   string // the RoleId, AROA…, which a role of the same name made anew does not have

	Description        string
	MaxSessionDuration int32 // seconds; 0 where the state was read without ListRoles

	Trust    *Document
	Inline   map[string]*Document // by policy name
	Attached []string             // ARNs, sorted
	Boundary string               // the ARN, "" without one
	Tags     map[string]string

	// InstanceProfiles are the names of those that the role is in.
	InstanceProfiles []string

	LastUsed time.Time // zero: not within the time that IAM tracks, 400 days
	// Template says that the role was made from a role template (IAM API
	// Reference, "AcquireRole"); its owner is whoever acquired it.
	Template bool
}

// Clone copies the role; documents are shared.
func (r *Role) Clone() *Role {
	c := *r
	c.Inline, c.Tags = maps.Clone(r.Inline), maps.Clone(r.Tags)
	c.Attached = slices.Clone(r.Attached)
	return &c
}

// Attach adds an ARN to Attached, Detach takes one away.
func (r *Role) Attach(arn string) {
	if i, found := slices.BinarySearch(r.Attached, arn); !found {
		r.Attached = slices.Insert(r.Attached, i, arn)
	}
}

// Detach takes an ARN from Attached.
func (r *Role) Detach(arn string) {
	r.Attached = slices.DeleteFunc(r.Attached, func(a string) bool { return a == arn })
}

// A Policy is one customer managed policy.
type Policy struct {
	ARN, Name, Path string

	DefaultVersion string // such as "v3"
	Versions       []Version

	Attachments int // users, groups and roles that it is attached to
	Boundaries  int // users and roles that have it as permissions boundary

	// Tags are nil until ReadPolicyTags reads them: IAM returns them for one
	// policy at a time.
	Tags map[string]string
}

// A Version is one version of a policy.
type Version struct {
	ID       string
	Document *Document
	Created  time.Time
}

// Clone copies the policy; documents are shared.
func (p *Policy) Clone() *Policy {
	c := *p
	c.Versions, c.Tags = slices.Clone(p.Versions), maps.Clone(p.Tags)
	return &c
}

// Document is the text of the default version; nil if it was not returned.
func (p *Policy) Document() *Document {
	for i := range p.Versions {
		if p.Versions[i].ID == p.DefaultVersion {
			return p.Versions[i].Document
		}
	}
	return nil
}

// A Document is the text of a policy as IAM returned it, without its
// URL-encoding.
type Document struct {
	Text   string
	Policy *policy.Document // nil if the text is no policy that smr can read
	Err    error            // why not
	key    string           // see Key
}

// NewDocument reads a text.
func NewDocument(text string) *Document {
	d := &Document{Text: text}
	d.Policy, d.Err = policy.Parse([]byte(text))
	if d.Err != nil {
		d.Policy = nil
	}
	d.key = keyOf(d)
	return d
}

// FromPolicy prints a document as smr sends it: minified.
func FromPolicy(p *policy.Document) *Document {
	d := &Document{Text: string(policy.AppendJSON(nil, p)), Policy: p}
	d.key = keyOf(d)
	return d
}

// Key is the same for documents that say the same thing in another order or
// with other brackets: see Same.
func (d *Document) Key() string {
	if d == nil {
		return ""
	}
	return d.key
}

// Same reports whether two documents hold the same statements, whatever the
// order of statements and of the values in them, brackets around single
// values, and whether an account is named by its id or by the ARN of its root,
// which IAM rewrites. It is at least as strict as Terraform's comparison of
// policies: case, Sids, repetitions and the absence of Version tell documents
// apart. Access that is equal although documents differ is not looked for.
func Same(a, b *Document) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.key == b.key
}
