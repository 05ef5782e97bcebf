package organization

import (
	"context"
	"fmt"
	"slices"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/gate"
)

// Options say what is released and how.
type Options struct {
	Run
	Name     string   // of the stack, or of the stack set
	StackSet bool     // release stack sets, not a stack
	Waves    []string // of a stack set: units of each wave, with commas between them

	Delegated     bool // see StackSetRun
	Tolerance     int32
	Concurrency   int32
	Import        bool // see StackRun
	AllowDelete   bool
	AllowUnproved bool // release what is not proved to be safe
	Show          func(name string, step Step, changes []Change) error

	Approvals []gate.Approval // of the released commit
}

// A Release is what is to be done, before anything is.
type Release struct {
	Targets []*Target
	Diffs   []*review.Diff // for each group of accounts
	// Refusals keep the release from being made, whatever is allowed.
	Refusals []string
	// Notes are whole sentences to know.
	Notes   []string
	options Options
}

// A Target is one stack or stack set.
type Target struct {
	Name     string
	Group    *Group
	Part     int
	Exists   bool
	Steps    *Steps
	Outdated []Instance // of a stack set: accounts that an earlier release did not reach
	Missing  []Member   // accounts that have no stack yet

	idle       bool // it holds no role any more, and nothing is done with it
	stack      *StackRun
	stackState *StackState
	set        *StackSetRun
	setState   *StackSetState
}

// Changed reports whether there is anything to do.
func (r *Release) Changed() bool {
	return slices.ContainsFunc(r.Targets, func(t *Target) bool {
		return len(t.Steps.Steps) > 0 || len(t.Outdated) > 0 || len(t.Missing) > 0 || t.Unprotected()
	})
}

// Unprotected reports whether a stack exists that can be deleted.
func (t *Target) Unprotected() bool {
	return t.stackState != nil && t.stackState.Exists && !t.stackState.Protected && !t.idle
}

// Unproved are the roles that no steps are proved for, in any target.
func (r *Release) Unproved() []Reason {
	var out []Reason
	for _, t := range r.Targets {
		out = append(out, t.Steps.Unproved...)
		for _, i := range t.Outdated {
			if r.options.AllowUnproved {
				out = append(out, Reason{"", fmt.Sprintf("The account %s does not hold the template of the stack set %s: what it holds is not known.", i.Account, t.Name)})
			}
		}
	}
	return out
}

// maxParts is how many stacks a release looks for.
const maxParts = 200

// Prepare reads what is deployed and finds the steps. It changes nothing.
func Prepare(ctx context.Context, c *Client, result *compiler.Result, o Options) (*Release, error) {
	if o.Explain == nil {
		o.Explain = c.explain
	}
	r := &Release{options: o}
	groups, diags := Groups(result.Stack)
	if diags.HasErrors() {
		return nil, diags
	}
	if len(groups) == 0 {
		return nil, refusedf("the configuration has no roles, and CloudFormation takes no empty template")
	}
	var waves []Wave
	var management string
	if o.StackSet {
		var err error
		if waves, management, err = o.waves(ctx, c); err != nil {
			return nil, err
		}
	} else if err := one(groups, c); err != nil {
		return nil, err
	}
	for _, g := range groups {
		if o.StackSet && !g.Any() && len(accounts(g, management)) == 0 {
			continue // the management account alone, which reach tells of
		}
		if err := r.group(ctx, c, g, len(groups) > 1, waves, management); err != nil {
			return nil, err
		}
	}
	if o.Import {
		r.Notes = append(r.Notes, "Roles that are taken into the stack are compared with nothing: what they hold in the account is not read. Let smr plan show that first.")
	}
	if o.StackSet {
		r.reach(groups, waves, management)
		if err := r.moved(ctx, c, len(groups) > 1); err != nil {
			return nil, err
		}
	}
	return r, r.approve(result)
}

// one makes sure that a stack's template is for the account that would get it.
func one(groups []*Group, c *Client) error {
	switch {
	case len(groups) > 1 || len(groups[0].Targets) > 1:
		return refusedf("the configuration has several accounts, and a stack is of one: choose it with --account, or release to all by --stack-set")
	case !groups[0].Any() && groups[0].Targets[0].AccountID != c.Account:
		return refusedf("the credentials are of account %s, and %s is account %s", c.Account, groups[0].Name, groups[0].Targets[0].AccountID)
	case !groups[0].Any() && groups[0].Targets[0].Partition != c.Partition:
		return refusedf("the credentials are of the partition %s, and %s is in %s", c.Partition, groups[0].Name, groups[0].Targets[0].Partition)
	}
	return nil
}

// waves finds the accounts of each wave. An account is of the first wave that has
// it.
func (o *Options) waves(ctx context.Context, c *Client) ([]Wave, string, error) {
	org := &Organization{Run: o.Run, API: c.Organization}
	management, err := org.Management(ctx)
	if err != nil {
		return nil, "", err
	}
	if !o.Delegated && management != c.Account {
		return nil, "", refusedf("the account %s does not manage the organization, %s does. Say --delegated-admin if it is a delegated administrator for CloudFormation StackSets", c.Account, management)
	}
	var out []Wave
	seen := map[string]bool{}
	for _, text := range o.Waves {
		w := Wave{Units: units(text)}
		for _, unit := range w.Units {
			members, err := org.Members(ctx, unit, management)
			if err != nil {
				return nil, "", err
			}
			for _, m := range members {
				if !seen[m.Account] {
					seen[m.Account] = true
					w.Members = append(w.Members, m)
				}
			}
		}
		out = append(out, w)
	}
	return out, management, nil
}

