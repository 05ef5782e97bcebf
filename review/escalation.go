package review

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/escalation"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// The kinds of escalations.
const (
	EscalationPassRole    = "pass-role"   // iam:PassRole on more
	EscalationPermissions = "permissions" // access to what decides on access
	EscalationWildcard    = "wildcard"    // every action of a sensitive service
	EscalationMethod      = "method"      // a known way to more, which base lacks
	EscalationTrust       = "trust"       // others may assume the role
	EscalationBoundary    = "boundary"    // the permissions boundary is gone, or lets more through
	EscalationPath        = "path"        // a role comes to another that it did not come to
	EscalationUnknown     = "unknown"     // it is not decided what is new
)

// An Escalation is one reason why a change may lead to more than it grants, and
// what approvals are about.
type Escalation struct {
	Kind    string   `json:"kind"`
	Summary string   `json:"summary"`           // what is new, without the role: words of ours and spelled names
	Methods []string `json:"methods,omitempty"` // ids of [escalation.Method]

	// Grants are the new grants that it is about: those of the role's access,
	// or of its trust where Kind says so.
	Grants []Grant `json:"grants,omitempty"`

	// Paths are the ways from role to role that the role of this change opens.
	Paths []Path `json:"paths,omitempty"`

	// Digest is over the role, its account and ARN, and all of the above but
	// Summary and the places in Grants; where grants do not cover what is new,
	// also over the texts of both sides.
	Digest string `json:"digest"`
}

// escalate fills in what of the pair's change is an escalation. Whatever is
// unknown is one.
func (p *pair) escalate(c *comparer, r *Role) {
	if p.head == nil {
		return
	}
	e := escalations{pair: p, role: r}
	e.unknown()
	e.claimed()
	for i := range r.Gained {
		if kind, summary := grantEscalation(&r.Gained[i]); kind != "" {
			r.Gained[i].Escalation = true
			e.add(Escalation{Kind: kind, Summary: summary, Grants: []Grant{r.Gained[i]}}, "")
		}
	}
	e.methods(c)
	e.trust()
	e.boundary(c)
	e.paths()
	e.tags(c)
	r.Escalation = len(r.Escalations) > 0
}

type escalations struct {
	*pair
	role *Role
}

// add appends one, sealed with its digest. state stands for what is new where
// the grants do not.
func (e *escalations) add(x Escalation, state string) {
	x.Digest = escalationDigest(e.role, spelled(e.head.role.ARN()), &x, state)
	e.role.Escalations = append(e.role.Escalations, x)
}

func escalationDigest(r *Role, arn string, x *Escalation, state string) string {
	return digestOf(struct {
		Role, Account, ARN, Kind string
		Methods                  []string
		Grants                   []Grant
		State                    string
		Paths                    []Path `json:",omitempty"` // what has none keeps the digest that approvals name
	}{r.Role, r.Account, arn, x.Kind, x.Methods, bare(x.Grants), state, x.Paths})
}

// Seal makes new access of a role that is no escalation something to approve,
// for rules that want even that.
func (r *Role) Seal(g Grant) Escalation {
	x := Escalation{Kind: "access", Summary: shortList(g.Actions) + " on " + shortList(g.Resources), Grants: []Grant{g}}
	x.Digest = escalationDigest(r, "", &x, "")
	return x
}

