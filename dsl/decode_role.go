package dsl

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func (d *decoder) persona(b *hclsyntax.Block) {
	p := &Persona{Name: d.label(b, "the persona's name"), Range: header(b)}
	d.config.Personas = append(d.config.Personas, p)
	as, bs := d.common(&p.Common)
	as["title"], as["summary"], as["extends"], as["activities"] = &p.Title, &p.Summary, &p.Extends, &p.Activities
	d.body(b.Body, "a persona block", as, bs)
}

func (d *decoder) role(b *hclsyntax.Block) {
	r := &Role{Name: d.label(b, "the role's name"), Range: header(b)}
	d.config.Roles = append(d.config.Roles, r)
	as, bs := d.common(&r.Common)
	as["persona"], as["for_each"], as["name"] = &r.Persona, &r.ForEach, &r.IAMName
	d.body(b.Body, "a role block", as, bs)
}

// common is what personas and roles share.
func (d *decoder) common(c *Common) (attrs, blocks) {
	as := attrs{
		"exclude": &c.Exclude, "pass_roles": &c.PassRoles, "managed_policies": &c.ManagedPolicies,
		"permissions_boundary": &c.PermissionsBoundary, "layout": &c.Layout, "accounts": &c.Accounts,
		"path": &c.Path, "description": &c.Description, "max_session_duration": &c.MaxSessionDuration, "tags": &c.Tags,
	}
	bs := blocks{
		"activity": func(b *hclsyntax.Block) {
			c.Uses = append(c.Uses, &Use{Activity: d.label(b, "the activity's name"), Args: d.free(b.Body, "an activity block of a role"), Range: header(b)})
		},
		"override":  func(b *hclsyntax.Block) { c.Overrides = append(c.Overrides, d.override(b, false)) },
		"statement": d.statement(&c.Statements, "a statement block", ofRole),
		"vpc":       func(b *hclsyntax.Block) { d.customization(b, &c.VPC, "subnets", "security_groups") },
		"kms":       func(b *hclsyntax.Block) { d.customization(b, &c.KMS, "data_keys", "volume_keys") },
		"trust":     func(b *hclsyntax.Block) { d.trust(b, &c.Trust) },
		"lifecycle": func(b *hclsyntax.Block) {
			d.noLabel(b)
			if !once(d, &c.Lifecycle, b, func(l *Lifecycle) hcl.Range { return l.Range }) {
				return
			}
			c.Lifecycle = &Lifecycle{Range: header(b)}
			d.body(b.Body, "a lifecycle block", attrs{"retire": &c.Lifecycle.Retire, "exclusive": &c.Lifecycle.Exclusive}, nil)
		},
	}
	return as, bs
}

func (d *decoder) customization(b *hclsyntax.Block, slot **Customization, first, second string) {
	d.noLabel(b)
	if !once(d, slot, b, func(c *Customization) hcl.Range { return c.Range }) {
		return
	}
	c := &Customization{Range: header(b)}
	*slot = c
	what := "a " + b.Type + " block"
	d.body(b.Body, what, attrs{first: &c.First, second: &c.Second}, nil)
	d.require(c.Range, what, first, c.First)
	d.require(c.Range, what, second, c.Second)
}

func (d *decoder) trust(b *hclsyntax.Block, slot **Trust) {
	d.noLabel(b)
	if !once(d, slot, b, func(t *Trust) hcl.Range { return t.Range }) {
		return
	}
	t := &Trust{Range: header(b)}
	*slot = t
	d.body(b.Body, "a trust block", attrs{"services": &t.Services, "principals": &t.Principals}, blocks{
		"condition": d.condition(&t.Conditions),
		"statement": d.statement(&t.Statements, "a statement block of a trust policy", ofTrust),
		"github": func(b *hclsyntax.Block) {
			d.noLabel(b)
			g := &GitHub{Range: header(b)}
			t.GitHub = append(t.GitHub, g)
			d.body(b.Body, "a github block", attrs{"repository": &g.Repository, "environment": &g.Environment, "branch": &g.Branch}, nil)
			d.require(g.Range, "a github block", "repository", g.Repository)
		},
		"oidc": func(b *hclsyntax.Block) {
			d.noLabel(b)
			o := &OIDC{Range: header(b)}
			t.OIDC = append(t.OIDC, o)
			d.body(b.Body, "an oidc block", attrs{"provider": &o.Provider, "audience": &o.Audience, "subjects": &o.Subjects}, nil)
			d.require(o.Range, "an oidc block", "provider", o.Provider)
			d.require(o.Range, "an oidc block", "subjects", o.Subjects)
		},
	})
}

func (d *decoder) condition(list *[]*Condition) func(*hclsyntax.Block) {
	return func(b *hclsyntax.Block) {
		d.noLabel(b)
		c := &Condition{Range: header(b)}
		*list = append(*list, c)
		d.body(b.Body, "a condition block", attrs{"operator": &c.Operator, "key": &c.Key, "values": &c.Values}, nil)
		d.require(c.Range, "a condition block", "operator", c.Operator)
		d.require(c.Range, "a condition block", "key", c.Key)
		d.require(c.Range, "a condition block", "values", c.Values)
	}
}

// A statementKind is where a statement block stands, which settles its
// arguments.
type statementKind int

const (
	ofRole     statementKind = iota // or of an activity
	ofTrust                         // has principals and no resources
	ofOverride                      // allow and deny: the block says the effect
	ofReplace                       // has what changes
)

