package importer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Source is roles of one account, or of an account that is not known.
type Source struct {
	State  *live.State // Account is "" where it is not known
	Name   string      // to call the account by in the configuration; "" leaves the choice
	Region string      // where the roles work; "" is found in their policies
	// NoTrust says that the source holds no trust policies: roles are written
	// with the default one.
	NoTrust bool
}

// Options choose what is imported and how it is written.
type Options struct {
	Roles   []string // globs over names; nil is all
	Except  []string // globs over names that are left out
	Project string   // the project of the configuration, "" for none
	Edition string   // of the catalogue; "" is the one that fits best

	// Progress is told what is being done, and how far of how many roles; nil is
	// silent.
	Progress func(what string, done, of int)
}

func (o *Options) progress(what string, done, of int) {
	if o.Progress != nil {
		o.Progress(what, done, of)
	}
}

// tagManaged is the tag by which smr knows a role as its own, with the project.
const (
	tagManaged = "smr:managed"
	tagPrefix  = "smr:"
)

// A subject is one role on its way into the configuration.
type subject struct {
	source *Source
	state  *live.State
	role   *live.Role
	label  string
	target *target

	inline  []text // policies of the role's own
	managed []text // customer managed, with their texts
	kept    []string
	report  *Role

	plan    *plan
	level   int      // of the plan
	without []string // activities that the compiler refuses for the role
	order   []string // layouts to try
	tries   int      // layouts tried
}

// A text is one policy with its name.
type text struct {
	name, arn string
	doc       *policy.Document
	shared    bool // attached elsewhere too
}

// A Skip is a role that is not imported, and why.
type Skip struct {
	Role   string `json:"role"`
	Reason string `json:"reason"`
	Named  bool   `json:"named,omitempty"` // asked for by its name, without wildcards
}

// matches reports whether one of the globs names the role, without regard to
// case as IAM compares names.
func matches(globs []string, name string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return policy.MatchFold(g, name) })
}

// subjects are the roles to import, in the order of sources and names.
func subjects(sources []*Source, o Options) (list []*subject, skipped []Skip) {
	found := map[string]bool{}
	for _, src := range sources {
		for _, name := range src.State.RoleNames() {
			if o.Roles != nil && !matches(o.Roles, name) || matches(o.Except, name) {
				continue
			}
			for _, g := range o.Roles {
				if policy.MatchFold(g, name) {
					found[g] = true
				}
			}
			role := src.State.Role(name)
			if why := refusal(role, o); why != "" {
				named := slices.ContainsFunc(o.Roles, func(g string) bool { return strings.EqualFold(g, name) })
				skipped = append(skipped, Skip{name, why, named})
				continue
			}
			list = append(list, &subject{source: src, state: src.State, role: role, report: &Role{Name: name}})
		}
	}
	for _, g := range o.Roles {
		if !found[g] {
			skipped = append(skipped, Skip{g, "no role has this name", !policy.HasWildcard(g)})
		}
	}
	return list, skipped
}

// refusal says why a role is not smr's to take; "" where it is. Service-linked
// roles belong to their service (IAM User Guide, "Create a service-linked
// role"), those under /aws-reserved/ to IAM Identity Center, those with a
// template to whoever acquired them (IAM API Reference, "AcquireRole"), and
// those that CloudFormation made to their stack (CloudFormation User Guide,
// "Resource tag").
func refusal(r *live.Role, o Options) string {
	switch {
	case strings.HasPrefix(r.Path, "/aws-service-role/"):
		return "it is a service-linked role: only its service changes it"
	case strings.HasPrefix(r.Path, "/aws-reserved/"):
		return "AWS keeps the path /aws-reserved/ for itself; IAM Identity Center makes these roles"
	case r.Template:
		return "it was made from a role template, and its text belongs to the template"
	}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		if strings.HasPrefix(key, "aws:cloudformation:") {
			stack := cmp.Or(r.Tags["aws:cloudformation:stack-name"], r.Tags[key])
			return fmt.Sprintf("the CloudFormation stack %q made it and would change it back; take it out of the stack first (DeletionPolicy: Retain)", stack)
		}
	}
	if project, managed := r.Tags[tagManaged]; managed && project != o.Project {
		return fmt.Sprintf("it belongs to the project %q (tag %s); with --project %s it can be imported again", project, tagManaged, project)
	}
	return ""
}

// gather collects the policies of a role; an error says which cannot be read.
func (s *subject) gather() error {
	for _, name := range slices.Sorted(maps.Keys(s.role.Inline)) {
		doc, err := readable(s.role.Inline[name])
		if err != nil {
			return fmt.Errorf("the inline policy %q: %w", name, err)
		}
		s.inline = append(s.inline, text{name: name, doc: doc})
	}
	for _, arn := range s.role.Attached {
		p := s.state.Policies[arn]
		if p == nil || p.Document() == nil {
			s.kept = append(s.kept, arn)
			continue
		}
		doc, err := readable(p.Document())
		if err != nil {
			return fmt.Errorf("the managed policy %q: %w", p.Name, err)
		}
		s.managed = append(s.managed, text{name: p.Name, arn: arn, doc: doc, shared: p.Attachments > 1 || p.Boundaries > 0})
	}
	if s.role.Trust == nil && !s.source.NoTrust {
		return fmt.Errorf("it has no trust policy")
	}
	if s.role.Trust != nil {
		if _, err := readable(s.role.Trust); err != nil {
			return fmt.Errorf("the trust policy: %w", err)
		}
	}
	return nil
}

// maxDocument is the most characters of a policy document in any call (IAM API
// Reference, "CreatePolicy", PolicyDocument). No role has a larger one, and to
// prove something of it could take minutes.
const maxDocument = 131072

func readable(d *live.Document) (*policy.Document, error) {
	if d == nil {
		return nil, fmt.Errorf("its text is missing")
	}
	if d.Policy == nil {
		return nil, fmt.Errorf("it is no policy document that smr can read: %w", d.Err)
	}
	if n := policy.Size(d.Policy); n > maxDocument {
		return nil, fmt.Errorf("it has %d characters, and IAM takes no policy document of more than %d", n, maxDocument)
	}
	return d.Policy, nil
}
