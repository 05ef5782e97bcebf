package check

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func unknownAction() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "unknown-action", Severity: hcl.DiagWarning,
			Explain: "The service had no such action when the data of this program was made (" + facts.ServicesDate + "). IAM accepts the policy and the statement does nothing: s3:ListObjects is a call of the API, and the action that allows it is s3:ListBucket. Services gain actions daily, so this is a warning. Source: AWS Service Authorization Reference.",
			Bad:     actionExample("s3:GetObjects"), Good: actionExample("s3:GetObject"),
		},
		Stack: func(p *StackPass) {
			p.eachAction(func(role *ir.Role, w *written, a *actionFacts) {
				if a.service == nil || len(a.known) > 0 {
					return
				}
				place, ok := p.spot(w, a.pattern)
				if !ok {
					return
				}
				if f := p.at(role, place, a.pattern); f != nil {
					f.warnf("%s had no action that %q names on %s, so it matches nothing.", a.service.Title, a.pattern, facts.ServicesDate)
					f.way = p.suggest(func() string { return nearAction(a) })
				}
			})
		},
	}
}

// nearAction suggests what an action may have been meant to be.
func nearAction(a *actionFacts) string {
	_, name, _ := strings.Cut(a.pattern, ":")
	if meant := callNotAction(policy.Lower(a.pattern)); meant != "" {
		return fmt.Sprintf(" That is a call of the API; the action that allows it is %q.", meant)
	}
	var names []string
	for action := range a.service.Actions() {
		names = append(names, action.Name)
	}
	near := diag.Nearest(name, names)
	for i := range near {
		near[i] = a.service.Prefix + ":" + near[i]
	}
	if len(near) == 0 {
		return " The AWS Service Authorization Reference lists the actions of the service."
	}
	return " Did you mean " + quoteAny(near) + "?"
}

// callNotAction is the action that allows a call of another name, for calls
// that people take for actions (AWS Service Authorization Reference, Amazon S3,
// and Amazon S3 API Reference).
func callNotAction(call string) string {
	switch call {
	case "s3:listobject", "s3:listobjects", "s3:listobjectsv2", "s3:headbucket":
		return "s3:ListBucket"
	case "s3:headobject":
		return "s3:GetObject"
	case "s3:copyobject", "s3:uploadpart", "s3:createmultipartupload", "s3:completemultipartupload":
		return "s3:PutObject"
	case "s3:deleteobjects":
		return "s3:DeleteObject"
	case "s3:listbuckets":
		return "s3:ListAllMyBuckets"
	}
	return ""
}
