package review

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A text is a policy document with what tells it apart. Roles of one persona
// share documents, and configurations that are compared hold the same ones
// twice, so comparisons go by digest.
type text struct {
	document *policy.Document
	digest   digest
	size     int
	lists    []string // of each statement, everything but its Sid as JSON; filled when asked for
	forms    []*prove.Shape
}

type digest [sha256.Size]byte

// text returns that of a document, made once.
func (c *comparer) text(d *policy.Document) *text {
	if d == nil {
		return nil
	}
	t := c.texts[d]
	if t == nil {
		t = &text{document: d, digest: sha256.Sum256(policy.AppendJSON(nil, d)), size: policy.Size(d)}
		c.texts[d] = t
	}
	return t
}

// statements returns a text for each statement that tells it apart but for its
// Sid.
func (t *text) statements() []string {
	if t.lists == nil {
		t.lists = make([]string, len(t.document.Statements))
		for i := range t.lists {
			t.lists[i] = statementKey(&t.document.Statements[i])
		}
	}
	return t.lists
}

// shapes returns the shape of each statement.
func (t *text) shapes() []*prove.Shape {
	if t.forms == nil {
		t.forms = make([]*prove.Shape, len(t.document.Statements))
		for i := range t.forms {
			t.forms[i] = prove.NewShape(&t.document.Statements[i])
		}
	}
	return t.forms
}

func statementKey(s *policy.Statement) string {
	bare := *s
	bare.SID = ""
	return string(policy.AppendJSON(nil, &policy.Document{Statements: []policy.Statement{bare}}))
}

// subject gathers what decides on a role.
func (c *comparer) subject(r *ir.StackRole) *subject {
	s := &subject{role: r, texts: c.gather(r), trust: c.text(r.Trust.Document)}
	for i := range r.Managed {
		p := &r.Managed[i]
		s.sources = append(s.sources, source{text: c.text(p.Document), name: p.Name, kind: managed, origins: p.Origins})
	}
	for i := range r.Inline {
		p := &r.Inline[i]
		s.sources = append(s.sources, source{text: c.text(p.Document), name: p.Name, kind: inline, origins: p.Origins})
	}
	known := s.texts.Identity[len(s.sources):]
	missing := s.texts.Missing
	for _, v := range r.Attached {
		if len(missing) > 0 && missing[0] == v {
			missing = missing[1:]
			continue
		}
		s.sources = append(s.sources, source{text: c.text(known[0].Document), name: v.Text, kind: attached, attached: v})
		known = known[1:]
	}
	if len(s.texts.Boundary) > 0 {
		s.boundary = c.text(s.texts.Boundary[0].Document)
	}
	return s
}

// has reports whether some policy of the role holds the statement.
func (s *subject) has(statement string) bool {
	if s == nil {
		return false
	}
	if s.keys == nil {
		s.keys = map[string]bool{}
		for _, src := range s.sources {
			for _, key := range src.statements() {
				s.keys[key] = true
			}
		}
	}
	return s.keys[statement]
}

// digests are those of the identity-based policies as a set: their order and
// repetitions mean nothing.
func (s *subject) digests() []digest {
	list := make([]digest, len(s.sources))
	for i, src := range s.sources {
		list[i] = src.digest
	}
	slices.SortFunc(list, func(a, b digest) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(list)
}

// missing are the ARNs of attached policies without text, as a set.
func (s *subject) missing() []string {
	if s == nil {
		return nil
	}
	var list []string
	for _, v := range s.texts.Missing {
		list = append(list, v.Text)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// mentions reports whether a policy or the boundary of the role looks at a
// condition key, given in lower case.
func (s *subject) mentions(key string) bool {
	look := func(t *text) bool {
		return t != nil && strings.Contains(strings.ToLower(string(policy.AppendJSON(nil, t.document))), key)
	}
	return look(s.boundary) || slices.ContainsFunc(s.sources, func(src source) bool { return look(src.text) })
}
