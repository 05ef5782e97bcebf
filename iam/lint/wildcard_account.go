package lint

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

func wildcardAccount() Rule {
	return Rule{
		Code: "wildcard-account", Severity: Notice,
		Checks:  []string{"SMR_CROSS_REGION_WILDCARD"},
		Explain: "The resource names no account: resources of every account that lets the role in are meant, not only your own. Write the account, as ${account_id}, and the Region where it is one. Source: IAM User Guide, \"IAM JSON policy elements: Resource\".",
		Bad:     allow(act("sagemaker:StopTrainingJob"), on("arn:aws:sagemaker:*:*:training-job/forecast-*")),
		Good:    allow(act("sagemaker:StopTrainingJob"), on("arn:aws:sagemaker:eu-west-1:123456789012:training-job/forecast-*")),
		Statement: func(p *Pass) {
			if !p.allow() || p.options.Kind.principals() || len(p.Conditions) > 0 || !p.changes() {
				return
			}
			var f *Finding
			more := 0
			for i, r := range p.Resources {
				a, ok := policy.ParseARN(r)
				switch {
				case !ok || a.Account == "" || !stars(a.Account) || strings.Trim(a.Resource, "*/") == "":
				case f == nil:
					f = p.resource(i, "%q stands for resources of every account.", r)
					f.Way = "Write ${account_id}, and ${region}, in the ARN."
				default:
					more++
				}
			}
			if more > 0 {
				f.Message += fmt.Sprintf(" So do %d more of the statement.", more)
			}
		},
	}
}
