package lint

import (
	"fmt"

	"github.com/sagemaker-roles/smr/iam/facts"
)

func missingUpdate() Rule {
	return Rule{
		Code: "missing-update", Severity: Notice,
		Checks:  []string{"SMR_CREATE_NO_UPDATE"},
		Explain: "The role may make pipelines and not change them. The SDK's Pipeline.upsert makes a pipeline the first time and changes it from then on, so the second run of the same program is refused. Source: SageMaker Python SDK, Pipeline.upsert.",
		Bad:     pipelines("sagemaker:CreatePipeline", "sagemaker:DescribePipeline", "sagemaker:AddTags"),
		Good:    pipelines("sagemaker:CreatePipeline", "sagemaker:UpdatePipeline", "sagemaker:DescribePipeline", "sagemaker:AddTags"),
		Role: func(p *RolePass) {
			p.lacking(func(a *facts.Action) string {
				if a.Service == "sagemaker" && a.Name == "CreatePipeline" {
					return "sagemaker:UpdatePipeline"
				}
				return ""
			}, func(names []string, need string) (string, string) {
				return fmt.Sprintf("The role may call %s and not %s, so an upsert fails the second time.", listed(names), need), "Add " + need + "."
			})
		},
	}
}

// pipelines is an example with actions on pipelines and a role to pass.
func pipelines(actions ...string) Example {
	pass := `{"Effect":"Allow",` + act("iam:PassRole") + `,` + on(aRole) + `,` + when("StringEquals", "iam:PassedToService", sagemaker) + `}`
	return Example{Identity, []string{document(`{"Effect":"Allow",`+act(actions...)+`,`+on("arn:aws:sagemaker:eu-west-1:123456789012:pipeline/*")+`}`, pass)}}
}
