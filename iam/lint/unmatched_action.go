package lint

import (
	"fmt"
	"slices"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func unmatchedAction() Rule {
	return Rule{
		Code: "unmatched-action", Severity: Warning,
		Checks:  []string{"RESOURCE_MISMATCH", "ARN_ACCOUNT_NOT_ALLOWED", "ARN_REGION_NOT_ALLOWED", "MISSING_ARN_ACCOUNT", "MISSING_ARN_REGION", "INVALID_ARN_SERVICE_CASE", "INVALID_SERVICE"},
		Explain: "No resource of the statement can be one that the action works on, so the action is never allowed (or denied) by it: s3:ListBucket works on a bucket, not on bucket/*; actions that take no resource need \"*\". SageMaker Role Manager's Manage Glue Tables has this fault with s3:PutBucketAcl. Source: AWS Service Authorization Reference (data of " + facts.ServicesDate + ").",
		Bad:     allow(act("s3:ListBucket"), on(anObject)),
		Good:    allow(act("s3:ListBucket"), on(aBucket)),
		Statement: func(p *Pass) {
			if p.options.Kind.principals() || len(p.Resources) == 0 || !slices.ContainsFunc(p.Resources, policy.WellFormedResource) {
				return
			}
			p.look()
			var dead []int
			for i := range p.actions {
				a := &p.actions[i]
				if wellFormedAction(a.pattern) && a.all(func(one *facts.Action) bool { return reachesNone(one, p.resources) }) {
					dead = append(dead, i)
				}
			}
			for n, i := range dead {
				if n == maxAlike {
					p.found[len(p.found)-1].Message += fmt.Sprintf(" Of %d more actions it does not speak either.", len(dead)-n)
					break
				}
				a := &p.actions[i]
				p.action(i, "No resource of the statement can match %q, so the statement never speaks of it.", a.pattern).Way = worksOn(a.known[0])
			}
		},
	}
}

// maxAlike is how many findings of one rule about one statement are shown where
// a statement made by a program may have hundreds.
const maxAlike = 5

func reachesNone(a *facts.Action, resources []*facts.Resource) bool {
	return !slices.ContainsFunc(resources, func(r *facts.Resource) bool { return a.Match(r) != facts.NoOverlap })
}

// worksOn says what an action takes for a resource.
func worksOn(a *facts.Action) string {
	if len(a.ResourceTypes) == 0 {
		return "It takes no resource: write resources = [\"*\"] in a statement of its own."
	}
	var formats []string
	for _, t := range a.ResourceTypes {
		for _, arn := range t.ARNs {
			if !slices.Contains(formats, arn) {
				formats = append(formats, arn)
			}
		}
	}
	if len(formats) == 0 {
		return "Look up its resource types in the AWS Service Authorization Reference."
	}
	return "It works on " + listed(formats) + "."
}
