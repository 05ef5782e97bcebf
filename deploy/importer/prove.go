package importer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A fault is why a role is not proved.
type fault struct {
	reason   string
	quota    bool   // another layout may do
	activity string // that is to blame, if one is
}

// quotaCodes are findings that depend on the layout.
var quotaCodes = []string{"oversized-managed-policy", "oversized-inline-policies", "too-many-attached-policies", "duplicate-policy-name", "invalid-policy-name"}

// layouts orders the layouts to try: the one that the role has now first.
func (s *subject) layouts() {
	all := []string{string(ir.PerActivity), string(ir.Packed), string(ir.Inline)}
	first := string(ir.PerActivity)
	suffix := strings.TrimPrefix(s.role.Name, "SageMaker-")
	switch {
	case len(s.managed) == 0 && len(s.inline) > 0:
		first = string(ir.Inline)
	case len(s.managed) > 0 && len(s.inline) == 0 && !slices.ContainsFunc(s.managed, func(t text) bool {
		n, ok := strings.CutPrefix(t.name, suffix+"_")
		return !ok || strings.Trim(n, "0123456789") != "" || n == ""
	}):
		first = string(ir.Packed)
	}
	s.order = append([]string{first}, slices.DeleteFunc(all, func(l string) bool { return l == first })...)
}

func (s *subject) layout() string { return s.order[s.tries] }

// prove compiles a draft and compares every role with what it was. What is not
// proved is a fault.
func (im *importer) prove(ctx context.Context, d *draft) (map[*subject]*fault, error) {
	r := compiler.Compile(compiler.Options{FS: memory(d.files)})
	if r.Fault != nil {
		return nil, r.Fault
	}
	faults := map[*subject]*fault{}
	if err := im.blame(r, faults); err != nil {
		return nil, err
	}
	if len(faults) > 0 {
		return faults, nil
	}
	compiled := map[string]*ir.StackRole{}
	for _, role := range r.Stack.Roles {
		compiled[role.Label] = role
	}
	proved := map[string]bool{}
	for _, s := range im.subjects {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		role := compiled[s.label]
		if role == nil {
			return nil, fmt.Errorf("the role %q is not in what was compiled: this is a mistake of smr", s.label)
		}
		why, err := s.differs(role, proved)
		if err != nil {
			why = err.Error()
		}
		if why != "" {
			faults[s] = &fault{reason: why}
		}
	}
	return faults, nil
}

// blame finds the roles that errors of the compiler speak of.
func (im *importer) blame(r *compiler.Result, faults map[*subject]*fault) error {
	bySubject := map[string]*subject{}
	for _, s := range im.subjects {
		bySubject[s.label] = s
	}
	for _, d := range r.Report().Diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		var at *subject
		f := &fault{reason: d.Detail}
		if d.Subject != nil {
			for _, role := range r.Config.Roles {
				if !before(role.Range, *d.Subject) {
					continue
				}
				at, f.activity = bySubject[role.Name.Text], ""
				for _, u := range role.Uses {
					if before(u.Range, *d.Subject) {
						f.activity = u.Activity.Text
					}
				}
				for _, o := range role.Overrides {
					if before(o.Range, *d.Subject) {
						f.activity = ""
					}
				}
				for _, st := range role.Statements {
					if before(st.Range, *d.Subject) {
						f.activity = ""
					}
				}
			}
		}
		if at == nil { // of an account or a persona: whoever can be plainer is
			plainest := true
			for _, s := range im.subjects {
				if s.level+1 < levels {
					plainest, faults[s] = false, f
				}
			}
			if plainest {
				return fmt.Errorf("the configuration that was written does not compile: %s: %s", d.Summary, d.Detail)
			}
			continue
		}
		if info := diag.InfoOf(d); info != nil {
			f.quota = slices.Contains(quotaCodes, info.Code)
		}
		if old := faults[at]; old == nil || old.quota && !f.quota {
			faults[at] = f
		}
	}
	return nil
}

// before reports whether a block begins before a place of the same file.
func before(block, place hcl.Range) bool {
	return block.Filename == place.Filename && block.Start.Byte <= place.Start.Byte
}

