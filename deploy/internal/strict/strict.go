// Package strict is a peer in front of moto that refuses what AWS refuses and
// moto takes: quotas, names, documents, conflicts. What moto miscounts it answers
// itself.
//
// Its rules are written from the API model and AWS's documentation, not from
// smr's own checks: the two must be able to disagree. Only tests import it.
package strict

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/sagemaker-roles/smr/deploy/internal/moto"
)

// New is a peer that refuses what breaks a rule and hands everything else on.
// state is the account before the call.
func New(next moto.Peer, state func() (*moto.Snapshot, error)) moto.Peer {
	return moto.PeerFunc(func(c *moto.Call) *moto.Response {
		if r := check(c, state); r != nil {
			return r
		}
		return next.Do(c)
	})
}

func check(c *moto.Call, state func() (*moto.Snapshot, error)) *moto.Response {
	if !c.Writes() {
		return nil
	}
	for _, p := range parameters() {
		if r := p.check(c); r != nil {
			return r
		}
	}
	rules, ok := rulesOf[c.Action]
	if !ok {
		return nil
	}
	s, err := state()
	if err != nil {
		return moto.Refuse(http.StatusBadGateway, "TestPeer", err.Error())
	}
	for _, rule := range rules {
		if r := rule(c, s); r != nil {
			return r
		}
	}
	return nil
}

// A parameter is what the API model says of one, in any call that has it.
type parameter struct {
	name     string
	min, max int
	pattern  *regexp.Regexp
}

