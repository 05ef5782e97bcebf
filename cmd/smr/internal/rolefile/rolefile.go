// Package rolefile reads one role from JSON: what `smr compile -t json` writes,
// or what AWS's APIs say of a role.
package rolefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// maxBytes is the largest file that is read: an account's whole authorization
// details are no role.
const maxBytes = 4 << 20

// maxPolicies is how many policy files of a folder are read.
const maxPolicies = 200

// file is the JSON of a role: role.json of `smr compile -t json`, the Role of
// iam:GetRole, an entry of RoleDetailList of iam:GetAccountAuthorizationDetails,
// or the Properties of AWS::IAM::Role.
type file struct {
	RoleName, Path, Arn, Description string
	MaxSessionDuration               int
	PermissionsBoundary              json.RawMessage // an ARN, or an object that holds it
	ManagedPolicyArns                []string
	AttachedManagedPolicies          []struct{ PolicyArn string }
	Tags                             []struct{ Key, Value string }
	AssumeRolePolicyDocument         json.RawMessage
	RolePolicyList, Policies         []struct {
		PolicyName     string
		PolicyDocument json.RawMessage
	}
}

// Is reports whether JSON is a role rather than a policy.
func Is(text []byte) bool {
	var top map[string]json.RawMessage
	if json.Unmarshal(text, &top) != nil {
		return false
	}
	_, role := top["Role"]
	_, name := top["RoleName"]
	return role || name
}

// Load reads a role from a file. The policies of a role.json that smr wrote
// stand in the folders managed and inline beside it and its trust policy in
// trust.json; the manifest two folders up, if it is there, knows its ARN and
// which line made each statement. Policies that the file names by ARN are
// attached. account is an account id to use where the file tells none; without
// any, the role's target is Any.
func Load(name, account string) (*ir.StackRole, error) {
	text, err := read(name)
	if err != nil {
		return nil, err
	}
	var f file
	if err := decode(text, &f); err != nil {
		return nil, err
	}
	t := &ir.Target{Name: "any", Any: true, AccountID: policy.PseudoAccount, Region: policy.PseudoRegion, Partition: policy.PseudoPartition}
	r := &ir.StackRole{Role: &ir.Role{
		Label: f.RoleName, Target: t, IAMName: f.RoleName, Path: f.Path, Description: f.Description,
		MaxSessionDuration: f.MaxSessionDuration,
	}}
	if r.Path == "" {
		r.Path = "/"
	}
	if err := f.properties(r); err != nil {
		return nil, err
	}
	if err := folder(filepath.Dir(name), r); err != nil {
		return nil, err
	}
	m, err := findManifest(name)
	if err != nil {
		return nil, err
	}
	arn := f.Arn
	if m != nil {
		arn = m.apply(r)
	}
	return r, locate(r, arn, account)
}

// locate gives the role its account.
func locate(r *ir.StackRole, arn, account string) error {
	t := r.Target
	if a, ok := policy.ParseARN(arn); ok && a.Service == "iam" {
		t.Any, t.Partition, t.AccountID, t.Region = false, a.Partition, a.Account, ""
		if t.Name == "any" {
			t.Name = a.Account
		}
		// The ARN is the truth where a file tells no path.
		if path, ok := strings.CutPrefix(a.Resource, "role"); ok && strings.HasSuffix(path, "/"+r.IAMName) {
			r.Path = strings.TrimSuffix(path, r.IAMName)
		}
	} else if account != "" {
		if !policy.IsAccountID(account) {
			return fmt.Errorf("%q is no account id; the role is in a file, so give twelve digits", account)
		}
		t.Any, t.Partition, t.AccountID, t.Region, t.Name = false, "aws", account, "", account
	}
	return nil
}

// decode reads the JSON of a role, also as iam:GetRole wraps it.
func decode(text []byte, f *file) error {
	var wrapped struct{ Role json.RawMessage }
	if json.Unmarshal(text, &wrapped) == nil && wrapped.Role != nil {
		text = wrapped.Role
	}
	if err := json.Unmarshal(text, f); err != nil {
		return fmt.Errorf("this is no JSON of a role: %w", err)
	}
	if f.RoleName == "" {
		return errors.New("this is no JSON of a role: it has no RoleName")
	}
	return nil
}

