package cloudformation

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
)

// A builder makes the templates of one group.
type builder struct {
	stack *ir.Stack
	group *group
	ids   logicalIDs
	refs  emit.References
}

// template holds roles, which are some or all of the group's.
func (b *builder) template(roles []*ir.StackRole) *yaml.Node {
	n := object()
	set(n, "AWSTemplateFormatVersion", scalar(tagText, "2010-09-09"))
	set(n, "Description", scalar(tagText, b.description()))
	set(n, "Metadata", b.metadata())
	here := make(map[*ir.StackRole]bool, len(roles))
	for _, r := range roles {
		here[r] = true
	}
	resources, outputs := object(), object()
	for _, r := range roles {
		b.role(resources, r, here)
		o := object()
		set(o, "Value", scalar(tagGetAtt, b.ids[r]+".Arn"))
		set(outputs, b.ids[r]+"Arn", o)
	}
	set(n, "Resources", resources)
	if len(roles) <= limit("template_outputs") {
		set(n, "Outputs", outputs)
	}
	return n
}

// description says what a person who finds the template or the stack must know.
func (b *builder) description() string {
	of := ""
	if b.stack.Project != "" {
		of = " of the project " + b.stack.Project
	}
	var accounts []string
	for _, t := range b.group.targets {
		if !t.Any {
			accounts = append(accounts, t.Name)
		}
	}
	switch n := len(accounts); {
	case n == 1:
		of += " for the account " + accounts[0]
	case n > 5: // a description has at most 1,024 bytes; the metadata lists them all
		of += " for " + strconv.Itoa(n) + " accounts"
	case n > 1:
		of += " for the accounts " + strings.Join(accounts[:n-1], ", ") + " and " + accounts[n-1]
	}
	return "IAM roles" + of + ", compiled by smr: change the .smr files and compile again. Deploy in one Region only, with CAPABILITY_NAMED_IAM."
}

// metadata says for whom the template is.
func (b *builder) metadata() *yaml.Node {
	smr := object()
	if b.stack.Project != "" {
		set(smr, "Project", scalar(tagText, b.stack.Project))
	}
	if b.stack.Edition != "" {
		set(smr, "Edition", scalar(tagText, b.stack.Edition))
	}
	accounts := object()
	for _, t := range b.group.targets {
		if !t.Any {
			set(accounts, t.Name, scalar(tagText, t.AccountID))
		}
	}
	if len(accounts.Content) > 0 {
		set(smr, "Accounts", accounts)
	}
	n := object()
	set(n, "smr", smr)
	return n
}

// role adds a role and its managed policies.
func (b *builder) role(resources *yaml.Node, r *ir.StackRole, here map[*ir.StackRole]bool) {
	spell := speller(text)
	if len(r.Refs) > 0 {
		spell = func(s string) *yaml.Node {
			if other := b.refs.Find(r, s); other != nil && here[other] {
				return scalar(tagGetAtt, b.ids[other]+".Arn")
			}
			return text(s)
		}
	}
	role := object()
	set(role, "Type", scalar(tagText, "AWS::IAM::Role"))
	// A role that SageMaker domains use must not vanish with a stack, unless it
	// was declared that it may. RetainExceptOnCreate leaves nothing behind when a
	// first deployment is rolled back. Policies need no such protection: IAM does
	// not delete those that are attached, and one that an activity left behind
	// would be in the way when the activity comes back.
	if !r.Retire {
		set(role, "DeletionPolicy", scalar(tagText, "RetainExceptOnCreate"))
		set(role, "UpdateReplacePolicy", scalar(tagText, "Retain"))
	}
	set(role, "Properties", b.properties(r, spell))
	set(resources, b.ids[r], role)
	for i := range r.Managed {
		p := &r.Managed[i]
		properties := object()
		setText(properties, "ManagedPolicyName", p.Name)
		setText(properties, "Path", r.Path)
		set(properties, "PolicyDocument", spell.document(p.Document))
		n := object()
		set(n, "Type", scalar(tagText, "AWS::IAM::ManagedPolicy"))
		set(n, "Properties", properties)
		set(resources, b.ids[p], n)
	}
}

func (b *builder) properties(r *ir.StackRole, spell speller) *yaml.Node {
	n := object()
	setText(n, "RoleName", r.IAMName)
	setText(n, "Path", r.Path)
	setText(n, "Description", r.Description)
	if r.MaxSessionDuration != 0 {
		set(n, "MaxSessionDuration", scalar(tagInt, strconv.Itoa(r.MaxSessionDuration)))
	}
	setText(n, "PermissionsBoundary", r.PermissionsBoundary)
	set(n, "AssumeRolePolicyDocument", spell.document(r.Trust.Document))
	policies := list()
	for i := range r.Managed {
		add(policies, scalar(tagRef, b.ids[&r.Managed[i]]))
	}
	for _, a := range r.Attached {
		add(policies, text(a.Text))
	}
	setList(n, "ManagedPolicyArns", policies)
	inline := list()
	for i := range r.Inline {
		o := object()
		setText(o, "PolicyName", r.Inline[i].Name)
		set(o, "PolicyDocument", spell.document(r.Inline[i].Document))
		add(inline, o)
	}
	setList(n, "Policies", inline)
	tags := list()
	for _, t := range r.Tags {
		o := object()
		set(o, "Key", text(t.Key))
		set(o, "Value", text(t.Value))
		add(tags, o)
	}
	setList(n, "Tags", tags)
	return n
}

// setList adds a member that is left out when it has no items.
func setList(object *yaml.Node, key string, items *yaml.Node) {
	if len(items.Content) > 0 {
		set(object, key, items)
	}
}

// resources counts those of r.
func resources(r *ir.StackRole) int { return 1 + len(r.Managed) }
