package authz

import (
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A grip says how a Principal element takes hold of a caller, which decides
// what the statement can grant alone.
type grip uint8

const (
	gripNone grip = iota

	// gripAccount: the element names the caller's account. AWS: the account
	// "delegates authority to the account"; its identities still need a policy
	// of their own (AWS JSON policy elements: Principal, "AWS account
	// principals").
	gripAccount

	// gripEntity: the element names the role of a session, or the user of a
	// federated user. What it grants is limited by a permissions boundary or
	// session policy (How AWS enforcement code logic evaluates requests, "IAM
	// role" and "AWS STS federated user principal").
	gripEntity

	// gripDirect: the element names the caller itself, or everyone.
	gripDirect
)

// A principals is a Principal or NotPrincipal element made ready.
type principals struct {
	everyone  bool // "*" or {"AWS": "*"}, which AWS calls equivalent ("All principals")
	aws       []awsPrincipal
	service   []string
	federated []string
	canonical []string
}

type awsPrincipal struct {
	text    string
	account string // the element names this whole account
	owner   string // the account of any other ARN
	role    string // the role's name, if it is a role's ARN
	user    string // the user's name, if it is a user's ARN
	session bool   // it is a role session's ARN
}

func newPrincipals(p *policy.Principal) *principals {
	if p == nil {
		return nil
	}
	out := &principals{everyone: p.Any, service: p.Service, federated: p.Federated, canonical: p.CanonicalUser}
	for _, text := range p.AWS {
		if text == "*" {
			out.everyone = true
			continue
		}
		e := awsPrincipal{text: text}
		if account, ok := policy.RootAccount(text); ok {
			e.account = account
		} else {
			s := subject{id: text}
			s.classify()
			e.owner = s.account
			switch s.kind {
			case kindRole:
				e.role = s.name
			case kindSession:
				e.session = true
			case kindUser:
				e.user = text[strings.LastIndexByte(text, '/')+1:]
			}
		}
		out.aws = append(out.aws, e)
	}
	return out
}

// holds returns the strongest grip of the element on the caller.
func (p *principals) holds(s *subject) grip {
	switch {
	case p.everyone:
		return gripDirect
	case s.kind == kindAnonymous:
		return gripNone
	case s.kind == kindService && listed(p.service, s.id), s.kind == kindFederated && listed(p.federated, s.id):
		return gripDirect
	case s.kind == kindService || s.kind == kindFederated:
		return gripNone
	case slices.Contains(p.canonical, s.id):
		return gripDirect
	}
	best := gripNone
	for i := range p.aws {
		best = max(best, p.aws[i].holds(s))
	}
	return best
}

// listed reports whether list names id, or everyone of its type.
func listed(list []string, id string) bool {
	return slices.Contains(list, id) || slices.Contains(list, "*")
}

func (e *awsPrincipal) holds(s *subject) grip {
	switch {
	case e.text == s.id:
		if e.account != "" { // the root user itself
			return gripAccount
		}
		if s.kind == kindRole {
			// The caller is some session of the role.
			return gripEntity
		}
		return gripDirect
	case e.account != "":
		if e.account == s.account {
			return gripAccount
		}
	case e.owner != s.account:
	case e.role != "" && s.kind == kindSession && e.role == s.name,
		e.user != "" && s.kind == kindFederatedUser && e.user == s.name:
		return gripEntity
	}
	return gripNone
}

// excepts reports whether a NotPrincipal element names the caller, so that its
// statement does not apply.
//
// AWS's example of Deny with the ARNs of a user and of that user's account
// "explicitly denies" every principal but the user (AWS JSON policy elements:
// NotPrincipal): the account's ARN is there because a service may validate the
// account first, and excepts nobody else. So an account excepts its principals
// only where the element names none of them.
func (p *principals) excepts(s *subject) bool {
	g := p.holds(s)
	if g != gripAccount || s.kind == kindRoot {
		return g != gripNone
	}
	return !slices.ContainsFunc(p.aws, func(e awsPrincipal) bool { return e.account == "" && e.owner == s.account })
}
