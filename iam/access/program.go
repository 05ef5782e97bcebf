package access

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A program is both sides of a comparison in one normal form: every distinct
// statement once, made of distinct elements, so that what the sides share is
// the same number in both.
type program struct {
	statements []*statement
	actions    []element // patterns are lower-case text
	resources  []element // patterns index resourcePatterns; element 0 is any resource
	principals []principalElement
	atoms      []*atom

	actionPatterns   []string // in lower case
	actionNames      []string // the same as first written
	resourcePatterns []resourcePattern

	identity bool // the sides are identity-based policies and what limits them
	terms    []term
	opaque   int                 // variables that have a character of their own
	symbols  [lastSegment]string // of each segment but the last, the pseudo parameter that stands alone in it, or ""
	keys     authz.KeyTypes
	lists    map[string]bool // condition keys that a set operator looks at
	index    map[string]int  // of texts that name statements, elements, patterns, atoms and terms
}

// A statement is one normal form; sides and layers that hold it are sets of
// its number.
type statement struct {
	deny      bool
	action    int
	resource  int
	principal int
	atoms     []int // rising, each once
	source    *policy.Statement
	variables bool // whether its document replaces policy variables
}

// An element is an Action, NotAction, Resource or NotResource element.
type element struct {
	not      bool
	patterns []int // rising, each once
}

// layers is a side: a request is allowed if every layer allows it.
type layers []layer

// A layer allows a request that one of its allow statements matches and none
// of its deny statements.
type layer struct{ allow, deny set }

func newProgram(identity bool, keys authz.KeyTypes) *program {
	p := &program{identity: identity, keys: keys, index: map[string]int{}, lists: map[string]bool{}}
	p.resources = append(p.resources, element{not: true})
	p.principals = append(p.principals, principalElement{})
	return p
}

// intern returns the number of the thing that text names, next if it is new.
func (p *program) intern(text string, next int) (n int, fresh bool) {
	if n, ok := p.index[text]; ok {
		return n, false
	}
	p.index[text] = next
	return next, true
}

// add returns the numbers of the statements of documents.
func (p *program) add(documents []*policy.Document) []int {
	var list []int
	for _, d := range documents {
		for i := range d.Statements {
			list = append(list, p.addStatement(&d.Statements[i], d.HasVariables()))
		}
	}
	return list
}

func (p *program) addStatement(s *policy.Statement, variables bool) int {
	n := &statement{deny: s.Effect == policy.Deny, source: s, variables: variables}
	if s.NotActions != nil {
		n.action = p.addActions(true, s.NotActions)
	} else {
		n.action = p.addActions(false, s.Actions)
	}
	switch {
	case s.Resources != nil:
		n.resource = p.addResources(false, s.Resources, variables)
	case s.NotResources != nil:
		n.resource = p.addResources(true, s.NotResources, variables)
	}
	n.principal = p.addPrincipal(s)
	for _, c := range s.Conditions {
		n.atoms = append(n.atoms, p.addAtom(c, variables))
	}
	slices.Sort(n.atoms)
	n.atoms = slices.Compact(n.atoms)
	key := []byte("s ")
	for _, v := range []int{n.action, n.resource, n.principal} {
		key = strconv.AppendInt(append(key, ' '), int64(v), 10)
	}
	if n.deny {
		key = append(key, '!')
	}
	for _, a := range n.atoms {
		key = strconv.AppendInt(append(key, ','), int64(a), 10)
	}
	id, fresh := p.intern(string(key), len(p.statements))
	if fresh {
		p.statements = append(p.statements, n)
	}
	return id
}

// addActions normalizes action patterns: they compare without regard to case.
func (p *program) addActions(not bool, patterns []string) int {
	e := element{not: not}
	for _, written := range patterns {
		text := policy.Lower(written)
		id, fresh := p.intern("a "+text, len(p.actionPatterns))
		if fresh {
			p.actionPatterns = append(p.actionPatterns, text)
			p.actionNames = append(p.actionNames, written)
		}
		e.patterns = append(e.patterns, id)
	}
	return p.addElement("A", e, &p.actions)
}

func (p *program) addResources(not bool, patterns []string, variables bool) int {
	e := element{not: not}
	for _, text := range patterns {
		kind := "r "
		if variables && strings.Contains(text, "${") {
			kind = "v " // the same text is another pattern where variables are text
		}
		id, fresh := p.intern(kind+text, len(p.resourcePatterns))
		if fresh {
			p.resourcePatterns = append(p.resourcePatterns, newResourcePattern(completed(text, p.identity), variables))
		}
		e.patterns = append(e.patterns, id)
	}
	return p.addElement("R", e, &p.resources)
}

func (p *program) addElement(kind string, e element, table *[]element) int {
	slices.Sort(e.patterns)
	e.patterns = slices.Compact(e.patterns)
	key := []byte(kind)
	if e.not {
		key = append(key, '!')
	}
	for _, n := range e.patterns {
		key = strconv.AppendInt(append(key, ' '), int64(n), 10)
	}
	id, fresh := p.intern(string(key), len(*table))
	if fresh {
		*table = append(*table, e)
	}
	return id
}

// layer returns the sets of the statements of one layer.
func (p *program) layer(list []int) layer {
	l := layer{newSet(len(p.statements)), newSet(len(p.statements))}
	for _, n := range list {
		if p.statements[n].deny {
			l.deny.add(n)
		} else {
			l.allow.add(n)
		}
	}
	return l
}
