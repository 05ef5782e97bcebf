package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
)

func unknownConditionKey() Rule {
	return Rule{
		Code: "unknown-condition-key", Severity: Warning,
		Checks:  []string{"INVALID_GLOBAL_CONDITION_KEY", "INVALID_SERVICE_CONDITION_KEY", "INVALID_CONDITION_KEY_FORMAT", "UNSUPPORTED_GLOBAL_CONDITION_KEY"},
		Explain: "AWS listed no condition key of this name when the data of this program was made (" + facts.ServicesDate + "). IAM accepts the policy, and no request ever carries the key: a positive condition is never true, a negated one always. Source: AWS Service Authorization Reference; IAM User Guide, \"AWS global condition context keys\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("StringEquals", "aws:SourceVpcId", "vpc-0a1b2c3d4e5f60718")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("StringEquals", "aws:SourceVpc", "vpc-0a1b2c3d4e5f60718")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if c.key != nil || p.options.Kind == Trust && !knownPrefix(c.Key) || withoutTag(c.Key) != "" {
					continue // of a trust policy: a key of an identity provider
				}
				f := p.key(c, "AWS listed no condition key %q on %s, so no request carries it.", c.Key, facts.ServicesDate)
				head, tag, slash := strings.Cut(c.Key, "/")
				f.Given = c.Key
				f.Candidates = func() []string { return keysLike(head, tag, slash) }
				f.Otherwise = "The AWS Service Authorization Reference lists the keys of each service."
			}
		},
	}
}

// keysLike are the keys that a key may have been meant to be; of a key with a
// tag's name behind a slash the part before it is compared.
func keysLike(head, tag string, slash bool) []string {
	var names []string
	add := func(name string) {
		if !slash {
			names = append(names, name)
		} else if h, _, ok := strings.Cut(name, "/"); ok {
			names = append(names, h+"/"+tag)
		}
	}
	for _, g := range facts.GlobalKeys() {
		add(g.Name)
	}
	prefix, _, _ := strings.Cut(head, ":")
	if s, ok := facts.FindService(prefix); ok {
		for _, k := range s.Keys() {
			add(k.Name)
		}
	}
	return names
}
