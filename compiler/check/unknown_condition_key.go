package check

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/facts"
)

func unknownConditionKey() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "unknown-condition-key", Severity: hcl.DiagWarning,
			Explain: "AWS listed no condition key of this name when the data of this program was made (" + facts.ServicesDate + "). IAM accepts the policy, and no request ever carries the key: a positive condition is never true, a negated one always. Source: AWS Service Authorization Reference; IAM User Guide, \"AWS global condition context keys\".",
			Bad:     conditionExample("aws:SourceVpcId"), Good: conditionExample("aws:SourceVpc"),
		},
		Stack: func(p *StackPass) {
			p.eachWritten(func(role *ir.Role, w *written) {
				for i := range w.Conditions {
					key := w.Conditions[i].Key
					if w.trust && !knownPrefix(key) {
						continue // a key of an identity provider
					}
					if _, ok := facts.FindKey(key); ok {
						continue
					}
					place, ok := p.spot(w, key)
					if !ok {
						continue
					}
					if f := p.at(role, place, key); f != nil {
						f.warnf("AWS listed no condition key %q on %s, so no request carries it.", key, facts.ServicesDate)
						f.way = p.suggest(func() string { return nearKey(key) })
					}
				}
			})
		},
	}
}

// nearKey suggests the key that was meant; of a key with a tag's name behind a
// slash the part before it is compared.
func nearKey(key string) string {
	const otherwise = "The AWS Service Authorization Reference lists the keys of each service."
	head, tag, slash := strings.Cut(key, "/")
	names := keysLike(key)
	if !slash {
		return diag.DidYouMean(key, names, otherwise)
	}
	var meant []string
	for _, name := range names {
		if h, _, ok := strings.Cut(name, "/"); ok {
			meant = append(meant, h+"/"+tag)
		}
	}
	return diag.DidYouMean(head+"/"+tag, meant, otherwise)
}

// keysLike are the keys that a key's prefix can have.
func keysLike(key string) []string {
	var names []string
	for _, g := range facts.GlobalKeys() {
		names = append(names, g.Name)
	}
	prefix, _, _ := strings.Cut(key, ":")
	if s, ok := facts.FindService(prefix); ok {
		for _, k := range s.Keys() {
			names = append(names, k.Name)
		}
	}
	return names
}

func conditionExample(key string) string {
	return "role \"r\" {\n  statement \"Read\" {\n    actions   = [\"s3:GetObject\"]\n    resources = [\"arn:aws:s3:::acme/*\"]\n    condition {\n      operator = \"StringEquals\"\n      key      = \"" + key + "\"\n      values   = [\"vpc-0a1b2c3d4e5f60718\"]\n    }\n  }\n}\n"
}
