package importer

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/lower"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// Limits of cutting into atoms: a statement, or a role, with more is left whole.
// A catalogue's largest statement has 100, its largest role 1,500.
const (
	maxStatementAtoms = 4_000
	maxAtoms          = 40_000
)

// An atom is one action on one resource under one set of conditions. A
// statement of several is all their combinations.
type atom struct {
	action   string // in lower case
	resource string
	conds    int // index of universe.conds
}

// A universe is what the policies of a role say, cut into atoms.
type universe struct {
	conds    [][]policy.Condition // canonical
	spelled  [][]policy.Condition // the same as they are written
	condIDs  map[string]int
	index    map[atom]int // place in atoms
	atoms    []atom
	from     [][]int // statements that hold the atom, by atom
	lists    map[actionUnder][]string
	wide     []atom          // with a wildcard for the action, or on every resource
	managed  map[string]bool // ARNs of attached policies
	actions  map[string]bool
	written  []written // statements in their order
	opaque   []bool    // by statement: not cut
	consumed []bool    // by atom
}

type actionUnder struct {
	action string
	conds  int
}

// A written statement is one of the role's, with where it stands.
type written struct {
	policy.Statement
	policy int // index of the role's texts
}

func newUniverse() *universe {
	return &universe{condIDs: map[string]int{}, index: map[atom]int{}, lists: map[actionUnder][]string{}, managed: map[string]bool{}, actions: map[string]bool{}}
}

// add cuts the statements of one policy.
func (u *universe) add(doc *policy.Document, number int) {
	for _, s := range doc.Statements {
		s = s.Clone()
		if !doc.HasVariables() {
			literal(&s)
		}
		at := len(u.written)
		u.written = append(u.written, written{s, number})
		n := len(s.Actions) * len(s.Resources)
		whole := s.Effect != policy.Allow || n == 0 || len(s.NotActions)+len(s.NotResources) > 0 || n > maxStatementAtoms || len(u.atoms)+n > maxAtoms
		u.opaque = append(u.opaque, whole)
		if whole {
			continue
		}
		conds := u.conditions(s.Conditions)
		for _, action := range s.Actions {
			for _, resource := range s.Resources {
				u.put(atom{policy.Lower(action), resource, conds}, at)
			}
		}
	}
}

func (u *universe) put(a atom, statement int) {
	i, known := u.index[a]
	if !known {
		i = len(u.atoms)
		u.index[a] = i
		u.atoms = append(u.atoms, a)
		u.from = append(u.from, nil)
		u.consumed = append(u.consumed, false)
		u.actions[a.action] = true
		key := actionUnder{a.action, a.conds}
		u.lists[key] = append(u.lists[key], a.resource)
		if a.resource == "*" || policy.HasWildcard(a.action) {
			u.wide = append(u.wide, a)
		}
	}
	if n := len(u.from[i]); n == 0 || u.from[i][n-1] != statement {
		u.from[i] = append(u.from[i], statement)
	}
}

// conditions is the number of a set of conditions.
func (u *universe) conditions(list []policy.Condition) int {
	c := canonicalConditions(list)
	key := conditionsKey(c)
	id, known := u.condIDs[key]
	if !known {
		id = len(u.conds)
		u.condIDs[key] = id
		u.conds, u.spelled = append(u.conds, c), append(u.spelled, list)
	}
	return id
}

// canonicalConditions orders conditions and their values.
func canonicalConditions(list []policy.Condition) []policy.Condition {
	doc := policy.Canonical(&policy.Document{Statements: []policy.Statement{{Effect: policy.Allow, Actions: []string{"*"}, Conditions: list}}}, policy.CanonicalOptions{})
	return doc.Statements[0].Conditions
}

func conditionsKey(list []policy.Condition) string {
	var b strings.Builder
	part := func(s string) {
		b.WriteString(s)
		b.WriteByte(0)
	}
	for _, c := range list {
		part(c.Operator)
		part(c.Key)
		for _, v := range c.Values {
			part(v)
		}
		b.WriteByte(1)
	}
	return b.String()
}

// has reports whether an atom is there, as it is or within a wider one.
func (u *universe) has(a atom) bool {
	if _, ok := u.index[a]; ok {
		return true
	}
	for _, w := range u.wide {
		if w.conds == a.conds && covers(w, a) {
			return true
		}
	}
	return false
}

// covers reports whether one atom says all that another under the same
// conditions does. It errs on the side of no.
func covers(w, a atom) bool {
	return (w.resource == a.resource || w.resource == "*") && lower.Covers(w.action, a.action)
}

// left are the statements that hold what is not consumed, each with its policy.
func (u *universe) left() []written {
	rest := make([][]atom, len(u.written))
	for i, a := range u.atoms {
		if u.consumed[i] {
			continue
		}
		for _, s := range u.from[i] {
			rest[s] = append(rest[s], a)
		}
	}
	var out []written
	for i, w := range u.written {
		switch {
		case u.opaque[i] || len(rest[i]) > 0 && len(rest[i]) == distinct(w.Actions, true)*distinct(w.Resources, false):
			out = append(out, w)
		case len(rest[i]) > 0:
			out = append(out, regroup(w, rest[i])...)
		}
	}
	return out
}

func distinct(list []string, fold bool) int {
	seen := map[string]bool{}
	for _, s := range list {
		if fold {
			s = policy.Lower(s)
		}
		seen[s] = true
	}
	return len(seen)
}

// regroup makes statements of some of the atoms of one: actions with the same
// resources stand together.
func regroup(w written, rest []atom) []written {
	keep := map[atom]bool{}
	for _, a := range rest {
		keep[a] = true
	}
	var out []written
	byResources := map[string]int{}
	seen := map[string]bool{}
	for _, action := range w.Actions {
		if seen[policy.Lower(action)] {
			continue
		}
		seen[policy.Lower(action)] = true
		var resources []string
		for _, r := range w.Resources {
			if keep[atom{policy.Lower(action), r, rest[0].conds}] && !slices.Contains(resources, r) {
				resources = append(resources, r)
			}
		}
		if len(resources) == 0 {
			continue
		}
		key := strings.Join(resources, "\x00")
		i, ok := byResources[key]
		if !ok {
			i = len(out)
			byResources[key] = i
			part := written{w.Statement, w.policy}
			part.SID, part.Actions, part.Resources = "", nil, resources
			out = append(out, part)
		}
		out[i].Actions = append(out[i].Actions, action)
	}
	return out
}

// literal rewrites a statement of a document in which "${" is literal text, for
// one in which it begins a policy variable (IAM User Guide, "IAM policy
// elements: Variables and tags": "${$}" is a dollar sign).
func literal(s *policy.Statement) {
	for _, list := range [][]string{s.Resources, s.NotResources} {
		escapeAll(list)
	}
	for i := range s.Conditions {
		if op, ok := policy.ParseOperator(s.Conditions[i].Operator); ok && op.Comparison.Variables() {
			escapeAll(s.Conditions[i].Values)
		}
	}
}

func escapeAll(list []string) {
	for i, v := range list {
		list[i] = strings.ReplaceAll(v, "${", "${$}{")
	}
}
