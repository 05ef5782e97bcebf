package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// foreigner says why a role may not be touched whatever its tags: "" if
// nothing stands against it.
func foreigner(r *live.Role) string {
	switch {
	case strings.HasPrefix(r.Path, "/aws-service-role/"):
		return "it is linked to a service of AWS, which alone may change it"
	case strings.HasPrefix(r.Path, "/aws-reserved/"):
		return "its path is reserved to AWS"
	case r.Template:
		return "it was made from a role template, whose owner changes it"
	}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		if strings.HasPrefix(lower(key), "aws:cloudformation:") {
			return "it belongs to the CloudFormation stack " + strconv.Quote(r.Tags[key]) + ", which would undo changes"
		}
	}
	return ""
}

// mine reports whether a role that is there may be changed; it says what
// stands against it. One that no project owns may be taken over, which update
// decides.
func (m *maker) mine(w *Want, r *live.Role) bool {
	owner, tagged := r.Tags[TagManaged]
	why := foreigner(r)
	switch {
	case why != "":
		m.refuse(w, "foreign-role", r.Name, "The role %s cannot be managed: %s. Give the role of the configuration another name.", r.ARN, why)
	case tagged && owner != m.d.Project:
		m.refuse(w, "foreign-role", r.Name, "The role %s belongs to the project %s, by its tag %s. Give the role of the configuration another name, or remove it from the other project first.", r.ARN, strconv.Quote(owner), TagManaged)
	case !tagged && r.Path != w.Path:
		m.refuse(w, "foreign-role", r.Name, takeOver, r.ARN)
	case r.Path != w.Path:
		m.refuse(w, "moved-role", r.Name, "The role %s stands at the path %s, and the configuration says %s. IAM cannot move a role, and one made anew is another principal to everybody who names it. Keep path = %s, or give the role a new label and retire the old one.", r.Name, r.Path, w.Path, strconv.Quote(r.Path))
	case r.Name != w.IAMName:
		m.refuse(w, "moved-role", r.Name, "The role is called %s in IAM and %s in the configuration; names are the same to IAM without regard to case. Say name = %s.", r.Name, w.IAMName, strconv.Quote(r.Name))
	default:
		return true
	}
	return false
}

// takeOver says how to come by a role that nobody owns.
const takeOver = "A role %s is there and was not made by smr. It is taken over by a release that grants nothing which it does not grant already, with its own name and path: smr import writes such a configuration. Or give the role of the configuration another name."

// adopts reports whether the role may be taken over as it is to be: nothing
// may come with the tags that it does not grant already.
func (m *maker) adopts(w *Want, r *live.Role, walk *walk) bool {
	c := walk.check
	if c.trustWithin(c.after, c.before) == NotProved || c.accessWithin(c.after, c.before) == NotProved {
		m.refuse(w, "foreign-role", r.Name, takeOver, r.ARN)
		return false
	}
	m.find(w, "adopted-role", r.Name, "The role %s was not made by smr and is taken over: it gets the project's tags and what the configuration says. What else it has stays, and is told, unless the configuration says lifecycle { exclusive = true }.", r.ARN)
	return true
}

// adopted tags the policies of a role that is taken over.
func (b *builder) adopted(w *Want) {
	for i := range w.Managed {
		p := b.work.Policies[w.Managed[i].ARN]
		if p == nil || p.Tags == nil {
			continue
		}
		if _, tagged := p.Tags[TagManaged]; !tagged {
			b.add(Operation{Kind: TagPolicy, Policy: p.ARN, Phase: PhasePrepare, Why: "the role is taken over", Args: Args{Tags: b.policyTags()}})
		}
	}
}

// owned reports whether a role that the configuration has not is the
// project's.
func (m *maker) owned(r *live.Role) bool {
	owner, tagged := r.Tags[TagManaged]
	return tagged && owner == m.d.Project && slices.Contains(m.d.Paths, r.Path) && foreigner(r) == ""
}

// ownedPolicy reports whether a policy is the project's: by its path and its
// tag.
func (d *Desired) ownedPolicy(p *live.Policy) bool {
	return p != nil && slices.Contains(d.Paths, p.Path) && p.Tags[TagManaged] == d.Project
}

