package prove

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// mayMeet reports whether an Allow of one document can match a request that one
// of the other does. It errs on the side of yes: NotAction, NotResource and
// conditions are passed over, and what a variable or pseudo parameter stands
// for may be anything.
func mayMeet(a, b []*Shape) bool {
	return slices.ContainsFunc(a, func(s *Shape) bool {
		return slices.ContainsFunc(b, s.MayMeet)
	})
}

// allowShapes are the Allow statements of a document, made ready.
func allowShapes(d *policy.Document) []*Shape {
	var out []*Shape
	for i := range d.Statements {
		if s := &d.Statements[i]; s.Effect == policy.Allow {
			out = append(out, NewShape(s))
		}
	}
	return out
}

// MayMeet reports whether some request can match the actions and resources of
// both statements. It errs on the side of yes as mayMeet does.
func MayMeet(a, b *policy.Statement) bool { return NewShape(a).MayMeet(NewShape(b)) }

// A Shape is what of a statement decides whether it can match the same requests
// as others, made ready.
type Shape struct{ actions, resources []string }

// NewShape makes a statement ready.
func NewShape(s *policy.Statement) *Shape {
	out := &Shape{make([]string, len(s.Actions)), make([]string, len(s.Resources))}
	for i, x := range s.Actions {
		out.actions[i] = wide(policy.Lower(x))
	}
	for i, x := range s.Resources {
		out.resources[i] = wide(open(x))
	}
	return out
}

// MayMeet is [MayMeet] of two statements.
func (s *Shape) MayMeet(t *Shape) bool {
	return listsMeet(s.actions, t.actions) && listsMeet(s.resources, t.resources)
}

// listsMeet reports whether two patterns of the lists overlap; an absent list
// (its Not form is used) overlaps everything.
func listsMeet(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	for _, x := range a {
		for _, y := range b {
			if overlap(x, y) {
				return true
			}
		}
	}
	return false
}

// wide lets a "?", which is one character of several bytes, match anything.
func wide(s string) string { return strings.ReplaceAll(s, "?", "*") }

// open makes what is not known in a resource a wildcard. A short ARN, which AWS
// completes with wildcards (IAM User Guide, "IAM identifiers"), is one as a whole.
func open(s string) string {
	if _, ok := policy.ParseARN(s); !ok && strings.HasPrefix(s, "arn:") {
		return "*"
	}
	for _, p := range []string{policy.PseudoPartition, policy.PseudoRegion, policy.PseudoAccount} {
		s = strings.ReplaceAll(s, p, "*")
	}
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			return s
		}
		end := strings.IndexByte(s[i:], '}')
		if end < 0 {
			return s[:i] + "*"
		}
		s = s[:i] + "*" + s[i+end+1:]
	}
}

// overlap reports whether some text matches both patterns, whose only wildcard
// is "*". It walks the two side by side, keeping every pair of places that can
// be reached.
func overlap(a, b string) bool {
	for i := range min(len(a), len(b)) {
		if a[i] == '*' || b[i] == '*' {
			break
		}
		if a[i] != b[i] {
			return false
		}
	}
	if !strings.Contains(b, "*") {
		return policy.Match(a, b)
	}
	if !strings.Contains(a, "*") {
		return policy.Match(b, a)
	}
	row := make([]bool, len(b)+1)
	row[0] = true
	for j := 0; j < len(b) && b[j] == '*'; j++ {
		row[j+1] = true
	}
	for i := range len(a) {
		next := make([]bool, len(b)+1)
		next[0] = row[0] && a[i] == '*'
		for j := range len(b) {
			x, y := a[i], b[j]
			switch {
			case x == '*':
				next[j+1] = row[j+1] || next[j]
			case y == '*':
				next[j+1] = next[j] || row[j+1]
			default:
				next[j+1] = row[j] && x == y
			}
		}
		row = next
	}
	return row[len(b)]
}
