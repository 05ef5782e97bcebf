// Package cloudformation writes roles as CloudFormation templates, one for each
// distinct set of roles: accounts of one partition whose roles differ in nothing
// but the account's own id share one.
package cloudformation

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
)

// Emit writes the templates of stack as <first account that it serves, or
// "any">.yaml or .json, and manifest.json.
//
// A template over 500 resources or 1,000,000 bytes (CloudFormation User Guide,
// "CloudFormation quotas") is the error template-too-large, or with o.Split
// continues in <name>-2, <name>-3 and so on: whole roles, in order. References
// between roles are Fn::GetAtt inside one template, and ARNs from one to the
// other. A template over 51,200 bytes, which a request cannot hold, is a notice.
// A template of at most 200 roles has each role's ARN as an output, others have
// none, for there can be no more outputs.
func Emit(stack *ir.Stack, o emit.Options) ([]ir.File, hcl.Diagnostics) {
	format := cmp.Or(o.Format, emit.YAML)
	if format != emit.YAML && format != emit.JSON {
		return nil, hcl.Diagnostics{diag.Errorf("unknown-format", hcl.Range{Filename: "--format"}, "CloudFormation templates have no format %q. Write %q or %q.", o.Format, emit.YAML, emit.JSON)}
	}
	e := emitter{
		stack: stack, options: o, format: format, entry: map[*ir.StackRole]emit.Entry{},
		resources: limit("template_resources"), bytes: limit("template_size_s3"),
	}
	for _, g := range groups(stack) {
		e.group(g)
	}
	if e.diags.HasErrors() {
		return nil, e.diags
	}
	e.large()
	emit.Sort(e.files)
	entries := make([]emit.Entry, 0, len(stack.Roles))
	for _, r := range stack.Roles {
		entries = append(entries, e.entry[r])
	}
	files := append(e.files, emit.Manifest("cloudformation", stack, e.files, entries))
	emit.Sort(files)
	return files, e.diags
}

type emitter struct {
	stack   *ir.Stack
	options emit.Options
	format  string
	files   []ir.File
	entry   map[*ir.StackRole]emit.Entry
	diags   hcl.Diagnostics

	resources, bytes int // what a template holds at most
}

// limit is a quota of CloudFormation.
func limit(name string) int {
	q, _ := facts.FindQuota(name)
	return q.Default
}

// group writes the templates of one group.
func (e *emitter) group(g *group) {
	b := &builder{stack: e.stack, group: g, ids: nameResources(g.merged), refs: emit.NewReferences(g.merged)}
	rest := g.merged
	for part := 1; len(rest) > 0; part++ {
		roles := fitResources(rest, e.resources)
		if len(roles) < len(rest) && !e.options.Split || resources(roles[0]) > e.resources {
			e.tooMany(g, rest)
			return
		}
		data, ok := e.encode(b, roles)
		for ok && len(data) > e.bytes {
			if !e.options.Split || len(roles) == 1 {
				e.tooLarge(g, roles, len(data))
				return
			}
			// As many roles as would fit if all were alike, and fewer each time.
			roles = roles[:max(1, min(len(roles)-1, len(roles)*e.bytes/len(data)))]
			data, ok = e.encode(b, roles)
		}
		if !ok {
			return
		}
		path := g.targets[0].Name
		if part > 1 {
			path += "-" + strconv.Itoa(part)
		}
		path += "." + e.format
		e.files = append(e.files, ir.File{Path: path, Data: data})
		e.record(g, b, len(g.merged)-len(rest), len(roles), path)
		rest = rest[len(roles):]
	}
}

// fitResources is as many of roles, from the first, as have at most the
// resources of a template, and at least one.
func fitResources(roles []*ir.StackRole, limit int) []*ir.StackRole {
	n := 0
	for i, r := range roles {
		if n += resources(r); n > limit && i > 0 {
			return roles[:i]
		}
	}
	return roles
}

