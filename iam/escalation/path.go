package escalation

import (
	"slices"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Role is one role of several that may reach one another.
type Role struct {
	ARN   string
	Side  access.Side      // identity-based policies and boundary
	Trust *policy.Document // nil: unknown, and nobody comes to the role
}

// A Way is how one role comes to the rights of another.
type Way string

// The ways.
const (
	Pass   Way = "pass"   // it passes the role to a service and runs code there
	Assume Way = "assume" // it assumes the role
	Edit   Way = "edit"   // it writes itself into the role's trust policy
)

// A Step is one role coming to the rights of another.
type Step struct {
	From, To int // of the roles given
	Way      Way
	Action   string // that runs code as the passed role, "" for other ways
	Service  string // that the role is passed to, "" for other ways
}

// A Path is how a role comes to more than its policies give it, over others.
type Path struct {
	Steps []Step // at least one, each from where the one before leads
	// Action is what the last role may call on any role, by which it becomes
	// administrator; "" when it only allows what no role before it does.
	Action string
}

// maxSteps is how many pairs of roles are looked at for a step, and maxCompared
// how many ends of two steps are compared. What is beyond them is unknown.
const (
	maxSteps    = 20000
	maxCompared = 50
)

// Paths finds the roles that come to more than their policies give them over
// other roles: for each the shortest way to become administrator, else each
// way over two steps to a role that allows what none before it does. unknown
// counts the pairs of roles that were too many to look at, or undecided.
//
// Time grows with the roles that may pass, assume or edit others, times those
// that lead on; what many roles share is decided once.
func (j *Judge) Paths(roles []Role) (paths []Path, unknown int) {
	g := newGraph(j, roles)
	admin := g.administrators()
	paths = g.toAdministrators(admin)
	return append(paths, g.toMore(admin, paths)...), g.unknown
}

// administrators are the roles that give any role any rights, with the action.
func (g *graph) administrators() map[int]string {
	admin := map[int]string{}
	for i := range g.roles {
		if action := g.administrator(i); action != "" {
			admin[i] = action
		}
	}
	return admin
}

// administrator is the action by which a role gives any role any rights, ""
// without one.
func (g *graph) administrator(i int) string {
	arn, ok := policy.ParseARN(g.roles[i].ARN)
	side := g.raise.side(&g.roles[i])
	if !ok || len(side.Identity) == 0 {
		return ""
	}
	arn.Resource = "role/some-role"
	for _, action := range raising() {
		if g.yes(side, action, arn.String(), "") {
			return action
		}
	}
	return ""
}

// toAdministrators goes backwards from the administrators, so that each role is
// met on its shortest way.
func (g *graph) toAdministrators(admin map[int]string) []Path {
	next := make([]*Step, len(g.roles))
	var queue, open, met []int
	for i := range g.roles {
		if admin[i] != "" {
			queue = append(queue, i)
		} else {
			open = append(open, i)
		}
	}
	for len(queue) > 0 {
		to := queue[0]
		queue = queue[1:]
		open = slices.DeleteFunc(open, func(from int) bool {
			if !g.may(from, to) {
				return false
			}
			step, ok := g.step(from, to)
			if ok {
				next[from] = &step
				queue, met = append(queue, from), append(met, from)
			}
			return ok
		})
	}
	slices.Sort(met)
	var paths []Path
	for _, from := range met {
		var p Path
		at := from
		for next[at] != nil {
			p.Steps = append(p.Steps, *next[at])
			at = next[at].To
		}
		p.Action = admin[at]
		paths = append(paths, p)
	}
	return paths
}

// toMore finds ways of two steps to a role that allows what neither of the two
// before it does.
func (g *graph) toMore(admin map[int]string, found []Path) (paths []Path) {
	done := map[int]bool{}
	for i := range admin {
		done[i] = true
	}
	for _, p := range found {
		done[p.Steps[0].From] = true
	}
	known := map[[3]string]access.Answer{}
	for from := range g.roles {
		if done[from] {
			continue
		}
		first := g.onward(from)
		direct := map[int]bool{}
		for _, s := range first {
			direct[s.To] = true
		}
		for _, s := range first {
			if done[s.To] {
				continue
			}
			for _, second := range g.onward(s.To) {
				if second.To == from || done[second.To] || direct[second.To] {
					continue // what a role comes to at once, its own policies say
				}
				key := [3]string{pointers(&g.roles[from]), pointers(&g.roles[s.To]), pointers(&g.roles[second.To])}
				answer, seen := known[key]
				if !seen && len(known) < maxCompared {
					answer, seen = g.more(from, s.To, second.To), true
					known[key] = answer
				}
				switch {
				case !seen || answer == access.Unknown:
					g.unknown++
				case answer == access.Yes:
					paths = append(paths, Path{Steps: []Step{s, second}})
				}
			}
		}
	}
	return paths
}

// more decides whether a role allows what two others together do not.
func (g *graph) more(from, via, to int) access.Answer {
	base := access.Side{Identity: slices.Concat(g.roles[from].Side.Identity, g.roles[via].Side.Identity)}
	result, err := access.Compare(base, g.roles[to].Side, g.judge.options)
	if err != nil {
		return access.Unknown
	}
	return result.NewAccess
}
