package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
)

func unmatchedResource() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "unmatched-resource", Severity: hcl.DiagWarning,
			Explain: "No action of the statement works on this resource, so the resource is dead text: often an ARN of another service, or an object's ARN where only buckets are spoken of. Source: AWS Service Authorization Reference (data of " + facts.ServicesDate + ").",
			Bad:     unmatchedExample("arn:aws:sqs:eu-west-1:123456789012:jobs"), Good: unmatchedExample("arn:aws:s3:::acme-raw"),
		},
		Stack: func(p *StackPass) {
			p.eachWritten(func(role *ir.Role, w *written) {
				if w.trust || len(w.Actions) == 0 {
					return
				}
				known := w.look()
				dead := deadResources(known)
				for _, i := range dead {
					text := w.Resources[i]
					if !wellFormedResource(text) {
						continue
					}
					place, ok := p.resourceSpot(role, w, text)
					if !ok {
						continue
					}
					if f := p.at(role, place, text); f != nil {
						f.warnf("No action of the statement works on %q.", text).wayOut("Delete it, or add the actions that were meant.")
					}
				}
			})
		},
	}
}

// resourceSpot is where a user wrote a resource: in the statement, or as an
// argument of the activity. ok is false for arguments that are no ARNs, which
// are reported as such.
func (p *StackPass) resourceSpot(role *ir.Role, w *written, text string) (place hcl.Range, ok bool) {
	if w.origin.Activity != "" {
		if place, isArg := p.shared.argumentOf(role, w.origin.Activity, text); isArg {
			return p.within(place, text), arnFault(text) == ""
		}
	}
	return p.spot(w, text)
}

// allKnown reports whether everything is known about the actions, so that a
// resource can be said to match none.
func allKnown(f *statementFacts) bool {
	for i := range f.actions {
		if len(f.actions[i].known) == 0 {
			return false
		}
	}
	return true
}

func reached(f *statementFacts, r *facts.Resource) bool {
	for i := range f.actions {
		for _, a := range f.actions[i].known {
			if a.Match(r) != facts.NoOverlap {
				return true
			}
		}
	}
	return false
}

// deadResources are the resources, by index, that no action works on; none
// where something is not known, or where no resource at all is reached, which
// is a matter of the actions.
func deadResources(f *statementFacts) []int {
	if !allKnown(f) {
		return nil
	}
	var dead []int
	for i, r := range f.resources {
		if !reached(f, r) {
			dead = append(dead, i)
		}
	}
	if len(dead) == len(f.resources) {
		return nil
	}
	return dead
}

func unmatchedExample(resource string) string {
	return "role \"r\" {\n  statement \"List\" {\n    actions   = [\"s3:ListBucket\"]\n    resources = [\"arn:aws:s3:::acme\", \"" + resource + "\"]\n  }\n}\n"
}