// parameters are from the model of the IAM API, 2010-05-08: existingRoleName
// and roleNameType, policyNameType, pathType, policyPathType,
// roleDescriptionType, policyDescriptionType, policyDocumentType, arnType. \w
// is read as ASCII: the pages say "upper and lowercase alphanumeric characters".
func parameters() []parameter {
	name := regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]+$`)
	document := regexp.MustCompile(`^[\x{09}\x{0A}\x{0D}\x{20}-\x{FF}]+$`)
	return []parameter{
		{"RoleName", 1, 64, name},
		{"PolicyName", 1, 128, name},
		{"Path", 1, 512, regexp.MustCompile(`^(/|/[\x{21}-\x{7E}]+/)$`)},
		{"Description", 0, 1000, regexp.MustCompile(`^[\x{09}\x{0A}\x{0D}\x{20}-\x{7E}\x{A1}-\x{FF}]*$`)},
		{"PolicyDocument", 1, 131072, document},
		{"AssumeRolePolicyDocument", 1, 131072, document},
		{"PolicyArn", 20, 2048, nil},
		{"PermissionsBoundary", 20, 2048, nil},
		{"VersionId", 2, 64, regexp.MustCompile(`^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$`)},
	}
}

func (p parameter) check(c *moto.Call) *moto.Response {
	values, ok := c.Form[p.name]
	if !ok {
		return nil
	}
	v := values[0]
	if n := len([]rune(v)); n < p.min || n > p.max || p.pattern != nil && !p.pattern.MatchString(v) {
		return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint (%d characters)", p.name, n)
	}
	if p.name == "Path" && c.Action == "CreatePolicy" && !regexp.MustCompile(`^((/[A-Za-z0-9.,+@=_-]+)*)/$`).MatchString(v) {
		return invalid("The specified value for path is invalid")
	}
	return nil
}

// A rule refuses a call, or returns nil.
type rule func(*moto.Call, *moto.Snapshot) *moto.Response

// rulesOf are the rules of each action.
var rulesOf = map[string][]rule{
	"CreateRole":                 {freeRoleName, session, trustDocument, boundaryExists, tags},
	"UpdateRole":                 {roleExists, session},
	"UpdateAssumeRolePolicy":     {roleExists, trustDocument},
	"PutRolePermissionsBoundary": {roleExists, boundaryExists},
	"PutRolePolicy":              {roleExists, identityDocument, inlineSize},
	"AttachRolePolicy":           {roleExists, policyExists, attachments},
	"TagRole":                    {roleExists, tags},
	"CreatePolicy":               {freePolicyName, identityDocument, policySize, tags},
	"CreatePolicyVersion":        {policyExists, identityDocument, policySize, versions},
	"TagPolicy":                  {policyExists, tags},
	"DeletePolicy":               {policyExists, policyUnused, onlyDefault},
	"DeleteRole":                 {roleExists, roleEmpty},
}

func invalid(format string, args ...any) *moto.Response {
	return moto.Refuse(http.StatusBadRequest, "ValidationError", fmt.Sprintf(format, args...))
}

func limit(quota string, n int) *moto.Response {
	return moto.Refuse(http.StatusConflict, "LimitExceeded", fmt.Sprintf("Cannot exceed quota for %s: %d", quota, n))
}

func missing(what, name string) *moto.Response {
	return moto.Refuse(http.StatusNotFound, "NoSuchEntity", fmt.Sprintf("The %s %s cannot be found.", what, name))
}

// role finds a role as IAM does, without regard to case.
func role(s *moto.Snapshot, name string) *moto.Role {
	for i := range s.Roles {
		if strings.EqualFold(s.Roles[i].Name, name) {
			return &s.Roles[i]
		}
	}
	return nil
}

func policyOf(s *moto.Snapshot, arn string) *moto.Policy {
	for i := range s.Policies {
		if s.Policies[i].ARN == arn {
			return &s.Policies[i]
		}
	}
	return nil
}

// ofAWS reports whether a policy is one that AWS manages.
func ofAWS(arn string) bool { return strings.Contains(arn, ":iam::aws:policy/") }

func roleExists(c *moto.Call, s *moto.Snapshot) *moto.Response {
	if name := c.Form.Get("RoleName"); role(s, name) == nil {
		return missing("role with name", name)
	}
	return nil
}

func policyExists(c *moto.Call, s *moto.Snapshot) *moto.Response {
	if arn := c.Form.Get("PolicyArn"); !ofAWS(arn) && policyOf(s, arn) == nil {
		return missing("policy", arn)
	}
	return nil
}

// freeRoleName: "Names are not distinguished by case" (API Reference,
// "CreateRole").
func freeRoleName(c *moto.Call, s *moto.Snapshot) *moto.Response {
	if name := c.Form.Get("RoleName"); role(s, name) != nil {
		return moto.Refuse(http.StatusConflict, "EntityAlreadyExists", fmt.Sprintf("Role with name %s already exists.", name))
	}
	return nil
}

// freePolicyName: names of policies are unique in the account, whatever their
// paths and case (API Reference, "CreatePolicy", PolicyName).
func freePolicyName(c *moto.Call, s *moto.Snapshot) *moto.Response {
	name := c.Form.Get("PolicyName")
	for i := range s.Policies {
		if arn := s.Policies[i].ARN; strings.EqualFold(arn[strings.LastIndexByte(arn, '/')+1:], name) {
			return moto.Refuse(http.StatusConflict, "EntityAlreadyExists", fmt.Sprintf("A policy called %s already exists. Duplicate names are not allowed.", name))
		}
	}
	return nil
}

// session: roleMaxSessionDurationType, 3,600 to 43,200.
func session(c *moto.Call, _ *moto.Snapshot) *moto.Response {
	v := c.Form.Get("MaxSessionDuration")
	if n, err := strconv.Atoi(v); v != "" && (err != nil || n < 3600 || n > 43200) {
		return invalid("Value %s at 'maxSessionDuration' failed to satisfy constraint", v)
	}
	return nil
}

// boundaryExists: "Scope ARN: … does not exist or is not attachable."
func boundaryExists(c *moto.Call, s *moto.Snapshot) *moto.Response {
	arn := c.Form.Get("PermissionsBoundary")
	if arn == "" || ofAWS(arn) || policyOf(s, arn) != nil {
		return nil
	}
	return moto.Refuse(http.StatusNotFound, "NoSuchEntity", fmt.Sprintf("Scope ARN: %s does not exist or is not attachable.", arn))
}

// attachments: 10 managed policies for a role by default (IAM User Guide, "IAM
// and AWS STS quotas"). One that the role has already is taken again, which moto
// would count as a second attachment.
func attachments(c *moto.Call, s *moto.Snapshot) *moto.Response {
	r, arn := role(s, c.Form.Get("RoleName")), c.Form.Get("PolicyArn")
	for _, a := range r.Attached {
		if a.ARN == arn {
			return moto.Accept(c.Action)
		}
	}
	if len(r.Attached) >= 10 {
		return limit("PoliciesPerRole", 10)
	}
	return nil
}

// inlineSize: 10,240 characters for all inline policies of a role, white space
// not counted.
func inlineSize(c *moto.Call, s *moto.Snapshot) *moto.Response {
	total := size(c.Form.Get("PolicyDocument"))
	for _, p := range role(s, c.Form.Get("RoleName")).Inline {
		if p.Name != c.Form.Get("PolicyName") {
			total += size(p.Document)
		}
	}
	if total > 10240 {
		return limit("RolePolicySize", 10240)
	}
	return nil
}

// policySize: 6,144 characters for a managed policy.
func policySize(c *moto.Call, _ *moto.Snapshot) *moto.Response {
	if size(c.Form.Get("PolicyDocument")) > 6144 {
		return limit("PolicySize", 6144)
	}
	return nil
}

// versions: five of a policy.
func versions(c *moto.Call, s *moto.Snapshot) *moto.Response {
	if p := policyOf(s, c.Form.Get("PolicyArn")); p != nil && len(p.Versions) >= 5 {
		return moto.Refuse(http.StatusConflict, "LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.")
	}
	return nil
}

// policyUnused: a policy that is attached, or a permissions boundary, cannot be
// deleted (API Reference, "DeletePolicy").
func policyUnused(c *moto.Call, s *moto.Snapshot) *moto.Response {
	arn := c.Form.Get("PolicyArn")
	for i := range s.Roles {
		used := s.Roles[i].Boundary == arn
		for _, a := range s.Roles[i].Attached {
			used = used || a.ARN == arn
		}
		if used {
			return moto.Refuse(http.StatusConflict, "DeleteConflict", "Cannot delete a policy attached to entities.")
		}
	}
	return nil
}

// onlyDefault: "Delete all versions of the policy" comes first (API Reference,
// "DeletePolicy").
func onlyDefault(c *moto.Call, s *moto.Snapshot) *moto.Response {
	if p := policyOf(s, c.Form.Get("PolicyArn")); p != nil && len(p.Versions) > 1 {
		return moto.Refuse(http.StatusConflict, "DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions.")
	}
	return nil
}

// roleEmpty: "the role must not have any policies attached" (API Reference,
// "DeleteRole").
func roleEmpty(c *moto.Call, s *moto.Snapshot) *moto.Response {
	r := role(s, c.Form.Get("RoleName"))
	if len(r.Attached) > 0 {
		return moto.Refuse(http.StatusConflict, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	}
	if len(r.Inline) > 0 {
		return moto.Refuse(http.StatusConflict, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	return nil
}

// size counts as IAM does: characters, white space left out.
func size(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
