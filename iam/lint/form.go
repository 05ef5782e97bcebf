package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// wellFormedAction reports whether IAM can read an action pattern.
func wellFormedAction(s string) bool {
	if s == "*" {
		return true
	}
	service, name, ok := strings.Cut(s, ":")
	return ok && service != "" && name != "" && only(service) && only(name)
}

func only(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_*?", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// stars reports whether a text is stars alone.
func stars(s string) bool { return s != "" && strings.Trim(s, "*") == "" }

// open reports whether a text has a wildcard, a policy variable or a pseudo
// parameter, so that it stands for several.
func open(s string) bool {
	return policy.HasWildcard(s) || strings.Contains(s, "${") || policy.HasPseudo(s)
}

// starIn is the index of the first resource that is stars alone, -1 for none.
func starIn(resources []string) int {
	for i, r := range resources {
		if stars(r) {
			return i
		}
	}
	return -1
}

// matches reports whether a statement speaks of an action, whatever its
// resources and conditions.
func matches(s *policy.Statement, name string) bool {
	if len(s.NotActions) > 0 {
		for _, p := range s.NotActions {
			if policy.MatchFold(p, name) {
				return false
			}
		}
		return true
	}
	for _, p := range s.Actions {
		if policy.MatchFold(p, name) {
			return true
		}
	}
	return false
}

// knownPrefix reports whether the prefix of a condition key is AWS's own, so
// that its keys are all in the data.
func knownPrefix(key string) bool {
	prefix, _, ok := strings.Cut(key, ":")
	if !ok {
		return true // every key has a prefix
	}
	if strings.EqualFold(prefix, "aws") {
		return true
	}
	_, ok = facts.FindService(prefix)
	return ok
}