// state is a digest of the texts on both sides.
func (e *escalations) state() string {
	var parts []string
	for _, s := range []*subject{e.base, e.head} {
		parts = append(parts, s.key(), s.trustKey())
		if s != nil {
			parts = append(parts, s.texts.MissingBoundary, strings.Join(s.missing(), ","))
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

func (e *escalations) unknown() {
	r := e.role
	if r.NewAccess == access.Unknown || r.IfStarCrossesColons != "" && r.NewAccess != access.Yes {
		because := r.UnknownBecause
		if because == "" {
			because = "it depends on whether a * of an ARN runs on over colons"
		}
		e.add(Escalation{Kind: EscalationUnknown, Summary: "it is not decided what access is new: " + because}, e.state())
	}
	if r.Trust.NewAccess == access.Unknown {
		e.add(Escalation{Kind: EscalationUnknown, Summary: "it is not decided who else may assume it: " + r.Trust.UnknownBecause}, "trust"+e.state())
	}
}

// grantEscalation says why new access is an escalation; kind is "" if it is
// none.
func grantEscalation(g *Grant) (kind, summary string) {
	on := "on " + shortList(g.Resources)
	switch {
	case escalation.WholeService(g.Actions) != "":
		return EscalationWildcard, fmt.Sprintf("every action of %s %s", shortList(wholes(g.Actions)), on)
	case escalation.PassesRoles(g.Actions, g.NotActions):
		return EscalationPassRole, "iam:PassRole " + on
	case escalation.Matches(g.Actions, nil, "iam:PassRole"):
		return EscalationPermissions, shortList(g.Actions) + " " + on
	case g.Level == access.LevelPermissions || g.Level == "":
		return EscalationPermissions, shortList(g.Actions) + " " + on
	case slices.ContainsFunc(g.Actions, func(a string) bool {
		return strings.EqualFold(a, "iam:*") || policy.MatchFold("iam:*", a) && changes(g.Level)
	}):
		return EscalationPermissions, shortList(g.Actions) + " " + on
	}
	return "", ""
}

func changes(l access.Level) bool { return l != access.LevelRead && l != access.LevelList }

// wholes are the patterns that name whole services.
func wholes(actions []string) []string {
	var out []string
	for _, a := range actions {
		if escalation.WholeService([]string{a}) != "" {
			out = append(out, a)
		}
	}
	return out
}

// methods finds the ways that head has and base lacks. One that base lacks needs
// an action of which some use is new, so a grant matches it. Those that the same
// grants open are one escalation.
func (e *escalations) methods(c *comparer) {
	r := e.role
	touched := escalation.Touched(func(action string) bool {
		return slices.ContainsFunc(r.Gained, func(g Grant) bool { return escalation.Matches(g.Actions, g.NotActions, action) })
	})
	if len(touched) == 0 {
		return
	}
	base, head := e.base.side(e.base.documents()), e.head.side(e.head.documents())
	byGrants := map[string]int{}
	var found []Escalation
	for _, m := range touched {
		if c.judge.Has(head, m) == access.No || c.judge.Has(base, m) == access.Yes {
			continue
		}
		key, grants := "", []Grant(nil)
		for i := range r.Gained {
			g := &r.Gained[i]
			if slices.ContainsFunc(m.Actions, func(a string) bool { return escalation.Matches(g.Actions, g.NotActions, a) }) {
				g.Escalation = true
				key, grants = fmt.Sprint(key, " ", i), append(grants, *g)
			}
		}
		at, ok := byGrants[key]
		if !ok {
			at = len(found)
			byGrants[key] = at
			found = append(found, Escalation{Kind: EscalationMethod, Grants: grants})
		}
		found[at].Methods = append(found[at].Methods, m.ID)
		if at := &found[at]; len(at.Methods) == 1 {
			at.Summary = strings.Join(m.Actions, " with ") + " lead to the permissions of others"
		} else if len(at.Methods) == 2 {
			at.Summary += ", and other ways"
		}
	}
	for _, x := range found {
		e.add(x, "")
	}
}

// trust tells who else may assume the role: for a role that was there, anybody
// new; for a new one, anybody but AWS's services and its own account.
func (e *escalations) trust() {
	t := &e.role.Trust
	if t.NewAccess != access.Yes {
		return
	}
	var grants []Grant
	var who []string
	for _, g := range t.Gained {
		if e.base != nil || slices.ContainsFunc(g.Principals, func(p string) bool { return foreign(p, e.head.role.Target.AccountID) }) {
			grants = append(grants, g)
			who = append(who, g.Principals...)
		}
	}
	if len(grants) > 0 {
		slices.Sort(who)
		e.add(Escalation{Kind: EscalationTrust, Summary: shortList(slices.Compact(who)) + " may assume it", Grants: grants}, "")
	}
	if e.base != nil && len(t.Gained) == 0 {
		e.add(Escalation{Kind: EscalationTrust, Summary: "others may assume it"}, e.state())
	}
}

// foreign reports whether a principal is neither a service of AWS nor surely of
// the account. Cognito's name stands for identities of its users, and other
// host names are providers of identities.
func foreign(principal, account string) bool {
	switch {
	case strings.HasSuffix(principal, ".amazonaws.com") || strings.HasSuffix(principal, ".amazonaws.com.cn"):
		return principal == "cognito-identity.amazonaws.com"
	case principal == "${account_id}" || account != "" && principal == account:
		return false
	}
	arn, ok := policy.ParseARN(principal)
	own := ok && arn.Service == "iam" && (arn.Account == "${account_id}" || account != "" && arn.Account == account)
	return !own || strings.Contains(principal, ":saml-provider/") || strings.Contains(principal, ":oidc-provider/")
}

// boundary tells whether the permissions boundary is gone or lets more through.
func (e *escalations) boundary(c *comparer) {
	if e.base == nil || e.base.role.PermissionsBoundary == "" {
		return
	}
	before, after := e.base.role.PermissionsBoundary, e.head.role.PermissionsBoundary
	switch {
	case after == "":
		e.add(Escalation{Kind: EscalationBoundary, Summary: "its permissions boundary " + spelled(before) + " is gone"}, "gone "+spelled(before))
	case e.base.boundary != nil && e.head.boundary != nil:
		if !e.base.boundary.changed(e.head.boundary) {
			return
		}
		old, now := []*policy.Document{e.base.boundary.document}, []*policy.Document{e.head.boundary.document}
		result, err := access.Compare(access.Side{Identity: old}, access.Side{Identity: now}, access.Options{
			Facts: c.options.Facts, Limits: c.options.Limits, OneWay: true, NoRows: true,
		})
		if err != nil || result.NewAccess != access.No || result.IfStarCrossesColons != "" {
			e.add(Escalation{Kind: EscalationBoundary, Summary: "its permissions boundary " + spelled(after) + " lets more through"}, e.boundaries())
		}
	case before != after || (e.base.boundary == nil) != (e.head.boundary == nil):
		e.add(Escalation{Kind: EscalationBoundary, Summary: "its permissions boundary becomes " + spelled(after) + ", and it is not known what that lets through"}, e.boundaries())
	}
}

// boundaries stands for the boundaries of both sides.
func (e *escalations) boundaries() string {
	return fmt.Sprintf("%s %x %s %x", spelled(e.base.role.PermissionsBoundary), e.base.boundaryKey(), spelled(e.head.role.PermissionsBoundary), e.head.boundaryKey())
}

// shortList names the first three of a list.
func shortList(list []string) string {
	if len(list) == 0 {
		return "anything"
	}
	if len(list) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:3], ", "), len(list)-3)
	}
	return strings.Join(list, ", ")
}

// Escalations are those of all roles, in the order of roles.
func (d *Diff) Escalations() []Escalation {
	var out []Escalation
	for i := range d.Roles {
		out = append(out, d.Roles[i].Escalations...)
	}
	return out
}
