package access

import "fmt"

// Limits bounds the work of one comparison. They are counts, not times, so
// that a comparison has one answer on every machine. A zero field takes its
// value of [DefaultLimits].
type Limits struct {
	States int // states of all automata together
	Words  int // 64-bit words that the states of all automata hold together: memory
	Steps  int // nodes of the search over condition values
	Values int // classes of values of one condition key
}

// DefaultLimits keeps a comparison under about a second and 256 MiB.
func DefaultLimits() Limits {
	return Limits{States: 600_000, Words: 12_000_000, Steps: 3_000_000, Values: 4_096}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ v, def *int }{
		{&l.States, &d.States}, {&l.Words, &d.Words}, {&l.Steps, &d.Steps}, {&l.Values, &d.Values},
	} {
		if *f.v <= 0 {
			*f.v = *f.def
		}
	}
	return l
}

// A budget is what is left of the limits, and what they did not suffice for.
type budget struct {
	left    Limits
	reasons []string // in the order in which they came, each once
}

func newBudget(l Limits) *budget { return &budget{left: l.withDefaults()} }

// state takes one automaton state of width words and reports whether there was one.
func (b *budget) state(width int) bool {
	b.left.States--
	b.left.Words -= width
	return b.left.States >= 0 && b.left.Words >= 0
}

// step takes one node of the search.
func (b *budget) step() bool {
	b.left.Steps--
	return b.left.Steps >= 0
}

// tooLarge notes what the budget did not suffice for.
func (b *budget) tooLarge(format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	for _, r := range b.reasons {
		if r == reason {
			return
		}
	}
	b.reasons = append(b.reasons, reason)
}
