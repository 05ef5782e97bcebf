package resolve

import (
	"slices"

	"github.com/sagemaker-roles/smr/dsl"
)

// What can begin a reference, by place.
var (
	rootsOfVariables = []string{"var"}
	rootsOfBase      = []string{"var", "local", "account"}
	rootsOfLocals    = []string{"var", "local", "account", "role"}
	rootsOfNames     = []string{"var", "local", "account", "partition", "region", "account_id"}
	rootsOfRoles     = []string{"var", "local", "account", "role", "partition", "region", "account_id"}
	rootsOfFacts     = append([]string{"bucket", "kms_key", "ecr_repository", "network", "scp"}, rootsOfRoles...)
	customizations   = []string{"vpc", "kms"}
)

// names looks for references to what does not exist, everywhere in the
// configuration: also in statements that no role has, and before anything is
// evaluated. Overrides wait until activities are known.
func (r *resolver) names() {
	c := r.c
	if s := c.Settings; s != nil {
		r.check(nil, s.RequiredVersion, s.Project, s.Edition, s.Layout)
	}
	for _, v := range c.Variables {
		r.check(nil, v.Default, v.Description)
		for _, val := range v.Validations {
			r.check(rootsOfVariables, val.Condition, val.ErrorMessage)
		}
	}
	r.check(nil, c.Values...)
	r.check(nil, r.in.Values...)
	for _, a := range c.Accounts {
		r.check(rootsOfVariables, a.ID, a.Region, a.Partition)
		r.check(rootsOfVariables, a.Quotas...)
	}
	r.check(rootsOfLocals, c.Locals...)
	for _, a := range c.Activities {
		r.activityScope(a)
	}
	for _, p := range c.Personas {
		r.check(rootsOfBase, p.Title, p.Summary, p.Extends)
		r.check(rootsOfRoles, p.Activities)
		r.commonNames(&p.Common, false)
	}
	for _, role := range c.Roles {
		r.check(rootsOfBase, role.ForEach)
		r.check(withEach(rootsOfNames, role.ForEach != nil), role.Persona)
		r.commonNames(&role.Common, role.ForEach != nil)
	}
	r.factNames()
}

// check looks for what does not exist in attributes where roots can begin a
// reference.
func (r *resolver) check(roots []string, list ...*dsl.Attr) {
	for _, a := range list {
		if a == nil {
			continue
		}
		r.diags = append(r.diags, r.c.Check(a, roots)...)
		r.anyRefs = r.anyRefs || refersToRole(a)
	}
}

func refersToRole(a *dsl.Attr) bool {
	for _, t := range a.Refs {
		if t.RootName() == "role" {
			return true
		}
	}
	return false
}

func withEach(roots []string, each bool) []string {
	if each {
		return append(slices.Clone(roots), "each")
	}
	return roots
}

func (r *resolver) activityScope(a *dsl.Activity) {
	r.check(rootsOfBase, a.Title, a.Summary, a.PolicyName, a.Requires)
	scope := append(slices.Clone(rootsOfRoles), customizations...)
	for _, p := range a.Parameters {
		r.check(rootsOfBase, p.Description, p.Default, p.From)
		scope = append(scope, p.Name.Text)
	}
	r.check(scope, a.ManagedPolicy)
	for _, s := range a.Statements {
		r.check(scope, attrsOf(s)...)
	}
	for _, q := range a.Quirks {
		r.check(scope, q.When)
		r.check(rootsOfBase, q.Summary, q.Detail, q.Fix, q.Source)
	}
}

// commonNames looks at what a persona or role says, but for overrides.
func (r *resolver) commonNames(c *dsl.Common, each bool) {
	r.check(withEach(rootsOfNames, each), c.IAMName, c.Path, c.Accounts)
	scope := withEach(rootsOfRoles, each)
	r.check(scope, c.Exclude, c.PassRoles, c.ManagedPolicies, c.PermissionsBoundary, c.Layout, c.Description, c.MaxSessionDuration, c.Tags)
	for _, u := range c.Uses {
		r.check(scope, u.Args...)
	}
	for _, z := range []*dsl.Customization{c.VPC, c.KMS} {
		if z != nil {
			r.check(scope, z.First, z.Second)
		}
	}
	if c.Lifecycle != nil {
		r.check(scope, c.Lifecycle.Retire, c.Lifecycle.Exclusive)
	}
	scope = append(slices.Clone(scope), customizations...)
	for _, s := range c.Statements {
		r.check(scope, attrsOf(s)...)
	}
	if t := c.Trust; t != nil {
		r.check(scope, trustAttrs(t)...)
	}
}

