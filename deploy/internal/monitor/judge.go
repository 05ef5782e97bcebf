package monitor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/sagemaker-roles/smr/deploy/internal/moto"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Judge decides what roles may do in a state, and remembers: the cases of a
// scenario go through the same states again and again.
type Judge struct {
	mu       sync.Mutex
	verdicts map[string]verdict
}

// NewJudge has an empty memory.
func NewJudge() *Judge { return &Judge{verdicts: map[string]verdict{}} }

// A verdict names a request that breaks a rule, "" for none.
type verdict struct{ excess, loss string }

// A grant is all of a role that decides who may do what through it. The zero
// grant is of a role that does not exist.
type grant struct {
	exists   bool
	arn      string
	trust    string
	policies []string
	bounded  bool
	boundary string
}

func grantOf(name string, s *moto.Snapshot) grant {
	r := s.Role(name)
	if r == nil {
		return grant{}
	}
	g := grant{exists: true, arn: r.ARN, trust: r.Trust, bounded: r.Boundary != "", boundary: document(s, r.Boundary)}
	for _, a := range r.Attached {
		g.policies = append(g.policies, document(s, a.ARN))
	}
	for _, p := range r.Inline {
		g.policies = append(g.policies, p.Document)
	}
	slices.Sort(g.policies)
	return g
}

// document is the text of a policy: as the account has it or as AWS publishes it.
func document(s *moto.Snapshot, arn string) string {
	if m, ok := facts.FindManagedPolicy(arn); ok {
		return string(m.Document())
	}
	return s.Document(arn)
}

func (j *Judge) judge(name string, now *moto.Snapshot, befores []*moto.Snapshot, after *moto.Snapshot) (verdict, error) {
	grants := []grant{grantOf(name, now), grantOf(name, after)}
	for _, b := range befores {
		grants = append(grants, grantOf(name, b))
	}
	key := fmt.Sprintf("%s\n%#v", name, grants)
	j.mu.Lock()
	v, ok := j.verdicts[key]
	j.mu.Unlock()
	if ok {
		return v, nil
	}
	v, err := compare(name, grants[0], grants[1], grants[2:])
	if err == nil {
		j.mu.Lock()
		j.verdicts[key] = v
		j.mu.Unlock()
	}
	return v, err
}

// compare holds every pair of somebody who may assume the role and a request
// that the role then may make against the two rules: none that neither a state
// before nor the one after has, and each that all of them have. Where somebody
// else came in between, whom they let in they let do what smr grants: a pair is
// then only outside if one half of it is in no state.
func compare(name string, now, after grant, befores []grant) (verdict, error) {
	u := newUniverse()
	for _, g := range append([]grant{now, after}, befores...) {
		if err := u.add(g); err != nil {
			return verdict{}, err
		}
	}
	sets := make([]pairs, 0, 2+len(befores))
	for _, g := range append([]grant{now, after}, befores...) {
		p, err := u.pairs(g)
		if err != nil {
			return verdict{}, err
		}
		sets = append(sets, p)
	}
	var v verdict
	for w := range u.who {
		for q := range u.what {
			some, all, anyWho, anyWhat := false, true, false, false
			for _, s := range sets[1:] {
				has := s.who[w] && s.what[q]
				some, all = some || has, all && has
				anyWho, anyWhat = anyWho || s.who[w], anyWhat || s.what[q]
			}
			if len(befores) > 1 {
				some = anyWho && anyWhat
			}
			has := sets[0].who[w] && sets[0].what[q]
			if has && !some && v.excess == "" {
				v.excess = fmt.Sprintf("%s lets %s call %s", name, u.who[w].ID, u.what[q].name())
			}
			if !has && all && v.loss == "" {
				v.loss = fmt.Sprintf("%s keeps %s from %s", name, u.who[w].ID, u.what[q].name())
			}
		}
	}
	return v, nil
}

// pairs are who may assume a role and what it may do, each by its place in the
// universe.
type pairs struct{ who, what []bool }

// A request is one that the role could make.
type request struct {
	action, resource string
	context          map[string]string
}

func (r request) name() string {
	return fmt.Sprintf("%s on %s with %v", r.action, r.resource, r.context)
}

// A universe is the principals and requests that documents tell apart: every
// principal, action and resource that one of them names, with something in
// place of each wildcard, with the conditions kept and not.
type universe struct {
	who  []authz.Principal
	what []request

	principals, actions, resources map[string]bool
	context                        map[string]string
	sealed                         bool
}

func newUniverse() *universe {
	return &universe{principals: map[string]bool{}, actions: map[string]bool{}, resources: map[string]bool{}, context: map[string]string{}}
}

func (u *universe) add(g grant) error {
	if !g.exists {
		return nil
	}
	for _, text := range append([]string{g.boundary, g.trust}, g.policies...) {
		if text == "" {
			continue
		}
		d, err := policy.Parse([]byte(text))
		if err != nil {
			return fmt.Errorf("%w: %s", err, text)
		}
		for _, s := range d.Statements {
			u.statement(&s)
		}
	}
	return nil
}

