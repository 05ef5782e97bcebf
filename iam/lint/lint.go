package lint

import (
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Kind says what a document is attached to; the rules differ in which kinds
// they read.
type Kind uint8

// The kinds.
const (
	Identity Kind = iota // an identity-based policy of a role
	Boundary             // a permissions boundary
	Trust                // a role's trust policy
	Resource             // another resource-based policy: of a bucket, key or repository
	Control              // a service control policy
)

// String returns the kind in words.
func (k Kind) String() string {
	names := [...]string{"identity-based policy", "permissions boundary", "trust policy", "resource-based policy", "service control policy"}
	if int(k) >= len(names) {
		return ""
	}
	return names[k]
}

// bounds reports whether a document grants nothing by itself: what is broad in
// it is meant to be.
func (k Kind) bounds() bool { return k == Boundary || k == Control }

// principals reports whether the statements of a document name principals.
func (k Kind) principals() bool { return k == Trust || k == Resource }

// A Severity says how much a finding matters by default. Nothing here is an
// error: IAM takes the documents.
type Severity uint8

// The severities.
const (
	Notice  Severity = iota // could be written better, or may be incomplete
	Warning                 // does not do what it says, or grants what its author may not see
)

// A Rule finds one kind of fault. It has one of Statement, Document and Role.
type Rule struct {
	Code     string // kebab-case, never reused
	Severity Severity
	Explain  string // what it means, what happens in AWS, and the source
	// Checks are the checks of other tools, and smr's own, that the rule stands
	// for, as testdata/checks.json names them.
	Checks    []string
	Bad, Good Example
	Statement func(*Pass)
	Document  func(*DocumentPass)
	Role      func(*RolePass)
}

// An Example is documents that a rule is explained with.
type Example struct {
	Kind     Kind
	Policies []string // JSON; several are of one role
}

// A Finding is one place where a rule applies. Texts may hold pseudo parameters
// as the document does.
type Finding struct {
	Code      string
	Severity  Severity
	Statement int    // from 0; -1 for the whole document
	Pointer   string // JSON pointer into the document, every list written as a list
	Text      string // the value of the document that it is about, "" for the statement
	Message   string // whole sentences: what is wrong, and what happens
	Way       string // the way out, whole sentences

	// Given may have been meant to be one of Candidates, each behind Prefix;
	// nil where nothing can be suggested. Otherwise is said when none is near.
	Given, Prefix string
	Candidates    func() []string
	Otherwise     string
}

// Options say how a document is judged.
type Options struct {
	Kind    Kind
	Account string         // that owns the role, "" or a pseudo parameter when unknown
	Only    func(int) bool // which statements, from 0, are spoken about; nil: all
}

// Document judges one document and returns its findings in the order of its
// statements. Time is linear in the document, except that statements, and the
// values of one list, are compared with each other up to a fixed number.
func Document(d *policy.Document, o Options) []Finding {
	l := &linter{options: o}
	for i := range d.Statements {
		if o.Only != nil && !o.Only(i) {
			continue
		}
		p := &Pass{linter: l, Statement: &d.Statements[i], Document: d, Index: i}
		for _, r := range rules().statement {
			l.rule = r
			r.Statement(p)
		}
	}
	for _, r := range rules().document {
		l.rule = r
		r.Document(&DocumentPass{linter: l, Document: d})
	}
	return l.found
}

// A linter collects findings of the rule that runs.
type linter struct {
	options Options
	rule    *Rule
	found   []Finding
}

func (l *linter) add(f Finding) *Finding {
	f.Code, f.Severity = l.rule.Code, l.rule.Severity
	l.found = append(l.found, f)
	return &l.found[len(l.found)-1]
}

// judged reports whether a statement is spoken about.
func (l *linter) judged(i int) bool { return l.options.Only == nil || l.options.Only(i) }

// pointer writes a JSON pointer to a part of a statement.
func pointer(statement int, parts ...string) string {
	var b strings.Builder
	b.WriteString("/Statement/")
	b.WriteString(strconv.Itoa(statement))
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	return b.String()
}
