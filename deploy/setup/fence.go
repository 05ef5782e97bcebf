package setup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/lower"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A fence is what the deploy role may touch in one account. Lists are sorted;
// values are ARNs, or patterns of ARNs.
type fence struct {
	partition, account string
	provider           string   // the OIDC provider
	own                []string // the roles and policies of setup itself
	roles              []string // that smr manages: the project's path, and roles that stand elsewhere
	unbounded          []string // roles of the configuration without a permissions boundary, each by name
	policies           []string // customer managed policies that smr makes
	attached           []string // policies that stand elsewhere and are attached to roles
	boundaries         []string
	outside            []string // roles that stand on other paths than the project's
	exclusive          []string // roles that shall have no other policies than theirs
	path               string   // the project's
	shared             bool     // the path is that of every project, for the configuration has none
}

func newFence(stack *ir.Stack, target *ir.Target, o Options) *fence {
	f := &fence{partition: target.Partition, account: target.AccountID, path: projectPath(stack.Project), shared: stack.Project == ""}
	f.provider = f.arn("oidc-provider/" + o.Issuer)
	for _, name := range []string{o.PlanRole, o.DeployRole} {
		f.own = append(f.own, f.arn("role/"+name), f.arn("policy/"+name), f.arn("policy/"+name+"-*"))
	}
	f.roles = []string{f.arn("role" + f.path + "*")}
	f.policies = []string{f.arn("policy" + f.path + "*")}
	f.boundaries = slices.Clone(o.Boundaries)
	for _, r := range stack.Roles {
		if r.Target == target {
			f.role(r)
		}
	}
	for _, list := range []*[]string{&f.own, &f.roles, &f.unbounded, &f.policies, &f.attached, &f.boundaries, &f.outside, &f.exclusive} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return f
}

// role adds what the fence must let through for one role.
func (f *fence) role(r *ir.StackRole) {
	if r.PermissionsBoundary == "" {
		f.unbounded = append(f.unbounded, r.ARN())
	} else {
		f.boundaries = append(f.boundaries, r.PermissionsBoundary)
	}
	if !strings.HasPrefix(r.Path, f.path) {
		// An imported role keeps its path, which is not ours alone.
		f.roles, f.outside = append(f.roles, r.ARN()), append(f.outside, r.ARN())
		f.policies = append(f.policies, f.madeFor(r)...)
	}
	for _, a := range r.Attached {
		f.attached = append(f.attached, a.Text)
	}
	if r.Exclusive {
		f.exclusive = append(f.exclusive, r.ARN())
	}
}

// madeFor are the managed policies that smr makes for a role that stands outside
// of the project's path: those of today, and those that activities of the
// catalogue, statements or another layout give it later. No pattern is wider:
// who may write a policy may do what everybody may to whom it is attached, and
// on that path there are policies of others.
func (f *fence) madeFor(r *ir.StackRole) []string {
	name := strings.TrimPrefix(r.IAMName, resolve.NamePrefix)
	var out []string
	for _, form := range []string{"SM_*_" + name, "Sage?aker*PolicyTemplate*_" + name, lower.HandWritten + "_" + name, name + "_?"} {
		out = append(out, f.arn("policy"+r.Path+form))
	}
	for i := range r.Managed {
		arn := f.arn("policy" + r.Path + r.Managed[i].Name)
		if !slices.ContainsFunc(out, func(form string) bool { return policy.Match(form, arn) }) {
			out = append(out, arn)
		}
	}
	return out
}

// projectPath is the path of a project's roles and policies.
func projectPath(project string) string {
	if project == "" {
		return "/smr/"
	}
	return "/smr/" + project + "/"
}

// arn is that of a resource of IAM in the account.
func (f *fence) arn(resource string) string {
	return policy.ARN{Partition: f.partition, Service: "iam", Account: f.account, Resource: resource}.String()
}

// customerBoundaries are the boundaries that somebody in this account could
// change: those of AWS nobody can.
func (f *fence) customerBoundaries() []string {
	return slices.DeleteFunc(slices.Clone(f.boundaries), func(b string) bool {
		a, _ := policy.ParseARN(b)
		return a.Account == "aws"
	})
}

// notes say what the fences do not hold.
func (f *fence) notes() []string {
	var out []string
	if len(f.unbounded) > 0 {
		out = append(out, fmt.Sprintf("Without a permissions boundary: %s. The deploy role can give such a role any access, for IAM has no other limit to what a policy says. They are named one by one in its policy, so run setup again when a role comes; with permissions_boundary the path is enough.", some(f.unbounded)))
	}
	if len(f.boundaries) > 0 {
		out = append(out, "A boundary that the configuration no longer names is not let through. To change the boundary of roles that exist, run setup with --boundary and the old one first.")
	}
	if len(f.exclusive) > 0 {
		out = append(out, "Roles with exclusive = true: the deploy role can detach any policy from them, also one that denies.")
	}
	if len(f.outside) > 0 {
		out = append(out, fmt.Sprintf("Outside of the project's path: %s. Of the policies there the deploy role writes those that are named as the catalogue names them for these roles; run setup again when one of them gets an activity of your own.", some(f.outside)))
	}
	if f.shared {
		out = append(out, "The configuration has no project, so the fence is the path /smr/ of all projects. Name one: smr { project = \"NAME\" }.")
	}
	return out
}

// some are the names of the first roles of a list, and how many more there are.
func some(roles []string) string {
	names := make([]string, 0, 3)
	for _, r := range roles[:min(3, len(roles))] {
		names = append(names, r[strings.LastIndexByte(r, '/')+1:])
	}
	which := strings.Join(names, ", ")
	if n := len(roles) - len(names); n > 0 {
		which += fmt.Sprintf(" and %d more", n)
	}
	return which
}
