package organization

import (
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/review"
)

// Compare says what releasing changes in access and settings, in each account of
// the group: the templates that its stacks hold against those that they shall
// hold, by the same comparison as a review, so that a review's approvals hold. A
// role that leaves a template and stays in the account is not compared.
func (g *Group) Compare(old, new []*Template) (*review.Diff, error) {
	stays := roleNames(new)
	side := func(templates []*Template) *compiler.Result {
		stack := &ir.Stack{Project: g.stack.Project, Targets: g.Targets}
		for _, target := range g.Targets {
			for _, t := range templates {
				for _, name := range slices.Sorted(maps.Keys(t.Roles)) {
					if r := t.Roles[name]; stays[name] || !r.Retain {
						stack.Roles = append(stack.Roles, g.stackRole(r, target))
					}
				}
			}
		}
		return &compiler.Result{Config: &dsl.Config{}, Stack: stack}
	}
	return review.Compare(side(old), side(new), review.Options{})
}

func roleNames(templates []*Template) map[string]bool {
	out := map[string]bool{}
	for _, t := range templates {
		for name := range t.Roles {
			out[name] = true
		}
	}
	return out
}

// stackRole is a role of a template as it is in one account, in the form of the
// compiler's and under the label that the configuration has for it.
func (g *Group) stackRole(r *Role, target *ir.Target) *ir.StackRole {
	in := func(s string) string { return emit.Replace(s, target.Partition, target.Region, target.AccountID) }
	doc := func(d *policy.Document) ir.Policy {
		return ir.Policy{Document: emit.Rewrite(d, in), Origins: make([]ir.Origin, len(d.Statements))}
	}
	role := &ir.Role{Label: r.Name, Ranges: map[string]hcl.Range{"permissions_boundary": {}, "managed_policies": {}}}
	for _, c := range g.stack.Roles {
		if c.Target == target && c.IAMName == in(r.Name) {
			copied := *c.Role
			role = &copied
			break
		}
	}
	role.Target, role.IAMName, role.Path, role.Description = target, in(r.Name), in(r.Path), in(r.Description)
	role.PermissionsBoundary, role.Tags = in(r.Boundary), nil
	role.MaxSessionDuration, _ = strconv.Atoi(r.Session)
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		role.Tags = append(role.Tags, ir.Tag{Key: in(key), Value: in(r.Tags[key])})
	}
	out := &ir.StackRole{Role: role, Trust: doc(r.Trust)}
	for _, s := range r.Slots {
		switch {
		case s.foreign():
			out.Attached = append(out.Attached, ir.Value{Text: in(s.Key)})
			continue
		case s.ID != "":
			p := doc(s.Document)
			p.Name = in(s.Name)
			out.Managed = append(out.Managed, p)
		default:
			p := doc(s.Document)
			p.Name = in(s.Name)
			out.Inline = append(out.Inline, p)
		}
	}
	return out
}
