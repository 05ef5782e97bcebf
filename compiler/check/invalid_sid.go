package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidSID() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-sid", Severity: hcl.DiagError,
			Explain: "A Sid in a policy of IAM takes letters and digits only; IAM refuses others (MalformedPolicyDocument). The label of a statement is free, and is not its Sid. Source: IAM User Guide, \"IAM JSON policy elements: Sid\".",
			Bad:     sidExample("Read data"), Good: sidExample("ReadData"),
		},
		Stack: func(p *StackPass) {
			p.eachWritten(func(role *ir.Role, w *written) {
				if w.SID == "" || only(w.SID, "") {
					return
				}
				place, ok := p.spot(w, w.SID)
				if !ok {
					return
				}
				if f := p.at(role, place, w.SID); f != nil {
					f.errorf("IAM refuses the Sid %q: it takes letters and digits only.", w.SID)
				}
			})
		},
	}
}

func sidExample(sid string) string {
	return "role \"r\" {\n  statement \"Read\" {\n    sid       = \"" + sid + "\"\n    actions   = [\"s3:GetObject\"]\n    resources = [\"arn:aws:s3:::acme/*\"]\n  }\n}\n"
}
