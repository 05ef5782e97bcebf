package preflight

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// EnvironmentFile is the file of a directory that states an environment.
const EnvironmentFile = "environment.json"

// maxEnvironmentBytes is the largest file of an environment that is read, and
// maxFacts the most blocks of a kind.
const (
	maxEnvironmentBytes = 8 << 20
	maxFacts            = 10_000
)

// exported is the JSON of an environment. Policies are objects, JSON in a
// string as AWS's APIs return them, or {"policy_file": "NAME.json"}.
type exported struct {
	Buckets []struct {
		Name              string          `json:"name"`
		Account           string          `json:"account"`
		Region            string          `json:"region"`
		Policy            json.RawMessage `json:"policy"`
		DefaultEncryption struct {
			Type       string `json:"type"`
			KMSKeyARN  string `json:"kms_key_arn"`
			AWSManaged bool   `json:"aws_managed"`
		} `json:"default_encryption"`
		ObjectOwnership string   `json:"object_ownership"`
		Use             []string `json:"use"`
	} `json:"buckets"`
	Keys []struct {
		ARN         string          `json:"arn"`
		Account     string          `json:"account"`
		AWSManaged  bool            `json:"aws_managed"`
		Aliases     []string        `json:"aliases"`
		Policy      json.RawMessage `json:"policy"`
		MultiRegion bool            `json:"multi_region"`
		Use         []string        `json:"use"`
	} `json:"kms_keys"`
	Repositories []struct {
		URI        string          `json:"uri"`
		Account    string          `json:"account"`
		Repository string          `json:"repository"`
		Region     string          `json:"region"`
		Policy     json.RawMessage `json:"policy"`
		KMSKeyARN  string          `json:"kms_key_arn"`
		AWSManaged bool            `json:"aws_managed"`
	} `json:"ecr"`
	VPC *struct {
		ID             string   `json:"id"`
		Subnets        []string `json:"subnets"`
		SecurityGroups []string `json:"security_groups"`
		S3Endpoint     *struct {
			Present bool            `json:"present"`
			Policy  json.RawMessage `json:"policy"`
		} `json:"s3_endpoint"`
		InterfaceEndpoints []string `json:"interface_endpoints"`
	} `json:"vpc"`
	SCPs []json.RawMessage `json:"scps"` // policies, or levels of policies from the root down
	RCPs []json.RawMessage `json:"rcps"`
}

// ReadEnvironment reads an environment from a JSON file. Names of policy files
// in it are relative to its directory.
func ReadEnvironment(fsys fs.FS, name string) (*ir.Environment, error) {
	text, err := readFile(fsys, name)
	if err != nil {
		return nil, err
	}
	var in exported
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return nil, fmt.Errorf("%s is no environment: %w", name, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: there is something behind the JSON object", name)
	}
	if len(in.Buckets) > maxFacts || len(in.Keys) > maxFacts || len(in.Repositories) > maxFacts || len(in.SCPs) > maxFacts || len(in.RCPs) > maxFacts {
		return nil, fmt.Errorf("%s states more than %d things of a kind", name, maxFacts)
	}
	r := &environmentReader{fsys: fsys, name: name, env: &ir.Environment{}}
	r.read(&in)
	return r.env, r.err
}

type environmentReader struct {
	fsys fs.FS
	name string
	env  *ir.Environment
	err  error
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, pathless(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxEnvironmentBytes+1))
	if err == nil && len(text) > maxEnvironmentBytes {
		err = fmt.Errorf("it is larger than %d bytes", maxEnvironmentBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, pathless(err))
	}
	return text, nil
}

