package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidARN() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-arn", Severity: hcl.DiagError,
			Explain: "A parameter of type arn holds text that is no ARN. IAM refuses a policy with such a resource (MalformedPolicyDocument), or accepts it and it matches nothing.\n\n" +
				"An ARN has six parts, arn:partition:service:region:account:resource; wildcards may stand in the last three. Source: IAM User Guide, \"Identify AWS resources with Amazon Resource Names (ARNs)\".",
			Bad: activityWith("arn", `"arn:aws:sqs:eu-west-1:jobs"`), Good: activityWith("arn", `"arn:aws:sqs:eu-west-1:123456789012:jobs"`),
		},
		Program: func(p *ProgramPass) {
			others := func(a *ir.Activity, param *ir.Param) bool { return param.Type.Kind == "arn" && !isRepository(a, param) }
			p.arguments(others, func(a argument) {
				if fault := arnFault(a.text); fault != "" {
					if f := p.atText(a.role, a.place, a.text); f != nil {
						f.errorf("%s", fault)
					}
				}
			})
		},
	}
}

// activityWith is an example: an activity of one parameter, an ARN or a
// bucket's name, and a role that gives it a value.
func activityWith(kind, value string) string {
	action, resource := "sqs:SendMessage", "item"
	if kind == "bucket_name" {
		action, resource = "s3:GetObject", `"arn:${partition}:s3:::${item}/*"`
	}
	return "activity \"use_it\" {\n  parameter \"item\" { type = " + kind + " }\n" +
		"  statement \"Use\" {\n    actions   = [\"" + action + "\"]\n    resources = [" + resource + "]\n  }\n}\n" +
		"role \"r\" {\n  activity \"use_it\" { item = " + value + " }\n}\n"
}
