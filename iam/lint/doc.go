// Package lint finds what is wrong, risky or needless in IAM policy documents:
// conditions that can never hold, actions and resources that do not meet,
// grants that reach further than they read. Each rule is a value of type Rule
// with the text, the source and two examples, one of which raises it.
//
// The rules are the checks of IAM Access Analyzer, parliament, cfn-lint,
// checkov, cloudsplaining and tfsec that make sense for the policies of roles,
// and smr's own. What IAM refuses outright is not judged here: the caller
// parses documents first (package policy).
//
// A finding says where it stands by a JSON pointer (RFC 6901); whoever has the
// source of a document maps it to a line. The Go API is not yet stable.
package lint
