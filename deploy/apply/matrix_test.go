package apply_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/deploy/apply"
	"github.com/sagemaker-roles/smr/deploy/internal/fault"
	"github.com/sagemaker-roles/smr/deploy/internal/monitor"
	"github.com/sagemaker-roles/smr/deploy/internal/moto"
)

// workers are how many cases run at once. Most of the time goes into waiting
// for moto.
const workers = 6

// A matrixCase is one fault at one call of one scenario.
type matrixCase struct {
	scenario *scenario
	base     *baseline
	kind     fault.Kind
	at       int
}

func (c matrixCase) name() string {
	return fmt.Sprintf("%s/%s/%d-%s", c.scenario.name, c.kind, c.at, c.base.calls[c.at-1])
}

// TestFaults puts each kind of fault at each call of a few scenarios, runs
// again until the run comes through, and holds: the account is then as without
// the fault, and was at no time outside of what the state before and the one
// after allow. SMR_MATRIX=full takes all scenarios.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	servers := []*moto.Server{moto.Start(t), moto.Start(t)}
	judge := monitor.NewJudge()
	var cases []matrixCase
	for _, sc := range scenarios() {
		base := clean(t, servers[0], judge, sc)
		kinds := sc.faults
		if os.Getenv("SMR_MATRIX") == "full" {
			kinds = fault.Kinds()
		}
		for at := range base.calls {
			for _, kind := range kinds {
				c := matrixCase{sc, base, kind, at + 1}
				if only := os.Getenv("SMR_MATRIX_CASE"); strings.Contains(c.name(), only) {
					cases = append(cases, c)
				}
			}
		}
	}
	if t.Failed() {
		return
	}
	var f figures
	work := make(chan matrixCase)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for c := range work {
				for _, finding := range c.run(t, servers[i%len(servers)], judge, &f) {
					t.Errorf("%s: %s", c.name(), finding)
				}
			}
		})
	}
	for _, c := range cases {
		work <- c
	}
	close(work)
	wg.Wait()
	t.Log(f.String())
	if f.cases-f.notReached < 480 && os.Getenv("SMR_MATRIX_CASE") == "" {
		t.Errorf("only %d faults were reached", f.cases-f.notReached)
	}
}

// rerunLimit is how often a run may be needed after the one with the fault: 20
// refusals outlast two runs' attempts at one call.
const rerunLimit = 3

// run runs one case and says what is wrong.
func (c matrixCase) run(t *testing.T, s *moto.Server, j *monitor.Judge, f *figures) (findings []string) {
	e, err := newEnvironment(t, s, j, c.scenario)
	if err != nil {
		return []string{err.Error()}
	}
	before, err := e.monitor.Between(renumber(c.base.after0, c.base.id, e.id))
	if err != nil {
		return []string{err.Error()}
	}
	last := c.scenario.steps[len(c.scenario.steps)-1]
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var said bytes.Buffer
	journal := apply.NewJournal(&said)
	e.proxy.Arm(fault.Spec{Kind: c.kind, At: c.at, Hook: c.hook(t, e, cancel, last)})
	out := e.deploy(ctx, e.proxy.URL, last, journal)
	reached := e.proxy.Fired()
	runs := 1
	for ; runs <= rerunLimit+1; runs++ {
		if c.kind != fault.Throttle20 && c.kind != fault.Stale || runs > 1 {
			e.proxy.Arm(fault.Spec{})
		}
		again := e.deploy(context.Background(), e.proxy.URL, last, journal)
		if again.err == nil && again.result.All == 0 {
			break
		}
		if again.err != nil {
			out.err = again.err
		}
	}
	after, err := e.account.ReadWhole()
	if err != nil {
		return []string{err.Error()}
	}
	converged := normal(after, e.id) == c.base.after
	if !converged {
		findings = append(findings, fmt.Sprintf("not converged after %d runs (%v), -want +got:\n%s", runs, out.err, cmp.Diff(c.base.after, normal(after, e.id))))
	}
	text := said.String() + fmt.Sprint(out.err)
	if strings.Contains(text, secretKey) || strings.Contains(text, sessionToken) {
		findings = append(findings, "a secret is in what is written")
	}
	findings = append(findings, check(c.scenario, before, after, e)...)
	f.count(c.scenario, e, runs, converged, reached)
	return findings
}

// hook is what a fault does beside answering.
func (c matrixCase) hook(t *testing.T, e *environment, kill context.CancelFunc, last step) func() {
	switch c.kind {
	case fault.KillBefore, fault.KillAfter:
		return kill
	case fault.TwoRuns:
		return func() {
			other := fault.Start(t, e.strict)
			e.deploy(context.Background(), other.URL, last, nil)
		}
	case fault.Actor:
		return func() {
			if err := e.monitor.Interfere(func(a *moto.Account) { interfere(a, c.at) }); err != nil {
				t.Error(err)
			}
		}
	}
	return func() {}
}

// interfere is what somebody else does to roles of smr: by turns a description,
// a trust policy, and the text of a policy.
func interfere(a *moto.Account, turn int) {
	s, err := a.Read()
	if err != nil {
		return
	}
	for _, r := range s.Roles {
		if !ours(r.Path) {
			continue
		}
		switch turn % 3 {
		case 0:
			a.Call("UpdateRole", "RoleName", r.Name, "Description", "by hand")
		case 1:
			a.Call("UpdateAssumeRolePolicy", "RoleName", r.Name, "PolicyDocument",
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
		case 2:
			for _, p := range r.Attached {
				if strings.Contains(p.ARN, ":policy/smr/") {
					a.Call("CreatePolicyVersion", "PolicyArn", p.ARN, "SetAsDefault", "true", "PolicyDocument",
						`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:Publish","Resource":"*"}]}`)
					return
				}
			}
		}
		return
	}
}

func (f *figures) count(sc *scenario, e *environment, runs int, converged, reached bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls, _, states := e.monitor.Counts()
	f.cases++
	f.runs += runs
	f.calls += calls
	f.states += states
	if !converged {
		f.notConverged++
	}
	if !reached {
		f.notReached++
	}
	for _, finding := range e.monitor.Findings() {
		switch finding.Rule {
		case "excess":
			f.excess++
		case "loss":
			if sc.losing {
				f.announced++
			} else {
				f.losses++
			}
		case "boundary":
			f.unprotected++
		case "foreign":
			f.foreign++
		}
	}
}
