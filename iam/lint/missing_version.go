package lint

import "github.com/sagemaker-roles/smr/iam/policy"

func missingVersion() Rule {
	return Rule{
		Code: "missing-version", Severity: Notice,
		Checks:  []string{"MISSING_VERSION"},
		Explain: "The document has no Version, or the old one, 2008-10-17: IAM then replaces no policy variables, and newer features are not to be had. Write \"Version\": \"2012-10-17\". Source: IAM User Guide, \"IAM JSON policy elements: Version\".",
		Bad:     Example{Boundary, []string{`{"Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["` + anObject + `"]}]}`}},
		Good:    Example{Boundary, []string{one("Allow", []string{act("s3:GetObject"), on(anObject)})}},
		Document: func(p *DocumentPass) {
			if p.Version != policy.Version2012 {
				p.add(Finding{Statement: -1, Pointer: "/Version", Message: "The document is not of version 2012-10-17.", Way: "Write \"Version\": \"2012-10-17\"."})
			}
		},
	}
}