func (e *emitter) encode(b *builder, roles []*ir.StackRole) ([]byte, bool) {
	data, err := encode(b.template(roles), e.format)
	if err != nil {
		e.diags = append(e.diags, diag.Errorf("internal-error", emit.RoleRange(roles[0]), "The template cannot be written: %s. This is a mistake of smr; report it with the configuration.", err))
		return nil, false
	}
	return data, true
}

// record notes for the manifest where count roles of every account stand, the
// first of them being the group's from.
func (e *emitter) record(g *group, b *builder, from, count int, path string) {
	for _, roles := range g.roles {
		for k := from; k < from+count; k++ {
			r, m := roles[k], g.merged[k]
			entry := emit.Entry{Role: r, File: path, Resource: b.ids[m], Policies: make([]emit.PolicyEntry, 0, 1+len(r.Managed)+len(r.Inline))}
			entry.Policies = append(entry.Policies, emit.PolicyEntry{Kind: emit.Trust, Policy: &r.Trust})
			for i := range r.Managed {
				entry.Policies = append(entry.Policies, emit.PolicyEntry{Kind: emit.Managed, Policy: &r.Managed[i], Resource: b.ids[&m.Managed[i]]})
			}
			for i := range r.Inline {
				entry.Policies = append(entry.Policies, emit.PolicyEntry{Kind: emit.Inline, Policy: &r.Inline[i]})
			}
			e.entry[r] = entry
		}
	}
}

// tooMany reports that roles have more resources than a template may.
func (e *emitter) tooMany(g *group, roles []*ir.StackRole) {
	if n := resources(roles[0]); n > e.resources {
		e.diags = append(e.diags, diag.Errorf("template-too-large", emit.RoleRange(roles[0]), "The role %s has %s resources, and a CloudFormation template at most %d. Give the role fewer policies: layout = \"packed\" or \"inline\".", roles[0].Address(), thousands(n), e.resources))
		return
	}
	n := 0
	for _, r := range roles {
		n += resources(r)
	}
	e.diags = append(e.diags, diag.Errorf("template-too-large", place(g, roles), "The template %q would have %s resources, and CloudFormation takes %d at most. Split it into several templates with --split, or make fewer policies with layout = \"packed\" or \"inline\".", g.targets[0].Name, thousands(n), e.resources))
}

// tooLarge reports that a template of roles has more bytes than it may.
func (e *emitter) tooLarge(g *group, roles []*ir.StackRole, size int) {
	if len(roles) == 1 {
		e.diags = append(e.diags, diag.Errorf("template-too-large", emit.RoleRange(roles[0]), "The template of the role %s alone would have %s bytes, and CloudFormation takes %s at most. Give the role fewer statements.", roles[0].Address(), thousands(size), thousands(e.bytes)))
		return
	}
	e.diags = append(e.diags, diag.Errorf("template-too-large", place(g, roles), "The template %q would have %s bytes, and CloudFormation takes %s at most. Split it into several templates with --split.", g.targets[0].Name, thousands(size), thousands(e.bytes)))
}

// place is the account whose template is too large, or the first of its roles.
func place(g *group, roles []*ir.StackRole) hcl.Range {
	if t := g.targets[0]; !t.Any {
		return t.Range
	}
	return emit.RoleRange(roles[0])
}

// large is one notice for all templates that a request cannot hold.
func (e *emitter) large() {
	var first *ir.File
	n, inline := 0, limit("template_size_inline")
	for i := range e.files {
		if len(e.files[i].Data) > inline {
			if n == 0 {
				first = &e.files[i]
			}
			n++
		}
	}
	if n == 0 {
		return
	}
	others := ""
	if n > 1 {
		others = fmt.Sprintf(" (%d templates are like this)", n)
	}
	subject := emit.RoleRange(e.stack.Roles[0])
	e.diags = append(e.diags, diag.Noticef("template-needs-bucket", subject, "The template %q has %s bytes%s, and a request to CloudFormation holds %s. Deploy it from an S3 bucket: aws cloudformation deploy takes --s3-bucket.", first.Path, thousands(len(first.Data)), others, thousands(inline)))
}

// thousands writes n as 1,000,000.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
