package fit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// An item is one statement with its origin and size, and the statements that it
// was merged from.
type item struct {
	statement policy.Statement
	origin    ir.Origin
	size      int
	parts     []item // nil for a statement as it was lowered
}

// maxStatements is more than the 25 policies that a role can have attached hold
// of the shortest statements. Merging and distributing compare every two, so a
// role with more keeps the policies of its activities, which the quotas refuse.
const maxStatements = 3_200

func statements(groups []ir.Policy) int {
	n := 0
	for _, g := range groups {
		n += len(g.Document.Statements)
	}
	return n
}

// packed distributes the statements of groups over the fewest documents, after
// merging statements where that is proved to grant the same. Statements keep
// their order inside a document.
func (p *packer) packed(groups []ir.Policy) []ir.Policy {
	key := cacheKey(groups)
	if out, ok := p.cache[key]; ok {
		return out
	}
	out := groups
	if statements(groups) <= maxStatements {
		out = p.distributed(p.items(groups))
	}
	p.cache[key] = out
	return out
}

// distributed puts statements into the fewest documents.
func (p *packer) distributed(items []item) []ir.Policy {
	sizes := make([]int, len(items))
	for i, it := range items {
		sizes[i] = it.size + 1 // with the comma
	}
	bins := make([][]item, 0, 4)
	for i, bin := range distribute(sizes, p.limit-emptySize+1) {
		for len(bins) <= bin {
			bins = append(bins, nil)
		}
		bins[bin] = append(bins[bin], items[i])
	}
	var out []ir.Policy
	for _, bin := range bins {
		out = append(out, document(bin))
	}
	return out
}

// cacheKey names groups by the documents that they share.
func cacheKey(groups []ir.Policy) string {
	var b strings.Builder
	for _, g := range groups {
		fmt.Fprintf(&b, "%p ", g.Document)
	}
	return b.String()
}

// emptySize is the size of a document without statements:
// {"Version":"2012-10-17","Statement":[]}.
var emptySize = len(`{"Version":"2012-10-17","Statement":[]}`)

func document(bin []item) ir.Policy {
	p := ir.Policy{Document: &policy.Document{Version: policy.Version2012}}
	for _, it := range bin {
		p.Document.Statements = append(p.Document.Statements, it.statement)
		p.Origins = append(p.Origins, it.origin)
	}
	return p
}

// items lists the statements, merged where that is proved to grant the same and
// split where one alone is larger than a policy may be.
func (p *packer) items(groups []ir.Policy) []item {
	var merged []item
	for _, g := range groups {
		for i, s := range g.Document.Statements {
			merged = merge(merged, item{statement: s.Clone(), origin: g.Origins[i]})
		}
	}
	var out []item
	for _, it := range merged {
		whole := []item{it}
		if it.parts != nil && !p.same(it.parts, whole) {
			whole = it.parts
		}
		for _, it := range whole {
			out = append(out, p.split(it)...)
		}
	}
	uniqueSIDs(out)
	return out
}

// same proves that two lists of statements of one effect match the same
// requests. What a role is allowed is the union of its Allow statements without
// that of its Deny statements, so exchanging equal parts of either keeps it.
// What cannot be proved is not the same.
func (p *packer) same(a, b []item) bool {
	before, after := proof(a), proof(b)
	key := string(policy.AppendJSON(policy.AppendJSON(nil, before), after))
	equal, done := p.proved[key]
	if !done {
		r, err := access.Compare(access.Side{Identity: []*policy.Document{before}}, access.Side{Identity: []*policy.Document{after}},
			access.Options{Facts: access.ServiceFacts(), NoRows: true})
		equal = err == nil && r.Empty()
		p.proved[key] = equal
	}
	return equal
}

// proof is a document that allows what statements match, whatever their effect.
func proof(list []item) *policy.Document {
	d := &policy.Document{Version: policy.Version2012}
	for _, it := range list {
		s := it.statement
		s.Effect, s.SID = policy.Allow, ""
		d.Statements = append(d.Statements, s)
	}
	return d
}

// merge adds a statement to the list, or into one that differs from it only in
// its actions, or only in its resources: (A on R) and (B on R) under equal
// conditions is (A or B on R).
func merge(items []item, add item) []item {
	for i := range items {
		s, t := &items[i].statement, &add.statement
		if s.Effect != t.Effect || len(s.NotActions)+len(t.NotActions)+len(s.NotResources)+len(t.NotResources) > 0 || !sameConditions(s, t) {
			continue
		}
		part := items[i]
		part.statement = s.Clone()
		switch {
		case slices.Equal(s.Resources, t.Resources):
			s.Actions = union(s.Actions, t.Actions)
		case slices.Equal(s.Actions, t.Actions):
			s.Resources = union(s.Resources, t.Resources)
		default:
			continue
		}
		s.SID = ""
		if items[i].parts == nil {
			items[i].parts = []item{part}
		}
		items[i].parts = append(items[i].parts, add)
		return items
	}
	return append(items, add)
}

func sameConditions(s, t *policy.Statement) bool {
	return slices.EqualFunc(s.Conditions, t.Conditions, func(a, b policy.Condition) bool {
		return a.Operator == b.Operator && a.Key == b.Key && slices.Equal(a.Values, b.Values)
	})
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// uniqueSIDs drops a Sid that another statement has: a document admits each once.
func uniqueSIDs(items []item) {
	seen := map[string]bool{}
	for i := range items {
		if sid := items[i].statement.SID; sid != "" {
			if seen[sid] {
				items[i].statement.SID = ""
			}
			seen[sid] = true
		}
	}
}

// split halves the longer list of a statement until it fits; (A on R or S) is
// (A on R) and (A on S).
func (p *packer) split(it item) []item {
	it.size = statementSize(&it.statement)
	s := &it.statement
	if it.size+emptySize <= p.limit || len(s.Resources) < 2 && len(s.Actions) < 2 {
		return []item{it}
	}
	a, b := it, it
	a.statement, b.statement = s.Clone(), s.Clone()
	b.statement.SID = ""
	if len(s.Resources) > 1 {
		half := len(s.Resources) / 2
		a.statement.Resources, b.statement.Resources = a.statement.Resources[:half], b.statement.Resources[half:]
	} else {
		half := len(s.Actions) / 2
		a.statement.Actions, b.statement.Actions = a.statement.Actions[:half], b.statement.Actions[half:]
	}
	if !p.same([]item{it}, []item{a, b}) {
		return []item{it}
	}
	return append(p.split(a), p.split(b)...)
}

func statementSize(s *policy.Statement) int {
	d := policy.Document{Version: policy.Version2012, Statements: []policy.Statement{*s}}
	return policy.Size(&d) - emptySize
}
