package check

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func negatedAllow() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "negated-allow", Severity: hcl.DiagWarning,
			Explain: "An allow with not_actions or not_resources grants everything but what it names: every other service, every action that AWS adds later, every resource made tomorrow. That is seldom meant. Name what is allowed; not_actions and not_resources belong to denies. Source: IAM User Guide, \"IAM JSON policy elements: NotAction\" and \"NotResource\".",
			Bad:     negatedExample("not_resources"), Good: negatedExample("resources"),
		},
		Stack: func(p *StackPass) {
			p.eachWritten(func(role *ir.Role, w *written) {
				if w.trust || w.Effect != policy.Allow || len(w.NotActions)+len(w.NotResources) == 0 {
					return
				}
				name, first := "not_actions", w.NotActions
				if len(first) == 0 {
					name, first = "not_resources", w.NotResources
				}
				place, ok := p.spot(w, first[0])
				if !ok {
					return
				}
				if f := p.at(role, place, name); f != nil {
					f.warnf("An allow with %s grants everything except what it names, also what AWS or others add later.", name).
						wayOut("Name what is allowed, or write effect = \"Deny\".")
				}
			})
		},
	}
}

func negatedExample(argument string) string {
	pad := strings.Repeat(" ", len(argument)-len("actions"))
	return "role \"r\" {\n  statement \"Read\" {\n    actions" + pad + " = [\"s3:GetObject\"]\n    " + argument + " = [\"arn:aws:s3:::acme/*\"]\n  }\n}\n"
}
