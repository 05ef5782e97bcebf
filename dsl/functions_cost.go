package dsl

import (
	"regexp/syntax"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// noRange is for messages of functions, whose place is that of the call.
var noRange hcl.Range

// What functions may be given without an account.

// plainFormat reports whether a format only puts strings side by side: a width
// would depend on their length.
func plainFormat(args []cty.Value) bool {
	if len(args) == 0 || !args[0].IsKnown() || args[0].IsNull() || args[0].Type() != cty.String {
		return false
	}
	_, rest, found := strings.Cut(args[0].AsString(), "%")
	for found {
		if rest == "" || strings.IndexByte("svd%", rest[0]) < 0 {
			return false
		}
		_, rest, found = strings.Cut(rest[1:], "%")
	}
	return true
}

func notText(args []cty.Value) bool { return args[0].Type() != cty.String }

func knownKey(args []cty.Value) bool { return len(args) < 2 || !Undecided(args[1]) }

func knownKeys(args []cty.Value) bool { return len(args) < 1 || !Undecided(args[0]) }

// Upper bounds of the bytes or elements that a call would make.

func replaceSize(args []cty.Value) int {
	s, sub, by := args[0].AsString(), args[1].AsString(), args[2].AsString()
	if isRegex(sub) {
		return product(len(s)+1, len(by)+strings.Count(by, "$")*len(s))
	}
	return len(s) + product(strings.Count(s, sub), len(by))
}

func joinSize(args []cty.Value) int {
	total, n := 0, 0
	for _, list := range args[1:] {
		anyString(list, func(s string) bool { total += len(s); n++; return total > MaxString*16 })
	}
	return total + product(n, len(args[0].AsString()))
}

func indentSize(args []cty.Value) int {
	n, _ := args[0].AsBigFloat().Int64()
	return product(int(max(0, n)), 1+strings.Count(args[1].AsString(), "\n"))
}

// tooMuch is beyond every limit of a size.
const tooMuch = 1 << 62

// formatSize refuses widths of more than three digits by calling them large,
// and texts that would become large numbers.
func formatSize(args []cty.Value) int {
	spec, err := convert.Convert(args[0], cty.String)
	if err != nil || spec.IsNull() {
		return 0
	}
	verbs, digits := strings.Count(spec.AsString(), "%"), 0
	for _, c := range spec.AsString() {
		if c < '0' || c > '9' {
			digits = 0
		} else if digits++; digits > 3 {
			return tooMuch
		}
	}
	longest, elements := 1000, 1
	for _, a := range args[1:] {
		if w, big := weigh(a); big != small || anyString(a, isBigNumber) {
			return tooMuch
		} else if longest = max(longest, w.bytes); top(a) > elements {
			elements = top(a)
		}
	}
	return product(elements, min(product(verbs, longest), MaxString)) / 4
}

// isBigNumber reports whether a text is a number beyond the limit.
func isBigNumber(s string) bool {
	if s == "" || strings.IndexByte("+-.0123456789", s[0]) < 0 {
		return false
	}
	v, err := convert.Convert(cty.StringVal(s), cty.Number)
	if err != nil {
		return false
	}
	_, big := weigh(v)
	return big != small
}

func productSize(args []cty.Value) int {
	n := 1
	for _, a := range args {
		n = product(n, top(a))
	}
	return product(n, MaxString*16/MaxElements)
}

// Steps of calls whose time grows faster than their arguments.

// pairSteps is for functions that compare every pair.
func pairSteps(args []cty.Value) int {
	n := 0
	for _, a := range args {
		n += top(a)
	}
	return product(n, n) / 64
}

// searchSteps is for functions that compare every element with another value.
func searchSteps(args []cty.Value) int { return top(args[0]) }

// setSteps is for functions that make sets: values with one hash are compared
// with one another.
func setSteps(args []cty.Value) int {
	buckets := map[int]int{}
	pairs, elements := 0, 0
	for _, a := range args {
		if top(a) == 0 {
			continue
		}
		for it := a.ElementIterator(); it.Next(); {
			_, e := it.Element()
			h := e.Hash()
			elements++
			pairs += buckets[h]
			buckets[h]++
		}
	}
	return 6*elements + pairs/8
}

func trimSteps(args []cty.Value) int {
	return product(len(args[0].AsString()), len(args[1].AsString())) / 256
}

func isRegex(s string) bool { return len(s) > 1 && s[0] == '/' && s[len(s)-1] == '/' }

func regexSteps(args []cty.Value) int { return matchSteps(args[0].AsString(), args[1].AsString()) }

func replaceSteps(args []cty.Value) int {
	sub := args[1].AsString()
	if !isRegex(sub) {
		return 0
	}
	return matchSteps(sub[1:len(sub)-1], args[0].AsString())
}

// matchSteps bounds the time of matching: the program of the expression times
// the bytes of the text (package regexp promises no worse).
func matchSteps(pattern, s string) int {
	if len(pattern) > 1000 {
		return MaxSteps + 1
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return 0
	}
	return len(prog.Inst)/4 + product(len(prog.Inst), len(s))/64
}

// product multiplies without overflow for what the limits admit.
func product(a, b int) int {
	if a > 0 && b > tooMuch/a {
		return tooMuch
	}
	return a * b
}
