package facts

// lower returns the lower-case form of an ASCII letter. AWS's names of
// actions, condition keys and resource types are ASCII.
func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + ('a' - 'A')
	}
	return b
}

// compareFold compares two names without regard to case.
func compareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

// equalFold says whether two names are equal without regard to case.
func equalFold(a, b string) bool { return len(a) == len(b) && compareFold(a, b) == 0 }

// globFold says whether name matches a pattern with "*" and "?", without
// regard to case. It takes time proportional to the product of the lengths at
// most: only the last "*" is ever tried again.
func globFold(pattern, name string) bool {
	p, n, star, retry := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retry = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || lower(pattern[p]) == lower(name[n])):
			p++
			n++
		case star >= 0:
			retry++
			p, n = star+1, retry
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
