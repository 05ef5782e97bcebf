package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Live reads the roles of an account: one listing of roles and policies, and
// one of what that leaves out.
func Live(ctx context.Context, api live.API, account, partition string) (*Source, error) {
	state, err := live.Read(ctx, api, live.Options{Account: account, Partition: partition, Paths: []string{"/"}})
	if err != nil {
		return nil, err
	}
	return &Source{State: state}, nil
}

// details is the JSON that `aws iam get-account-authorization-details` prints
// (IAM API Reference, "GetAccountAuthorizationDetails").
type details struct {
	RoleDetailList *[]struct {
		RoleName, Path, Arn, RoleID string
		AssumeRolePolicyDocument    json.RawMessage
		RolePolicyList              []struct {
			PolicyName     string
			PolicyDocument json.RawMessage
		}
		AttachedManagedPolicies []struct{ PolicyArn string }
		PermissionsBoundary     struct{ PermissionsBoundaryArn string }
		Tags                    []struct{ Key, Value string }
	}
	Policies []struct {
		PolicyName, Arn, Path, DefaultVersionID        string
		AttachmentCount, PermissionsBoundaryUsageCount int
		PolicyVersionList                              []struct {
			VersionID        string
			IsDefaultVersion bool
			Document         json.RawMessage
		}
	}
	// Roles is the JSON that `aws iam list-roles` prints: it has what the
	// details leave out.
	Roles *[]struct {
		RoleName, Arn, Description string
		MaxSessionDuration         int32
		SourceRoleTemplate         json.RawMessage
	}
}

// Details reads what the AWS CLI exports of an account. ok is false where the
// JSON is something else. The roles of several accounts make several sources.
// Properties are the roles of `aws iam list-roles`, if the text is that.
func Details(text []byte) (list []*Source, properties func([]*Source), ok bool, err error) {
	var top map[string]json.RawMessage
	if json.Unmarshal(text, &top) != nil || top["RoleDetailList"] == nil && top["Roles"] == nil {
		return nil, nil, false, nil
	}
	var d details
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, nil, true, fmt.Errorf("this is no JSON of `aws iam get-account-authorization-details` or `aws iam list-roles`: %w", err)
	}
	if d.Roles != nil {
		properties = d.properties
	}
	if d.RoleDetailList == nil {
		return nil, properties, true, nil
	}
	states := map[string]*live.State{}
	state := func(arn string) (*live.State, error) {
		a, ok := policy.ParseARN(arn)
		if !ok || a.Service != "iam" || !policy.IsAccountID(a.Account) {
			return nil, fmt.Errorf("%q is no ARN of IAM, and details of an account have one for each role and policy", arn)
		}
		if states[a.Account] == nil {
			states[a.Account] = live.New(a.Account, a.Partition)
		}
		return states[a.Account], nil
	}
	if err := d.roles(state); err != nil {
		return nil, nil, true, err
	}
	if err := d.policies(state); err != nil {
		return nil, nil, true, err
	}
	for _, account := range slices.Sorted(maps.Keys(states)) {
		list = append(list, &Source{State: states[account]})
	}
	return list, properties, true, nil
}

func (d *details) roles(state func(string) (*live.State, error)) error {
	for _, from := range *d.RoleDetailList {
		if from.RoleName == "" {
			return errors.New("a role has no RoleName")
		}
		s, err := state(from.Arn)
		if err != nil {
			return err
		}
		if s.Role(from.RoleName) != nil {
			return fmt.Errorf("the role %q is there twice", from.RoleName)
		}
		r := &live.Role{
			Name: from.RoleName, Path: from.Path, ARN: from.Arn, ID: from.RoleID, Trust: rawDocument(from.AssumeRolePolicyDocument),
			Inline: map[string]*live.Document{}, Tags: map[string]string{}, Boundary: from.PermissionsBoundary.PermissionsBoundaryArn,
		}
		for _, p := range from.RolePolicyList {
			r.Inline[p.PolicyName] = rawDocument(p.PolicyDocument)
		}
		for _, p := range from.AttachedManagedPolicies {
			r.Attach(p.PolicyArn)
		}
		for _, t := range from.Tags {
			r.Tags[t.Key] = t.Value
		}
		s.SetRole(r)
	}
	return nil
}

func (d *details) policies(state func(string) (*live.State, error)) error {
	for _, from := range d.Policies {
		if a, ok := policy.ParseARN(from.Arn); ok && a.Account == "aws" {
			continue // of AWS's own, which are the same everywhere
		}
		s, err := state(from.Arn)
		if err != nil {
			return err
		}
		p := &live.Policy{
			ARN: from.Arn, Name: from.PolicyName, Path: from.Path, DefaultVersion: from.DefaultVersionID,
			Attachments: from.AttachmentCount, Boundaries: from.PermissionsBoundaryUsageCount,
		}
		for _, v := range from.PolicyVersionList {
			p.Versions = append(p.Versions, live.Version{ID: v.VersionID, Document: rawDocument(v.Document)})
		}
		s.Policies[p.ARN] = p
	}
	return nil
}

