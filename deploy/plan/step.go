package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/deploy/live"
)

// MaxVersions is how many versions a managed policy may have (IAM User Guide,
// "IAM and AWS STS quotas").
const MaxVersions = 5

// Step does to a state what an operation does to an account, as the IAM API
// documents it. The error is what IAM would refuse.
func Step(s *live.State, op *Operation) error {
	switch op.Kind {
	case CreateRole:
		return createRole(s, op)
	case CreatePolicy, CreatePolicyVersion, DeletePolicyVersion, DeletePolicy, TagPolicy, UntagPolicy:
		return stepPolicy(s, op)
	}
	r := s.Role(op.Role)
	if r == nil {
		return fmt.Errorf("%s: NoSuchEntity: role %s", op.Kind, op.Role)
	}
	switch op.Kind {
	case UpdateRole:
		if op.Args.Description != nil {
			r.Description = *op.Args.Description
		}
		if op.Args.MaxSessionDuration != 0 {
			r.MaxSessionDuration = op.Args.MaxSessionDuration
		}
	case UpdateAssumeRolePolicy:
		r.Trust = live.NewDocument(op.Args.Document)
	case PutRolePermissionsBoundary:
		countBoundary(s, r.Boundary, -1)
		r.Boundary = op.Args.Boundary
		countBoundary(s, r.Boundary, 1)
	case DeleteRolePermissionsBoundary:
		countBoundary(s, r.Boundary, -1)
		r.Boundary = ""
	case TagRole:
		maps.Copy(r.Tags, op.Args.Tags)
	case UntagRole:
		for _, key := range op.Args.TagKeys {
			delete(r.Tags, key)
		}
	case PutRolePolicy:
		r.Inline[op.Policy] = live.NewDocument(op.Args.Document)
	case DeleteRolePolicy:
		if r.Inline[op.Policy] == nil {
			return fmt.Errorf("%s: NoSuchEntity: inline policy %s", op.Kind, op.Policy)
		}
		delete(r.Inline, op.Policy)
	case AttachRolePolicy, DetachRolePolicy:
		return stepAttachment(s, r, op)
	case DeleteRole:
		if len(r.Attached) > 0 || len(r.Inline) > 0 {
			return fmt.Errorf("%s: DeleteConflict: role %s has policies", op.Kind, op.Role)
		}
		countBoundary(s, r.Boundary, -1)
		delete(s.Roles, lower(op.Role))
	default:
		return fmt.Errorf("unknown kind of operation %q", op.Kind)
	}
	return nil
}

func createRole(s *live.State, op *Operation) error {
	if s.Role(op.Role) != nil {
		return fmt.Errorf("%s: EntityAlreadyExists: role %s", op.Kind, op.Role)
	}
	r := &live.Role{
		Name: op.Role, Path: op.Args.Path, ARN: s.RoleARN(op.Args.Path, op.Role), MaxSessionDuration: op.Args.MaxSessionDuration,
		Trust: live.NewDocument(op.Args.Document), Inline: map[string]*live.Document{}, Boundary: op.Args.Boundary, Tags: map[string]string{},
	}
	if r.MaxSessionDuration == 0 {
		r.MaxSessionDuration = defaultSession
	}
	if op.Args.Description != nil {
		r.Description = *op.Args.Description
	}
	maps.Copy(r.Tags, op.Args.Tags)
	countBoundary(s, r.Boundary, 1)
	s.SetRole(r)
	return nil
}

// defaultSession is IAM's default of MaxSessionDuration in seconds (IAM API
// Reference, "CreateRole").
const defaultSession = 3600

