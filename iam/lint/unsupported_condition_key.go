package lint

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func unsupportedConditionKey() Rule {
	return Rule{
		Code: "unsupported-condition-key", Severity: Warning,
		Checks: []string{
			"UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "SMR_DEAD_CONDITION", "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES",
			"DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
			"DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
		},
		Explain: "AWS lists the condition key for other actions than this one, so requests of this action do not carry it. An allow whose condition needs the key never takes effect; one whose condition is true without the key (negated, or ForAllValues) is not limited by it. SageMaker Role Manager's VPC form of Manage ML Jobs has this fault: CreateTransformJob carries no VPC keys.\n\n" +
			"Move the action to a statement of its own, or, where absence is fine, write the operator with IfExists. Source: AWS Service Authorization Reference (data of " + facts.ServicesDate + ").",
		Bad:  allow(act("sagemaker:CreateTransformJob"), on("arn:aws:sagemaker:eu-west-1:123456789012:transform-job/*"), when("ForAnyValue:StringEquals", "sagemaker:VpcSubnets", "subnet-0a1b2c3d4e5f60718")),
		Good: allow(act("sagemaker:CreateTrainingJob"), on(aJob), when("ForAnyValue:StringEquals", "sagemaker:VpcSubnets", "subnet-0a1b2c3d4e5f60718")),
		Statement: func(p *Pass) {
			if p.options.Kind.principals() {
				return
			}
			p.look()
			told := map[string]bool{}
			// Of several conditions on a key the one that is never true decides.
			for _, how := range []absence{absentFails, absentPasses} {
				for i := range p.conditions {
					c := &p.conditions[i]
					if c.key != nil && c.absent() == how && !told[policy.Lower(c.Key)] && (p.tagOfEverything(c, how) || p.unsupported(c, how)) {
						told[policy.Lower(c.Key)] = true
					}
				}
			}
		},
	}
}

// unsupported reports a condition on a key that some action of the statement
// does not support.
func (p *Pass) unsupported(c *condition, how absence) bool {
	if len(p.actions) == 0 || how == absentPasses && p.Effect == policy.Deny {
		return false
	}
	var without []string
	for i := range p.actions {
		if a := &p.actions[i]; a.all(func(one *facts.Action) bool { return one.SupportsKey(c.Key) == facts.KeyUnlisted }) {
			without = append(without, a.pattern)
		}
	}
	if len(without) == 0 {
		return false
	}
	var f *Finding
	switch {
	case how == absentPasses:
		f = p.key(c, "Requests of %s carry no %q, and %s is true without it, so the condition limits nothing there.", listed(without), c.Key, c.Operator)
	case p.Effect == policy.Deny:
		f = p.key(c, "Requests of %s carry no %q, so the condition is never true for them and nothing is denied.", listed(without), c.Key)
	case len(without) == len(p.actions):
		f = p.key(c, "Requests of %s carry no %q, so the condition is never true and the statement allows nothing.", listed(without), c.Key)
	default:
		f = p.key(c, "Requests of %s carry no %q, so the condition is never true for them and they are not allowed.", listed(without), c.Key)
	}
	f.Way = fmt.Sprintf("Move %s to a statement without the condition, or delete %s.", they(without), they(without))
	return true
}

// tagOfEverything reports a condition about tags where the statement names no
// actions, or all of them: many services know no tags.
func (p *Pass) tagOfEverything(c *condition, how absence) bool {
	key := policy.Lower(c.Key)
	everything := len(p.NotActions) > 0 || len(p.Actions) == 1 && stars(p.Actions[0])
	if !everything || how == absentPasses || !strings.HasPrefix(key, "aws:resourcetag/") && !strings.HasPrefix(key, "aws:requesttag/") && key != "aws:tagkeys" {
		return false
	}
	what := "nothing is allowed there"
	if p.Effect == policy.Deny {
		what = "nothing is denied there"
	}
	p.key(c, "Many services do not know %q, so the condition is never true for their actions and %s.", c.Key, what).Way = "Name the actions, or, for a deny, write the operator negated."
	return true
}
