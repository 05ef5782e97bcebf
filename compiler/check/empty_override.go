package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func emptyOverride() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "empty-override", Severity: hcl.DiagWarning,
			Explain: "An override gives a reason and changes nothing, so that whoever reads it believes that the activity grants something else than it does. Write what it changes: allow, deny, remove, remove_actions, replace or narrow; or delete the block.",
			Bad:     overrideExample("    reason = \"Pipelines are made by the platform team\"\n"),
			Good:    overrideExample("    reason         = \"Pipelines are made by the platform team\"\n    remove_actions = [\"sagemaker:DeleteExperiment\"]\n"),
		},
		Program: func(p *ProgramPass) {
			for _, o := range overrides(p.Config) {
				if len(o.Allow)+len(o.Deny)+len(o.Remove)+len(o.Replace)+len(o.Narrow) > 0 || o.RemoveActions != nil {
					continue
				}
				if f := p.at(nil, o.Range, ""); f != nil {
					f.warnf("This override of %q changes nothing.", o.Activity.Text).wayOut("Write what it changes, or delete it.")
				}
			}
		},
	}
}
