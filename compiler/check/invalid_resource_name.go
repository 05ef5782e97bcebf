package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidResourceName() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-resource-name", Severity: hcl.DiagError,
			Explain: "The name goes into an ARN as it is. Names of Athena workgroups and Glue databases take letters, digits and . _ / : - here, as in AWS's own construct library; a Kendra index is named by its id, 36 letters, digits and hyphens. A wildcard would reach what nobody named.",
			Bad:     workgroupExample("team *"), Good: workgroupExample("team-forecast"),
		},
		Program: func(p *ProgramPass) {
			p.ofParameter("workgroups", func(a argument) { p.plainName(a, "an Athena workgroup") })
			p.ofParameter("glue_databases", func(a argument) { p.plainName(a, "a Glue database") })
			p.ofParameter("index_ids", func(a argument) {
				if len(a.text) == 36 && only(a.text, "-") && a.text[0] != '-' {
					return
				}
				if f := p.atText(a.role, a.place, a.text); f != nil {
					f.errorf("%q is no id of a Kendra index. It is 36 letters, digits and hyphens, as `aws kendra list-indices` prints it.", a.text)
				}
			})
		},
	}
}

func (p *ProgramPass) plainName(a argument, what string) {
	if a.text != "" && only(a.text, "._/:-") {
		return
	}
	if f := p.atText(a.role, a.place, a.text); f != nil {
		f.errorf("%q is no name of %s. It takes letters, digits and the characters . _ / : and -.", a.text, what)
	}
}

func workgroupExample(name string) string {
	return "smr { edition = \"2026\" }\nrole \"r\" {\n  activity \"query_athena_workgroups\" { workgroups = [\"" + name + "\"] }\n}\n"
}
