package check

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidAction() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-action", Severity: hcl.DiagError,
			Explain: "An action is written service:Name, or * for all. IAM refuses anything else (MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor). Source: IAM User Guide, \"IAM JSON policy elements: Action\".",
			Bad:     actionExample("GetObject"), Good: actionExample("s3:GetObject"),
		},
		Stack: func(p *StackPass) {
			p.eachWritten(func(role *ir.Role, w *written) {
				for _, list := range [][]string{w.Actions, w.NotActions} {
					for _, action := range list {
						if wellFormedAction(action) {
							continue
						}
						if place, ok := p.spot(w, action); ok {
							if f := p.at(role, place, action); f != nil {
								f.errorf("%q is no action. Write service:Name, such as \"s3:GetObject\", or \"*\" for all.", action)
							}
						}
					}
				}
			})
		},
	}
}

// wellFormedAction reports whether IAM can read an action pattern.
func wellFormedAction(s string) bool {
	if s == "*" {
		return true
	}
	service, name, ok := strings.Cut(s, ":")
	return ok && service != "" && name != "" && only(service, "-*?") && only(name, "*?-_")
}

func actionExample(action string) string {
	return "role \"r\" {\n  statement \"Read\" {\n    actions   = [\"" + action + "\"]\n    resources = [\"arn:aws:s3:::acme/*\"]\n  }\n}\n"
}
