package policy

import "unicode/utf8"

// Match reports whether pattern, in which * stands for any text, also none,
// and ? for exactly one character, covers the whole of s. Comparison is with
// case. It takes time at most proportional to len(pattern) × len(s), and for
// patterns of one star to their sum; nothing is allocated.
func Match(pattern, s string) bool { return match(pattern, s, false) }

// MatchFold is [Match] without regard to the case of ASCII letters, as actions
// and names of condition keys compare.
func MatchFold(pattern, s string) bool { return match(pattern, s, true) }

func match(pattern, s string, fold bool) bool {
	p, i := 0, 0
	star, mark := -1, 0 // after the last star, and where in s it is tried to end
	for i < len(s) {
		if p < len(pattern) {
			switch c := pattern[p]; {
			case c == '*':
				p++
				star, mark = p, i
				if p == len(pattern) {
					return true
				}
				continue
			case c == '?':
				p++
				i += runeWidth(s[i:])
				continue
			case c == s[i] || fold && lower(c) == lower(s[i]):
				p++
				i++
				continue
			}
		}
		if star < 0 {
			return false
		}
		// Only the last star need ever take more: what came before it has
		// matched as early as it could.
		p = star
		mark += runeWidth(s[mark:])
		i = mark
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

func runeWidth(s string) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// Lower returns s with ASCII letters in lower case, the form in which actions,
// condition keys and operators compare. It allocates only if s holds upper case.
func Lower(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				b[j] = lower(b[j])
			}
			return string(b)
		}
	}
	return s
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// HasWildcard reports whether s holds * or ?.
func HasWildcard(s string) bool {
	for i := range len(s) {
		if s[i] == '*' || s[i] == '?' {
			return true
		}
	}
	return false
}