// differs says what of a compiled role is not what the role was; "" where it
// is proved to be.
func (s *subject) differs(role *ir.StackRole, proved map[string]bool) (string, error) {
	if role.IAMName != s.role.Name || role.Path != s.role.Path {
		return fmt.Sprintf("its name and path would be %s%s", role.Path, role.IAMName), nil
	}
	if role.Description != s.role.Description {
		return "its description would change", nil
	}
	if want := int(s.role.MaxSessionDuration); want != 0 && want != role.MaxSessionDuration && (want != 3600 || role.MaxSessionDuration != 0) {
		return fmt.Sprintf("its session duration would be %d seconds instead of %d", role.MaxSessionDuration, want), nil
	}
	if role.PermissionsBoundary != s.role.Boundary {
		return fmt.Sprintf("its permissions boundary would be %q instead of %q", role.PermissionsBoundary, s.role.Boundary), nil
	}
	tags := s.tags()
	for _, t := range role.Tags {
		if v, ok := tags[t.Key]; !ok || v != t.Value {
			return fmt.Sprintf("the tag %q would change", t.Key), nil
		}
	}
	if len(tags) != len(role.Tags) {
		return "tags would be lost", nil
	}
	if why := s.attached(role); why != "" {
		return why, nil
	}
	if s.role.Trust != nil {
		same, err := equal(access.Side{Resource: s.role.Trust.Policy}, access.Side{Resource: role.Trust.Document})
		if err != nil || !same && !sameDocument(s.role.Trust.Policy, role.Trust.Document) {
			return "its trust policy is not proved to let in the same", err
		}
	}
	return s.identity(role, proved)
}

// attached compares the policies that are named by ARN.
func (s *subject) attached(role *ir.StackRole) string {
	want := map[string]bool{}
	for _, arn := range s.role.Attached {
		want[arn] = true
	}
	for _, t := range s.managed {
		if !slices.Contains(s.plan.managed, t.arn) {
			delete(want, t.arn) // written out
		}
	}
	for _, v := range role.Attached {
		if !want[v.Text] {
			return fmt.Sprintf("%s would be attached", v.Text)
		}
		delete(want, v.Text)
	}
	for arn := range want {
		return fmt.Sprintf("%s would be detached", arn)
	}
	return ""
}

// identity compares what the role's own policies allow, and what they deny:
// equal parts of both keep the role's access whatever else is attached to it.
func (s *subject) identity(role *ir.StackRole, proved map[string]bool) (string, error) {
	var before, after []*policy.Document
	for _, t := range slices.Concat(s.managed, s.inline) {
		if !slices.Contains(s.plan.managed, t.arn) || t.arn == "" {
			before = append(before, t.doc)
		}
	}
	for _, p := range slices.Concat(role.Managed, role.Inline) {
		after = append(after, p.Document)
	}
	for _, effect := range []policy.Effect{policy.Allow, policy.Deny} {
		a, b := part(before, effect), part(after, effect)
		key := flat(a) + "\x00" + flat(b)
		if same, done := proved[key]; done && same || flat(a) == flat(b) {
			continue
		}
		same, err := equal(access.Side{Identity: a}, access.Side{Identity: b})
		if err != nil || !same {
			return fmt.Sprintf("what it would %s is not proved to be the same", strings.ToLower(string(effect))), err
		}
		proved[key] = true
	}
	return "", nil
}

// part are the statements of one effect, as statements that allow.
func part(docs []*policy.Document, effect policy.Effect) []*policy.Document {
	var out []*policy.Document
	for _, d := range docs {
		c := &policy.Document{Version: d.Version}
		for _, s := range d.Statements {
			if s.Effect == effect {
				s.Effect, s.SID = policy.Allow, ""
				c.Statements = append(c.Statements, s)
			}
		}
		if len(c.Statements) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// flat is the canonical text of documents together; equal texts decide alike.
func flat(docs []*policy.Document) string {
	all := &policy.Document{Version: policy.Version2012}
	for _, d := range docs {
		for _, s := range d.Statements {
			s = s.Clone()
			if !d.HasVariables() {
				literal(&s)
			}
			all.Statements = append(all.Statements, s)
		}
	}
	return string(policy.AppendJSON(nil, policy.Canonical(all, policy.CanonicalOptions{})))
}

// equal proves that two sides allow the same; what is not known is not proved.
func equal(a, b access.Side) (bool, error) {
	r, err := access.Compare(a, b, access.Options{Facts: access.ServiceFacts(), NoRows: true})
	return err == nil && r.Empty(), err
}
