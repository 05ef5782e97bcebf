package check

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
)

func unknownService() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "unknown-service", Severity: hcl.DiagWarning,
			Explain: "AWS listed no service with this prefix when the data of this program was made (" + facts.ServicesDate + "), so the action grants or denies nothing. The prefix is often not the product's name: CloudWatch Logs is logs, Step Functions is states. Source: AWS Service Authorization Reference.",
			Bad:     actionExample("simplestorage:GetObject"), Good: actionExample("s3:GetObject"),
		},
		Stack: func(p *StackPass) {
			p.eachAction(func(role *ir.Role, w *written, a *actionFacts) {
				if a.wide || a.service != nil {
					return
				}
				prefix, _, _ := strings.Cut(a.pattern, ":")
				if place, ok := p.spot(w, a.pattern); ok {
					if f := p.at(role, place, a.pattern); f != nil {
						f.warnf("AWS listed no service %q on %s, so %q matches nothing.", prefix, facts.ServicesDate, a.pattern)
						f.way = p.suggest(func() string {
							return diag.DidYouMean(prefix, facts.Services(), "The AWS Service Authorization Reference lists the prefixes.")
						})
					}
				}
			})
		},
	}
}

// eachAction visits the well-formed actions of written statements.
func (p *StackPass) eachAction(visit func(role *ir.Role, w *written, a *actionFacts)) {
	p.eachWritten(func(role *ir.Role, w *written) {
		known := w.look()
		for i := range known.actions {
			if wellFormedAction(known.actions[i].pattern) {
				visit(role, w, &known.actions[i])
			}
		}
	})
}