// pathless is an error without the path in it.
func pathless(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func (r *environmentReader) read(in *exported) {
	once := map[string]bool{} // a thing that is stated twice has no one answer
	for i := range in.Buckets {
		b := &in.Buckets[i]
		where := fmt.Sprintf("buckets[%d]", i)
		if once[b.Name] {
			r.fail("%s: the bucket %q is stated twice", where, b.Name)
		}
		once[b.Name] = true
		r.account(b.Account, where)
		if b.Name == "" {
			r.fail("%s has no name", where)
		}
		e := ir.Encryption{Type: b.DefaultEncryption.Type, KeyARN: b.DefaultEncryption.KMSKeyARN, AWSManaged: b.DefaultEncryption.AWSManaged}
		if !slices.Contains([]string{"", "SSE-S3", "SSE-KMS", "DSSE-KMS"}, e.Type) {
			r.fail("%s: the type of default_encryption is SSE-S3, SSE-KMS or DSSE-KMS, and not %q", where, e.Type)
		}
		if e.KMS() && e.KeyARN == "" {
			e.AWSManaged = true
		}
		r.env.Buckets = append(r.env.Buckets, &ir.Bucket{Name: b.Name, Account: b.Account, Region: b.Region, Policy: r.policy(b.Policy, where), Encryption: e})
	}
	for i := range in.Keys {
		k := &in.Keys[i]
		where := fmt.Sprintf("kms_keys[%d]", i)
		r.account(k.Account, where)
		a, ok := policy.ParseARN(k.ARN)
		if !ok || a.Service != "kms" {
			r.fail("%s: %q is no ARN of a KMS key", where, k.ARN)
		}
		if k.Account == "" {
			k.Account = a.Account
		}
		r.env.Keys = append(r.env.Keys, &ir.Key{ARN: k.ARN, Account: k.Account, AWSManaged: k.AWSManaged, Aliases: k.Aliases, Policy: r.policy(k.Policy, where)})
	}
	for i := range in.Repositories {
		e := &in.Repositories[i]
		where := fmt.Sprintf("ecr[%d]", i)
		r.account(e.Account, where)
		r.env.Repositories = append(r.env.Repositories, &ir.Repository{
			URI: e.URI, Account: e.Account, Name: e.Repository, Region: e.Region, Policy: r.policy(e.Policy, where), KeyARN: e.KMSKeyARN, AWSManaged: e.AWSManaged,
		})
	}
	if v := in.VPC; v != nil {
		n := &ir.Network{ID: v.ID, Subnets: v.Subnets, SecurityGroups: v.SecurityGroups, InterfaceEndpoints: v.InterfaceEndpoints}
		if v.S3Endpoint != nil {
			n.S3Endpoint = &ir.Endpoint{Present: v.S3Endpoint.Present, Policy: r.policy(v.S3Endpoint.Policy, "vpc.s3_endpoint")}
		}
		r.env.Networks = append(r.env.Networks, n)
	}
	r.env.SCPs = r.levels(in.SCPs, "scps")
	r.env.RCPs = r.levels(in.RCPs, "rcps")
}

// levels reads control policies: a list of policies is one level.
func (r *environmentReader) levels(list []json.RawMessage, kind string) []*ir.ControlPolicy {
	var out []*ir.ControlPolicy
	for i, raw := range list {
		where := fmt.Sprintf("%s[%d]", kind, i)
		var level []json.RawMessage
		n := 0
		if json.Unmarshal(raw, &level) == nil {
			n = i
		} else {
			level = []json.RawMessage{raw}
		}
		for k, one := range level {
			if doc := r.policy(one, where); doc != nil {
				out = append(out, &ir.ControlPolicy{Label: fmt.Sprintf("%d.%d", i+1, k+1), Level: n, Policy: doc})
			}
		}
	}
	return out
}

func (r *environmentReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %w", r.name, fmt.Errorf(format, args...))
	}
}

func (r *environmentReader) account(id, where string) {
	if id != "" && !policy.IsAccountID(id) {
		r.fail("%s: %q is no account id of twelve digits", where, id)
	}
}

// policy reads a policy in one of its three forms; nil where nothing is said.
func (r *environmentReader) policy(raw json.RawMessage, where string) *ir.KnownDocument {
	if len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return nil
	}
	file := r.name
	var text string
	var named struct {
		File string `json:"policy_file"`
	}
	switch {
	case json.Unmarshal(raw, &text) == nil:
		raw = json.RawMessage(text)
	case json.Unmarshal(raw, &named) == nil && named.File != "":
		file = path.Join(path.Dir(r.name), named.File)
		if !fs.ValidPath(file) || strings.HasPrefix(named.File, "/") {
			r.fail("%s: policy_file %q leads out of the directory", where, named.File)
			return nil
		}
		data, err := readFile(r.fsys, file)
		if err != nil {
			r.fail("%s: %w", where, err)
			return nil
		}
		raw = data
	}
	doc, err := policy.Parse(raw)
	if err != nil {
		r.fail("%s: the policy cannot be read: %w", where, err)
		return nil
	}
	return &ir.KnownDocument{Document: doc, Range: hcl.Range{Filename: file, Start: hcl.InitialPos, End: hcl.InitialPos}}
}

// Merge returns the facts of both environments; of a bucket, key or repository
// that both state, the later statement counts.
func Merge(base, more *ir.Environment) *ir.Environment {
	if base == nil {
		return more
	}
	out := &ir.Environment{
		Buckets: append(slices.Clone(more.Buckets), base.Buckets...), Keys: append(slices.Clone(more.Keys), base.Keys...),
		Repositories: append(slices.Clone(more.Repositories), base.Repositories...), Networks: append(slices.Clone(more.Networks), base.Networks...),
		SCPs: append(slices.Clone(base.SCPs), more.SCPs...), RCPs: append(slices.Clone(base.RCPs), more.RCPs...),
	}
	return out
}
