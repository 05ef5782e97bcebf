package policy

import "strings"

// Pseudo parameters stand in a document for what is known only where it is
// deployed. Each is one private-use character, which no IAM document can hold
// (the API admits characters up to U+00FF), so they cannot collide with text.
// Emitters spell them in their target's way.
const (
	PseudoPartition = "\ue001" // the partition, such as "aws"
	PseudoRegion    = "\ue002" // the Region, such as "eu-west-1"
	PseudoAccount   = "\ue003" // the twelve digits of the account id
)

// HasPseudo reports whether s holds a pseudo parameter.
func HasPseudo(s string) bool {
	return strings.Contains(s, "\xee\x80") && strings.ContainsAny(s, PseudoPartition+PseudoRegion+PseudoAccount)
}

const (
	pseudoPartition rune = '\ue001'
	pseudoRegion    rune = '\ue002'
	pseudoAccount   rune = '\ue003'
)

// Lengths of the longest values of pseudo parameters, in characters, as
// published in the endpoint data of the AWS SDKs (2026-11).
const (
	MaxPartitionLength = len("aws-us-gov")
	MaxRegionLength    = len("us-isof-south-1") // most have 14 at most, such as ap-northeast-1
	AccountLength      = 12
)
