// Package policy holds IAM policy documents: the types of the policy grammar,
// reading and printing them as JSON, their canonical form and their size as
// IAM counts it, ARNs and wildcard patterns.
//
// The grammar is the one of the IAM User Guide, "Grammar of the IAM JSON
// policy language". The package knows nothing of files, HCL or networks.
package policy

// Policy language versions of the Version element.
const (
	Version2012 = "2012-10-17" // policy variables are replaced
	Version2008 = "2008-10-17" // the default of a document without Version; "${" is literal text
)

// An Effect is what a statement that matches a request does.
type Effect string

// The two effects; the grammar has no other and compares them with case.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// A Document is one policy document: identity-based, resource-based, trust,
// permissions boundary, session policy, SCP or RCP, which differ only in the
// elements that AWS admits. Order of statements and of the values in them is
// the order in which they were written.
type Document struct {
	Version    string // "" when the document has none, which means Version2008
	ID         string // the Id element, "" when absent
	Statements []Statement
}

// A Statement is one statement of a document. Exactly one of Actions and
// NotActions is set; at most one of Resources and NotResources (trust policies
// have neither) and of Principal and NotPrincipal.
type Statement struct {
	SID          string // the Sid element, "" when absent
	Effect       Effect
	Principal    *Principal // nil in identity-based policies
	NotPrincipal *Principal
	Actions      []string // as written; IAM compares them without regard to case
	NotActions   []string
	Resources    []string // ARN patterns, or "*"
	NotResources []string
	Conditions   []Condition // every one must hold
}

// A Principal is the value of a Principal or NotPrincipal element.
type Principal struct {
	Any           bool     // the element is the string "*", everyone
	AWS           []string // "*", account ids, and ARNs of accounts, roles, sessions and users
	Service       []string // service principals, such as "sagemaker.amazonaws.com"
	Federated     []string // ARNs of SAML and OIDC providers, or host names of providers
	CanonicalUser []string // canonical user ids of S3
}

// A Condition is one operator and key of a Condition element with its values;
// a request satisfies it as the operator says for any of the values.
type Condition struct {
	Operator string // as written, with "ForAllValues:" and "IfExists" where given
	Key      string // as written; IAM compares keys without regard to case
	Values   []string
}
