// Package terraform writes roles as Terraform configuration in JSON syntax, for
// the provider hashicorp/aws.
package terraform

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// The versions that the resources need: the data source aws_region has its
// attribute region from version 6 of the provider on, and the exclusive
// attachments came in 5 (Terraform Registry, hashicorp/aws).
const (
	requiredTerraform = ">= 1.5"
	requiredProvider  = ">= 6.0"
)

// sharedFile holds what roles have in common. No role's file has this name.
const sharedFile = "smr.tf.json"

// Emit writes a file <role>.tf.json for each role of stack, smr.tf.json with the
// versions and data sources that they need, and manifest.json: one root module,
// or with several accounts one in a directory for each account.
//
// A role has exactly the policies of its file: attachments by other hands are
// taken away, which is what aws_iam_role_policy_attachments_exclusive and
// aws_iam_role_policies_exclusive do. Without an account, its id, the partition
// and the Region are data sources. Provider and backend are the user's to
// configure, in a file beside these.
func Emit(stack *ir.Stack, _ emit.Options) ([]ir.File, hcl.Diagnostics) {
	folders, diags := emit.Folders(stack)
	if diags.HasErrors() {
		return nil, diags
	}
	var files []ir.File
	entries := make([]emit.Entry, 0, len(stack.Roles))
	roles := map[*ir.Target][]*ir.StackRole{}
	for _, r := range stack.Roles {
		roles[r.Target] = append(roles[r.Target], r)
	}
	for _, t := range stack.Targets {
		m := module{roles: roles[t], printed: map[*policy.Document]string{}}
		if len(m.roles) == 0 {
			continue
		}
		if len(stack.Targets) > 1 {
			m.dir = t.Name + "/"
		}
		m.emit(folders)
		files = append(files, m.files...)
		entries = append(entries, m.entries...)
	}
	emit.Sort(files)
	files = append(files, emit.Manifest("terraform", stack, files, entries))
	emit.Sort(files)
	return files, diags
}

// A module is the configuration of one account.
type module struct {
	dir     string // "" or with a slash at the end
	roles   []*ir.StackRole
	names   names
	refs    emit.References
	uses    struct{ partition, region, account bool }
	printed map[*policy.Document]string // as templates; roles share documents
	files   []ir.File
	entries []emit.Entry
}

func (m *module) emit(folders map[*ir.StackRole]string) {
	m.names = nameAll(m.roles, folders)
	m.refs = emit.NewReferences(m.roles)
	for _, r := range m.roles {
		path := m.dir + m.names.file[r]
		m.files = append(m.files, ir.File{Path: path, Data: m.role(r)})
		m.record(r, path)
	}
	m.files = append(m.files, ir.File{Path: m.dir + sharedFile, Data: m.shared()})
}

func (m *module) record(r *ir.StackRole, path string) {
	e := emit.Entry{Role: r, File: path, Resource: "aws_iam_role." + m.names.resource[r]}
	e.Policies = append(e.Policies, emit.PolicyEntry{Kind: emit.Trust, Policy: &r.Trust})
	for i := range r.Managed {
		p := &r.Managed[i]
		e.Policies = append(e.Policies, emit.PolicyEntry{Kind: emit.Managed, Policy: p, Resource: "aws_iam_policy." + m.names.resource[p]})
	}
	for i := range r.Inline {
		p := &r.Inline[i]
		e.Policies = append(e.Policies, emit.PolicyEntry{Kind: emit.Inline, Policy: p, Resource: "aws_iam_role_policy." + m.names.resource[p]})
	}
	m.entries = append(m.entries, e)
}

// shared is what the roles' files refer to.
func (m *module) shared() []byte {
	var w emit.Writer
	w.Open('{')
	w.Key("terraform")
	w.Open('{')
	w.Field("required_version", requiredTerraform)
	w.Key("required_providers")
	w.Open('{')
	w.Key("aws")
	w.OpenLine('{')
	w.Field("source", "hashicorp/aws")
	w.Field("version", requiredProvider)
	w.Close()
	w.Close()
	w.Close()
	if m.uses.partition || m.uses.region || m.uses.account {
		w.Key("data")
		w.Open('{')
		for _, d := range []struct {
			kind string
			used bool
		}{{"aws_caller_identity", m.uses.account}, {"aws_partition", m.uses.partition}, {"aws_region", m.uses.region}} {
			if d.used {
				w.Key(d.kind)
				w.OpenLine('{')
				w.Key("smr")
				w.Open('{')
				w.Close()
				w.Close()
			}
		}
		w.Close()
	}
	w.Close()
	return w.Bytes()
}
