package review

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// reduced returns the documents of two sides without the statements that both
// have and that cannot match a request which some statement of one side alone
// matches. The comparison of what is left has the same answer: a request that
// the sides decide differently matches a statement that only one has, and so no
// statement that was left out; any other request matches the same statements on
// both sides, before and after. It holds only under the same boundary.
func reduced(base, head *subject) (b, h []*policy.Document) {
	changed := append(base.only(head), head.only(base)...)
	return base.keep(changed), head.keep(changed)
}

// only lists the shapes of the statements that other lacks, but for those of
// documents that both have.
func (s *subject) only(other *subject) []*prove.Shape {
	theirs := map[string]bool{}
	ours := s.digestSet()
	for _, src := range other.sources {
		if !ours[src.digest] {
			for _, key := range src.statements() {
				theirs[src.versioned(key)] = true
			}
		}
	}
	shared := other.digestSet()
	var out []*prove.Shape
	for _, src := range s.sources {
		if shared[src.digest] {
			continue
		}
		for i, key := range src.statements() {
			if !theirs[src.versioned(key)] {
				out = append(out, src.shapes()[i])
			}
		}
	}
	return out
}

// versioned tells statements apart that read policy variables differently.
func (t *text) versioned(statement string) string {
	if t.document.HasVariables() {
		return "v" + statement
	}
	return statement
}

func (s *subject) digestSet() map[digest]bool {
	set := map[digest]bool{}
	for _, src := range s.sources {
		set[src.digest] = true
	}
	return set
}

// keep returns the role's documents with the statements that are changed, or
// may match what a changed one matches.
func (s *subject) keep(changed []*prove.Shape) []*policy.Document {
	var out []*policy.Document
	seen := map[digest]bool{}
	for _, src := range s.sources {
		if seen[src.digest] {
			continue
		}
		seen[src.digest] = true
		d := &policy.Document{Version: src.document.Version}
		for i := range src.document.Statements {
			form := src.shapes()[i]
			if slices.ContainsFunc(changed, func(ch *prove.Shape) bool { return form == ch || form.MayMeet(ch) }) {
				d.Statements = append(d.Statements, src.document.Statements[i])
			}
		}
		if len(d.Statements) > 0 {
			out = append(out, d)
		}
	}
	return out
}

// documentsKey tells lists of documents apart, whatever their order.
func documentsKey(docs []*policy.Document) string {
	texts := make([]string, len(docs))
	for i, d := range docs {
		texts[i] = string(policy.AppendJSON(nil, d))
	}
	slices.Sort(texts)
	return strings.Join(texts, "")
}
