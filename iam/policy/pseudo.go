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
