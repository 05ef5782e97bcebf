package lint

import (
	"strings"

	"github.com/sagemaker-roles/smr/iam/escalation"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Role is what is judged together: the policies of one role. What a role
// lacks shows only there.
type Role struct {
	Policies []*policy.Document                 // identity-based, those of AWS among them
	Boundary *policy.Document                   // nil: none, or unknown
	Trust    *policy.Document                   // nil: unknown, and what depends on it is not judged
	Only     func(document, statement int) bool // which statements are spoken about; nil: all
	// Complete says that the text of every policy of the role is known, so that
	// it can be said what the role lacks.
	Complete bool
	Judge    *escalation.Judge // remembers answers between roles; nil: escalation is not judged
}

// A RoleFinding is a finding about one document of a role.
type RoleFinding struct {
	Document int // in Role.Policies
	Finding
}

// A RolePass is one rule reading the policies of one role.
type RolePass struct {
	*Role
	rule   *Rule
	spoken []spoken
	grants map[string]bool
	found  []RoleFinding
}

// A spoken statement is an Allow of the role that findings may be about.
type spoken struct {
	*policy.Statement
	document, index int
	names           []*facts.Action // actions of the services that some rule looks at
}

// Policies judges the policies of a role together. It costs nothing for a role
// none of whose statements names a service that a rule looks at.
func Policies(r Role) []RoleFinding {
	p := &RolePass{Role: &r, grants: map[string]bool{}}
	for d, doc := range r.Policies {
		for i := range doc.Statements {
			s := &doc.Statements[i]
			if s.Effect != policy.Allow || len(s.Actions) > maxList || r.Only != nil && !r.Only(d, i) {
				continue
			}
			p.spoken = append(p.spoken, spoken{s, d, i, lookedAt(s)})
		}
	}
	if len(p.spoken) == 0 {
		return nil
	}
	for _, rule := range rules().role {
		p.rule = rule
		rule.Role(p)
	}
	return p.found
}

// lookedAt are the actions of a statement that rules about roles look at.
// Patterns over services and over every action of one are left out: they are
// told of by themselves.
func lookedAt(s *policy.Statement) []*facts.Action {
	var list []*facts.Action
	for _, pattern := range s.Actions {
		prefix, name, ok := strings.Cut(pattern, ":")
		if !ok || stars(name) {
			continue
		}
		switch policy.Lower(prefix) {
		case "sagemaker", "kms", "ec2", "logs":
			a := lookAction(pattern)
			list = append(list, a.known...)
		}
	}
	return list
}

// at starts a finding about a statement and one of its actions.
func (p *RolePass) at(s *spoken, action, message, way string) {
	f := Finding{Code: p.rule.Code, Severity: p.rule.Severity, Statement: s.index, Pointer: pointer(s.index), Message: message, Way: way}
	for i, pattern := range s.Actions {
		if policy.MatchFold(pattern, action) {
			f.Pointer, f.Text = pointer(s.index, "Action", decimal(i)), pattern
			break
		}
	}
	p.found = append(p.found, RoleFinding{s.document, f})
}

// grants reports whether some Allow statement of the role speaks of an action.
func (p *RolePass) granted(action string) bool {
	yes, ok := p.grants[action]
	if !ok {
		yes = p.any(policy.Allow, func(s *policy.Statement) bool { return matches(s, action) })
		p.grants[action] = yes
	}
	return yes
}

// any reports whether some statement of the role with the effect holds.
func (p *RolePass) any(effect policy.Effect, holds func(*policy.Statement) bool) bool {
	for _, d := range p.Policies {
		for i := range d.Statements {
			if s := &d.Statements[i]; s.Effect == effect && holds(s) {
				return true
			}
		}
	}
	return false
}

// trusts reports whether the role's trust policy lets a service in.
func (p *RolePass) trusts(service string) bool {
	if p.Trust == nil {
		return false
	}
	for i := range p.Trust.Statements {
		if pr := p.Trust.Statements[i].Principal; pr != nil {
			for _, s := range pr.Service {
				if strings.EqualFold(s, service) {
					return true
				}
			}
		}
	}
	return false
}

// speaks reports whether a finding may be about a statement with the action.
func (p *RolePass) speaks(action string) bool {
	for i := range p.spoken {
		if has(&p.spoken[i], action) {
			return true
		}
	}
	return false
}

// lacking reports, once for each statement, the actions that need another which
// the role is not allowed. needs returns what an action needs, "" for nothing.
func (p *RolePass) lacking(needs func(*facts.Action) string, say func(names []string, first string) (message, way string)) {
	if !p.Complete {
		return
	}
	for i := range p.spoken {
		s := &p.spoken[i]
		var names []string
		first := ""
		for _, a := range s.names {
			if need := needs(a); need != "" && !p.granted(need) {
				names = append(names, a.String())
				if first == "" {
					first = need
				}
			}
		}
		if len(names) > 0 {
			message, way := say(names, first)
			p.at(s, names[0], message, way)
		}
	}
}

// does is the verb of one or several names.
func does(names []string, one, several string) string {
	if len(names) == 1 {
		return one
	}
	return several
}
