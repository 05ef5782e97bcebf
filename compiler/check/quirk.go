package check

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// QuirkPrefix begins the codes of what the catalogue says of its own
// activities: "quirk-" and the name of the quirk block.
const QuirkPrefix = "quirk-"

func quirk() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "quirk", Severity: hcl.DiagWarning,
			Explain: "Something to know about an activity before using it, written beside the activity itself in a quirk block: access that is broader than its name says, a statement that cannot take effect, a call that is missing. Its code is quirk- and the block's name; `smr catalog ACTIVITY` shows all of an activity.\n\n" +
				"It is said once for each activity, with the number of roles. Edition 2026 repairs what a policy text can repair; each quirk has a ready override for those who stay with role-manager-2024.",
			Bad:  "role \"r\" {\n  activity \"s3_full_access\" {}\n}\n",
			Good: "smr { edition = \"2026\" }\nrole \"r\" {\n  activity \"s3_bucket_access\" { buckets = [\"acme-forecast\"] }\n}\n",
		},
		Program: func(p *ProgramPass) {
			known := &verdicts{simple: map[*dsl.Quirk]bool{}, yes: map[circumstance]bool{}}
			for _, role := range p.Roles {
				for _, g := range role.Activities {
					for _, q := range g.Activity.Decl.Quirks {
						if applies(p, known, role, g, q) {
							p.quirk(role, g, q)
						}
					}
				}
			}
		},
	}
}

// quirk reports one quirk of an activity, or counts the role. Roles whose place
// ignores the code are a finding apart, so that one comment does not silence
// the others.
func (p *ProgramPass) quirk(role *ir.Role, g *ir.Grant, q *dsl.Quirk) {
	place := p.placeOf(role, g.Range)
	key := matter{code: QuirkPrefix + q.Name.Text, about: g.Activity.Name}
	if p.ignored(key.code, place) {
		key.place = place
	}
	f := p.matter(key, role, place)
	if f == nil {
		return
	}
	f.warnf("%s: %s", g.Activity.Name, p.words(q.Detail))
	if s := p.words(q.Summary); s != "" {
		f.diag.Summary = s
	}
	if fix := p.words(q.Fix); fix != "" {
		f.wayOut("`smr explain %s` shows the way out.", f.code).fix(fixTitle(fix), strings.TrimRight(fix, "\n"))
	}
}

// ignored reports whether a comment of the user's silences the code at a place.
func (p *ProgramPass) ignored(code string, place hcl.Range) bool {
	for _, ig := range p.Config.Ignores {
		if ig.Code == code && ig.Scope.Filename == place.Filename && ig.Scope.Start.Line <= place.Start.Line && place.Start.Line <= ig.Scope.End.Line {
			return true
		}
	}
	return false
}

// fixTitle says what the fix of a quirk is: another edition or an override.
func fixTitle(fix string) string {
	if strings.Contains(fix, "edition") {
		return "Use the repaired edition"
	}
	return "Add the override, to a role or at top level, and fit names to yours"
}

// words evaluates a text of the catalogue, which depends on nothing.
func (p *ProgramPass) words(a *dsl.Attr) string {
	if a == nil {
		return ""
	}
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return ""
	}
	return strings.TrimSpace(v.AsString())
}

// A circumstance is all that the when of most quirks looks at, so that it is
// evaluated once for a thousand roles.
type circumstance struct {
	quirk    *dsl.Quirk
	target   *ir.Target
	vpc, kms bool
}

// verdicts remembers which quirks look at circumstances only, and what these
// came to.
type verdicts struct {
	simple map[*dsl.Quirk]bool
	yes    map[circumstance]bool
}

// applies evaluates a quirk's when. What depends on an unknown account does
// not apply.
func applies(p *ProgramPass, known *verdicts, role *ir.Role, g *ir.Grant, q *dsl.Quirk) bool {
	if q.When == nil {
		return true
	}
	key := circumstance{q, role.Target, role.VPC != nil, role.KMS != nil}
	if yes, ok := known.yes[key]; ok {
		return yes
	}
	simple, ok := known.simple[q]
	if !ok {
		simple = looksAtForms(q.When)
		known.simple[q] = simple
	}
	v, diags := p.Config.Eval(q.When, scopeOf(role, g))
	yes := false
	if !diags.HasErrors() && v.IsKnown() && !v.IsNull() {
		b, err := convert.Convert(v, cty.Bool)
		yes = err == nil && b.True()
	}
	if simple {
		known.yes[key] = yes
	}
	return yes
}

// looksAtForms reports whether an expression asks only which customizations
// the role has and where it goes, and not for values or parameters.
func looksAtForms(a *dsl.Attr) bool {
	for _, t := range a.Expr.Variables() {
		switch t.RootName() {
		case "vpc", "kms":
			if len(t) > 1 {
				return false
			}
		case "partition", "region", "account_id":
		default:
			return false
		}
	}
	return true
}

// scopeOf is what statements of an activity see: the role's scope, its
// customizations and the arguments.
func scopeOf(role *ir.Role, g *ir.Grant) *hcl.EvalContext {
	ctx := &hcl.EvalContext{}
	if role.Scope != nil {
		ctx = role.Scope(true).NewChild()
	}
	ctx.Variables = map[string]cty.Value{
		"vpc": customization(role.VPC, "subnets", "security_groups"),
		"kms": customization(role.KMS, "data_keys", "volume_keys"),
	}
	for name, arg := range g.Args {
		ctx.Variables[name] = arg.Value
	}
	return ctx
}

func customization(c *ir.Customization, first, second string) cty.Value {
	if c == nil {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	list := func(texts []string) cty.Value {
		values := []cty.Value{}
		for _, s := range texts {
			values = append(values, cty.StringVal(s))
		}
		return cty.TupleVal(values)
	}
	return cty.ObjectVal(map[string]cty.Value{first: list(c.First), second: list(c.Second)})
}
