package lint

import "strings"

func missingTagKey() Rule {
	return Rule{
		Code: "missing-tag-key", Severity: Warning,
		Checks:  []string{"MISSING_TAG_KEY_IN_CONDITION"},
		Explain: "A condition on a tag does not say which: aws:RequestTag, aws:ResourceTag and aws:PrincipalTag are followed by a slash and the tag's key. Without it no request carries the condition key. Source: IAM User Guide, \"AWS global condition context keys\".",
		Bad:     allow(act("s3:GetObject"), on(anObject), when("StringEquals", "aws:PrincipalTag", "forecast")),
		Good:    allow(act("s3:GetObject"), on(anObject), when("StringEquals", "aws:PrincipalTag/team", "forecast")),
		Statement: func(p *Pass) {
			p.look()
			for i := range p.conditions {
				c := &p.conditions[i]
				if name := withoutTag(c.Key); name != "" {
					p.key(c, "%q names no tag, so no request carries it.", c.Key).Way = "Write " + name + "/KEY with the tag's key."
				}
			}
		},
	}
}

// withoutTag is the name of a key about tags that lacks the tag's key, "" for
// any other.
func withoutTag(key string) string {
	head, tag, _ := strings.Cut(key, "/")
	for _, name := range []string{"aws:RequestTag", "aws:ResourceTag", "aws:PrincipalTag"} {
		if strings.EqualFold(head, name) && (tag == "" || strings.EqualFold(tag, "${TagKey}")) {
			return name
		}
	}
	return ""
}
