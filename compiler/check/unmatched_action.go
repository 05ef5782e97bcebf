package check

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
)

func unmatchedAction() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "unmatched-action", Severity: hcl.DiagWarning,
			Explain: "No resource of the statement can be one that the action works on, so the action is never allowed (or denied) by it: s3:ListBucket works on a bucket, not on bucket/*; actions that take no resource need \"*\". SageMaker Role Manager's Manage Glue Tables has this fault with s3:PutBucketAcl. Source: AWS Service Authorization Reference (data of " + facts.ServicesDate + ").",
			Bad:     matchExample("s3:ListBucket", "arn:aws:s3:::acme/*"), Good: matchExample("s3:ListBucket", "arn:aws:s3:::acme"),
		},
		Stack: func(p *StackPass) {
			p.eachAction(func(role *ir.Role, w *written, a *actionFacts) {
				if w.trust || len(w.Resources) == 0 || !slices.ContainsFunc(w.Resources, wellFormedResource) {
					return
				}
				known := w.look()
				if !a.all(func(action *facts.Action) bool { return reachesNone(action, known.resources) }) {
					return
				}
				place, ok := p.spot(w, a.pattern)
				if !ok {
					return
				}
				if f := p.at(role, place, a.pattern); f != nil {
					f.warnf("No resource of the statement can match %q, so the statement never speaks of it.", a.pattern).wayOut("%s", worksOn(a.known[0]))
				}
			})
		},
	}
}

func reachesNone(action *facts.Action, resources []*facts.Resource) bool {
	return !slices.ContainsFunc(resources, func(r *facts.Resource) bool { return action.Match(r) != facts.NoOverlap })
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

func matchExample(action, resource string) string {
	return "role \"r\" {\n  statement \"Use\" {\n    actions   = [\"" + action + "\"]\n    resources = [\"" + resource + "\"]\n  }\n}\n"
}
