package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
)

func deprecatedConditionKey() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "deprecated-condition-key", Severity: hcl.DiagWarning,
			Explain: "AWS marks the condition key as deprecated and names another to use. It works for now, and new calls may not carry it. Source: AWS Service Authorization Reference (data of " + facts.ServicesDate + ").",
			Bad:     deprecatedExample("sagemaker:VolumeKmsKey"), Good: deprecatedExample("sagemaker:VolumeKmsKeyArn"),
		},
		Stack: func(p *StackPass) {
			p.eachWritten(func(role *ir.Role, w *written) {
				for i := range w.Conditions {
					key := w.Conditions[i].Key
					k, ok := facts.FindKey(key)
					if !ok || !k.Deprecated {
						continue
					}
					place, ok := p.spot(w, key)
					if !ok {
						continue
					}
					if f := p.at(role, place, key); f != nil {
						f.warnf("AWS marks the condition key %q as deprecated.", key)
						if k.ReplacedBy != "" {
							f.wayOut("Write %q.", k.ReplacedBy)
						}
					}
				}
			})
		},
	}
}

func deprecatedExample(key string) string {
	return "role \"r\" {\n  statement \"Train\" {\n    actions   = [\"sagemaker:CreateTrainingJob\"]\n    resources = [\"arn:${partition}:sagemaker:${region}:${account_id}:training-job/*\"]\n    condition {\n      operator = \"ArnEquals\"\n      key      = \"" + key + "\"\n      values   = [\"arn:${partition}:kms:${region}:${account_id}:key/11111111-1111-1111-1111-111111111111\"]\n    }\n  }\n}\n"
}
