package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func invalidAccountID() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-account-id", Severity: hcl.DiagError,
			Explain: "The id of an AWS account is twelve digits. It is written in quotation marks: as a number it would lose its leading zeros.",
			Bad:     accountExample("12345"), Good: accountExample("123456789012"),
		},
		Program: func(p *ProgramPass) {
			p.ofKind("account_id", func(a argument) {
				if policy.IsAccountID(a.text) {
					return
				}
				if f := p.atText(a.role, a.place, a.text); f != nil {
					f.errorf("%q is no account id. It is 12 digits in quotation marks, such as \"123456789012\".", a.text)
				}
			})
		},
	}
}

func accountExample(id string) string {
	return `activity "foreign_data" {
  parameter "owner" { type = account_id }
  statement "Read" {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::shared/*"]
    condition {
      operator = "StringEquals"
      key      = "aws:ResourceAccount"
      values   = [owner]
    }
  }
}
role "r" {
  activity "foreign_data" { owner = "` + id + `" }
}
`
}
