package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func searchLeak() Rule {
	return Rule{
		Code: "search-leak", Severity: Notice,
		Checks:  []string{"SMR_SEARCH_LEAK"},
		Explain: "The role may look only at resources with certain tags, or is denied looking at some, and may call sagemaker:Search, which answers with the full descriptions of all jobs, models and pipelines of the account. Limit Search by sagemaker:SearchVisibilityCondition. Source: Amazon SageMaker Developer Guide, \"Search visibility\"; AWS Service Authorization Reference.",
		Bad:     searchExample(""),
		Good:    searchExample(`,"Condition":{"StringEquals":{"sagemaker:SearchVisibilityCondition/Tags.team/EqualsIfExists":"forecast"}}`),
		Role: func(p *RolePass) {
			if !p.speaks("sagemaker:Search") {
				return
			}
			describes := func(s *policy.Statement) bool {
				for _, name := range append(s.Actions, s.NotActions...) {
					if strings.HasPrefix(policy.Lower(name), "sagemaker:describe") {
						return true
					}
				}
				return false
			}
			limited := func(s *policy.Statement) bool {
				if !describes(s) {
					return false
				}
				for i := range s.Conditions {
					if strings.Contains(policy.Lower(s.Conditions[i].Key), ":resourcetag/") {
						return true
					}
				}
				return s.Effect == policy.Deny
			}
			if !p.any(policy.Allow, limited) && !p.any(policy.Deny, limited) {
				return
			}
			for i := range p.spoken {
				if s := &p.spoken[i]; has(s, "sagemaker:Search") && len(s.Conditions) == 0 {
					p.at(s, "sagemaker:Search", "Search answers with descriptions that the role may not ask for one by one.", "Add a condition on sagemaker:SearchVisibilityCondition.")
				}
			}
		},
	}
}

func searchExample(condition string) Example {
	search := `{"Effect":"Allow",` + act("sagemaker:Search") + `,` + on("*") + condition + `}`
	look := `{"Effect":"Allow",` + act("sagemaker:DescribeTrainingJob") + `,` + on(aJob) + `,` + when("StringEquals", "aws:ResourceTag/team", "forecast") + `}`
	return Example{Identity, []string{document(search, look)}}
}
