package check

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidTag() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-tag", Severity: hcl.DiagError,
			Explain: "IAM refuses the tag. A key has 1 to 128 characters and a value at most 256: letters, digits and spaces of any language and _ . : / = + - @. Keys that begin with aws: are AWS's own, and keys of one role differ in more than case. Source: IAM User Guide, \"Rules for tagging in IAM and AWS STS\".",
			Bad:     tagExample(`"aws:owner" = "ml"`), Good: tagExample(`"owner" = "ml"`),
		},
		Program: func(p *ProgramPass) {
			for _, role := range p.Roles {
				seen := make(map[string]string, len(role.Tags))
				for _, tag := range role.Tags {
					fault := tagFault(role.Target, tag)
					folded := strings.ToLower(tag.Key)
					if other, dup := seen[folded]; dup && fault == "" {
						fault = fmt.Sprintf("the role has a tag %q, and IAM compares keys without regard to case", other)
					}
					seen[folded] = tag.Key
					if fault == "" {
						continue
					}
					if f := p.atText(role, p.placeOf(role, tag.Range, role.Range("tags")), tag.Key); f != nil {
						f.errorf("IAM refuses the tag %q: %s.", brief(tag.Key), fault)
					}
				}
			}
		},
	}
}

func tagFault(t *ir.Target, tag ir.Tag) string {
	keyMost, _ := limit(t, tagKeyLength)
	valueMost, _ := limit(t, tagValueLength)
	switch n := length(tag.Key); {
	case n == 0:
		return "its key is empty"
	case n > keyMost:
		return fmt.Sprintf("its key has %d characters, and %d are allowed", n, keyMost)
	case length(tag.Value) > valueMost:
		return fmt.Sprintf("its value has %d characters, and %d are allowed", length(tag.Value), valueMost)
	case len(tag.Key) >= 4 && strings.EqualFold(tag.Key[:4], "aws:"):
		return "keys that begin with aws: are AWS's own"
	case !tagText(tag.Key):
		return "its key may hold letters, digits, spaces and _ . : / = + - @ only"
	case !tagText(tag.Value):
		return fmt.Sprintf("its value %q may hold letters, digits, spaces and _ . : / = + - @ only", brief(tag.Value))
	}
	return ""
}

func tagText(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.Is(unicode.Z, r) && !unicode.IsNumber(r) && !strings.ContainsRune("_.:/=+-@", r) && !pseudo(r) {
			return false
		}
	}
	return true
}

func tagExample(tag string) string {
	return "role \"r\" {\n  tags             = { " + tag + " }\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n"
}
