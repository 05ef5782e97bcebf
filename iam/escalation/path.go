package escalation

import (
	"slices"
	"strings"

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

// maxTriples is how many roles behind roles are looked at for more access,
// and maxCompared how many of them are compared.
const (
	maxTriples  = 5000
	maxCompared = 50
)

// Paths finds the roles that come to more than their policies give them over
// other roles: for each the shortest way to become administrator, else each
// way over two steps to a role that allows what none before it does. unknown
// counts the pairs of roles that were too many to compare, or undecided.
//
// Time grows with the roles that may pass, assume or edit others, times those
// that lead on; what many roles share is decided once.
func (j *Judge) Paths(roles []Role) (paths []Path, unknown int) {
	g := &graph{
		judge: j, roles: roles, runs: map[string]map[string]string{},
		touching: speaking(roles, reaching()), raising: speaking(roles, raising()),
	}
	admin := g.administrators()
	paths = g.toAdministrators(admin)
	more, unknown := g.toMore(admin, paths)
	return append(paths, more...), unknown
}

// A graph is roles and what is known of the steps between them.
type graph struct {
	judge    *Judge
	roles    []Role
	touching []bool // a policy of the role speaks of passing, assuming or editing roles
	raising  []bool // one speaks of giving roles rights
	runs     map[string]map[string]string
}

// reaching are the actions by which a role comes to another.
func reaching() []string {
	return []string{"iam:PassRole", "sts:AssumeRole", "iam:UpdateAssumeRolePolicy"}
}

// raising are the actions by which a role gives roles any rights.
func raising() []string {
	return []string{"iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"}
}

// speaking tells which roles have an Allow statement that speaks of one of the
// actions. Roles share documents.
func speaking(roles []Role, actions []string) []bool {
	known := map[*policy.Document]bool{}
	speaks := func(d *policy.Document) bool {
		yes, seen := known[d]
		if !seen {
			yes = slices.ContainsFunc(d.Statements, func(s policy.Statement) bool {
				return s.Effect == policy.Allow && slices.ContainsFunc(actions, func(a string) bool { return speaks(&s, a) })
			})
			known[d] = yes
		}
		return yes
	}
	list := make([]bool, len(roles))
	for i := range roles {
		list[i] = slices.ContainsFunc(roles[i].Side.Identity, speaks)
	}
	return list
}

func speaks(s *policy.Statement, action string) bool {
	if len(s.Actions) > 0 {
		return Matches(s.Actions, nil, action)
	}
	return len(s.NotActions) > 0 && !Matches(s.NotActions, nil, action)
}

// administrators are the roles that give any role any rights, with the action.
func (g *graph) administrators() map[int]string {
	admin := map[int]string{}
	for i := range g.roles {
		if !g.raising[i] {
			continue
		}
		arn, ok := policy.ParseARN(g.roles[i].ARN)
		if !ok {
			continue
		}
		arn.Resource = "role/some-role"
		for _, action := range raising() {
			if g.judge.On(g.roles[i].Side, action, arn.String(), "") == access.Yes {
				admin[i] = action
				break
			}
		}
	}
	return admin
}

// toAdministrators goes backwards from the administrators, so that each role is
// met on its shortest way.
func (g *graph) toAdministrators(admin map[int]string) []Path {
	next := make([]*Step, len(g.roles))
	var queue []int
	var open []int
	for i := range g.roles {
		switch {
		case admin[i] != "":
			queue = append(queue, i)
		default:
			open = append(open, i) // one may come to a role by its trust policy alone
		}
	}
	var met []int
	for len(queue) > 0 {
		to := queue[0]
		queue = queue[1:]
		open = slices.DeleteFunc(open, func(from int) bool {
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
func (g *graph) toMore(admin map[int]string, found []Path) (paths []Path, unknown int) {
	done := map[int]bool{}
	for i := range admin {
		done[i] = true
	}
	for _, p := range found {
		done[p.Steps[0].From] = true
	}
	triples, compared := 0, 0
	known := map[[3]string]access.Answer{}
	for via := range g.roles {
		onward := g.onward(via, done)
		if len(onward) == 0 {
			continue
		}
		for from := range g.roles {
			if from == via || done[from] || !g.touching[from] {
				continue
			}
			first, ok := g.step(from, via)
			if !ok {
				continue
			}
			for _, second := range onward {
				if second.To == from {
					continue
				}
				if _, direct := g.step(from, second.To); direct {
					continue // its own pass_roles say so
				}
				if triples++; triples > maxTriples {
					unknown++
					continue
				}
				key := [3]string{signature(&g.roles[from]), signature(&g.roles[via]), signature(&g.roles[second.To])}
				answer, seen := known[key]
				if !seen {
					if compared++; compared > maxCompared {
						unknown++
						continue
					}
					answer = g.more(from, via, second.To)
					known[key] = answer
				}
				switch answer {
				case access.Yes:
					paths = append(paths, Path{Steps: []Step{first, second}})
				case access.Unknown:
					unknown++
				}
			}
		}
	}
	return paths, unknown
}

// onward are the steps from a role, none of one that is done with.
func (g *graph) onward(via int, done map[int]bool) []Step {
	if done[via] || !g.touching[via] {
		return nil
	}
	var steps []Step
	for to := range g.roles {
		if to == via || done[to] {
			continue
		}
		if s, ok := g.step(via, to); ok {
			steps = append(steps, s)
		}
	}
	return steps
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

// signature tells roles of the same policies alike.
func signature(r *Role) string {
	var b []byte
	for _, d := range r.Side.Identity {
		b = policy.AppendJSON(b, d)
	}
	if r.Side.Boundary != nil {
		b = policy.AppendJSON(append(b, 0), r.Side.Boundary)
	}
	return string(b)
}

// step decides whether a role comes to the rights of another.
func (g *graph) step(from, to int) (Step, bool) {
	a, b := &g.roles[from], &g.roles[to]
	if from == to || b.Trust == nil {
		return Step{}, false
	}
	s := Step{From: from, To: to}
	named, account := lets(b.Trust, a.ARN)
	mine, _ := policy.ParseARN(a.ARN)
	theirs, _ := policy.ParseARN(b.ARN)
	if named && mine.Account == theirs.Account || (named || account) && g.touching[from] && g.judge.On(a.Side, "sts:AssumeRole", b.ARN, "") == access.Yes {
		s.Way = Assume
		return s, true
	}
	if !g.touching[from] || mine.Account != theirs.Account {
		return s, false
	}
	if g.judge.On(a.Side, "iam:PassRole", b.ARN, "") != access.No {
		runs := g.runners(a)
		for _, service := range sortedKeys(runs) {
			if trustsService(b.Trust, service) && g.judge.On(a.Side, "iam:PassRole", b.ARN, service) == access.Yes {
				s.Way, s.Service, s.Action = Pass, service, runs[service]
				return s, true
			}
		}
	}
	if g.judge.On(a.Side, "iam:UpdateAssumeRolePolicy", b.ARN, "") == access.Yes {
		s.Way = Edit
		return s, true
	}
	return s, false
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// runners are the services that a role runs code in as a role that it passes,
// with an action that does.
func (g *graph) runners(a *Role) map[string]string {
	key := signature(a)
	if runs, ok := g.runs[key]; ok {
		return runs
	}
	runs := map[string]string{}
	for i := range Known().Methods {
		m := &Known().Methods[i]
		rest := slices.DeleteFunc(slices.Clone(m.Actions), func(s string) bool { return s == "iam:PassRole" })
		if len(rest) == len(m.Actions) || len(rest) == 0 {
			continue
		}
		service := principalOf(rest[0])
		if service == "" || runs[service] != "" {
			continue
		}
		if !slices.ContainsFunc(rest, func(s string) bool { return g.judge.Allows(a.Side, s) != access.Yes }) {
			runs[service] = rest[0]
		}
	}
	g.runs[key] = runs
	return runs
}

// principalOf is the service that assumes the role which an action passes, ""
// where that is another one than the action's.
func principalOf(action string) string {
	prefix, _, _ := strings.Cut(action, ":")
	switch prefix {
	case "sagemaker", "lambda", "glue", "ec2", "cloudformation", "datapipeline", "codebuild":
		return prefix + ".amazonaws.com"
	case "ecs":
		return "ecs-tasks.amazonaws.com"
	case "apprunner":
		return "tasks.apprunner.amazonaws.com"
	}
	return ""
}
