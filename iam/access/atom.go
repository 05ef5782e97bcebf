package access

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// An atom is one operator, key and list of values of a condition block.
type atom struct {
	op        policy.Operator
	key       string // in lower case
	name      string // as first written
	values    []string
	id        string // its name in the program's index
	variables bool
	open      bool // its truth depends on policy variables
}

func (p *program) addAtom(c policy.Condition, variables bool) int {
	op, _ := policy.ParseOperator(c.Operator) // authz has refused others
	a := &atom{op: op, key: policy.Lower(c.Key), name: c.Key, values: slices.Clone(c.Values), variables: variables}
	slices.Sort(a.values)
	a.values = slices.Compact(a.values)
	uses := variables && op.Comparison.Variables()
	for _, v := range a.values {
		a.open = a.open || uses && len(policy.Variables(v)) > 0
	}
	if op.Set != policy.SingleValue {
		p.lists[a.key] = true
	}
	kind := "c "
	if uses && slices.ContainsFunc(a.values, func(v string) bool { return strings.Contains(v, "${") }) {
		kind = "d " // the same values mean something else where variables are text
	}
	a.id = kind + op.String() + "\x00" + a.key + "\x00" + strings.Join(a.values, "\x00")
	id, fresh := p.intern(a.id, len(p.atoms))
	if fresh {
		p.atoms = append(p.atoms, a)
	}
	return id
}

// A family is a type of values that operators compare.
type family uint8

const (
	familyNone family = iota // Null, which looks at no value
	familyText
	familyARN
	familyNumber
	familyDate
	familyBool
	familyAddress
	familyBinary
	families
)

func familyOf(c policy.Comparison) family {
	switch c.Positive() {
	case policy.Null:
		return familyNone
	case policy.ARNEquals, policy.ARNLike:
		return familyARN
	case policy.Bool:
		return familyBool
	case policy.IPAddress:
		return familyAddress
	case policy.BinaryEquals:
		return familyBinary
	case policy.NumericEquals, policy.NumericLessThan, policy.NumericLessThanEquals,
		policy.NumericGreaterThan, policy.NumericGreaterThanEquals:
		return familyNumber
	case policy.DateEquals, policy.DateLessThan, policy.DateLessThanEquals,
		policy.DateGreaterThan, policy.DateGreaterThanEquals:
		return familyDate
	}
	return familyText
}

// absent is the truth of an atom for a request without its key. A missing value
// of a policy variable changes nothing about it.
func (a *atom) absent() (truth bool) {
	switch {
	case a.op.Comparison == policy.Null:
		truth = a.nullWants(true)
	case a.op.IfExists:
		truth = true
	case a.op.Set == policy.ForAllValues:
		truth = true
	case a.op.Set == policy.ForAnyValue:
	case a.op.Comparison.Negated():
		truth = true
	}
	return truth
}

// nullWants reports whether a Null condition holds of an absent key, or of one
// that is there.
func (a *atom) nullWants(absent bool) bool {
	return slices.ContainsFunc(a.values, func(v string) bool {
		return strings.EqualFold(v, "true") && absent || strings.EqualFold(v, "false") && !absent
	})
}

// globs compiles the values of a text or ARN comparison, of which any may match.
func (p *program) globs(a *atom) []glob {
	var list []glob
	for _, v := range a.values {
		variables := a.variables && a.op.Comparison.Variables()
		switch a.op.Comparison.Positive() {
		case policy.StringEquals, policy.StringEqualsIgnoreCase:
			fold := a.op.Comparison.Positive() == policy.StringEqualsIgnoreCase
			list = append(list, exactGlob(policy.ParseTemplate(v, variables), fold))
		case policy.StringLike:
			list = append(list, textGlob(policy.ParseTemplate(v, variables), false))
		case policy.BinaryEquals:
			list = append(list, literalGlob(canonicalBinary(v), false))
		default:
			if g, ok := p.arnValue(v, variables); ok {
				list = append(list, g)
			}
		}
	}
	return list
}

// exactGlob reads * and ? as ordinary characters.
func exactGlob(t policy.Template, fold bool) glob {
	var g glob
	for _, part := range t {
		switch part.Kind {
		case policy.AnyText:
			part = policy.Part{Kind: policy.Literal, Text: "*"}
		case policy.AnyOne:
			part = policy.Part{Kind: policy.Literal, Text: "?"}
		}
		g = g.part(part, fold, false)
	}
	return g
}

// arnValue compiles a value of an ARN operator: its six segments are compared
// one by one (IAM User Guide, "IAM JSON policy elements: Condition operators").
// A value of another shape but "*" matches nothing.
func (p *program) arnValue(v string, variables bool) (glob, bool) {
	if v == "*" {
		return arnShape(), true
	}
	if _, ok := policy.ParseARN(v); !ok {
		return nil, false
	}
	return p.compile(newResourcePattern(v, variables).pieces(), bySegment, false), true
}

// canonicalBinary returns the base64 form of the bytes that s stands for.
func canonicalBinary(s string) string {
	if b, err := base64.StdEncoding.DecodeString(s); err == nil {
		s = string(b)
	}
	return base64.StdEncoding.EncodeToString([]byte(s))
}
