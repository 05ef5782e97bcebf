package policy

import "unicode/utf8"

// Size returns the characters of d as IAM's quotas count them, or a few more:
// those of the minified document, where spaces inside strings count (IAM User
// Guide, "IAM and AWS STS quotas": IAM does not count white space; whether that
// includes the spaces of strings it does not say, so this is the upper bound).
// A pseudo parameter counts as its longest value. SCPs and RCPs count the white
// space too; they must be printed by [AppendJSON] for Size to hold.
func Size(d *Document) int {
	p := printer{count: true}
	p.document(d)
	return p.n
}

// textLength returns the characters of s inside a JSON string.
func textLength(s string) int {
	n := len(s)
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				n++
				if shortEscape(c) == 0 {
					n += len("u00") + 1 // \u00 and two digits, of which n has two
				}
			}
			i++
			continue
		}
		r, width := utf8.DecodeRuneInString(s[i:])
		n += 1 - width
		switch r {
		case pseudoPartition:
			n += MaxPartitionLength - 1
		case pseudoRegion:
			n += MaxRegionLength - 1
		case pseudoAccount:
			n += AccountLength - 1
		}
		i += width
	}
	return n
}
