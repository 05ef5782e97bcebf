package check

import (
	"strings"
	"unicode/utf8"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// length is how many characters of IAM's a text has, pseudo parameters at
// their longest value.
func length(s string) int {
	n := utf8.RuneCountInString(s)
	if policy.HasPseudo(s) {
		n += strings.Count(s, policy.PseudoPartition) * (policy.MaxPartitionLength - 1)
		n += strings.Count(s, policy.PseudoRegion) * (policy.MaxRegionLength - 1)
		n += strings.Count(s, policy.PseudoAccount) * (policy.AccountLength - 1)
	}
	return n
}

// only reports whether s holds ASCII letters, digits, pseudo parameters and the
// characters of more, and nothing else.
func only(s, more string) bool {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', pseudo(r):
		case r < utf8.RuneSelf && strings.IndexByte(more, byte(r)) >= 0:
		default:
			return false
		}
	}
	return true
}

// pseudo reports whether r stands for the partition, Region or account id.
func pseudo(r rune) bool { return r >= 0xe001 && r <= 0xe003 }

// hex reports whether s is n lower-case hexadecimal digits.
func hex(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// resourceID reports whether s is an id of EC2: the prefix and 8 or 17
// hexadecimal digits (Amazon EC2 User Guide, "Resource IDs").
func resourceID(s, prefix string) bool {
	rest, ok := strings.CutPrefix(s, prefix)
	return ok && (hex(rest, 8) || hex(rest, 17))
}

// uuid reports whether s is five groups of hexadecimal digits, 8-4-4-4-12.
func uuid(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts) != 5 {
		return false
	}
	for i, n := range [...]int{8, 4, 4, 4, 12} {
		if !hex(strings.ToLower(parts[i]), n) {
			return false
		}
	}
	return true
}

// region reports whether s can name a Region: lower-case words and digits
// joined by hyphens, or the pseudo parameter.
func region(s string) bool {
	if s == policy.PseudoRegion {
		return true
	}
	if len(s) < 8 || s[len(s)-1] < '0' || s[len(s)-1] > '9' || strings.Count(s, "-") < 2 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// pseudoPartitionARN is how an ARN begins whose partition is not known.
const pseudoPartitionARN = "arn:" + policy.PseudoPartition + ":"

// brief shortens a text that is too long to read in a message.
func brief(s string) string {
	const most = 80
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most/2]) + "…"
}
