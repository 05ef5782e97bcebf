package preflight

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// namesSession reports whether it depends on the name of a role's session
// whether a statement of a resource's policy is about the role: Principal names
// the ARN of a session, or NotPrincipal names the role or a session. A Deny with
// NotPrincipal denies sessions that it does not name by their own ARN, beside
// the role's (IAM User Guide, "AWS JSON policy elements: NotPrincipal"), and
// services choose the names of theirs.
func namesSession(s *policy.Statement, role string) bool {
	session := func(text string) bool {
		a, ok := policy.ParseARN(text)
		r, _ := policy.ParseARN(role)
		name, found := strings.CutPrefix(a.Resource, "assumed-role/")
		name, _, _ = strings.Cut(name, "/")
		return ok && found && a.Service == "sts" && a.Account == r.Account && name == r.Resource[strings.LastIndexByte(r.Resource, '/')+1:]
	}
	switch {
	case s.Principal != nil:
		sure := func(text string) bool {
			account, ok := policy.RootAccount(text)
			r, _ := policy.ParseARN(role)
			return text == "*" || text == role || ok && account == r.Account
		}
		return !s.Principal.Any && !slices.ContainsFunc(s.Principal.AWS, sure) && slices.ContainsFunc(s.Principal.AWS, session)
	case s.NotPrincipal != nil:
		return !s.NotPrincipal.Any && (slices.Contains(s.NotPrincipal.AWS, role) || slices.ContainsFunc(s.NotPrincipal.AWS, session))
	}
	return false
}
