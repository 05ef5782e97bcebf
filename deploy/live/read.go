package live

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// An API is the operations of IAM that reading takes; *iam.Client has them.
type API interface {
	GetAccountAuthorizationDetails(context.Context, *iam.GetAccountAuthorizationDetailsInput, ...func(*iam.Options)) (*iam.GetAccountAuthorizationDetailsOutput, error)
	ListRoles(context.Context, *iam.ListRolesInput, ...func(*iam.Options)) (*iam.ListRolesOutput, error)
	ListPolicyTags(context.Context, *iam.ListPolicyTagsInput, ...func(*iam.Options)) (*iam.ListPolicyTagsOutput, error)
}

// pageSize is the most items that IAM returns at once (IAM API Reference,
// "GetAccountAuthorizationDetails", MaxItems).
const pageSize = 1000

// maxPages bounds a listing that never ends: far beyond the quotas of an
// account, 10,000 roles and 10,000 policies.
const maxPages = 2000

// maxPrefixes is how many listings of roles by path are made before one of all
// roles is.
const maxPrefixes = 3

// Options choose what is read.
type Options struct {
	Account   string // twelve digits, of which the client is
	Partition string

	// Paths are where the roles stand whose description and session duration
	// are wanted. Others have a MaxSessionDuration of 0.
	Paths []string
}

// Read reads roles and customer managed policies: one listing of everything
// (GetAccountAuthorizationDetails) and, since that leaves out descriptions and
// session durations, one of the roles under each path (ListRoles).
func Read(ctx context.Context, api API, o Options) (*State, error) {
	s := New(o.Account, o.Partition)
	if err := s.readDetails(ctx, api); err != nil {
		return nil, err
	}
	for _, prefix := range prefixes(o.Paths) {
		if err := s.readProperties(ctx, api, prefix); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *State) readDetails(ctx context.Context, api API) error {
	in := &iam.GetAccountAuthorizationDetailsInput{
		Filter:   []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy},
		MaxItems: aws.Int32(pageSize),
	}
	docs := documents{}
	for range maxPages {
		out, err := api.GetAccountAuthorizationDetails(ctx, in)
		if err != nil {
			return fmt.Errorf("reading roles and policies: %w", err)
		}
		for i := range out.RoleDetailList {
			s.SetRole(docs.role(&out.RoleDetailList[i]))
		}
		for i := range out.Policies {
			p := docs.policy(&out.Policies[i])
			s.Policies[p.ARN] = p
		}
		if !out.IsTruncated || aws.ToString(out.Marker) == "" {
			return nil
		}
		in.Marker = out.Marker
	}
	return fmt.Errorf("reading roles and policies: IAM returned more than %d pages", maxPages)
}

func (s *State) readProperties(ctx context.Context, api API, prefix string) error {
	in := &iam.ListRolesInput{PathPrefix: aws.String(prefix), MaxItems: aws.Int32(pageSize)}
	for range maxPages {
		out, err := api.ListRoles(ctx, in)
		if err != nil {
			return fmt.Errorf("listing the roles under %s: %w", prefix, err)
		}
		for i := range out.Roles {
			from := &out.Roles[i]
			r := s.Role(aws.ToString(from.RoleName))
			if r == nil || r.ID != aws.ToString(from.RoleId) {
				continue // made since the details were read
			}
			r.Description = aws.ToString(from.Description)
			r.MaxSessionDuration = aws.ToInt32(from.MaxSessionDuration)
			r.Template = r.Template || from.SourceRoleTemplate != nil
		}
		if !out.IsTruncated || aws.ToString(out.Marker) == "" {
			return nil
		}
		in.Marker = out.Marker
	}
	return fmt.Errorf("listing the roles under %s: IAM returned more than %d pages", prefix, maxPages)
}

// prefixes are the paths without those that lie in another.
func prefixes(paths []string) []string {
	list := slices.Compact(slices.Sorted(slices.Values(paths)))
	var out []string
	for _, p := range list {
		if !slices.ContainsFunc(out, func(have string) bool { return strings.HasPrefix(p, have) }) {
			out = append(out, p)
		}
	}
	if len(out) > maxPrefixes {
		return []string{"/"}
	}
	return out
}

