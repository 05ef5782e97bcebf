package apply

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

// A PermissionError is something that the plan does and that was not allowed by
// a flag. Nothing was done.
type PermissionError struct{ Flag, Reason string }

// Error implements error.
func (e *PermissionError) Error() string {
	return fmt.Sprintf("%s. To do it, give %s", e.Reason, e.Flag)
}

func stale(format string, args ...any) error {
	return &StaleError{Reason: fmt.Sprintf(format, args...)}
}

// holds checks all of a plan that can be checked without looking at roles.
func holds(p *plan.Plan, c *account.Client, o Options) error {
	switch {
	case p.Refused():
		texts := make([]string, len(p.Refusals))
		for i, f := range p.Refusals {
			texts[i] = f.Detail
		}
		return stale("the plan may not be applied: %s", strings.Join(texts, "; "))
	case o.Digest != "" && o.Digest != p.Digest:
		return stale("the plan's digest is %s, and %s was approved. Look at the plan, and approve what it says now", p.Digest, o.Digest)
	case p.Account != c.ID || p.Partition != c.Partition:
		return stale("the plan is for account %s (%s), and the credentials are of %s (%s). Take those of the account, or make a plan for this one", p.Account, p.Partition, c.ID, c.Partition)
	case p.Tool != o.Tool:
		return stale("the plan was made by smr %s, and this is %s: its proof need not be this one's. Make it again", p.Tool, o.Tool)
	case o.Configuration != "" && o.Configuration != p.Configuration:
		return stale("the configuration has changed since the plan was made. Make it again")
	}
	if err := age(p, o); err != nil {
		return err
	}
	if p.Deletes() && !o.AllowDelete {
		var names []string
		for _, r := range p.Roles {
			if r.Change == plan.Retire || r.Change == plan.Delete {
				names = append(names, fmt.Sprintf("%s %q", r.Change, r.Name))
			}
		}
		return &PermissionError{"--allow-delete", "the plan would " + strings.Join(names, ", ")}
	}
	if len(p.Losses) > 0 && !o.AllowTransientLoss {
		l := p.Losses[0]
		return &PermissionError{"--allow-transient-loss", fmt.Sprintf("the plan takes access from %q for a while, since %s (%d in all)", l.Role, l.Because, len(p.Losses))}
	}
	return nil
}

// owned holds that a plan writes only what is the project's: at its paths, and
// with no other owner's tag. Plans do; this is for one that did not come from
// smr plan as it is now.
func owned(p *plan.Plan, s *live.State) error {
	for i := range p.Operations {
		op := &p.Operations[i]
		if name, ok := strings.CutPrefix(op.Resource, plan.RoleID("")); ok {
			path, owner := op.Args.Path, p.Project
			if r := s.Role(name); r != nil {
				path = r.Path
				if tag, tagged := r.Tags[plan.TagManaged]; tagged {
					owner = tag
				}
			} else if op.Kind != plan.CreateRole {
				continue // made by an operation before this one, or gone
			}
			if !strings.EqualFold(name, op.Role) || owner != p.Project || !slices.Contains(p.Paths, path) {
				return stale("the plan writes role %q, which is not the project %q's. Make the plan again", name, p.Project)
			}
			continue
		}
		arn := strings.TrimPrefix(op.Resource, plan.PolicyID(""))
		rest, local := strings.CutPrefix(arn, s.PolicyARN("", ""))
		if !local || arn != op.Policy || !slices.Contains(p.Paths, rest[:strings.LastIndexByte(rest, '/')+1]) {
			return stale("the plan writes the policy %q, which is not the project %q's. Make the plan again", arn, p.Project)
		}
	}
	return nil
}

// skew is how much later than now a plan may be dated: the clocks of two
// machines differ.
const skew = 15 * time.Minute

func age(p *plan.Plan, o Options) error {
	created, err := time.Parse(time.RFC3339, p.Created)
	if err != nil {
		return stale("the plan does not say when it was made. Make it again")
	}
	switch age := o.Now().Sub(created); {
	case age > o.MaxAge:
		return stale("the plan is %s old, and at most %s are allowed. Make it again, or give --max-age", age.Round(time.Minute), o.MaxAge)
	case age < -skew:
		return stale("the plan was made at %s, which is still to come: look at the clock of this machine", p.Created)
	}
	return nil
}

// A group is the operations of one role, in order.
type group struct {
	role     *plan.Role // nil, or without a name, for policies that no role has any more
	ops      []*plan.Operation
	from     int      // the first operation that is still to be done
	needs    []*group // that come first
	complete bool
	end      chan struct{} // closed when the group has ended
}

