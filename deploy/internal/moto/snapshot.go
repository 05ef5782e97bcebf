package moto

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
)

// A Snapshot is all that an account holds of roles and customer managed
// policies, as the API tells it.
type Snapshot struct {
	Roles    []Role
	Policies []Policy
}

// A Role is one role of a snapshot.
type Role struct {
	Name        string `xml:"RoleName"`
	ID          string `xml:"RoleId"`
	ARN         string `xml:"Arn"`
	Path        string `xml:"Path"`
	Trust       string `xml:"AssumeRolePolicyDocument"` // JSON
	Boundary    string `xml:"PermissionsBoundary>PermissionsBoundaryArn"`
	Description string
	MaxSession  int
	Inline      []Inline   `xml:"RolePolicyList>member"`
	Attached    []Attached `xml:"AttachedManagedPolicies>member"`
	Tags        []Tag      `xml:"Tags>member"`
}

// An Inline is an inline policy.
type Inline struct {
	Name     string `xml:"PolicyName"`
	Document string `xml:"PolicyDocument"`
}

// An Attached is a managed policy that a role has.
type Attached struct {
	ARN string `xml:"PolicyArn"`
}

// A Tag is one tag.
type Tag struct{ Key, Value string }

// A Policy is one customer managed policy of a snapshot.
type Policy struct {
	ARN      string    `xml:"Arn"`
	Path     string    `xml:"Path"`
	Versions []Version `xml:"PolicyVersionList>member"`
	Tags     []Tag     `xml:"-"`
}

// A Version is one version of a policy.
type Version struct {
	ID       string `xml:"VersionId"`
	Default  bool   `xml:"IsDefaultVersion"`
	Document string `xml:"Document"`
}

// Default is the text of the version that counts.
func (p *Policy) Default() string {
	for _, v := range p.Versions {
		if v.Default {
			return v.Document
		}
	}
	return ""
}

// Document is the text of a policy by its ARN, "" if the account has none.
func (s *Snapshot) Document(arn string) string {
	for i := range s.Policies {
		if s.Policies[i].ARN == arn {
			return s.Policies[i].Default()
		}
	}
	return ""
}

// Role is the role with that name, nil if there is none.
func (s *Snapshot) Role(name string) *Role {
	for i := range s.Roles {
		if s.Roles[i].Name == name {
			return &s.Roles[i]
		}
	}
	return nil
}

// Read reads the account with one call: without descriptions, durations and the
// tags of policies.
func (a *Account) Read() (*Snapshot, error) {
	var answer struct {
		Roles    []Role   `xml:"GetAccountAuthorizationDetailsResult>RoleDetailList>member"`
		Policies []Policy `xml:"GetAccountAuthorizationDetailsResult>Policies>member"`
		More     bool     `xml:"GetAccountAuthorizationDetailsResult>IsTruncated"`
	}
	r := a.Call("GetAccountAuthorizationDetails", "Filter.member.1", "Role", "Filter.member.2", "LocalManagedPolicy")
	if err := r.Decode(&answer); err != nil {
		return nil, err
	}
	if answer.More {
		return nil, fmt.Errorf("moto answers in pages")
	}
	s := &Snapshot{Roles: answer.Roles, Policies: answer.Policies}
	for i := range s.Roles {
		role := &s.Roles[i]
		role.Trust = plain(role.Trust)
		for j := range role.Inline {
			role.Inline[j].Document = plain(role.Inline[j].Document)
		}
		slices.SortFunc(role.Inline, func(a, b Inline) int { return cmp.Compare(a.Name, b.Name) })
		slices.SortFunc(role.Attached, func(a, b Attached) int { return cmp.Compare(a.ARN, b.ARN) })
		slices.SortFunc(role.Tags, func(a, b Tag) int { return cmp.Compare(a.Key, b.Key) })
	}
	for i := range s.Policies {
		for j := range s.Policies[i].Versions {
			s.Policies[i].Versions[j].Document = plain(s.Policies[i].Versions[j].Document)
		}
	}
	slices.SortFunc(s.Roles, func(a, b Role) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Policies, func(a, b Policy) int { return cmp.Compare(a.ARN, b.ARN) })
	return s, nil
}

// ReadWhole reads the account with what Read leaves out.
func (a *Account) ReadWhole() (*Snapshot, error) {
	s, err := a.Read()
	if err != nil {
		return nil, err
	}
	var list struct {
		Roles []struct {
			Name        string `xml:"RoleName"`
			Description string `xml:"Description"`
			MaxSession  int    `xml:"MaxSessionDuration"`
		} `xml:"ListRolesResult>Roles>member"`
	}
	if err := a.Call("ListRoles").Decode(&list); err != nil {
		return nil, err
	}
	for _, l := range list.Roles {
		if r := s.Role(l.Name); r != nil {
			r.Description, r.MaxSession = l.Description, l.MaxSession
		}
	}
	for i := range s.Policies {
		var tags struct {
			Tags []Tag `xml:"ListPolicyTagsResult>Tags>member"`
		}
		if err := a.Call("ListPolicyTags", "PolicyArn", s.Policies[i].ARN).Decode(&tags); err != nil {
			return nil, err
		}
		slices.SortFunc(tags.Tags, func(a, b Tag) int { return cmp.Compare(a.Key, b.Key) })
		s.Policies[i].Tags = tags.Tags
	}
	return s, nil
}

// plain is a document as it was sent: the API spells it percent-encoded.
func plain(text string) string {
	if s, err := url.PathUnescape(text); err == nil && json.Valid([]byte(s)) {
		return s
	}
	return text
}
