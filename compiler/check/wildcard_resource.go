package check

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func wildcardResource() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "wildcard-resource", Severity: hcl.DiagWarning,
			Explain: "A statement allows actions that write, on every resource and without a condition, although AWS lets these actions be limited to resources: they reach everything of their kind in the account, and whatever of other accounts admits the role. Name the resources, or add a condition such as aws:ResourceAccount or aws:ResourceTag. Source of what writes: AWS Service Authorization Reference, access levels.",
			Bad:     matchExample("s3:PutObject", "*"), Good: matchExample("s3:PutObject", "arn:aws:s3:::acme/*"),
		},
		Stack: func(p *StackPass) {
			p.eachWritten(func(role *ir.Role, w *written) {
				star := bareStar(w.Resources)
				if star == "" || w.trust || w.Effect != policy.Allow || len(w.Conditions) > 0 {
					return
				}
				writes, everything := writing(w.look())
				if len(writes) == 0 {
					return
				}
				place, ok := p.spot(w, star)
				if !ok {
					return
				}
				f := p.at(role, place, w.origin.Label)
				if f == nil {
					return
				}
				if everything {
					f.warnf("%s on every resource makes the role an administrator.", listed(writes)).wayOut("Name the actions and the resources.")
					return
				}
				f.warnf("%s may write to every resource.", listed(writes)).wayOut("Name the resources, or add a condition such as aws:ResourceAccount.")
			})
		},
	}
}

func bareStar(resources []string) string {
	for _, r := range resources {
		if r != "" && strings.Trim(r, "*") == "" {
			return r
		}
	}
	return ""
}

// writing are the action patterns that hold an action which writes and can be
// limited to resources; everything reports a pattern over all services.
func writing(f *statementFacts) (patterns []string, everything bool) {
	for i := range f.actions {
		a := &f.actions[i]
		if a.wide && strings.HasPrefix(a.pattern, "*") {
			return []string{a.pattern}, true
		}
		for _, action := range a.known {
			if action.Level >= facts.Write && len(action.ResourceTypes) > 0 {
				patterns = append(patterns, a.pattern)
				break
			}
		}
	}
	return patterns, false
}