// statement decodes one statement block and adds it to the list.
func (d *decoder) statement(list *[]*Statement, what string, kind statementKind) func(*hclsyntax.Block) {
	return func(b *hclsyntax.Block) {
		s := &Statement{Label: d.label(b, "the statement's label"), Range: header(b)}
		*list = append(*list, s)
		as := attrs{"when": &s.When, "sid": &s.SID, "why": &s.Why, "actions": &s.Actions, "not_actions": &s.NotActions}
		if kind != ofOverride {
			as["effect"] = &s.Effect
		}
		if kind == ofTrust {
			as["services"], as["principals"], as["federated"] = &s.Services, &s.Principals, &s.Federated
		} else {
			as["resources"], as["not_resources"] = &s.Resources, &s.NotResources
		}
		d.body(b.Body, what, as, blocks{"condition": d.condition(&s.Conditions)})
		d.exclusive(s.Actions, s.NotActions)
		d.exclusive(s.Resources, s.NotResources)
		d.complete(s, what, kind)
	}
}

// exclusive refuses two arguments of which a statement has one.
func (d *decoder) exclusive(a, not *Attr) {
	if a != nil && not != nil {
		d.errorf("conflicting-arguments", not.NameRange, "A statement has %s or %s, not both. Write two statements.", a.Name, not.Name)
	}
}

// complete reports what a statement must say.
func (d *decoder) complete(s *Statement, what string, kind statementKind) {
	actions, resources := s.Actions != nil || s.NotActions != nil, s.Resources != nil || s.NotResources != nil
	switch {
	case kind == ofReplace:
		if !actions && !resources && len(s.Conditions) == 0 && s.Effect == nil && s.SID == nil && s.Why == nil {
			d.errorf("missing-argument", s.Range, "A replace block says what is new: actions, resources, condition blocks, effect, sid or why. To drop the statement write remove %q {}.", s.Label.Text)
		}
		return
	case !actions:
		d.errorf("missing-argument", s.Range, "%s needs actions (or not_actions): actions = [\"s3:GetObject\"].", capital(what))
	case kind == ofTrust && s.Services == nil && s.Principals == nil && s.Federated == nil:
		d.errorf("missing-argument", s.Range, "A statement of a trust policy needs whom it concerns: services, principals or federated.")
	case kind != ofTrust && !resources:
		d.errorf("missing-argument", s.Range, "%s needs resources (or not_resources). Write resources = [\"*\"] for actions that take no resource.", capital(what))
	}
}

func (d *decoder) override(b *hclsyntax.Block, top bool) *Override {
	o := &Override{Activity: d.label(b, "the activity's name"), Range: header(b)}
	as := attrs{"reason": &o.Reason, "remove_actions": &o.RemoveActions}
	if top {
		as["roles"], as["except"] = &o.Roles, &o.Except
	}
	d.body(b.Body, "an override block", as, blocks{
		"allow":   d.statement(&o.Allow, "an allow block", ofOverride),
		"deny":    d.statement(&o.Deny, "a deny block", ofOverride),
		"replace": d.statement(&o.Replace, "a replace block", ofReplace),
		"remove": func(b *hclsyntax.Block) {
			if name := d.label(b, "the label of the statement to drop"); name.Text != "" {
				o.Remove = append(o.Remove, name)
			}
			d.body(b.Body, "a remove block", attrs{}, nil)
		},
		"narrow": func(b *hclsyntax.Block) {
			d.noLabel(b)
			n := &Narrow{Range: header(b)}
			o.Narrow = append(o.Narrow, n)
			d.body(b.Body, "a narrow block", attrs{"statements": &n.Statements, "actions": &n.Actions, "resources": &n.Resources},
				blocks{"condition": d.condition(&n.Conditions)})
			if n.Actions == nil && n.Resources == nil && len(n.Conditions) == 0 {
				d.errorf("missing-argument", n.Range, "A narrow block needs actions, resources or a condition block: what the activity is limited to.")
			}
		},
	})
	return o
}

func (d *decoder) activity(b *hclsyntax.Block) {
	a := &Activity{Name: d.label(b, "the activity's name"), Range: header(b)}
	d.config.Activities = append(d.config.Activities, a)
	d.body(b.Body, "an activity block", attrs{
		"title": &a.Title, "summary": &a.Summary, "policy_name": &a.PolicyName, "requires": &a.Requires,
		"managed_policy": &a.ManagedPolicy,
	}, blocks{
		"statement": d.statement(&a.Statements, "a statement block", ofRole),
		"parameter": func(b *hclsyntax.Block) {
			p := &Parameter{Name: d.label(b, "the parameter's name"), Range: header(b)}
			a.Parameters = append(a.Parameters, p)
			d.body(b.Body, "a parameter block", attrs{"type": &p.Type, "description": &p.Description, "default": &p.Default, "from": &p.From}, nil)
			d.require(p.Range, "a parameter block", "type", p.Type)
		},
		"quirk": func(b *hclsyntax.Block) {
			q := &Quirk{Name: d.label(b, "the quirk's name"), Range: header(b)}
			a.Quirks = append(a.Quirks, q)
			d.body(b.Body, "a quirk block", attrs{"when": &q.When, "summary": &q.Summary, "detail": &q.Detail, "fix": &q.Fix, "source": &q.Source}, nil)
			d.require(q.Range, "a quirk block", "detail", q.Detail)
		},
		"example": func(b *hclsyntax.Block) {
			d.noLabel(b)
			if once(d, &a.Example, b, func(*hclsyntax.Body) hcl.Range { return a.Range }) {
				a.Example = b.Body
			}
		},
	})
	if len(a.Statements) == 0 && a.ManagedPolicy == nil {
		d.errorf("missing-block", a.Range, "An activity block needs a block statement \"LABEL\" { actions = …, resources = … } or managed_policy = ….")
	}
}
