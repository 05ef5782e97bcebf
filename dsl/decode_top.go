package dsl

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// facts are the blocks that state something about the world outside.
var facts = []string{"bucket", "kms_key", "ecr_repository", "network", "scp"}

func (d *decoder) topLevel(b *hclsyntax.Body) {
	c := d.config
	bs := blocks{
		"smr":      d.settings,
		"account":  d.account,
		"variable": d.variable,
		"locals": func(b *hclsyntax.Block) {
			d.noLabel(b)
			c.Locals = append(c.Locals, d.free(b.Body, "a locals block")...)
		},
		"activity":  d.activity,
		"persona":   d.persona,
		"role":      d.role,
		"override":  func(b *hclsyntax.Block) { c.Overrides = append(c.Overrides, d.override(b, true)) },
		"policy":    d.policy,
		"guardrail": d.guardrail,
		"expect":    d.expect,
		"review":    d.review,
	}
	for _, kind := range facts {
		bs[kind] = func(b *hclsyntax.Block) {
			c.Facts = append(c.Facts, &Fact{Kind: b.Type, Name: d.label(b, "its name in this configuration"), Args: d.free(b.Body, "a "+b.Type+" block"), Range: whole(b)})
		}
	}
	d.body(b, "a configuration", attrs{}, bs)
}

func (d *decoder) settings(b *hclsyntax.Block) {
	d.noLabel(b)
	if !once(d, &d.config.Settings, b, func(s *Settings) hcl.Range { return s.Range }) {
		return
	}
	s := &Settings{Range: header(b)}
	d.config.Settings = s
	d.body(b.Body, "the smr block", attrs{
		"required_version": &s.RequiredVersion, "project": &s.Project, "edition": &s.Edition, "layout": &s.Layout,
	}, nil)
}

func (d *decoder) account(b *hclsyntax.Block) {
	a := &Account{Name: d.label(b, "the account's name in this configuration"), Range: header(b)}
	d.config.Accounts = append(d.config.Accounts, a)
	d.body(b.Body, "an account block", attrs{"id": &a.ID, "region": &a.Region, "partition": &a.Partition}, blocks{
		"quotas": func(q *hclsyntax.Block) {
			d.noLabel(q)
			a.Quotas = append(a.Quotas, d.free(q.Body, "a quotas block")...)
		},
	})
	d.require(a.Range, "an account block", "id", a.ID)
	d.require(a.Range, "an account block", "region", a.Region)
}

// require reports an attribute that must be there.
func (d *decoder) require(r hcl.Range, what, name string, a *Attr) {
	if a == nil {
		d.errorf("missing-argument", r, "%s needs the argument %q. Write %s = ….", capital(what), name, name)
	}
}

func (d *decoder) variable(b *hclsyntax.Block) {
	v := &Variable{Name: d.label(b, "the variable's name"), Range: header(b)}
	d.config.Variables = append(d.config.Variables, v)
	d.body(b.Body, "a variable block", attrs{"type": &v.Type, "default": &v.Default, "description": &v.Description}, blocks{
		"validation": func(b *hclsyntax.Block) {
			d.noLabel(b)
			val := Validation{Range: header(b)}
			d.body(b.Body, "a validation block", attrs{"condition": &val.Condition, "error_message": &val.ErrorMessage}, nil)
			d.require(val.Range, "a validation block", "condition", val.Condition)
			d.require(val.Range, "a validation block", "error_message", val.ErrorMessage)
			v.Validations = append(v.Validations, val)
		},
	})
}

func (d *decoder) policy(b *hclsyntax.Block) {
	p := &Policy{Name: d.label(b, "the policy's name in this configuration"), Range: header(b)}
	d.config.Policies = append(d.config.Policies, p)
	d.body(b.Body, "a policy block", attrs{"arn": &p.ARN, "document": &p.Document}, nil)
	d.require(p.Range, "a policy block", "arn", p.ARN)
	d.require(p.Range, "a policy block", "document", p.Document)
}

