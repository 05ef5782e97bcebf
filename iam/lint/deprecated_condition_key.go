package lint

import (
	"fmt"

	"github.com/sagemaker-roles/smr/iam/facts"
)

func deprecatedConditionKey() Rule {
	return Rule{
		Code: "deprecated-condition-key", Severity: Warning,
		Checks:  []string{"DEPRECATED_GLOBAL_CONDITION_KEY", "SMR_DEPRECATED_CONDITION_KEY"},
		Explain: "AWS marks the condition key as deprecated and names another to use. It works for now, and new calls may not carry it. Source: AWS Service Authorization Reference (data of " + facts.ServicesDate + ").",
		Bad:     allow(act("sagemaker:CreateTrainingJob"), on(aJob), when("ArnEquals", "sagemaker:VolumeKmsKey", aKey)),
		Good:    allow(act("sagemaker:CreateTrainingJob"), on(aJob), when("ArnEquals", "sagemaker:VolumeKmsKeyArn", aKey)),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if c.key == nil || !c.key.Deprecated {
					continue
				}
				f := p.key(c, "AWS marks the condition key %q as deprecated.", c.Key)
				if c.key.ReplacedBy != "" {
					f.Way = fmt.Sprintf("Write %q.", c.key.ReplacedBy)
				}
			}
		},
	}
}