// group prepares the stacks or stack sets of one group of accounts.
func (r *Release) group(ctx context.Context, c *Client, g *Group, several bool, waves []Wave, management string) error {
	o := &r.options
	base := o.Name
	if several {
		base += "-" + notInToken.ReplaceAllString(g.Name, "-")
	}
	known := KnownPolicies(g.Declared())
	var held []*Template
	var targets []*Target
	look := func(number int) (*Target, error) {
		t := &Target{Name: (&Part{Number: number}).Name(base), Group: g, Part: number}
		return t, r.look(ctx, c, t, waves, management)
	}
	for number := 1; number <= maxParts; number++ {
		t, err := look(number)
		if err != nil {
			return err
		}
		if !t.Exists {
			break
		}
		old, err := t.held(known, g.stack.Project)
		if err != nil {
			return err
		}
		held, targets = append(held, old), append(targets, t)
	}
	parts, err := g.Parts(held)
	if err != nil {
		return err
	}
	var next []*Template
	for i, p := range parts {
		if i == len(targets) {
			t, err := look(p.Number)
			if err != nil {
				return err
			}
			held, targets = append(held, Empty()), append(targets, t)
		}
		t := targets[i]
		if p.Body == nil {
			t.Steps, t.idle = &Steps{}, true
			t.Outdated, t.Missing = nil, nil
			next = append(next, Empty())
			r.Notes = append(r.Notes, fmt.Sprintf("%s has no role of the configuration any more. It stays as it is: delete it by hand when its roles are retired.", t.Name))
			continue
		}
		new, err := Parse(p.Body, known)
		if err != nil {
			return fmt.Errorf("the template of %s cannot be read again: %w. This is a mistake of smr", t.Name, err)
		}
		if t.Steps, err = Plan(held[i], new, known); err != nil {
			return err
		}
		next = append(next, new)
		r.notes(t, held[i], new)
	}
	diff, err := g.Compare(held, next)
	if err != nil {
		return err
	}
	r.Diffs = append(r.Diffs, diff)
	r.Targets = append(r.Targets, targets...)
	return nil
}

// look finds what is deployed of one target.
func (r *Release) look(ctx context.Context, c *Client, t *Target, waves []Wave, management string) (err error) {
	o := &r.options
	if !o.StackSet {
		t.stack = &StackRun{Run: o.Run, API: c.Stacks, Name: t.Name, Import: o.Import, AllowDelete: o.AllowDelete}
		if o.Show != nil {
			t.stack.Show = func(step Step, changes []Change) error { return o.Show(t.Name, step, changes) }
		}
		if t.stackState, err = t.stack.Look(ctx); err == nil {
			t.Exists = t.stackState.Exists
		}
		return err
	}
	t.set = &StackSetRun{
		Run: o.Run, API: c.StackSets, Name: t.Name, Region: c.Region, Waves: waves, Delegated: o.Delegated,
		Tolerance: o.Tolerance, Concurrency: o.Concurrency, SkipOutdated: o.AllowUnproved, Accounts: accounts(t.Group, management),
	}
	if t.setState, err = t.set.Look(ctx); err != nil {
		return err
	}
	t.Exists = t.setState.Exists
	status := map[string]string{}
	for _, i := range t.setState.Instances {
		status[i.Account] = i.Status
	}
	for _, w := range waves {
		for _, m := range t.set.wanted(w) {
			if status[m.Account] == "" {
				t.Missing = append(t.Missing, m)
			}
		}
	}
	for _, i := range t.setState.Outdated() {
		if slices.ContainsFunc(waves, func(w Wave) bool {
			return slices.ContainsFunc(t.set.wanted(w), func(m Member) bool { return m.Account == i.Account })
		}) {
			t.Outdated = append(t.Outdated, i)
		}
	}
	return nil
}

// held is the template that a target holds, which must be one of smr for the
// same project: a stack of somebody else is not taken over.
func (t *Target) held(known Known, project string) (*Template, error) {
	body := []byte(nil)
	if t.stackState != nil {
		body = t.stackState.Body
	} else {
		body = t.setState.Body
	}
	old, err := Parse(body, known)
	if err != nil {
		return nil, refusedf("the template that %s holds cannot be read: %s. A stack of somebody else is not released to: take another name", t.Name, err)
	}
	if old.Project != project {
		return nil, refusedf("%s is of the project %q, and the configuration is of %q: take another name", t.Name, old.Project, project)
	}
	return old, nil
}

// An Outcome is what a release did.
type Outcome struct {
	Changed bool
	Results []AccountResult // of stack sets
}

// Failed are the accounts that a wave tolerated to fail.
func (o *Outcome) Failed() []AccountResult {
	return slices.DeleteFunc(slices.Clone(o.Results), func(r AccountResult) bool { return r.Status == "SUCCEEDED" })
}

// Apply makes the release.
func (r *Release) Apply(ctx context.Context) (*Outcome, error) {
	out := &Outcome{}
	if len(r.Refusals) > 0 {
		return out, refusedf("%s", r.Refusals[0])
	}
	if un := r.Unproved(); len(un) > 0 && !r.options.AllowUnproved {
		return out, refusedf("the role %s: %s To release all the same, say --allow-unproved", un[0].Role, un[0].Text)
	}
	for _, t := range r.Targets {
		if t.idle {
			continue
		}
		if t.stack != nil {
			changed, err := t.stack.Apply(ctx, t.stackState, t.Steps)
			out.Changed = out.Changed || changed
			if err != nil {
				return out, err
			}
			continue
		}
		res, err := t.set.Apply(ctx, t.setState, t.Steps)
		out.Changed = out.Changed || res.Changed
		out.Results = append(out.Results, res.Results...)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}
