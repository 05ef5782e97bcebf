package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A tagReader is what policies look at of tags: texts in lower case, of which
// most configurations have none.
type tagReader struct {
	ofPrincipals string // trust that looks at tags of whoever assumes
	ofResources  string // policies and trust that look at tags of what they are about
}

// readers gathers the texts of head that look at tags, where some tag changes.
func (c *comparer) readers(pairs []*pair) tagReader {
	if !slices.ContainsFunc(pairs, func(p *pair) bool { return p.both() && len(tagChanges(p.base.role.Tags, p.head.role.Tags)) > 0 }) {
		return tagReader{}
	}
	var principals, resources strings.Builder
	seen := map[digest]bool{}
	read := func(t *text, trust bool) {
		if t == nil || seen[t.digest] {
			return
		}
		seen[t.digest] = true
		words := strings.ToLower(string(policy.AppendJSON(nil, t.document)))
		if trust && strings.Contains(words, "principaltag/") {
			principals.WriteString(words)
		}
		if strings.Contains(words, "resourcetag/") {
			resources.WriteString(words)
		}
	}
	for _, p := range pairs {
		if p.head == nil {
			continue
		}
		read(p.head.trust, true)
		read(p.head.boundary, false)
		for _, s := range p.head.sources {
			read(s.text, false)
		}
	}
	return tagReader{principals.String(), resources.String()}
}

// tags tells of tags that change, where policies let others in by them: whoever
// sets a tag then decides on access, and no text of a policy changes.
func (e *escalations) tags(c *comparer) {
	if e.base == nil {
		return
	}
	for _, t := range e.role.Tags {
		key := "tag/" + strings.ToLower(t.Key)
		var who string
		switch {
		case strings.Contains(c.tags.ofPrincipals, "principal"+key):
			who = "the trust of a role looks at it in whoever assumes it"
		case strings.Contains(c.tags.ofResources, "resource"+key):
			who = "a policy looks at it in what it is about"
		default:
			continue
		}
		e.add(Escalation{Kind: EscalationUnknown, Summary: fmt.Sprintf("it is not decided what access is new: its tag %q changes, and %s", t.Key, who)},
			fmt.Sprintf("tag %q %s %s", t.Key, value(t.After), e.state()))
	}
}

// value is a tag's value, or that there is none.
func value(s *string) string {
	if s == nil {
		return "none"
	}
	return fmt.Sprintf("%q", *s)
}
