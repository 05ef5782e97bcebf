package authz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A PrincipalType says what kind of caller a [Principal] names.
type PrincipalType string

// The types of principals, spelled as in JSON.
const (
	AWS       PrincipalType = "aws"       // a user, role, role session, federated user or root user, by ARN
	Service   PrincipalType = "service"   // a service principal, such as sagemaker.amazonaws.com
	Federated PrincipalType = "federated" // who calls AssumeRoleWithSAML or …WithWebIdentity: the provider's ARN or host name
	Anonymous PrincipalType = "anonymous" // an unsigned request
)

// A Principal is who sends a request. The zero Principal is not valid.
type Principal struct {
	Type PrincipalType
	ID   string // "" for Anonymous
}

// A Request is what AWS decides about (IAM User Guide, "Components of a
// request").
type Request struct {
	Principal Principal
	Action    string // service:name, in any case
	Resource  string // an ARN, or "*" for actions that take no resource

	// ResourceAccount owns the resource. "" stands for the account in the
	// resource's ARN or, if that names none, for the principal's account.
	ResourceAccount string

	Context Context
}

// A Context holds the condition keys of a request. Names compare without
// regard to case. The zero Context is empty and ready; copies share nothing
// that Set changes.
type Context struct {
	entries []entry
}

type entry struct {
	lower  string
	name   string
	values []string
	list   bool
}

// Set gives a single-valued key its value, in place of any it had.
func (c *Context) Set(key, value string) { c.set(entry{name: key, values: []string{value}}) }

// SetList gives a multivalued key its values, in place of any it had. An empty
// list is as good as an absent key.
func (c *Context) SetList(key string, values ...string) {
	c.set(entry{name: key, values: slices.Clone(values), list: true})
}

func (c *Context) set(e entry) {
	e.lower = policy.Lower(e.name)
	list := slices.Clone(c.entries)
	if i := slices.IndexFunc(list, func(x entry) bool { return x.lower == e.lower }); i >= 0 {
		list[i] = e
	} else {
		list = append(list, e)
	}
	c.entries = list
}

// Len returns the number of keys.
func (c *Context) Len() int { return len(c.entries) }

// At returns the key with index i in the order in which they were set, as
// written, with its values; list tells a multivalued key.
func (c *Context) At(i int) (key string, values []string, list bool) {
	e := &c.entries[i]
	return e.name, e.values, e.list
}

// Get returns the values of a key; ok is false if it is absent.
func (c *Context) Get(key string) (values []string, list, ok bool) {
	if e := c.find(policy.Lower(key)); e != nil {
		return e.values, e.list, true
	}
	return nil, false, false
}

// find returns the entry of a key in lower case, nil if it is absent or empty.
func (c *Context) find(lower string) *entry {
	for i := range c.entries {
		if e := &c.entries[i]; e.lower == lower {
			if len(e.values) == 0 {
				return nil
			}
			return e
		}
	}
	return nil
}

// kind is what a principal is to the rules.
type kind uint8

const (
	kindUser kind = iota + 1
	kindRole      // a role's ARN: some session of it
	kindSession
	kindFederatedUser // a session of GetFederationToken
	kindRoot
	kindOther // an AWS principal of no shape above, such as a canonical user id
	kindService
	kindFederated
	kindAnonymous
)

// A subject is the principal of a request taken apart.
type subject struct {
	kind      kind
	id        string
	partition string
	account   string
	name      string // of a role or session the role's name; of a federated user the user's
	linked    bool   // a service-linked role
}

func newSubject(p Principal) (subject, error) {
	s := subject{id: p.ID}
	switch p.Type {
	case Anonymous:
		if p.ID != "" {
			return s, fmt.Errorf("principal %q: an anonymous request has no principal", p.ID)
		}
		s.kind = kindAnonymous
		return s, nil
	case Service:
		s.kind = kindService
	case Federated:
		s.kind = kindFederated
	case AWS:
		s.classify()
	default:
		return s, fmt.Errorf("principal type %q does not exist; it is %q, %q, %q or %q", p.Type, AWS, Service, Federated, Anonymous)
	}
	if p.ID == "" {
		return s, fmt.Errorf("the request names no principal of type %q; give one, or the type %q", p.Type, Anonymous)
	}
	return s, nil
}

// classify reads an ARN (IAM User Guide, "IAM identifiers").
func (s *subject) classify() {
	s.kind = kindOther
	r := policy.NewResourceName(s.id)
	a, ok := r.ARN()
	if !ok {
		return
	}
	s.partition, s.account = a.Partition, a.Account
	class, rest, _ := strings.Cut(a.Resource, "/")
	switch a.Service + ":" + class {
	case "iam:root":
		s.kind = kindRoot
	case "iam:user":
		s.kind = kindUser
	case "iam:role":
		s.kind = kindRole
		s.name = rest[strings.LastIndexByte(rest, '/')+1:]
		s.linked = strings.HasPrefix(rest, "aws-service-role/")
	case "sts:assumed-role":
		s.kind = kindSession
		s.name, _, _ = strings.Cut(rest, "/")
	case "sts:federated-user":
		s.kind = kindFederatedUser
		s.name = rest
	}
	// The prefix is reserved for service-linked roles (IAM User Guide, "Create
	// a service-linked role"), and a session's ARN lacks the role's path.
	s.linked = s.linked || (s.kind == kindRole || s.kind == kindSession) && strings.HasPrefix(s.name, "AWSServiceRoleFor")
}

// iam reports whether the caller is an identity of an account, to which
// identity-based policies, boundaries and SCPs can belong.
func (s *subject) iam() bool { return s.kind <= kindOther }
