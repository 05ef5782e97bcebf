package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func invalidResource() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-resource", Severity: hcl.DiagError,
			Explain: "A resource is an ARN, with wildcards where wanted, or *. IAM refuses anything else (MalformedPolicyDocument: Resource must be in ARN format or \"*\"). Source: IAM User Guide, \"IAM JSON policy elements: Resource\".",
			Bad:     resourceExample("acme/*"), Good: resourceExample("arn:aws:s3:::acme/*"),
		},
		Stack: func(p *StackPass) {
			p.eachWritten(func(role *ir.Role, w *written) {
				for _, list := range [][]string{w.Resources, w.NotResources} {
					for _, resource := range list {
						if policy.WellFormedResource(resource) {
							continue
						}
						if _, judged := p.shared.argumentOf(role, w.origin.Activity, resource); judged && w.origin.Activity != "" {
							continue // invalid-arn
						}
						if place, ok := p.spot(w, resource); ok {
							if f := p.at(role, place, resource); f != nil {
								f.errorf("%q is no resource. Write an ARN of six parts, such as \"arn:${partition}:s3:::acme/*\", or \"*\".", resource)
							}
						}
					}
				}
			})
		},
	}
}

func resourceExample(resource string) string {
	return "role \"r\" {\n  statement \"Read\" {\n    actions   = [\"s3:GetObject\"]\n    resources = [\"" + resource + "\"]\n  }\n}\n"
}
