package escalation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A graph is roles and what is known of the steps between them.
type graph struct {
	judge   *Judge
	roles   []Role
	byARN   map[string]int
	namedBy []map[string]bool // ARNs that the role's trust policy names
	named   map[string]bool   // all of them
	reach   *narrower         // to what comes to other roles
	raise   *narrower         // to what gives roles rights
	run     *narrower         // to what runs code as a passed role
	targets map[string]*aim   // of the documents of reach, by their pointers
	aims    []*aim            // of each role, nil while not asked for
	runs    map[string]map[string]string
	steps   map[int][]Step
	looked  int // pairs of roles
	unknown int // pairs that were too many
}

// An aim is which roles some documents may speak of.
type aim struct {
	exact    []string
	patterns []string
}

func newGraph(j *Judge, roles []Role) *graph {
	g := &graph{
		judge: j, roles: roles, aims: make([]*aim, len(roles)), byARN: map[string]int{}, named: map[string]bool{}, targets: map[string]*aim{}, runs: map[string]map[string]string{}, steps: map[int][]Step{},
		reach: narrow(reaching()...), raise: narrow(raising()...), run: narrow(running()...),
	}
	for i := range roles {
		g.byARN[roles[i].ARN] = i
		g.namedBy = append(g.namedBy, named(roles[i].Trust))
		for arn := range g.namedBy[i] {
			g.named[arn] = true
		}
	}
	return g
}

// reaching are the actions by which a role comes to another.
func reaching() []string {
	return []string{"iam:PassRole", "sts:AssumeRole", "iam:UpdateAssumeRolePolicy"}
}

// raising are the actions by which a role gives roles any rights.
func raising() []string {
	return []string{"iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"}
}

