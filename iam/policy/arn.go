package policy

import "strings"

// An ARN is an Amazon Resource Name, or a pattern of ARNs, cut at its first
// five colons (IAM User Guide, "Identify AWS resources with Amazon Resource
// Names (ARNs)"). Region and Account may be empty; Resource may hold colons.
type ARN struct {
	Partition string
	Service   string
	Region    string
	Account   string
	Resource  string
}

// ParseARN cuts s into its segments. ok is false if s does not start with
// "arn:" or has fewer than six segments. Nothing else is checked: segments may
// be empty, and hold wildcards and policy variables. Colons inside a policy
// variable, "${aws:username}", do not cut.
func ParseARN(s string) (arn ARN, ok bool) {
	rest, ok := strings.CutPrefix(s, "arn:")
	if !ok {
		return ARN{}, false
	}
	var part [4]string
	for i := range part {
		end := cutSegment(rest)
		if end < 0 {
			return ARN{}, false
		}
		part[i], rest = rest[:end], rest[end+1:]
	}
	return ARN{part[0], part[1], part[2], part[3], rest}, true
}

// cutSegment returns the index of the first colon of s outside a policy
// variable, -1 if there is none.
func cutSegment(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ':':
			return i
		case '$':
			if end := variableEnd(s[i:]); end > 0 {
				i += end - 1
			}
		}
	}
	return -1
}

// String returns the ARN's text.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// RootAccount returns the account of p if p names a whole account as a
// principal: twelve digits (or [PseudoAccount]), or the ARN of the account's
// root (IAM User Guide, "AWS JSON policy elements: Principal"; both mean the
// same).
func RootAccount(p string) (account string, ok bool) {
	if IsAccountID(p) {
		return p, true
	}
	a, ok := ParseARN(p)
	if !ok || a.Service != "iam" || a.Region != "" || a.Resource != "root" || !IsAccountID(a.Account) {
		return "", false
	}
	return a.Account, true
}

// IsAccountID reports whether s is twelve digits or [PseudoAccount].
func IsAccountID(s string) bool {
	if s == PseudoAccount {
		return true
	}
	if len(s) != AccountLength {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// WellFormedResource reports whether IAM can read a resource of a statement: a
// pattern that begins with a star, or an ARN with six parts or a star that may
// hold them.
func WellFormedResource(s string) bool {
	if strings.HasPrefix(s, "*") {
		return true
	}
	rest, ok := strings.CutPrefix(s, "arn:")
	if !ok {
		return false
	}
	_, whole := ParseARN(s)
	return whole || strings.Contains(rest, "*")
}
