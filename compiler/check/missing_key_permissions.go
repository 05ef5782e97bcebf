package check

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func missingKeyPermissions() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "missing-key-permissions", Severity: hcl.DiagWarning,
			Explain: "The role may start jobs only with its own data keys, and the role that these jobs run as may not use one of them, so the jobs cannot read their input or write their output. Give the execution role a kms block with the same data keys. A key policy could admit the role as well, which smr does not see.",
			Bad:     keyPassExample("1"), Good: keyPassExample("2"),
		},
		Stack: func(p *StackPass) {
			for _, x := range p.passings() {
				if x.passer.KMS == nil || !passesIn(x.passer, func(a *ir.Activity) bool { return a.KMSForm }) {
					continue
				}
				key, action := p.shared.lockedKey(x.target, x.passer.KMS.First)
				if key == "" {
					continue
				}
				if f := p.at(x.passer.Role, p.placeOf(x.passer.Role, x.passer.PassRange), x.target.Address()); f != nil {
					f.warnf("The role %q starts jobs only with its data keys, but %q, which it passes, is not allowed %s on %q.", named(x.passer), named(x.target), action, key).
						wayOut("Give %q a kms block with the same data_keys.", named(x.target)).
						relate(labelOf(x.target.Role), "the role that jobs run as")
				}
			}
		},
	}
}

// lockedKey is the first of the keys that a role may not read or write with,
// "" when there is none or it cannot be told.
func (x *stackIndex) lockedKey(role *ir.StackRole, keys []string) (key, action string) {
	statements, complete := x.granting(role)
	if !complete {
		return "", ""
	}
	for _, key := range keys {
		for _, action := range []string{"kms:Decrypt", "kms:GenerateDataKey"} {
			if !slices.ContainsFunc(statements, func(s grantingStatement) bool { return allowsAction(s, action) && allowsResource(s, key) }) {
				return key, action
			}
		}
	}
	return "", ""
}

func keyPassExample(last string) string {
	key := func(n string) string {
		return "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-00000000000" + n
	}
	block := func(data string) string {
		return "  kms {\n    data_keys   = [\"" + key(data) + "\"]\n    volume_keys = [\"" + key("9") + "\"]\n  }\n"
	}
	return "smr { edition = \"2026\" }\nrole \"train\" {\n  activity \"access_required_aws_services\" {\n    s3_buckets       = [\"acme\"]\n    ecr_repositories = []\n  }\n" + block(last) + "}\nrole \"ds\" {\n  activity \"manage_ml_jobs\" {}\n  pass_roles = [role.train.arn]\n" + block("2") + "}\n"
}
