package policy

import "strings"

// A SetQuantifier is the prefix of a condition operator for multivalued
// context keys (IAM User Guide, "Set operators for multivalued context keys").
type SetQuantifier uint8

// The quantifiers.
const (
	SingleValue  SetQuantifier = iota // no prefix
	ForAllValues                      // true if every value of the request satisfies the operator, or there is none
	ForAnyValue                       // true if some value of the request satisfies the operator
)

// A Comparison is a condition operator without prefix and suffix.
type Comparison uint8

// The comparisons (IAM User Guide, "IAM JSON policy elements: Condition
// operators"). Each negated one follows, or is named after, the one it negates.
const (
	StringEquals Comparison = iota + 1
	StringNotEquals
	StringEqualsIgnoreCase
	StringNotEqualsIgnoreCase
	StringLike
	StringNotLike
	NumericEquals
	NumericNotEquals
	NumericLessThan
	NumericLessThanEquals
	NumericGreaterThan
	NumericGreaterThanEquals
	DateEquals
	DateNotEquals
	DateLessThan
	DateLessThanEquals
	DateGreaterThan
	DateGreaterThanEquals
	Bool
	BinaryEquals
	IPAddress
	NotIPAddress
	ARNEquals
	ARNNotEquals
	ARNLike
	ARNNotLike
	Null
)

// comparisonNames is a constant table, indexed by Comparison.
var comparisonNames = [...]string{
	StringEquals: "StringEquals", StringNotEquals: "StringNotEquals",
	StringEqualsIgnoreCase: "StringEqualsIgnoreCase", StringNotEqualsIgnoreCase: "StringNotEqualsIgnoreCase",
	StringLike: "StringLike", StringNotLike: "StringNotLike",
	NumericEquals: "NumericEquals", NumericNotEquals: "NumericNotEquals",
	NumericLessThan: "NumericLessThan", NumericLessThanEquals: "NumericLessThanEquals",
	NumericGreaterThan: "NumericGreaterThan", NumericGreaterThanEquals: "NumericGreaterThanEquals",
	DateEquals: "DateEquals", DateNotEquals: "DateNotEquals",
	DateLessThan: "DateLessThan", DateLessThanEquals: "DateLessThanEquals",
	DateGreaterThan: "DateGreaterThan", DateGreaterThanEquals: "DateGreaterThanEquals",
	Bool: "Bool", BinaryEquals: "BinaryEquals", IPAddress: "IpAddress", NotIPAddress: "NotIpAddress",
	ARNEquals: "ArnEquals", ARNNotEquals: "ArnNotEquals", ARNLike: "ArnLike", ARNNotLike: "ArnNotLike",
	Null: "Null",
}

const operatorHelp = "Operators are String…, Numeric…, Date…, Arn…, Bool, BinaryEquals, IpAddress, NotIpAddress and Null, " +
	"with ForAllValues: or ForAnyValue: before and IfExists after all but Null."

// String spells the comparison as AWS does, such as "IpAddress"; "" if c is
// not a comparison.
func (c Comparison) String() string {
	if c > Null {
		return ""
	}
	return comparisonNames[c]
}

// Negated reports whether c is true of what its positive form is false of,
// and so of an absent key.
func (c Comparison) Negated() bool {
	switch c {
	case StringNotEquals, StringNotEqualsIgnoreCase, StringNotLike, NumericNotEquals, DateNotEquals,
		NotIPAddress, ARNNotEquals, ARNNotLike:
		return true
	}
	return false
}

// Positive returns the comparison that c negates, or c if it negates none.
func (c Comparison) Positive() Comparison {
	if c.Negated() {
		return c - 1
	}
	return c
}

// Variables reports whether policy variables are replaced in the values of c:
// in string and ARN comparisons (IAM User Guide, "IAM policy elements:
// Variables and tags").
func (c Comparison) Variables() bool {
	return c >= StringEquals && c <= StringNotLike || c >= ARNEquals && c <= ARNNotLike
}

// An Operator is a condition operator taken apart.
type Operator struct {
	Set        SetQuantifier
	Comparison Comparison
	IfExists   bool
}

// String spells the operator as AWS does.
func (o Operator) String() string {
	s := o.Comparison.String()
	switch o.Set {
	case ForAllValues:
		s = "ForAllValues:" + s
	case ForAnyValue:
		s = "ForAnyValue:" + s
	}
	if o.IfExists {
		s += "IfExists"
	}
	return s
}

// ParseOperator takes a condition operator apart, comparing without regard to
// case. Null takes neither prefix nor suffix.
func ParseOperator(s string) (Operator, bool) {
	var o Operator
	if head, tail, ok := strings.Cut(s, ":"); ok {
		switch {
		case strings.EqualFold(head, "ForAllValues"):
			o.Set = ForAllValues
		case strings.EqualFold(head, "ForAnyValue"):
			o.Set = ForAnyValue
		default:
			return Operator{}, false
		}
		s = tail
	}
	const suffix = "IfExists"
	if n := len(s) - len(suffix); n > 0 && strings.EqualFold(s[n:], suffix) {
		o.IfExists = true
		s = s[:n]
	}
	o.Comparison = comparisonNamed(s)
	if o.Comparison == 0 || o.Comparison == Null && (o.Set != SingleValue || o.IfExists) {
		return Operator{}, false
	}
	return o, true
}

// comparisonNamed returns the comparison of that name in any case, 0 if none.
func comparisonNamed(s string) Comparison {
	for c := StringEquals; c <= Null; c++ {
		if strings.EqualFold(comparisonNames[c], s) {
			return c
		}
	}
	return 0
}
