package check

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func unsupportedConditionKey() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "unsupported-condition-key", Severity: hcl.DiagWarning,
			Explain: "AWS lists the condition key for other actions than this one, so requests of this action do not carry it. An allow whose condition needs the key never takes effect; one whose condition is true without the key (negated, or ForAllValues) is not limited by it. SageMaker Role Manager's VPC form of Manage ML Jobs has this fault: CreateTransformJob carries no VPC keys.\n\n" +
				"Move the action to a statement of its own, or, where absence is fine, write the operator with IfExists. Source: AWS Service Authorization Reference (data of " + facts.ServicesDate + ").",
			Bad: unsupportedExample("sagemaker:CreateTransformJob"), Good: unsupportedExample("sagemaker:CreateTrainingJob"),
		},
		Stack: func(p *StackPass) {
			p.eachWritten(func(role *ir.Role, w *written) {
				if w.trust || len(w.Actions) == 0 {
					return
				}
				told := map[string]bool{}
				// Of several conditions on a key the one that is never true decides.
				for _, how := range []absence{absentFails, absentPasses} {
					for i := range w.Conditions {
						c := &w.Conditions[i]
						if is, ok := whenAbsent(c); ok && is == how && !told[policy.Lower(c.Key)] && p.unsupported(role, w, c, how) {
							told[policy.Lower(c.Key)] = true
						}
					}
				}
			})
		},
	}
}

// unsupported reports a condition on a key that some action of the statement
// does not support.
func (p *StackPass) unsupported(role *ir.Role, w *written, c *policy.Condition, how absence) bool {
	if _, known := facts.FindKey(c.Key); !known || how == absentPasses && w.Effect == policy.Deny {
		return false
	}
	lack := func(a *facts.Action) bool { return a.SupportsKey(c.Key) == facts.KeyUnlisted }
	var without []string
	known := w.look()
	for i := range known.actions {
		if a := &known.actions[i]; a.all(lack) {
			without = append(without, a.pattern)
		}
	}
	if len(without) == 0 {
		return false
	}
	place, own := p.spot(w, c.Key)
	if !own {
		return false
	}
	f := p.at(role, place, c.Key)
	if f == nil {
		return true
	}
	whole := len(without) == len(known.actions)
	switch {
	case how == absentPasses:
		f.warnf("Requests of %s carry no %q, and %s is true without it, so the condition limits nothing there.", listed(without), c.Key, c.Operator)
	case w.Effect == policy.Deny:
		f.warnf("Requests of %s carry no %q, so the condition is never true for them and nothing is denied.", listed(without), c.Key)
	case whole:
		f.warnf("Requests of %s carry no %q, so the condition is never true and the statement allows nothing.", listed(without), c.Key)
	default:
		f.warnf("Requests of %s carry no %q, so the condition is never true for them and they are not allowed.", listed(without), c.Key)
	}
	f.wayOut("Move %s to a statement without the condition, or delete %s.", they(without), they(without))
	return true
}

func they(list []string) string {
	if len(list) == 1 {
		return "the action"
	}
	return "these actions"
}

// listed names up to three of a list.
func listed(names []string) string {
	if len(names) > 3 {
		return diag.Quote(names[:3]) + fmt.Sprintf(" and %d more", len(names)-3)
	}
	return diag.Quote(names)
}

func unsupportedExample(action string) string {
	return "role \"r\" {\n  statement \"Jobs\" {\n    actions   = [\"" + action + "\"]\n    resources = [\"arn:${partition}:sagemaker:${region}:${account_id}:*\"]\n    condition {\n      operator = \"ForAnyValue:StringEquals\"\n      key      = \"sagemaker:VpcSubnets\"\n      values   = [\"subnet-0a1b2c3d4e5f60718\"]\n    }\n  }\n}\n"
}