func (r *resolver) factNames() {
	c := r.c
	for _, p := range c.Policies {
		r.check(rootsOfRoles, p.ARN, p.Document)
	}
	for _, g := range c.Guardrails {
		r.check(rootsOfRoles, g.Reason, g.Roles, g.Except)
		for _, n := range g.Never {
			r.check(rootsOfRoles, n.Actions, n.NotActions, n.Resources, n.NotResources)
			r.check(rootsOfRoles, conditionAttrs(n.Conditions)...)
		}
	}
	for _, e := range c.Expects {
		r.check(rootsOfRoles, e.Role)
		for _, check := range e.Checks {
			r.check(rootsOfRoles, check.Action, check.Resource, check.Context)
		}
		for _, can := range e.Can {
			r.check(rootsOfFacts, can.Args...)
		}
	}
	for _, f := range c.Facts {
		r.check(rootsOfFacts, f.Args...)
	}
	if v := c.Review; v != nil {
		r.check(rootsOfBase, v.FailOn, v.Approvers)
		for _, a := range v.Allow {
			r.check(rootsOfBase, a.Reason, a.Roles, a.Actions, a.Resources)
		}
	}
}

// overrideNames looks at overrides in all three places, whose expressions see
// the parameters of their activity.
func (r *resolver) overrideNames() {
	r.overridesNames(r.c.Overrides, rootsOfRoles)
	for _, p := range r.c.Personas {
		r.overridesNames(p.Overrides, rootsOfRoles)
	}
	for _, role := range r.c.Roles {
		r.overridesNames(role.Overrides, withEach(rootsOfRoles, role.ForEach != nil))
	}
}

func (r *resolver) overridesNames(list []*dsl.Override, roots []string) {
	for _, o := range list {
		scope := append(slices.Clone(roots), customizations...)
		if o.Activity.Text == "" {
			continue
		}
		a := r.activity(o.Activity.Text)
		if a == nil {
			r.unknownActivity(o.Activity.Text, o.Activity.Range)
			continue
		}
		for _, p := range a.Params {
			scope = append(scope, p.Name)
		}
		r.check(roots, o.Reason, o.Roles, o.Except)
		r.check(scope, overrideAttrs(o)...)
	}
}

func overrideAttrs(o *dsl.Override) []*dsl.Attr {
	list := []*dsl.Attr{o.RemoveActions}
	for _, s := range slices.Concat(o.Allow, o.Deny, o.Replace) {
		list = append(list, attrsOf(s)...)
	}
	for _, n := range o.Narrow {
		list = append(list, n.Statements, n.Actions, n.Resources)
		list = append(list, conditionAttrs(n.Conditions)...)
	}
	return list
}

func trustAttrs(t *dsl.Trust) []*dsl.Attr {
	list := append([]*dsl.Attr{t.Services, t.Principals}, conditionAttrs(t.Conditions)...)
	for _, g := range t.GitHub {
		list = append(list, g.Repository, g.Environment, g.Branch)
	}
	for _, o := range t.OIDC {
		list = append(list, o.Provider, o.Audience, o.Subjects)
	}
	for _, s := range t.Statements {
		list = append(list, attrsOf(s)...)
	}
	return list
}

func conditionAttrs(list []*dsl.Condition) []*dsl.Attr {
	var out []*dsl.Attr
	for _, c := range list {
		out = append(out, c.Operator, c.Key, c.Values)
	}
	return out
}

func attrsOf(s *dsl.Statement) []*dsl.Attr {
	list := []*dsl.Attr{s.When, s.Effect, s.SID, s.Why, s.Actions, s.NotActions, s.Resources, s.NotResources, s.Services, s.Principals, s.Federated}
	return append(list, conditionAttrs(s.Conditions)...)
}
