package authz

import (
	"net/netip"
	"time"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A condition is one operator and key of a statement, made ready.
type condition struct {
	source *policy.Condition
	op     policy.Operator
	key    string // in lower case
	shape  shape
	values []value
}

// shape is what is known of a key's values in requests.
type shape uint8

const (
	shapeUnknown shape = iota // as the request has it
	shapeSingle
	shapeMulti
)

// A value is one value of a condition, made ready for its operator. A value
// that is not of the operator's type is not ok and equals nothing.
type value struct {
	ok      bool
	flag    bool
	pattern policy.Pattern
	arn     policy.ARNPattern
	number  number
	date    time.Time
	network netip.Prefix
	bytes   string
}

func newCondition(c *policy.Condition, op policy.Operator, variables bool, o *Options) condition {
	out := condition{source: c, op: op, key: policy.Lower(c.Key), values: make([]value, len(c.Values))}
	if t, ok := o.keys().KeyType(out.key); ok {
		out.shape = shapeSingle
		if t.Multi {
			out.shape = shapeMulti
		}
	}
	for i, text := range c.Values {
		out.values[i] = newValue(text, op.Comparison.Positive(), variables)
	}
	return out
}

func newValue(text string, positive policy.Comparison, variables bool) (v value) {
	o := policy.PatternOptions{Variables: variables}
	v.ok = true
	switch positive {
	case policy.StringEquals:
		o.Exact = true
		v.pattern = policy.NewPattern(text, o)
	case policy.StringEqualsIgnoreCase:
		o.Exact, o.Fold = true, true
		v.pattern = policy.NewPattern(text, o)
	case policy.StringLike:
		v.pattern = policy.NewPattern(text, o)
	case policy.ARNEquals, policy.ARNLike:
		// AWS: "Each of the six colon-delimited components of the ARN is checked
		// separately", and ArnEquals and ArnLike "behave identically" (Condition
		// operators), so both know wildcards, and none crosses a colon.
		_, shaped := policy.ParseARN(text)
		v.ok = shaped || text == "*"
		v.arn = policy.NewARNPattern(text, policy.ARNOptions{Variables: variables})
	case policy.NumericEquals, policy.NumericLessThan, policy.NumericLessThanEquals,
		policy.NumericGreaterThan, policy.NumericGreaterThanEquals:
		v.number, v.ok = parseNumber(text)
	case policy.DateEquals, policy.DateLessThan, policy.DateLessThanEquals,
		policy.DateGreaterThan, policy.DateGreaterThanEquals:
		v.date, v.ok = parseDate(text)
	case policy.IPAddress:
		v.network, v.ok = parseRange(text)
	case policy.BinaryEquals:
		v.bytes = binary(text)
	default: // Bool and Null
		v.flag, v.ok = parseBool(text)
	}
	return v
}

// list reports whether the values of e are a multivalued key's.
func (c *condition) list(e *entry) bool {
	switch c.shape {
	case shapeMulti:
		return true
	case shapeSingle:
		return e.list && len(e.values) != 1
	}
	return e.list
}

// holds decides the condition (IAM User Guide, "IAM JSON policy elements:
// Condition operators").
func (c *condition) holds(f *frame) bool {
	e := f.request.Context.find(c.key)
	if c.op.Comparison == policy.Null {
		// AWS: "Use a Null condition operator to check if a condition key is
		// absent at the time of authorization."
		for i := range c.values {
			if c.values[i].ok && c.values[i].flag == (e == nil) {
				return true
			}
		}
		return false
	}
	if e == nil {
		return c.holdsAbsent()
	}
	switch c.op.Set {
	case policy.ForAllValues:
		// AWS: true "if every context key value in the request matches at least
		// one context key value in the policy", also if the key "resolves to a
		// null dataset, such as an empty string" (Set operators).
		for _, v := range e.values {
			if v != "" && !c.satisfied(f, v) {
				return false
			}
		}
		return true
	case policy.ForAnyValue:
		// AWS: "For no matching context key or if the key resolves to a null data
		// set, the condition returns false" (Set operators).
		for _, v := range e.values {
			if v != "" && c.satisfied(f, v) {
				return true
			}
		}
		return false
	}
	if c.list(e) {
		// AWS: "To compare your condition against a request context with multiple
		// key values, you must use the ForAllValues or ForAnyValue set
		// operators" (Single-valued vs. multivalued context keys).
		return false
	}
	return c.satisfied(f, e.values[0])
}

// holdsAbsent decides the condition for a key that the request lacks.
func (c *condition) holdsAbsent() bool {
	switch {
	case c.op.IfExists:
		// AWS: "If the key is not present, evaluate the condition element as true"
		// (...IfExists condition operators).
		return true
	case c.op.Set == policy.ForAllValues:
		return true
	case c.op.Set == policy.ForAnyValue:
		return false
	}
	// AWS: "If the key that you specify in a policy condition is not present in
	// the request context, the values do not match and the condition is false.
	// If the policy condition requires that the key is not matched, such as
	// StringNotLike or ArnNotLike, and the right key is not present, the
	// condition is true" (IAM JSON policy elements: Condition).
	return c.op.Comparison.Negated()
}

// satisfied reports whether one value of the request satisfies the operator:
// a positive one if it equals any value of the policy, a negated one if it
// equals none (IAM User Guide, "Conditions with multiple context keys or
// values": values of a negated operator are evaluated with a logical NOR).
func (c *condition) satisfied(f *frame, given string) bool {
	for i := range c.values {
		if c.equal(f, &c.values[i], given) {
			return !c.op.Comparison.Negated()
		}
	}
	return c.op.Comparison.Negated()
}

// equal compares with one value of the policy under the positive operator.
func (c *condition) equal(f *frame, v *value, given string) bool {
	if !v.ok {
		return false
	}
	switch positive := c.op.Comparison.Positive(); positive {
	case policy.StringEquals, policy.StringEqualsIgnoreCase, policy.StringLike:
		return v.pattern.Match(given, f)
	case policy.ARNEquals, policy.ARNLike:
		name := policy.NewResourceName(given)
		if _, ok := name.ARN(); !ok {
			return false
		}
		return v.arn.Match(&name, f)
	case policy.IPAddress:
		a, ok := parseAddress(given)
		return ok && v.network.Contains(a)
	case policy.BinaryEquals:
		// AWS: "compares the value of the specified key byte for byte against a
		// base-64 encoded representation of the binary value in the policy". A
		// request in JSON has the bytes as they are, or encoded likewise.
		return v.bytes == given || v.bytes == binary(given)
	case policy.Bool:
		b, ok := parseBool(given)
		return ok && b == v.flag
	case policy.DateEquals, policy.DateLessThan, policy.DateLessThanEquals,
		policy.DateGreaterThan, policy.DateGreaterThanEquals:
		d, ok := parseDate(given)
		return ok && ordered(d.Compare(v.date), positive-policy.DateEquals)
	default:
		n, ok := parseNumber(given)
		return ok && ordered(n.compare(v.number), positive-policy.NumericEquals)
	}
}

// ordered reads the sign of a comparison; relation is the operator's distance
// from the Equals of its family.
func ordered(sign int, relation policy.Comparison) bool {
	switch relation {
	case 0:
		return sign == 0
	case policy.NumericLessThan - policy.NumericEquals:
		return sign < 0
	case policy.NumericLessThanEquals - policy.NumericEquals:
		return sign <= 0
	case policy.NumericGreaterThan - policy.NumericEquals:
		return sign > 0
	}
	return sign >= 0
}