// properties adds descriptions and session durations to roles.
func (d *details) properties(list []*Source) {
	for _, from := range *d.Roles {
		for _, src := range list {
			r := src.State.Role(from.RoleName)
			if r == nil || r.ARN != from.Arn {
				continue
			}
			r.Description, r.MaxSessionDuration = from.Description, from.MaxSessionDuration
			r.Template = r.Template || len(from.SourceRoleTemplate) > 0 && string(from.SourceRoleTemplate) != "null"
		}
	}
}

// rawDocument reads a document that stands in JSON as an object, as the AWS CLI
// prints it, or as a URL-encoded string, as IAM returns it.
func rawDocument(text json.RawMessage) *live.Document {
	if len(text) == 0 || string(text) == "null" {
		return nil
	}
	var encoded string
	if json.Unmarshal(text, &encoded) == nil {
		return live.Decode(encoded)
	}
	return live.NewDocument(string(text))
}

// FromRole takes a role that was read from files, such as smr compile writes.
func FromRole(r *ir.StackRole) (*Source, error) {
	state := live.New(r.Target.AccountID, r.Target.Partition)
	src := &Source{State: state, NoTrust: r.Trust.Document == nil}
	if r.Target.Any {
		state.Account, state.Partition = "", ""
	}
	role := &live.Role{
		Name: r.IAMName, Path: r.Path, ARN: r.ARN(), Description: r.Description, MaxSessionDuration: int32(r.MaxSessionDuration),
		Inline: map[string]*live.Document{}, Boundary: r.PermissionsBoundary, Tags: map[string]string{},
	}
	if r.Target.Any {
		role.ARN = ""
	}
	if role.MaxSessionDuration == 0 {
		role.MaxSessionDuration = 3600 // IAM's default, which role.json leaves out
	}
	if r.Trust.Document != nil {
		role.Trust = live.FromPolicy(r.Trust.Document)
	}
	for _, t := range r.Tags {
		role.Tags[t.Key] = t.Value
	}
	for _, p := range r.Inline {
		role.Inline[p.Name] = live.FromPolicy(p.Document)
	}
	for _, p := range r.Managed {
		arn := state.PolicyARN(r.Path, p.Name)
		state.Policies[arn] = &live.Policy{ARN: arn, Name: p.Name, Path: r.Path, DefaultVersion: "v1", Attachments: 1, Versions: []live.Version{{ID: "v1", Document: live.FromPolicy(p.Document)}}}
		role.Attach(arn)
	}
	for _, v := range r.Attached {
		role.Attach(v.Text)
	}
	state.SetRole(role)
	return src, nil
}

// FromPolicies takes one policy document, or a list of them, as the inline
// policies of a role with the given name.
func FromPolicies(name string, text []byte) (*Source, error) {
	name = strings.Map(func(r rune) rune {
		if plain(string(r), "_+=,.@-") {
			return r
		}
		return '-'
	}, name)
	var documents []json.RawMessage
	if json.Unmarshal(text, &documents) != nil {
		documents = []json.RawMessage{text}
	}
	role := &live.Role{Name: name, Path: "/", MaxSessionDuration: 3600, Inline: map[string]*live.Document{}, Tags: map[string]string{}}
	for i, d := range documents {
		doc := rawDocument(d)
		if doc == nil {
			return nil, fmt.Errorf("document %d is empty", i+1)
		}
		if doc.Policy == nil {
			return nil, fmt.Errorf("this is neither a role nor a policy document: %w", doc.Err)
		}
		role.Inline[fmt.Sprintf("policy-%03d", i+1)] = doc
	}
	if len(documents) == 0 {
		return nil, errors.New("the list holds no policy document")
	}
	state := live.New("", "")
	state.SetRole(role)
	return &Source{State: state, NoTrust: true}, nil
}

// Merge puts the roles of sources of one account together, as files of one role
// each give them; a role that is there twice is an error.
func Merge(list []*Source) ([]*Source, error) {
	var out []*Source
	byAccount := map[string]*Source{}
	for _, src := range list {
		first := byAccount[src.State.Account]
		if first == nil || src.State.Account == "" || first.NoTrust != src.NoTrust {
			if first == nil {
				byAccount[src.State.Account] = src
			}
			out = append(out, src)
			continue
		}
		for _, name := range src.State.RoleNames() {
			if first.State.Role(name) != nil {
				return nil, fmt.Errorf("the role %q of account %s is in two files", name, src.State.Account)
			}
			first.State.SetRole(src.State.Role(name))
		}
		maps.Copy(first.State.Policies, src.State.Policies)
	}
	return out, nil
}
