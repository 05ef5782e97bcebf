package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func duplicateSID() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "duplicate-sid", Severity: hcl.DiagError,
			Explain: "Two statements of one policy have the same Sid; IAM refuses the policy (MalformedPolicyDocument: Statement IDs (SID) in a single policy must be unique). Leave the Sid out where nobody needs it.",
			Bad:     duplicateSIDExample("Read"), Good: duplicateSIDExample("List"),
		},
		Stack: func(p *StackPass) {
			done := map[*policy.Document]bool{}
			look := func(role *ir.StackRole, g *ir.Policy) {
				if g.Document == nil || done[g.Document] {
					return
				}
				done[g.Document] = true
				seen := map[string]int{}
				for i := range g.Document.Statements {
					sid := g.Document.Statements[i].SID
					if sid == "" {
						continue
					}
					first, dup := seen[sid]
					if !dup {
						seen[sid] = i
						continue
					}
					at := func(i int) hcl.Range {
						o := &g.Origins[i]
						return p.placeOf(role.Role, p.shared.place(p.reporter, o, sid), o.Override, o.Use)
					}
					if f := p.at(role.Role, at(i), sid); f != nil {
						f.errorf("Two statements of the policy have the Sid %q, and IAM refuses that.", sid).
							wayOut("Change one or leave it out.").relate(at(first), "the first one")
					}
				}
			}
			for _, role := range p.Roles {
				for i := range role.Managed {
					look(role, &role.Managed[i])
				}
				for i := range role.Inline {
					look(role, &role.Inline[i])
				}
				look(role, &role.Trust)
			}
		},
	}
}

func duplicateSIDExample(second string) string {
	return "role \"r\" {\n  statement \"Read\" {\n    sid       = \"Read\"\n    actions   = [\"s3:GetObject\"]\n    resources = [\"arn:aws:s3:::acme/*\"]\n  }\n  statement \"List\" {\n    sid       = \"" + second + "\"\n    actions   = [\"s3:ListBucket\"]\n    resources = [\"arn:aws:s3:::acme\"]\n  }\n}\n"
}