// running are the actions by which code runs as a role that is passed.
func running() []string {
	var list []string
	for i := range Known().Methods {
		if m := &Known().Methods[i]; slices.Contains(m.Actions, "iam:PassRole") {
			list = append(list, m.Actions...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// A narrower keeps of documents the statements that speak of some actions.
// Roles share documents, and so what is kept of them.
type narrower struct {
	actions []string
	known   map[*policy.Document]*policy.Document
}

func narrow(actions ...string) *narrower {
	return &narrower{actions, map[*policy.Document]*policy.Document{}}
}

// side is a role's side without what does not speak of the actions; Identity
// is empty where no Allow does.
func (n *narrower) side(r *Role) access.Side {
	side := access.Side{Boundary: r.Side.Boundary}
	allows := false
	for _, d := range r.Side.Identity {
		kept, ok := n.known[d]
		if !ok {
			kept = n.keep(d)
			n.known[d] = kept
		}
		if kept != nil {
			side.Identity = append(side.Identity, kept)
			allows = allows || slices.ContainsFunc(kept.Statements, func(s policy.Statement) bool { return s.Effect == policy.Allow })
		}
	}
	if !allows {
		side.Identity = nil
	}
	return side
}

func (n *narrower) keep(d *policy.Document) *policy.Document {
	kept := &policy.Document{Version: d.Version}
	for i := range d.Statements {
		if s := &d.Statements[i]; slices.ContainsFunc(n.actions, func(a string) bool { return speaks(s, a) }) {
			kept.Statements = append(kept.Statements, *s)
		}
	}
	if len(kept.Statements) == 0 {
		return nil
	}
	return kept
}

func speaks(s *policy.Statement, action string) bool {
	if len(s.Actions) > 0 {
		return Matches(s.Actions, nil, action)
	}
	return len(s.NotActions) > 0 && !Matches(s.NotActions, nil, action)
}

// key tells sides of the same documents alike.
func key(side access.Side) string {
	var b strings.Builder
	for _, d := range side.Identity {
		fmt.Fprintf(&b, "%p ", d)
	}
	if side.Boundary != nil {
		fmt.Fprintf(&b, "%p", side.Boundary)
	}
	return b.String()
}

// pointers is key of all that a role has.
func pointers(r *Role) string { return key(r.Side) }

// aim is which roles a role's own policies may speak of.
func (g *graph) aim(from int) *aim {
	if g.aims[from] == nil {
		g.aims[from] = g.aimOf(from)
	}
	return g.aims[from]
}

func (g *graph) aimOf(from int) *aim {
	side := g.reach.side(&g.roles[from])
	k := key(side)
	a, ok := g.targets[k]
	if ok {
		return a
	}
	a = &aim{}
	for _, d := range side.Identity {
		for i := range d.Statements {
			s := &d.Statements[i]
			switch {
			case s.Effect != policy.Allow:
			case len(s.NotResources) > 0:
				a.patterns = append(a.patterns, "*")
			default:
				for _, r := range s.Resources {
					if len(policy.Variables(r)) > 0 {
						a.patterns = append(a.patterns, "*")
					} else if policy.HasWildcard(r) {
						a.patterns = append(a.patterns, r)
					} else {
						a.exact = append(a.exact, r)
					}
				}
			}
		}
	}
	slices.Sort(a.exact)
	a.exact = slices.Compact(a.exact)
	g.targets[k] = a
	return a
}

// may reports whether a step from one role to another is possible, before its
// policies are looked at closely.
func (g *graph) may(from, to int) bool {
	if from == to || g.roles[to].Trust == nil {
		return false
	}
	arn := g.roles[to].ARN
	a := g.aim(from)
	return g.namedBy[to][g.roles[from].ARN] || slices.Contains(a.exact, arn) || slices.ContainsFunc(a.patterns, func(p string) bool { return policy.Match(p, arn) })
}

// onward are the steps from a role.
func (g *graph) onward(from int) []Step {
	if steps, ok := g.steps[from]; ok {
		return steps
	}
	steps := []Step{}
	look := func(to int) {
		if !g.may(from, to) {
			return
		}
		if g.looked++; g.looked > maxSteps {
			g.unknown++
			return
		}
		if s, ok := g.step(from, to); ok {
			steps = append(steps, s)
		}
	}
	if a := g.aim(from); len(a.patterns) > 0 || g.named[g.roles[from].ARN] {
		for to := range g.roles {
			look(to)
		}
	} else {
		for _, arn := range a.exact {
			if to, ok := g.byARN[arn]; ok {
				look(to)
			}
		}
	}
	g.steps[from] = steps
	return steps
}

// step decides whether a role comes to the rights of another.
func (g *graph) step(from, to int) (Step, bool) {
	a, b := &g.roles[from], &g.roles[to]
	s := Step{From: from, To: to}
	own := g.reach.side(a)
	byName, byAccount := lets(b.Trust, a.ARN)
	mine, _ := policy.ParseARN(a.ARN)
	theirs, _ := policy.ParseARN(b.ARN)
	if byName && mine.Account == theirs.Account || (byName || byAccount) && g.yes(own, "sts:AssumeRole", b.ARN, "") {
		s.Way = Assume
		return s, true
	}
	if mine.Account != theirs.Account {
		return s, false
	}
	if g.judge.On(own, "iam:PassRole", b.ARN, "") != access.No {
		runs := g.runners(a)
		for _, service := range sortedKeys(runs) {
			if trustsService(b.Trust, service) && g.yes(own, "iam:PassRole", b.ARN, service) {
				s.Way, s.Service, s.Action = Pass, service, runs[service]
				return s, true
			}
		}
	}
	if g.yes(own, "iam:UpdateAssumeRolePolicy", b.ARN, "") {
		s.Way = Edit
		return s, true
	}
	return s, false
}

// yes reports whether a side allows an action on a resource; what cannot be
// decided is counted as unknown.
func (g *graph) yes(side access.Side, action, resource, service string) bool {
	answer := g.judge.On(side, action, resource, service)
	if answer == access.Unknown {
		g.unknown++
	}
	return answer == access.Yes
}

// runners are the services that a role runs code in as a role that it passes,
// with an action that does.
func (g *graph) runners(a *Role) map[string]string {
	side := g.run.side(a)
	k := key(side)
	if runs, ok := g.runs[k]; ok {
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
		if !slices.ContainsFunc(rest, func(s string) bool { return g.judge.Allows(side, s) == access.No }) {
			runs[service] = rest[0]
		}
	}
	g.runs[k] = runs
	return runs
}

// principalOf is the service that assumes the role which an action passes, ""
// where that is not known.
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

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
