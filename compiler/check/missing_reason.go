package check

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func missingReason() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "missing-reason", Severity: hcl.DiagWarning,
			Explain: "An override changes what an activity is known to grant, and says nobody why. Whoever reviews the roles next year needs one sentence: reason = \"…\".",
			Bad:     reasonExample(""), Good: reasonExample("    reason         = \"Pipelines are made by the platform team\"\n"),
		},
		Program: func(p *ProgramPass) {
			for _, o := range overrides(p.Config) {
				if o.Reason != nil && !blank(o.Reason) {
					continue
				}
				if f := p.at(nil, o.Range, ""); f != nil {
					f.warnf("This override of %q says no reason.", o.Activity.Text).wayOut("Add reason = \"…\", one sentence for whoever reviews the roles.")
				}
			}
		},
	}
}

// overrides are those of a configuration: at top level, of its personas, of its
// roles.
func overrides(c *dsl.Config) []*dsl.Override {
	if c == nil {
		return nil
	}
	list := slices.Clone(c.Overrides)
	for _, persona := range c.Personas {
		list = append(list, persona.Overrides...)
	}
	for _, role := range c.Roles {
		list = append(list, role.Overrides...)
	}
	return list
}

// blank reports whether an attribute is a literal string without text.
func blank(a *dsl.Attr) bool {
	t, ok := a.Expr.(*hclsyntax.TemplateExpr)
	if !ok || !t.IsStringLiteral() {
		return false
	}
	v, diags := t.Value(nil)
	return !diags.HasErrors() && strings.TrimSpace(v.AsString()) == ""
}

func reasonExample(reason string) string {
	return overrideExample(reason + "    remove_actions = [\"sagemaker:DeleteExperiment\"]\n")
}

// overrideExample is a role with an override of one activity.
func overrideExample(arguments string) string {
	return "smr { edition = \"2026\" }\nrole \"r\" {\n  activity \"manage_experiments\" {}\n  override \"manage_experiments\" {\n" + arguments + "  }\n}\n"
}