// properties fills in what the file itself says.
func (f *file) properties(r *ir.StackRole) error {
	boundary := f.PermissionsBoundary
	var object struct{ PermissionsBoundaryArn string }
	switch {
	case len(boundary) == 0 || bytes.Equal(boundary, []byte("null")):
	case json.Unmarshal(boundary, &r.PermissionsBoundary) == nil:
	case json.Unmarshal(boundary, &object) == nil:
		r.PermissionsBoundary = object.PermissionsBoundaryArn
	default:
		return errors.New("PermissionsBoundary is neither an ARN nor an object with PermissionsBoundaryArn")
	}
	for _, arn := range f.ManagedPolicyArns {
		r.Attached = append(r.Attached, ir.Value{Text: arn})
	}
	for _, p := range f.AttachedManagedPolicies {
		r.Attached = append(r.Attached, ir.Value{Text: p.PolicyArn})
	}
	for _, t := range f.Tags {
		r.Tags = append(r.Tags, ir.Tag{Key: t.Key, Value: t.Value})
	}
	slices.SortFunc(r.Tags, func(a, b ir.Tag) int { return strings.Compare(a.Key, b.Key) })
	if f.AssumeRolePolicyDocument != nil {
		d, err := document(f.AssumeRolePolicyDocument)
		if err != nil {
			return fmt.Errorf("AssumeRolePolicyDocument: %w", err)
		}
		r.Trust.Document = d
	}
	for _, p := range append(f.RolePolicyList, f.Policies...) {
		d, err := document(p.PolicyDocument)
		if err != nil {
			return fmt.Errorf("the inline policy %q: %w", p.PolicyName, err)
		}
		r.Inline = append(r.Inline, ir.Policy{Name: p.PolicyName, Document: d})
	}
	return nil
}

// document reads a policy, which IAM's API hands out URL-encoded.
func document(text json.RawMessage) (*policy.Document, error) {
	var encoded string
	if json.Unmarshal(text, &encoded) == nil {
		plain, err := url.QueryUnescape(encoded)
		if err != nil {
			return nil, err
		}
		text = json.RawMessage(plain)
	}
	return policy.Parse(text)
}

// folder reads the policies that stand beside role.json.
func folder(dir string, r *ir.StackRole) error {
	var err error
	if r.Trust.Document == nil {
		if text, readErr := read(filepath.Join(dir, "trust.json")); readErr == nil {
			if r.Trust.Document, err = policy.Parse(text); err != nil {
				return fmt.Errorf("trust.json: %w", err)
			}
		} else if !errors.Is(readErr, os.ErrNotExist) {
			return fmt.Errorf("trust.json: %w", readErr)
		}
	}
	for _, list := range []struct {
		name string
		to   *[]ir.Policy
	}{{"managed", &r.Managed}, {"inline", &r.Inline}} {
		policies, err := policies(dir, list.name)
		if err != nil {
			return err
		}
		*list.to = append(*list.to, policies...)
	}
	return nil
}

// policies reads the policies of a folder in the order of their names.
func policies(dir, kind string) ([]ir.Policy, error) {
	entries, err := os.ReadDir(filepath.Join(dir, kind))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, cause(err)
	}
	var list []ir.Policy
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok {
			continue
		}
		if len(list) == maxPolicies {
			return nil, fmt.Errorf("the folder %s holds more than %d policies, more than a role can have", kind, maxPolicies)
		}
		text, err := read(filepath.Join(dir, kind, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", kind, e.Name(), err)
		}
		d, err := policy.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", kind, e.Name(), err)
		}
		list = append(list, ir.Policy{Name: name, Document: d})
	}
	return list, nil
}

// read reads a regular file.
func read(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err == nil && len(text) > maxBytes {
		err = fmt.Errorf("it is larger than %d bytes", maxBytes)
	}
	return text, err
}

// cause is an error without the path in it.
func cause(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
