package plan

import (
	"fmt"
	"slices"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/review"
)

// DriftSchema names the layout of the JSON form of a Drift; what is added later
// keeps it.
const DriftSchema = "smr.drift/1"

// A Drift is what an account has otherwise than the configuration says.
type Drift struct {
	Schema      string       `json:"schema"`
	Account     string       `json:"account"`
	AccountName string       `json:"account_name"`
	Project     string       `json:"project"`
	Drifted     bool         `json:"drifted"`
	Roles       []DriftRole  `json:"roles"`
	Findings    []Finding    `json:"findings"` // what is there and stays, and what cannot be mended
	Diff        *review.Diff `json:"diff"`     // what mending it changes in access
}

// A DriftRole is a role that is not as the configuration says.
type DriftRole struct {
	Name  string   `json:"name"` // "" for policies that nothing uses
	Role  string   `json:"role,omitempty"`
	Cause Cause    `json:"cause"`
	Calls []string `json:"calls"`           // what would mend it
	Hints []string `json:"hints,omitempty"` // when and by what it was changed, as far as IAM says
}

// A Cause says why a role is not as the configuration says.
type Cause string

// The causes.
const (
	Missing     Cause = "missing"      // it is not there
	Changed     Cause = "changed"      // somebody changed it since it was released
	NotReleased Cause = "not-released" // the configuration changed, or a release did not end
)

// differs reports whether a finding speaks of a difference.
func differs(f *Finding) bool { return f.Code != "no-boundary" && f.Code != "role-in-use" }

// NewDrift says what a plan finds different from the state that it was made
// from.
func NewDrift(p *Plan, s *live.State, d *Desired) *Drift {
	out := &Drift{
		Schema: DriftSchema, Account: p.Account, AccountName: p.AccountName, Project: p.Project,
		Roles: []DriftRole{}, Findings: []Finding{}, Diff: p.Diff,
	}
	for i := range p.Roles {
		out.Roles = append(out.Roles, driftRole(&p.Roles[i], p, s, d))
	}
	for _, f := range slices.Concat(p.Refusals, p.Findings) {
		if differs(&f) {
			out.Findings = append(out.Findings, f)
		}
	}
	out.Drifted = len(out.Roles)+len(out.Findings) > 0
	return out
}

func driftRole(role *Role, p *Plan, s *live.State, d *Desired) DriftRole {
	out := DriftRole{Name: role.Name, Role: role.Role, Cause: NotReleased, Calls: []string{}}
	r := s.Role(role.Name)
	i := slices.IndexFunc(d.Wants, func(w *Want) bool { return lower(w.IAMName) == lower(role.Name) })
	switch {
	case r == nil && role.Name != "":
		out.Cause = Missing
	case r != nil && i >= 0 && r.Tags[TagDigest] == d.Wants[i].Digest:
		out.Cause = Changed
	}
	for k := range p.Operations {
		op := &p.Operations[k]
		if op.Role != role.Name || role.Name == "" && !slices.ContainsFunc(s.PolicyARNs(), func(arn string) bool { return arn == op.Policy }) {
			continue
		}
		call := op.Kind
		if op.Policy != "" {
			call += " " + shortName(op.Policy)
		}
		out.Calls = append(out.Calls, call)
		if hint := hint(op, s); out.Cause == Changed && hint != "" && !slices.Contains(out.Hints, hint) {
			out.Hints = append(out.Hints, hint)
		}
	}
	return out
}

// hint is what IAM returns of when a policy was changed. It does not say by
// whom; CloudTrail does.
func hint(op *Operation, s *live.State) string {
	p := s.Policies[op.Policy]
	if op.Kind != CreatePolicyVersion || p == nil {
		return ""
	}
	for _, v := range p.Versions {
		if v.ID == p.DefaultVersion && !v.Created.IsZero() {
			return fmt.Sprintf("version %s of %s was made on %s", v.ID, p.Name, v.Created.UTC().Format("2006-01-02 15:04 UTC"))
		}
	}
	return ""
}