func stepAttachment(s *live.State, r *live.Role, op *Operation) error {
	has := slices.Contains(r.Attached, op.Policy)
	p := s.Policies[op.Policy]
	switch {
	case op.Kind == DetachRolePolicy && !has:
		return fmt.Errorf("%s: NoSuchEntity: %s is not attached to %s", op.Kind, op.Policy, op.Role)
	case op.Kind == DetachRolePolicy:
		r.Detach(op.Policy)
		if p != nil {
			p.Attachments--
		}
	case p == nil && isLocal(s, op.Policy):
		return fmt.Errorf("%s: NoSuchEntity: policy %s", op.Kind, op.Policy)
	case !has:
		r.Attach(op.Policy)
		if p != nil {
			p.Attachments++
		}
	}
	return nil
}

func stepPolicy(s *live.State, op *Operation) error {
	p := s.Policies[op.Policy]
	if (p == nil) != (op.Kind == CreatePolicy) {
		if p == nil {
			return fmt.Errorf("%s: NoSuchEntity: policy %s", op.Kind, op.Policy)
		}
		return fmt.Errorf("%s: EntityAlreadyExists: policy %s", op.Kind, op.Policy)
	}
	switch op.Kind {
	case CreatePolicy:
		p = &live.Policy{
			ARN: op.Policy, Name: op.Args.PolicyName, Path: op.Args.Path, DefaultVersion: "v1",
			Versions: []live.Version{{ID: "v1", Document: live.NewDocument(op.Args.Document)}}, Tags: map[string]string{},
		}
		maps.Copy(p.Tags, op.Args.Tags)
		s.Policies[op.Policy] = p
	case CreatePolicyVersion:
		if len(p.Versions) >= MaxVersions {
			return fmt.Errorf("%s: LimitExceeded: policy %s has %d versions", op.Kind, op.Policy, len(p.Versions))
		}
		p.DefaultVersion = "v" + strconv.Itoa(newest(p)+1)
		p.Versions = append(p.Versions, live.Version{ID: p.DefaultVersion, Document: live.NewDocument(op.Args.Document)})
	case DeletePolicyVersion:
		i := slices.IndexFunc(p.Versions, func(v live.Version) bool { return v.ID == op.Args.VersionID })
		if i < 0 {
			return fmt.Errorf("%s: NoSuchEntity: version %s of %s", op.Kind, op.Args.VersionID, op.Policy)
		}
		if op.Args.VersionID == p.DefaultVersion {
			return fmt.Errorf("%s: DeleteConflict: %s is the default version of %s", op.Kind, op.Args.VersionID, op.Policy)
		}
		p.Versions = slices.Delete(p.Versions, i, i+1)
	case DeletePolicy:
		if p.Attachments > 0 || p.Boundaries > 0 || len(p.Versions) > 1 {
			return fmt.Errorf("%s: DeleteConflict: policy %s is in use or has versions", op.Kind, op.Policy)
		}
		delete(s.Policies, op.Policy)
	case TagPolicy:
		if p.Tags == nil {
			p.Tags = map[string]string{}
		}
		maps.Copy(p.Tags, op.Args.Tags)
	case UntagPolicy:
		for _, key := range op.Args.TagKeys {
			delete(p.Tags, key)
		}
	}
	return nil
}

// newest is the highest number of a version.
func newest(p *live.Policy) int {
	top := 0
	for _, v := range p.Versions {
		top = max(top, versionNumber(v.ID))
	}
	return top
}

// versionNumber is 12 of "v12".
func versionNumber(id string) int {
	if len(id) < 2 {
		return 0
	}
	n, err := strconv.Atoi(id[1:])
	if err != nil {
		return 0
	}
	return n
}

func countBoundary(s *live.State, arn string, by int) {
	if p := s.Policies[arn]; p != nil {
		p.Boundaries += by
	}
}

// digestOf is the digest of a resource in a state, "" where it is not there.
func digestOf(s *live.State, resource string) string {
	if name, ok := strings.CutPrefix(resource, "role/"); ok {
		return s.Role(name).Digest()
	}
	arn, _ := strings.CutPrefix(resource, "policy/")
	return s.Policies[arn].Digest()
}