// leftovers reports whether the group is of policies that no role has any more.
func (g *group) leftovers() bool { return g.role == nil || g.role.Name == "" }

// groups are the plan's operations by role, with what of them is done already.
// The error is a *StaleError where the account is not in a state that the plan
// goes through.
func (r *run) groups(s *live.State) ([]*group, error) {
	var list []*group
	byName := map[string]*group{}
	add := func(role *plan.Role, name string) {
		g := &group{role: role, end: make(chan struct{})}
		byName[strings.ToLower(name)] = g
		list = append(list, g)
	}
	for i := range r.plan.Roles {
		add(&r.plan.Roles[i], r.plan.Roles[i].Name)
	}
	for i := range r.plan.Operations {
		op := &r.plan.Operations[i]
		if byName[strings.ToLower(op.Role)] == nil {
			add(nil, op.Role)
		}
		g := byName[strings.ToLower(op.Role)]
		g.ops = append(g.ops, op)
	}
	for _, g := range list {
		if g.leftovers() {
			// What is left over by a role goes after all roles.
			g.needs = slices.DeleteFunc(slices.Clone(list), (*group).leftovers)
			continue
		}
		for _, name := range g.role.After {
			need := byName[strings.ToLower(name)]
			if need != nil && need != g {
				g.needs = append(g.needs, need)
			}
		}
	}
	if err := acyclic(list); err != nil {
		return nil, err
	}
	return list, r.resume(s, list)
}

// acyclic refuses groups that wait for one another, which would never end.
func acyclic(list []*group) error {
	state := map[*group]int{}
	var visit func(*group) bool
	visit = func(g *group) bool {
		switch state[g] {
		case 1:
			return false
		case 2:
			return true
		}
		state[g] = 1
		for _, n := range g.needs {
			if !visit(n) {
				return false
			}
		}
		state[g] = 2
		return true
	}
	for _, g := range list {
		if !visit(g) {
			return stale("the plan has roles that wait for one another. Make it again")
		}
	}
	return nil
}

// resume finds how far each group is: the first place in it at which every
// resource that it writes is as the plan says for that place. Resources that
// are only read must be as they were.
func (r *run) resume(s *live.State, list []*group) error {
	byID := map[string]*plan.Resource{}
	for i := range r.plan.Resources {
		res := &r.plan.Resources[i]
		byID[res.ID] = res
		if name, ok := strings.CutPrefix(res.ID, plan.RoleID("")); ok && res.RoleID != "" {
			if role := s.Role(name); role != nil && role.ID != res.RoleID {
				return stale("role %q was deleted and made anew since the plan was made. Make a new plan", role.Name)
			}
		}
	}
	written := map[string]bool{}
	for _, g := range list {
		for _, op := range g.ops {
			written[op.Resource] = true
		}
		if err := g.resume(s, byID); err != nil {
			return err
		}
	}
	for _, res := range r.plan.Resources {
		if now := digestOf(s, res.ID); !written[res.ID] && now != res.Before && now != res.After {
			return changed(res.ID)
		}
	}
	return nil
}

func changed(resource string) error {
	return stale("%s has changed since the plan was made. Make a new plan: it starts from what is there now", resource)
}

func (g *group) resume(s *live.State, byID map[string]*plan.Resource) error {
	expected := map[string]string{}
	for _, op := range g.ops {
		if _, ok := expected[op.Resource]; !ok {
			if res := byID[op.Resource]; res != nil {
				expected[op.Resource] = res.Before
			} else {
				expected[op.Resource] = op.Before
			}
		}
	}
	differs := func() string {
		for _, id := range slices.Sorted(maps.Keys(expected)) {
			if digestOf(s, id) != expected[id] {
				return id
			}
		}
		return ""
	}
	first := differs()
	for i, op := range g.ops {
		if differs() == "" {
			g.from = i
			return nil
		}
		expected[op.Resource] = op.After
	}
	if differs() != "" {
		return changed(first)
	}
	g.from = len(g.ops)
	return nil
}

// digestOf is the digest of a resource in a state, "" where it is not there.
func digestOf(s *live.State, id string) string {
	if name, ok := strings.CutPrefix(id, plan.RoleID("")); ok {
		return s.Role(name).Digest()
	}
	return s.Policies[strings.TrimPrefix(id, plan.PolicyID(""))].Digest()
}
