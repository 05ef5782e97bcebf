package lint

import "github.com/sagemaker-roles/smr/iam/policy"

import "github.com/sagemaker-roles/smr/iam/facts"

func unmatchedResource() Rule {
	return Rule{
		Code: "unmatched-resource", Severity: Warning,
		Explain: "No action of the statement works on this resource, so the resource is dead text: often an ARN of another service, or an object's ARN where only buckets are spoken of. Source: AWS Service Authorization Reference (data of " + facts.ServicesDate + ").",
		Bad:     allow(act("s3:ListBucket"), on(aBucket, "arn:aws:sqs:eu-west-1:123456789012:jobs")),
		Good:    allow(act("s3:ListBucket"), on(aBucket, "arn:aws:s3:::acme-raw")),
		Statement: func(p *Pass) {
			if p.options.Kind.principals() || len(p.Actions) == 0 {
				return
			}
			p.look()
			for _, i := range p.deadResources() {
				if policy.WellFormedResource(p.Resources[i]) {
					p.resource(i, "No action of the statement works on %q.", p.Resources[i]).Way = "Delete it, or add the actions that were meant."
				}
			}
		},
	}
}

// deadResources are the resources, by index, that no action works on; none
// where something is not known, or where no resource at all is reached, which
// is a matter of the actions.
func (p *Pass) deadResources() []int {
	for i := range p.actions {
		if len(p.actions[i].known) == 0 {
			return nil
		}
	}
	var dead []int
	for i, r := range p.resources {
		if !p.reached(r) {
			dead = append(dead, i)
		}
	}
	if len(dead) == len(p.resources) {
		return nil
	}
	return dead
}

func (p *Pass) reached(r *facts.Resource) bool {
	for i := range p.actions {
		for _, a := range p.actions[i].known {
			if a.Match(r) != facts.NoOverlap {
				return true
			}
		}
	}
	return false
}
