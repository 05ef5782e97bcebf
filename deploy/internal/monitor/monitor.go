// Package monitor watches an account while smr changes it: after every write it
// reads moto and judges what roles may do then, request by request with
// iam/authz, which has no part in making plans.
//
// Only tests import it.
package monitor

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/sagemaker-roles/smr/deploy/internal/moto"
)

// A Finding is a rule that a state breaks.
type Finding struct {
	Rule string // "excess", "loss", "boundary", "versions", "role-id", "foreign"
	Text string
}

// A Monitor is a peer between clients and an account.
type Monitor struct {
	account *moto.Account
	judge   *Judge
	ours    func(path string) bool

	mu      sync.Mutex
	state   *moto.Snapshot
	befores []*moto.Snapshot
	after   *moto.Snapshot // nil: not judged
	found   []Finding
	writes  int // calls that wrote something
	calls   int
	states  int // that were judged
}

// New watches an account, from Between on. ours tells the paths at which smr may
// write.
func New(a *moto.Account, j *Judge, ours func(path string) bool) *Monitor {
	return &Monitor{account: a, judge: j, ours: ours, state: &moto.Snapshot{}}
}

// Between says that the changes to come lead from the state that the account is
// in, which it returns, to another one.
func (m *Monitor) Between(after *moto.Snapshot) (before *moto.Snapshot, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.read(); err != nil {
		return nil, err
	}
	m.befores, m.after = []*moto.Snapshot{m.state}, after
	return m.state, nil
}

// Interfere lets somebody else change the account: what they leave is from then
// on a state to come from.
func (m *Monitor) Interfere(f func(*moto.Account)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(m.account)
	if err := m.read(); err != nil {
		return err
	}
	m.befores = append(m.befores, m.state)
	return nil
}

func (m *Monitor) read() error {
	s, err := m.account.Read()
	if err == nil {
		m.state = s
	}
	return err
}

// State is the account after the last write.
func (m *Monitor) State() (*moto.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, nil
}

// Do implements moto.Peer. Writes are done one after the other.
func (m *Monitor) Do(c *moto.Call) *moto.Response {
	m.mu.Lock()
	m.calls++
	if !c.Writes() {
		m.mu.Unlock()
		return m.account.Do(c)
	}
	defer m.mu.Unlock()
	r := m.account.Do(c)
	m.writes++
	s, err := m.account.Read()
	if err != nil {
		m.add("read", "%v", err)
		return r
	}
	if !reflect.DeepEqual(s, m.state) {
		m.state = s
		m.look(c.Action)
	}
	return r
}

// Counts are the calls that reached the account, those of them that wrote, and
// the states that were judged.
func (m *Monitor) Counts() (calls, writes, states int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls, m.writes, m.states
}

// Findings are the rules that were broken.
func (m *Monitor) Findings() []Finding {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Finding(nil), m.found...)
}

func (m *Monitor) add(rule, format string, args ...any) {
	m.found = append(m.found, Finding{rule, fmt.Sprintf(format, args...)})
}

// look judges the state after a write.
func (m *Monitor) look(action string) {
	if m.after == nil {
		return
	}
	m.states++
	first := m.befores[0]
	m.foreign(action, first)
	for i := range m.state.Policies {
		if p := &m.state.Policies[i]; len(p.Versions) > 5 {
			m.add("versions", "after %s: %s has %d versions", action, p.ARN, len(p.Versions))
		}
	}
	names := map[string]bool{}
	for _, s := range append([]*moto.Snapshot{m.state, m.after}, m.befores...) {
		for i := range s.Roles {
			if m.ours(s.Roles[i].Path) {
				names[s.Roles[i].Name] = true
			}
		}
	}
	for name := range names {
		m.role(action, name)
	}
}

func (m *Monitor) role(action, name string) {
	was, is, will := m.befores[0].Role(name), m.state.Role(name), m.after.Role(name)
	switch {
	case was != nil && is != nil && was.ID != is.ID:
		m.add("role-id", "after %s: %s was made anew", action, name)
	case was != nil && is == nil && will != nil:
		m.add("role-id", "after %s: %s is gone", action, name)
	}
	if is != nil && is.Boundary == "" && (was == nil || was.Boundary != "") && (will == nil || will.Boundary != "") &&
		len(is.Inline)+len(is.Attached) > 0 && (was != nil || will != nil) {
		m.add("boundary", "after %s: %s has permissions and no boundary", action, name)
	}
	v, err := m.judge.judge(name, m.state, m.befores, m.after)
	if err != nil {
		m.add("judge", "after %s: %s: %v", action, name, err)
		return
	}
	if v.excess != "" {
		m.add("excess", "after %s: %s", action, v.excess)
	}
	if v.loss != "" {
		m.add("loss", "after %s: %s", action, v.loss)
	}
}

// foreign checks that what is not ours is as it was, to the byte.
func (m *Monitor) foreign(action string, first *moto.Snapshot) {
	if a, b := Others(first, m.ours), Others(m.state, m.ours); !reflect.DeepEqual(a, b) {
		m.add("foreign", "after %s: what is not smr's changed: %+v, was %+v", action, b, a)
	}
}

// Others is what of a snapshot is not ours.
func Others(s *moto.Snapshot, ours func(string) bool) *moto.Snapshot {
	var o moto.Snapshot
	for _, r := range s.Roles {
		if !ours(r.Path) {
			o.Roles = append(o.Roles, r)
		}
	}
	for _, p := range s.Policies {
		if _, rest, ok := strings.Cut(p.ARN, ":policy"); !ok || !ours(rest) {
			o.Policies = append(o.Policies, p)
		}
	}
	return &o
}
