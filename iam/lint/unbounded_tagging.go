package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func unboundedTagging() Rule {
	return Rule{
		Code: "unbounded-tagging", Severity: Warning,
		Checks:  []string{"SMR_ADDTAGS_UNBOUNDED"},
		Explain: "Access of the role depends on tags of resources, and the role may set tags on any resource: it tags what it is to be kept from and is let in. Limit sagemaker:AddTags to what is being made by a condition on sagemaker:TaggingAction, or to the role's own tag values by aws:ResourceTag or aws:RequestTag. Source: Amazon SageMaker Developer Guide, \"Provide permissions for tagging SageMaker AI resources\".",
		Bad:     taggingExample(""),
		Good:    taggingExample(`,"Condition":{"Null":{"sagemaker:TaggingAction":"false"}}`),
		Role: func(p *RolePass) {
			if !p.speaks("sagemaker:AddTags") {
				return
			}
			byTag := func(s *policy.Statement) bool {
				for i := range s.Conditions {
					if key := policy.Lower(s.Conditions[i].Key); strings.HasPrefix(key, "aws:resourcetag/") || strings.HasPrefix(key, "sagemaker:resourcetag/") {
						return true
					}
				}
				return false
			}
			if !p.any(policy.Allow, byTag) && !p.any(policy.Deny, byTag) {
				return
			}
			for i := range p.spoken {
				if s := &p.spoken[i]; has(s, "sagemaker:AddTags") && len(s.Conditions) == 0 {
					p.at(s, "sagemaker:AddTags", "The role may tag any resource, and tags decide what it may reach.", "Add a condition on sagemaker:TaggingAction, aws:ResourceTag or aws:RequestTag.")
				}
			}
		},
	}
}

func taggingExample(condition string) Example {
	tag := `{"Effect":"Allow",` + act("sagemaker:AddTags") + `,` + on(aJob) + condition + `}`
	stop := `{"Effect":"Allow",` + act("sagemaker:StopTrainingJob") + `,` + on(aJob) + `,` + when("StringEquals", "aws:ResourceTag/team", "forecast") + `}`
	return Example{Identity, []string{document(tag, stop)}}
}
