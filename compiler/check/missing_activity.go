package check

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func missingActivity() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "missing-activity", Severity: hcl.DiagError,
			Explain: "An activity works only together with others, and the role lacks one of them. The calls of the activity would fail in SageMaker with AccessDenied, at the user's first try.\n\n" +
				"`requires = [[\"a\"], [\"b\", \"c\"]]` means: a, and one of b and c. SageMaker Role Manager had these dependencies in its documentation only.",
			Bad:  "role \"canvas\" {\n  activity \"canvas_core_access\" {}\n}\n",
			Good: "role \"canvas\" {\n  activity \"canvas_core_access\" {}\n  activity \"run_studio_applications\" {}\n}\n",
		},
		Program: func(p *ProgramPass) {
			for _, role := range p.Roles {
				for _, g := range role.Activities {
					for _, alternatives := range g.Activity.Requires {
						if !hasAny(role, alternatives) {
							lacking(p, role, g, alternatives)
						}
					}
				}
			}
		},
	}
}

func hasAny(role *ir.Role, activities []string) bool {
	for _, name := range activities {
		for _, g := range role.Activities {
			if g.Activity.Name == name {
				return true
			}
		}
	}
	return false
}

func lacking(p *ProgramPass, role *ir.Role, g *ir.Grant, alternatives []string) {
	f := p.at(role, p.placeOf(role, g.Range), strings.Join(alternatives, " "))
	if f == nil {
		return
	}
	blocks := make([]string, len(alternatives))
	for i, name := range alternatives {
		blocks[i] = fmt.Sprintf("activity %q {}", name)
	}
	need, add := "the activity "+quoteAny(alternatives), "Add "+strings.Join(blocks, " or ")
	if len(alternatives) > 1 {
		need = "one of the activities " + quoteAny(alternatives)
	}
	f.errorf("The activity %q works only together with %s, which the role %q does not have.", g.Activity.Name, need, named(role)).
		wayOut("%s to the role, or exclude %q.", add, g.Activity.Name).
		fix("Add to the role", strings.Join(blocks[:1], "\n"))
}

// quoteAny lists alternatives: "a", "b" or "c".
func quoteAny(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