func (d *decoder) guardrail(b *hclsyntax.Block) {
	g := &Guardrail{Name: d.label(b, "the guardrail's name"), Range: header(b)}
	d.config.Guardrails = append(d.config.Guardrails, g)
	d.body(b.Body, "a guardrail block", attrs{"reason": &g.Reason, "roles": &g.Roles, "except": &g.Except}, blocks{
		"never": func(b *hclsyntax.Block) {
			d.noLabel(b)
			n := &Never{Range: header(b)}
			d.body(b.Body, "a never block", attrs{
				"actions": &n.Actions, "not_actions": &n.NotActions, "resources": &n.Resources, "not_resources": &n.NotResources,
			}, blocks{"condition": d.condition(&n.Conditions)})
			d.exclusive(n.Actions, n.NotActions)
			d.exclusive(n.Resources, n.NotResources)
			if n.Actions == nil && n.NotActions == nil || n.Resources == nil && n.NotResources == nil {
				d.errorf("missing-argument", n.Range, "A never block needs actions and resources (or not_actions, not_resources): what no role may do. Write resources = [\"*\"] for everything.")
			}
			g.Never = append(g.Never, n)
		},
	})
	if len(g.Never) == 0 {
		d.errorf("missing-block", g.Range, "A guardrail block needs a block never { actions = …, resources = … }: what no role may do.")
	}
}

func (d *decoder) expect(b *hclsyntax.Block) {
	e := &Expect{Name: d.label(b, "what is expected, in words"), Range: header(b)}
	d.config.Expects = append(d.config.Expects, e)
	check := func(denies bool) func(*hclsyntax.Block) {
		return func(b *hclsyntax.Block) {
			d.noLabel(b)
			c := &Check{Denies: denies, Range: header(b)}
			d.body(b.Body, "a block "+b.Type, attrs{"action": &c.Action, "resource": &c.Resource, "context": &c.Context}, nil)
			d.require(c.Range, "a block "+b.Type, "action", c.Action)
			d.require(c.Range, "a block "+b.Type, "resource", c.Resource)
			e.Checks = append(e.Checks, c)
		}
	}
	d.body(b.Body, "an expect block", attrs{"role": &e.Role}, blocks{
		"allows": check(false),
		"denies": check(true),
		"can": func(b *hclsyntax.Block) {
			e.Can = append(e.Can, &Can{API: d.label(b, "the SageMaker API to call"), Args: d.free(b.Body, "a can block"), Range: header(b)})
		},
	})
	d.require(e.Range, "an expect block", "role", e.Role)
}

func (d *decoder) review(b *hclsyntax.Block) {
	d.noLabel(b)
	if !once(d, &d.config.Review, b, func(r *Review) hcl.Range { return r.Range }) {
		return
	}
	r := &Review{Range: header(b)}
	d.config.Review = r
	d.body(b.Body, "the review block", attrs{"fail_on": &r.FailOn, "approvers": &r.Approvers}, blocks{
		"allow": func(b *hclsyntax.Block) {
			d.noLabel(b)
			a := &ReviewAllow{Range: header(b)}
			d.body(b.Body, "an allow block", attrs{"reason": &a.Reason, "roles": &a.Roles, "actions": &a.Actions, "resources": &a.Resources}, nil)
			d.require(a.Range, "an allow block", "reason", a.Reason)
			r.Allow = append(r.Allow, a)
		},
	})
}

// unique refuses two blocks of one kind and name.
func (d *decoder) unique() {
	c := d.config
	seen := map[string]hcl.Range{}
	check := func(kind string, n Name) {
		if n.Text == "" {
			return // reported: it needs a label
		}
		key := kind + " " + n.Text
		first, dup := seen[key]
		if !dup {
			seen[key] = n.Range
			return
		}
		d.diags = append(d.diags, diag.Relate(
			diag.Errorf("duplicate-name", n.Range, "There is a %s %q already. Rename or delete one of the two.", kind, n.Text), first, "first declared here"))
	}
	for _, a := range c.Accounts {
		check("account", a.Name)
	}
	for _, v := range c.Variables {
		check("variable", v.Name)
	}
	for _, l := range c.Locals {
		check("local", Name{l.Name, l.NameRange})
	}
	for _, a := range c.Activities {
		check("activity", a.Name)
	}
	for _, p := range c.Personas {
		check("persona", p.Name)
	}
	for _, r := range c.Roles {
		check("role", r.Name)
	}
	for _, g := range c.Guardrails {
		check("guardrail", g.Name)
	}
	for _, e := range c.Expects {
		check("expect", e.Name)
	}
	for _, p := range c.Policies {
		check("policy", p.Name)
	}
	for _, f := range c.Facts {
		check(f.Kind, f.Name)
	}
}
