package lint

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func unscopedPresignedURL() Rule {
	return Rule{
		Code: "unscoped-presigned-url", Severity: Warning,
		Checks:  []string{"SMR_PRESIGNED_UNSCOPED"},
		Explain: "Whoever may make a presigned address of any user profile or notebook works there as its owner, with the owner's files and execution role. Bind the statement to the profile of the caller, by the resource or by a condition on sagemaker:ResourceTag. Source: Amazon SageMaker Developer Guide, \"Identity-based policies: restrict access to presigned URLs\".",
		Bad:     allow(act("sagemaker:CreatePresignedDomainUrl"), on("arn:aws:sagemaker:eu-west-1:123456789012:user-profile/*")),
		Good:    allow(act("sagemaker:CreatePresignedDomainUrl"), on("arn:aws:sagemaker:eu-west-1:123456789012:user-profile/d-abcdefghijkl/${aws:PrincipalTag/profile}")),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind.principals() || len(p.Conditions) > 0 {
				return
			}
			p.look()
			for i := range p.actions {
				a := &p.actions[i]
				if a.service == nil || a.service.Prefix != "sagemaker" || !a.all(func(one *facts.Action) bool {
					return one.Name == "CreatePresignedDomainUrl" || one.Name == "CreatePresignedNotebookInstanceUrl" || one.Name == "CreatePresignedDomainUrlWithPrincipalTag"
				}) {
					continue
				}
				if slices.ContainsFunc(p.Resources, ofEverybody) {
					p.action(i, "%q lets the role enter the profile or notebook of anybody, and work there with its owner's rights.", a.pattern).Way = "Name the caller's own, or add a condition on sagemaker:ResourceTag."
				}
			}
		},
	}
}

// ofEverybody reports whether the name at the end of a resource is a star.
func ofEverybody(r string) bool {
	a, ok := policy.ParseARN(r)
	return stars(r) || ok && (stars(a.Resource) || strings.HasSuffix(a.Resource, "/*"))
}
