package preflight

import (
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/iam/authz"
)

// statement names what decided, with its place.
func (j *judge) statement(who *principal, f *finding) *Statement {
	r := f.reason
	if r == nil {
		return nil
	}
	s := &Statement{Layer: r.Layer.String(), Policy: r.Policy, Statement: r.Statement, SID: r.SID, Effect: string(r.Effect)}
	switch r.Layer {
	case authz.Identity:
		if o, ok := who.texts.Origin(r.Policy, r.Statement); ok {
			s.at, s.Activity = o.Place(), o.Activity
		} else if r.Statement >= 0 {
			s.at = who.role.Range("managed_policies")
		}
	case authz.Boundary:
		s.at = who.role.Range("permissions_boundary")
		if known := who.role.Target.Policies[who.role.PermissionsBoundary]; known != nil {
			s.at = known.Range
		}
	case authz.SCP, authz.RCP:
		for _, c := range j.env.SCPs {
			if "scp "+c.Label == r.Policy {
				s.at = c.Range
			}
		}
	case authz.Resource:
		if f.document != nil {
			s.at = f.document.Range
		}
	}
	s.File, s.Line = emit.Source(s.at)
	return s
}
