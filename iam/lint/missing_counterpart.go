package lint

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
)

func missingCounterpart() Rule {
	return Rule{
		Code: "missing-counterpart", Severity: Notice,
		Checks:  []string{"SMR_PAIR_STOP_DESCRIBE"},
		Explain: "The role may make something and may not look at it or stop it: SDKs wait for what they made by describing it, and a job that nobody may stop runs on. SageMaker Role Manager's Manage ML Jobs makes transform jobs that it cannot stop. Source: AWS Service Authorization Reference (data of " + facts.ServicesDate + ").",
		Bad:     allow(act("sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob", "sagemaker:AddTags"), on("arn:aws:sagemaker:eu-west-1:123456789012:transform-job/*")),
		Good:    allow(act("sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob", "sagemaker:StopTransformJob", "sagemaker:AddTags"), on("arn:aws:sagemaker:eu-west-1:123456789012:transform-job/*")),
		Role: func(p *RolePass) {
			if !p.Complete {
				return
			}
			for i := range p.spoken {
				s := &p.spoken[i]
				var made, needs []string
				for _, a := range s.names {
					for _, need := range counterparts(a) {
						if !p.granted(need) {
							if len(made) == 0 || made[len(made)-1] != a.String() {
								made = append(made, a.String())
							}
							needs = append(needs, need)
						}
					}
				}
				if len(made) > 0 {
					p.at(s, made[0], fmt.Sprintf("The role may call %s and not %s.", listed(made), listed(needs)), "Add the actions.")
				}
			}
		},
	}
}

// counterparts are the actions that describe and stop what an action makes, as
// far as there are such.
func counterparts(a *facts.Action) []string {
	noun, ok := strings.CutPrefix(a.Name, "Create")
	if !ok || a.Service != "sagemaker" {
		return nil
	}
	service, ok := facts.FindService(a.Service)
	if !ok {
		return nil
	}
	var list []string
	for _, verb := range []string{"Describe", "Stop"} {
		if one, ok := service.Action(verb + noun); ok {
			list = append(list, one.String())
		}
	}
	return list
}
