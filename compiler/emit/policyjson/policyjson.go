// Package policyjson writes roles as plain policy JSON: a folder for each
// account, in it one for each role, in it the role's properties, its trust
// policy and its policies, one a file.
package policyjson

import (
	"bytes"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Emit writes for each role of stack
//
//	<account, or "any">/<role>/role.json
//	<account, or "any">/<role>/trust.json
//	<account, or "any">/<role>/managed/<policy>.json
//	<account, or "any">/<role>/inline/<policy>.json
//
// and manifest.json. JSON spells everything out, so a role that holds its
// account's id, Region or partition needs a declared account: without one it is
// the error account-required.
func Emit(stack *ir.Stack, _ emit.Options) ([]ir.File, hcl.Diagnostics) {
	folders, diags := emit.Folders(stack)
	diags = append(diags, needAccount(stack)...)
	if diags.HasErrors() {
		return nil, diags
	}
	e := emitter{
		printed: map[*policy.Document][]byte{},
		entries: make([]emit.Entry, 0, len(stack.Roles)),
		files:   make([]ir.File, 0, 1+10*len(stack.Roles)),
	}
	for _, r := range stack.Roles {
		e.role(r, r.Target.Name+"/"+folders[r]+"/")
	}
	emit.Sort(e.files)
	files := append(e.files, emit.Manifest("json", stack, e.files, e.entries))
	emit.Sort(files)
	return files, diags
}

type emitter struct {
	files   []ir.File
	entries []emit.Entry
	printed map[*policy.Document][]byte // roles share documents
	buffer  []byte
}

func (e *emitter) role(r *ir.StackRole, folder string) {
	entry := emit.Entry{Role: r, File: folder + "role.json", Policies: make([]emit.PolicyEntry, 0, 1+len(r.Managed)+len(r.Inline))}
	e.files = append(e.files, ir.File{Path: entry.File, Data: properties(r)})
	add := func(kind string, p *ir.Policy, path string) {
		entry.Policies = append(entry.Policies, emit.PolicyEntry{Kind: kind, Policy: p, File: path})
		e.files = append(e.files, ir.File{Path: path, Data: e.document(p.Document)})
	}
	add(emit.Trust, &r.Trust, folder+"trust.json")
	for i := range r.Managed {
		add(emit.Managed, &r.Managed[i], folder+"managed/"+r.Managed[i].Name+".json")
	}
	for i := range r.Inline {
		add(emit.Inline, &r.Inline[i], folder+"inline/"+r.Inline[i].Name+".json")
	}
	e.entries = append(e.entries, entry)
}

func (e *emitter) document(d *policy.Document) []byte {
	data, ok := e.printed[d]
	if !ok {
		e.buffer = append(policy.AppendIndent(e.buffer[:0], d), '\n')
		data = bytes.Clone(e.buffer)
		e.printed[d] = data
	}
	return data
}

// properties is role.json, with the names of IAM's CreateRole. What is not set
// is left out, but for the two lists.
func properties(r *ir.StackRole) []byte {
	var w emit.Writer
	w.Grow(512)
	w.Open('{')
	w.Field("RoleName", r.IAMName)
	w.Field("Path", r.Path)
	w.Field("Description", r.Description)
	if r.MaxSessionDuration != 0 {
		w.Key("MaxSessionDuration")
		w.Int(r.MaxSessionDuration)
	}
	w.Field("PermissionsBoundary", r.PermissionsBoundary)
	w.Key("ManagedPolicyArns")
	w.Open('[')
	for _, a := range r.Attached {
		w.Text(a.Text)
	}
	w.Close()
	w.Key("Tags")
	w.Open('[')
	for _, t := range r.Tags {
		w.OpenLine('{')
		w.Key("Key")
		w.Text(t.Key)
		w.Key("Value")
		w.Text(t.Value)
		w.Close()
	}
	w.Close()
	w.Close()
	return w.Bytes()
}

// needAccount is one error for all roles that cannot be written without an
// account, at the first of them.
func needAccount(stack *ir.Stack) hcl.Diagnostics {
	var first *ir.StackRole
	var what string
	n := 0
	held := map[*policy.Document]bool{}
	for _, r := range stack.Roles {
		if !r.Target.Any {
			continue
		}
		if w := pseudoIn(r, held); w != "" {
			if n == 0 {
				first, what = r, w
			}
			n++
		}
	}
	if n == 0 {
		return nil
	}
	who, hold := "The role "+first.Address(), "holds"
	if n > 1 {
		who, hold = fmt.Sprintf("%s and %d more", who, n-1), "hold"
	}
	d := diag.Errorf("account-required", emit.RoleRange(first), "%s %s an account's id, Region or partition (here in %s), and no account is declared. Policy JSON spells them out. Declare an account, or compile to CloudFormation or Terraform, which take them from where they are deployed.", who, hold, what)
	diag.InfoOf(d).Count = n
	return hcl.Diagnostics{diag.Suggest(d, "Declare the account", "account \"main\" {\n  id     = \"123456789012\"\n  region = \"eu-west-1\"\n}")}
}
