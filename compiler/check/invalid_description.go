package check

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidDescription() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-description", Severity: hcl.DiagError,
			Explain: "IAM refuses the description (ValidationError): it takes at most 1,000 characters of Latin-1, so neither Japanese text nor typographic quotation marks, dashes or emoji. Tags take any language. Source: IAM API Reference, type roleDescriptionType.",
			Bad:     "role \"r\" {\n  description      = \"学習ジョブ\"\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n",
			Good:    "role \"r\" {\n  description      = \"Training jobs\"\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n",
		},
		Program: func(p *ProgramPass) {
			for _, role := range p.Roles {
				most, _ := limit(role.Target, descriptionLength)
				fault := descriptionFault(role.Description, most)
				if fault == "" {
					continue
				}
				if f := p.at(role, p.placeOf(role, role.Range("description")), role.Description); f != nil {
					f.errorf("IAM refuses this description: %s.", fault).wayOut("Say it shorter or in plain letters; tags take text of any language.")
				}
			}
		},
	}
}

func descriptionFault(s string, most int) string {
	if n := length(s); n > most {
		return fmt.Sprintf("it has %d characters, and %d are allowed", n, most)
	}
	for _, r := range s {
		ok := r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= '~' || r >= 0xa1 && r <= 0xff || pseudo(r)
		if !ok {
			return fmt.Sprintf("the character %q (U+%04X) is not allowed, only those of Latin-1 are", r, r)
		}
	}
	return ""
}
