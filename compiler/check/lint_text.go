package check

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/lint"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// textOf is the text of a policy that stands elsewhere: one of AWS's, or given
// by a policy block; nil when it is not known.
func (x *stackIndex) textOf(t *ir.Target, arn string) *policy.Document {
	if known := t.Policies[arn]; known != nil {
		return known.Document
	}
	d, seen := x.texts[arn]
	if !seen {
		if m, ok := facts.FindManagedPolicy(spelled(arn)); ok {
			if parsed, err := policy.Parse(m.Document()); err == nil {
				d = parsed
			}
		}
		x.texts[arn] = d
	}
	return d
}

// inText is where a text stands in the document of a policy block, else the
// document.
func (x *stackIndex) inText(r *reporter, block hcl.Range, text string) hcl.Range {
	if x.program.Config == nil {
		return block
	}
	for _, d := range x.program.Config.Policies {
		if d.Range == block && d.Document != nil {
			place, _ := r.literal(d.Document.Expr.Range(), text)
			return place
		}
	}
	return block
}

// whereInText says which statement of a document a finding is about.
func whereInText(d *policy.Document, f *lint.Finding) string {
	if f.Statement < 0 {
		return ""
	}
	if sid := d.Statements[f.Statement].SID; sid != "" {
		return fmt.Sprintf("Statement %q: ", sid)
	}
	return fmt.Sprintf("Statement %d: ", f.Statement+1)
}

func andMore(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " One more place is like it."
	}
	return fmt.Sprintf(" %d more places are like it.", n)
}

// listed names up to three of a list.
func listed(names []string) string {
	if len(names) > 3 {
		return diag.Quote(names[:3]) + fmt.Sprintf(" and %d more", len(names)-3)
	}
	return diag.Quote(names)
}
