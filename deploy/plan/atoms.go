package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// An atom is one statement by its meaning: what plans move about. Atoms with
// the same id decide every request alike.
type atom struct {
	id      string
	st      policy.Statement // as it is written
	version string
	shape   *prove.Shape
	// opaque stands for a policy whose text is not known: it may allow
	// anything and deny anything.
	opaque bool
}

// document is a document of the atom alone.
func (a *atom) document() *policy.Document {
	return &policy.Document{Version: a.version, Statements: []policy.Statement{a.st}}
}

// A form is a policy with its atoms.
type form struct {
	doc         *live.Document // nil where the text is not known
	allow, deny []*atom
}

func (f *form) opaque() bool {
	return f != nil && slices.ContainsFunc(f.allow, func(a *atom) bool { return a.opaque })
}

// key tells forms apart; "" is no policy at all.
func (f *form) key() string {
	switch {
	case f == nil:
		return ""
	case f.doc == nil:
		return f.allow[0].id
	}
	return f.doc.Key()
}

// A store makes forms of texts and finds texts by ARN, each once.
type store struct {
	state *live.State
	known map[string]*policy.Document // what policy blocks of the configuration say, by ARN
	forms map[string]*form            // by key of the document, or "opaque:" and ARN
}

func newLibrary(state *live.State) *store {
	return &store{state: state, known: map[string]*policy.Document{}, forms: map[string]*form{}}
}

// form is the form of a document; nil of nil.
func (l *store) form(d *live.Document) *form {
	if d == nil {
		return nil
	}
	if d.Policy == nil {
		return l.unknown("text:" + d.Text)
	}
	f := l.forms[d.Key()]
	if f == nil {
		f = &form{doc: d}
		for i := range d.Policy.Statements {
			a := newAtom(d.Policy.Version, d.Policy.Statements[i])
			if a.st.Effect == policy.Deny {
				f.deny = append(f.deny, a)
			} else {
				f.allow = append(f.allow, a)
			}
		}
		l.forms[d.Key()] = f
	}
	return f
}

// foreign is the form of a policy that stands elsewhere, by ARN: as the account
// has it, else as AWS publishes it, else as the configuration says.
func (l *store) foreign(arn string) *form {
	if p := l.state.Policies[arn]; p != nil && p.Document() != nil {
		return l.form(p.Document())
	}
	if f := l.forms["arn:"+arn]; f != nil {
		return f
	}
	var doc *policy.Document
	if managed, ok := facts.FindManagedPolicy(arn); ok {
		doc, _ = policy.Parse(managed.Document())
	} else {
		doc = l.known[arn]
	}
	if doc == nil {
		return l.unknown(arn)
	}
	f := l.form(live.FromPolicy(doc))
	l.forms["arn:"+arn] = f
	return f
}

func (l *store) unknown(what string) *form {
	id := "unknown:" + what
	f := l.forms[id]
	if f == nil {
		a := &atom{id: id, opaque: true}
		f = &form{allow: []*atom{a}, deny: []*atom{a}}
		l.forms[id] = f
	}
	return f
}

func newAtom(version string, st policy.Statement) *atom {
	a := &atom{st: st, version: version, shape: prove.NewShape(&st)}
	one := policy.Canonical(a.document(), policy.CanonicalOptions{})
	if one.Version != policy.Version2012 && !hasVariable(&st) {
		one.Version = policy.Version2012 // the two differ in variables alone
	}
	a.id = string(policy.AppendJSON(nil, one))
	return a
}

// hasVariable reports whether a statement holds what Version2012 replaces and
// Version2008 takes by its letters.
func hasVariable(st *policy.Statement) bool {
	text := policy.AppendJSON(nil, &policy.Document{Statements: []policy.Statement{*st}})
	return strings.Contains(string(text), "${")
}

// compose writes a document with the statements of an existing one that keep
// holds for, and more statements behind them. It is nil, false where that
// cannot be written in one document.
func compose(base *form, keep func(*atom) bool, more []*atom) (*policy.Document, bool) {
	out := &policy.Document{Version: policy.Version2012}
	var list []*atom
	if base != nil {
		if base.doc == nil {
			return nil, false
		}
		for i := range base.doc.Policy.Statements {
			st := &base.doc.Policy.Statements[i]
			a := find(base, st)
			if keep(a) {
				list = append(list, a)
			}
		}
	}
	list = append(list, more...)
	sids, ids := map[string]bool{}, map[string]bool{}
	for _, a := range list {
		if a.opaque || a.version != policy.Version2012 && hasVariable(&a.st) {
			return nil, false
		}
		if ids[a.id] {
			continue
		}
		ids[a.id] = true
		st := a.st
		if sids[st.SID] {
			st.SID = "" // Sids are unique within a document, and decide nothing
		}
		if st.SID != "" {
			sids[st.SID] = true
		}
		out.Statements = append(out.Statements, st)
	}
	return out, true
}

// find is the atom of a statement of a form's document.
func find(f *form, st *policy.Statement) *atom {
	list := f.allow
	if st.Effect == policy.Deny {
		list = f.deny
	}
	for _, a := range list {
		if a.st.Equal(st) {
			return a
		}
	}
	return newAtom(f.doc.Policy.Version, *st)
}

// An atomSet is atoms by id.
type atomSet map[string]*atom

func (s atomSet) add(list []*atom) {
	for _, a := range list {
		s[a.id] = a
	}
}

// within reports whether every atom is in the other set.
func (s atomSet) within(other atomSet) bool {
	for id := range s {
		if other[id] == nil {
			return false
		}
	}
	return true
}

// without are the atoms that the other set has not, by id.
func (s atomSet) without(other atomSet) []*atom {
	var out []*atom
	for _, id := range slices.Sorted(maps.Keys(s)) {
		if other[id] == nil {
			out = append(out, s[id])
		}
	}
	return out
}

func (s atomSet) sorted() []*atom { return s.without(nil) }