// ReadPolicyTags reads the tags of the policies with these ARNs that the state
// holds and whose tags it does not.
func (s *State) ReadPolicyTags(ctx context.Context, api API, arns []string) error {
	for _, arn := range arns {
		p := s.Policies[arn]
		if p == nil || p.Tags != nil {
			continue
		}
		tags := map[string]string{}
		in := &iam.ListPolicyTagsInput{PolicyArn: aws.String(arn)}
		for page := 0; ; page++ {
			out, err := api.ListPolicyTags(ctx, in)
			if err != nil {
				return fmt.Errorf("reading the tags of %s: %w", arn, err)
			}
			addTags(tags, out.Tags)
			if !out.IsTruncated || aws.ToString(out.Marker) == "" || page == maxPages {
				break
			}
			in.Marker = out.Marker
		}
		p.Tags = tags
	}
	return nil
}

// documents are texts that were read, each parsed once: roles often share them.
type documents map[string]*Document

func (docs documents) get(encoded *string) *Document {
	if encoded == nil {
		return nil
	}
	d, ok := docs[*encoded]
	if !ok {
		d = Decode(*encoded)
		docs[*encoded] = d
	}
	return d
}

// Decode reads a document as IAM returns it: URL-encoded by RFC 3986 (IAM API
// Reference, "GetAccountAuthorizationDetails"). Text that is not encoded is
// read as it is.
func Decode(encoded string) *Document {
	if text, err := url.PathUnescape(encoded); err == nil {
		return NewDocument(text)
	}
	return NewDocument(encoded)
}

func (docs documents) role(from *types.RoleDetail) *Role {
	r := &Role{
		Name: aws.ToString(from.RoleName), Path: aws.ToString(from.Path), ARN: aws.ToString(from.Arn), ID: aws.ToString(from.RoleId),
		Trust: docs.get(from.AssumeRolePolicyDocument), Inline: map[string]*Document{}, Tags: map[string]string{},
	}
	for _, p := range from.RolePolicyList {
		r.Inline[aws.ToString(p.PolicyName)] = docs.get(p.PolicyDocument)
	}
	for _, a := range from.AttachedManagedPolicies {
		r.Attach(aws.ToString(a.PolicyArn))
	}
	if from.PermissionsBoundary != nil {
		r.Boundary = aws.ToString(from.PermissionsBoundary.PermissionsBoundaryArn)
	}
	addTags(r.Tags, from.Tags)
	for _, p := range from.InstanceProfileList {
		r.InstanceProfiles = append(r.InstanceProfiles, aws.ToString(p.InstanceProfileName))
	}
	if from.RoleLastUsed != nil {
		r.LastUsed = aws.ToTime(from.RoleLastUsed.LastUsedDate)
	}
	return r
}

func (docs documents) policy(from *types.ManagedPolicyDetail) *Policy {
	p := &Policy{
		ARN: aws.ToString(from.Arn), Name: aws.ToString(from.PolicyName), Path: aws.ToString(from.Path), DefaultVersion: aws.ToString(from.DefaultVersionId),
		Attachments: int(aws.ToInt32(from.AttachmentCount)), Boundaries: int(aws.ToInt32(from.PermissionsBoundaryUsageCount)),
	}
	if p.Name == "" {
		p.Name = p.ARN[strings.LastIndexByte(p.ARN, '/')+1:]
	}
	if _, rest, ok := strings.Cut(p.ARN, ":policy/"); ok && p.Path == "" {
		p.Path = "/" + strings.TrimSuffix(rest, p.Name)
	}
	for _, v := range from.PolicyVersionList {
		p.Versions = append(p.Versions, Version{ID: aws.ToString(v.VersionId), Document: docs.get(v.Document), Created: aws.ToTime(v.CreateDate)})
		if v.IsDefaultVersion && p.DefaultVersion == "" {
			p.DefaultVersion = aws.ToString(v.VersionId)
		}
	}
	return p
}

func addTags(to map[string]string, from []types.Tag) {
	for _, t := range from {
		to[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
}