// Touched are the ARNs of policies of which a plan has to know the tags: of
// those that it may change or delete, no others.
func Touched(state *live.State, d *Desired) []string {
	touched := map[string]bool{}
	wanted := map[string]bool{}
	add := func(arn string) {
		if p := state.Policies[arn]; p != nil && slices.Contains(d.Paths, p.Path) {
			touched[arn] = true
		}
	}
	names := map[string]*Want{}
	for _, w := range d.Wants {
		names[lower(w.IAMName)] = w
		r := state.Role(w.IAMName)
		own := map[string]bool{}
		for i := range w.Managed {
			p := &w.Managed[i]
			own[p.ARN], wanted[p.ARN] = true, true
			have := state.Policies[p.ARN]
			_, tagged := tagOf(r)
			if have == nil || tagged && slices.Contains(r.Attached, p.ARN) && live.Same(have.Document(), p.Document) && !w.Retire {
				continue
			}
			add(p.ARN)
		}
		for _, arn := range w.attached() {
			wanted[arn], own[arn] = true, true
		}
		if r != nil {
			for _, arn := range r.Attached {
				if !own[arn] {
					add(arn)
				}
			}
		}
	}
	for key, r := range state.Roles {
		if names[key] == nil && r.Tags[TagManaged] == d.Project && slices.Contains(d.Paths, r.Path) {
			for _, arn := range r.Attached {
				add(arn)
			}
		}
	}
	for arn, p := range state.Policies {
		if !wanted[arn] && p.Attachments == 0 && p.Boundaries == 0 && d.mayBeOrphan(p) {
			add(arn)
		}
	}
	return slices.Sorted(maps.Keys(touched))
}

// tagOf is the tag of a role that says whose it is; nil has none.
func tagOf(r *live.Role) (project string, tagged bool) {
	if r == nil {
		return "", false
	}
	project, tagged = r.Tags[TagManaged]
	return project, tagged
}

// mayBeOrphan reports whether a policy that nothing uses may be the project's:
// it stands at the project's path, or has the name of a policy of one of its
// roles.
func (d *Desired) mayBeOrphan(p *live.Policy) bool {
	return p.Path == d.projectPath() || slices.ContainsFunc(d.Wants, func(w *Want) bool {
		return p.Path == w.Path && strings.HasSuffix(p.Name, suffix(w.IAMName))
	})
}

// orphans deletes policies of the project that nothing uses and no role is to
// have: what a killed run left behind.
func (m *maker) orphans() {
	wanted := map[string]bool{}
	for _, w := range m.d.Wants {
		for i := range w.Managed {
			wanted[w.Managed[i].ARN] = true
		}
	}
	b := m.builder(nil, "")
	for _, arn := range m.work.PolicyARNs() {
		p := m.work.Policies[arn]
		if m.live.Policies[arn] == nil || wanted[arn] || p.Attachments > 0 || p.Boundaries > 0 || !m.d.mayBeOrphan(p) || !m.d.ownedPolicy(p) {
			continue
		}
		b.deletePolicy(arn, "nothing uses it")
	}
	b.finish(nil)
}

// deletedPrincipals are the ids that IAM shows in a trust policy in place of
// principals that were deleted (IAM User Guide, "AWS JSON policy elements:
// Principal": "it appears as the principal ID").
func deletedPrincipals(d *live.Document) []string {
	if d == nil || d.Policy == nil {
		return nil
	}
	var out []string
	for i := range d.Policy.Statements {
		p := d.Policy.Statements[i].Principal
		if p == nil {
			continue
		}
		for _, a := range p.AWS {
			if isPrincipalID(a) {
				out = append(out, a)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// isPrincipalID reports whether a principal is an id such as AROA… of a role
// or AIDA… of a user (IAM User Guide, "IAM identifiers").
func isPrincipalID(s string) bool {
	return len(s) >= 16 && (strings.HasPrefix(s, "AROA") || strings.HasPrefix(s, "AIDA")) && !strings.Contains(s, ":")
}

// rebinds reports whether writing a trust policy may put somebody new in the
// place of a deleted principal: it names a principal that the live one does
// not.
func rebinds(old, wanted *policy.Document) bool {
	have := map[string]bool{}
	for i := range old.Statements {
		if p := old.Statements[i].Principal; p != nil {
			for _, a := range p.AWS {
				have[a] = true
			}
		}
	}
	for i := range wanted.Statements {
		p := wanted.Statements[i].Principal
		if p != nil && slices.ContainsFunc(p.AWS, func(a string) bool {
			_, root := policy.RootAccount(a)
			return !have[a] && !root && a != "*"
		}) {
			return true
		}
	}
	return false
}