func (u *universe) statement(s *policy.Statement) {
	if s.Principal != nil {
		for _, p := range s.Principal.AWS {
			if account, ok := policy.RootAccount(p); ok {
				p = "arn:aws:iam::" + account + ":role/somebody"
			}
			u.principals["aws "+some(p)] = true
		}
		for _, p := range s.Principal.Service {
			u.principals["service "+p] = true
		}
		return
	}
	for _, a := range append(slices.Clone(s.Actions), s.NotActions...) {
		u.actions[some(a)] = true
	}
	for _, r := range append(slices.Clone(s.Resources), s.NotResources...) {
		u.resources[some(r)] = true
	}
	for _, c := range s.Conditions {
		if len(c.Values) > 0 {
			u.context[strings.ToLower(c.Key)] = some(c.Values[0])
		}
	}
}

// some is a text that a pattern covers.
func some(pattern string) string {
	switch pattern {
	case "*":
		return "arn:aws:s3:::elsewhere/other"
	}
	return strings.NewReplacer("*", "some", "?", "s").Replace(pattern)
}

// seal makes the lists.
func (u *universe) seal() {
	if u.sealed {
		return
	}
	u.sealed = true
	u.principals["aws arn:aws:iam::999999999999:role/stranger"] = true
	u.actions["elsewhere:Something"] = true
	u.resources["arn:aws:s3:::elsewhere/other"] = true
	for _, p := range slices.Sorted(maps.Keys(u.principals)) {
		kind, id, _ := strings.Cut(p, " ")
		u.who = append(u.who, authz.Principal{Type: authz.PrincipalType(kind), ID: id})
	}
	contexts := []map[string]string{{}}
	if len(u.context) > 0 {
		contexts = append(contexts, u.context)
	}
	for _, a := range slices.Sorted(maps.Keys(u.actions)) {
		if !strings.Contains(a, ":") || strings.HasPrefix(a, "arn:") {
			a = "elsewhere:Anything"
		}
		for _, r := range slices.Sorted(maps.Keys(u.resources)) {
			for _, c := range contexts {
				u.what = append(u.what, request{a, r, c})
			}
		}
	}
}

// pairs decides the whole universe for one grant.
func (u *universe) pairs(g grant) (pairs, error) {
	u.seal()
	p := pairs{make([]bool, len(u.who)), make([]bool, len(u.what))}
	if !g.exists {
		return p, nil
	}
	if err := u.assume(g, p.who); err != nil {
		return p, err
	}
	return p, u.act(g, p.what)
}

// assume decides who may assume the role: a principal of AWS is taken to be
// allowed by its own policies, so that the trust policy alone decides.
func (u *universe) assume(g grant, who []bool) error {
	trust, err := policy.Parse([]byte(g.trust))
	if err != nil {
		return err
	}
	everything := &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}}
	e, err := authz.Compile(authz.Policies{
		Identity: []authz.Policy{{Name: "own", Document: everything}}, Resource: &authz.Policy{Name: "trust", Document: trust},
	}, authz.Options{Keys: access.ServiceFacts()})
	if err != nil {
		return err
	}
	for i, w := range u.who {
		o, err := e.Decide(&authz.Request{Principal: w, Action: "sts:AssumeRole", Resource: g.arn})
		if err != nil {
			return fmt.Errorf("%s: %w", w.ID, err)
		}
		who[i] = o == authz.Allow
	}
	return nil
}

// act decides what the role may do.
func (u *universe) act(g grant, what []bool) error {
	var p authz.Policies
	for i, text := range g.policies {
		if text == "" {
			return fmt.Errorf("a policy of %s has no text", g.arn)
		}
		d, err := policy.Parse([]byte(text))
		if err != nil {
			return err
		}
		p.Identity = append(p.Identity, authz.Policy{Name: fmt.Sprint(i), Document: d})
	}
	if g.bounded {
		d, err := policy.Parse([]byte(g.boundary))
		if err != nil {
			return fmt.Errorf("the boundary of %s: %w", g.arn, err)
		}
		p.Boundaries = []authz.Policy{{Name: "boundary", Document: d}}
	}
	e, err := authz.Compile(p, authz.Options{Keys: access.ServiceFacts()})
	if err != nil {
		return err
	}
	for i, q := range u.what {
		r := authz.Request{Principal: authz.Principal{Type: authz.AWS, ID: g.arn}, Action: q.action, Resource: q.resource}
		for _, k := range slices.Sorted(maps.Keys(q.context)) {
			r.Context.Set(k, q.context[k])
		}
		o, err := e.Decide(&r)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name(), err)
		}
		what[i] = o == authz.Allow
	}
	return nil
}
