package gate

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/review"
)

// Guardrails holds head's roles to the guardrails of the revision that a change
// goes to, with the values that they have there: a change cannot loosen the
// guardrails that judge it. Only those are decided that head does not have as
// they were, for the others have been. The error is a fault of smr itself.
func Guardrails(rules, head *compiler.Result) ([]review.Finding, error) {
	if rules.Config == nil || len(rules.Config.Guardrails) == 0 {
		return nil, nil
	}
	var out []review.Finding
	for _, g := range rules.Config.Guardrails {
		now := guardrail(head.Config, g.Name.Text)
		summary, what := "Guardrail removed", "is gone"
		if now == nil && head.Incomplete {
			continue // an error may keep it out
		}
		if now != nil {
			summary, what = "Guardrail changed", "reads otherwise"
			if text(head.Config, now.Range) == text(rules.Config, g.Range) {
				continue
			}
		}
		f := review.Finding{Severity: "warning", Code: "changed-guardrail", Summary: summary, Detail: fmt.Sprintf(
			"The guardrail %q %s. This change is still held to what it was.", g.Name.Text, what)}
		if now != nil {
			f.File, f.Line = emit.Source(now.Name.Range)
			f.EndLine = f.Line
		}
		out = append(out, f)
	}
	if head.Program == nil || head.Stack == nil {
		return out, nil
	}
	program, stack := under(rules, head)
	diags, err := prove.Stack(program, stack)
	said := map[string]bool{}
	for _, d := range head.Diags {
		said[diag.InfoOf(d).Code+d.Detail] = true
	}
	for _, d := range diags {
		code := diag.InfoOf(d).Code
		if d.Severity != hcl.DiagError || said[code+d.Detail] {
			continue
		}
		said[code+d.Detail] = true
		f := review.Finding{Severity: "error", Code: code, Summary: d.Summary, Detail: d.Detail + " The guardrail is that of the branch that this change goes to."}
		for _, rel := range diag.InfoOf(d).Related {
			if rel.Message == "the role" {
				f.File, f.Line = emit.Source(rel.Range)
				f.EndLine = f.Line
			}
		}
		out = append(out, f)
	}
	return out, err
}

func guardrail(c *dsl.Config, name string) *dsl.Guardrail {
	if c == nil {
		return nil
	}
	for _, g := range c.Guardrails {
		if g.Name.Text == name {
			return g
		}
	}
	return nil
}

// text is the source of a block: from its header on, up to the next block that
// begins a line. Comments count as text, which errs on the side of saying that a
// block was changed.
func text(c *dsl.Config, header hcl.Range) string {
	src := c.Sources[header.Filename]
	if header.Start.Byte > len(src) {
		return ""
	}
	rest := src[header.Start.Byte:]
	for i := 1; i < len(rest); i++ {
		if rest[i-1] == '\n' && rest[i] == '}' {
			return string(rest[:i+1])
		}
	}
	return string(rest)
}

// under is head's stack as the rules' guardrails see it: with the locals,
// variables and accounts of the rules' revision. A role in an account that the
// rules do not know is held to them with the values of each account that they
// do know, and with those of head: a new account is no way around them.
func under(rules, head *compiler.Result) (*ir.Program, *ir.Stack) {
	config := *head.Config
	config.Guardrails, config.Expects = rules.Config.Guardrails, nil
	program, stack := *head.Program, *head.Stack
	program.Config = &config
	var known []*ir.Target
	if rules.Program != nil {
		known = rules.Program.Targets
	}
	stack.Roles = nil
	for _, r := range head.Stack.Roles {
		own := slices.IndexFunc(known, func(t *ir.Target) bool { return t.Name == r.Target.Name })
		if own >= 0 {
			stack.Roles = append(stack.Roles, scoped(r, known[own]))
			continue
		}
		stack.Roles = append(stack.Roles, r)
		for _, t := range known {
			stack.Roles = append(stack.Roles, scoped(r, t))
		}
	}
	return &program, &stack
}

// scoped is a role whose guardrails are evaluated with the values of a target.
// It has a target of its own, because a guardrail is evaluated once for each.
func scoped(r *ir.StackRole, t *ir.Target) *ir.StackRole {
	copied, role, target := *r, *r.Role, *r.Target
	role.Scope = func(bool) *hcl.EvalContext { return t.Scope }
	copied.Role, copied.Target = &role, &target
	return &copied
}

// RulesChanged tells that a change alters what later changes are judged by. Where
// errors may keep the review block out, nothing is said: they fail the change.
func RulesChanged(rules Rules, head *compiler.Result) []review.Finding {
	if head.Incomplete && (head.Config == nil || head.Config.Review == nil) {
		return nil
	}
	now, err := ReadRules(head, rules.defaultFailOn)
	if err == nil && now.equal(rules) {
		return nil
	}
	f := review.Finding{
		Severity: "warning", Code: "changed-review-rules", Summary: "Review rules changed",
		Detail: "The review block says something else than on the branch that this change goes to. This change is judged by the rules there; later ones by the new.",
	}
	if head.Config != nil && head.Config.Review != nil {
		f.File, f.Line = emit.Source(head.Config.Review.Range)
		f.EndLine = f.Line
	}
	return []review.Finding{f}
}
