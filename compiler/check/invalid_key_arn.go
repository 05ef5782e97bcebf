package check

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func invalidKeyARN() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-key-arn", Severity: hcl.DiagError,
			Explain: "The keys of a kms block become resources of KMS statements and values of sagemaker:VolumeKmsKey and OutputKmsKey. IAM compares both with the ARN of the key itself: an alias, a bare key id or a pattern matches nothing. Source: AWS KMS Developer Guide, \"Key ARN\" and \"Using aliases to control access\".",
			Bad:     keyExample("alias/forecast"), Good: keyExample("key/11111111-1111-1111-1111-111111111111"),
		},
		Program: func(p *ProgramPass) {
			for _, second := range []bool{false, true} {
				customized(p, kmsOf, second, func(role *ir.Role, text string, place hcl.Range) {
					fault := keyFault(text)
					if fault == "" {
						return
					}
					if f := p.atText(role, p.placeOf(role, place), text); f != nil {
						f.errorf("%s", fault).wayOut("Write the key's ARN, such as \"arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-1111-1111-111111111111\".")
					}
				})
			}
		},
	}
}

// keyFault says what is wrong with the ARN of a KMS key; "" when nothing is.
func keyFault(s string) string {
	arn, ok := policy.ParseARN(s)
	id, isKey := strings.CutPrefix(arn.Resource, "key/")
	replica, multi := strings.CutPrefix(id, "mrk-")
	switch {
	case strings.HasPrefix(s, "alias/"), ok && strings.HasPrefix(arn.Resource, "alias/"):
		return fmt.Sprintf("%q is an alias, and IAM compares the key's own ARN: the statements would match nothing.", s)
	case !ok && (uuid(s) || strings.HasPrefix(s, "mrk-")):
		return fmt.Sprintf("%q is a key id without its ARN, and IAM compares ARNs: the statements would match nothing.", s)
	case arnFault(s) != "":
		return arnFault(s)
	case arn.Service != "kms" || !isKey:
		return fmt.Sprintf("%q is no ARN of a KMS key, whose last part is key/ID.", s)
	case policy.HasWildcard(s):
		return fmt.Sprintf("%q is a pattern, and the conditions on keys compare whole ARNs.", s)
	case !region(arn.Region) || !policy.IsAccountID(arn.Account):
		return fmt.Sprintf("%q lacks the Region or the account id of the key.", s)
	case !uuid(id) && (!multi || !hex(replica, 32)):
		return fmt.Sprintf("%q has %q for a key id, which is a UUID, or mrk- and 32 hexadecimal digits.", s, id)
	}
	return ""
}

func keyExample(key string) string {
	return "smr { edition = \"2026\" }\nrole \"r\" {\n  activity \"manage_endpoints\" {}\n  pass_roles = []\n  kms {\n    data_keys   = [\"arn:aws:kms:eu-west-1:123456789012:" + key + "\"]\n    volume_keys = [\"arn:aws:kms:eu-west-1:123456789012:key/22222222-2222-2222-2222-222222222222\"]\n  }\n}\n"
}
