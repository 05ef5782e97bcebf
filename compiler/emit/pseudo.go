package emit

import (
	"strings"
	"unicode/utf8"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// Replace returns s with the pseudo parameters spelled as given.
func Replace(s, partition, region, account string) string {
	if !policy.HasPseudo(s) {
		return s
	}
	var b strings.Builder
	for text, pseudo := range Pieces(s) {
		b.WriteString(text)
		switch pseudo {
		case policy.PseudoPartition:
			b.WriteString(partition)
		case policy.PseudoRegion:
			b.WriteString(region)
		case policy.PseudoAccount:
			b.WriteString(account)
		}
	}
	return b.String()
}

// Pieces cuts s after each of its pseudo parameters: it yields the text before
// one, which may be "", and the pseudo parameter; at last the text that remains
// with "".
func Pieces(s string) func(yield func(text, pseudo string) bool) {
	return func(yield func(string, string) bool) {
		for {
			i := strings.IndexAny(s, policy.PseudoPartition+policy.PseudoRegion+policy.PseudoAccount)
			if i < 0 {
				if s != "" {
					yield(s, "")
				}
				return
			}
			_, n := utf8.DecodeRuneInString(s[i:])
			if !yield(s[:i], s[i:i+n]) {
				return
			}
			s = s[i+n:]
		}
	}
}
