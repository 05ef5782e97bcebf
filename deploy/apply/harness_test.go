package apply_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/apply"
	"github.com/sagemaker-roles/smr/deploy/internal/fault"
	"github.com/sagemaker-roles/smr/deploy/internal/monitor"
	"github.com/sagemaker-roles/smr/deploy/internal/moto"
	"github.com/sagemaker-roles/smr/deploy/internal/strict"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

// sample is the account in the texts of scenarios; each case has its own.
const sample = "123456789012"

// secretKey and sessionToken must never appear anywhere.
const (
	secretKey    = "wJalrXUtnFEMIKEXAMPLESECRET"
	sessionToken = "FwoGZXIvYXdzEXAMPLETOKEN"
)

// now is when everything happens.
func now() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// ours are the paths that smr writes to in scenarios.
func ours(path string) bool { return strings.HasPrefix(path, "/smr/") }

var accounts atomic.Int64

// nextAccount is an account that nothing has used.
func nextAccount() string { return fmt.Sprintf("%012d", 100000000000+accounts.Add(1)) }

// A step is one release.
type step struct {
	config      string
	release     string
	allowDelete bool
	allowLoss   bool
	later       time.Duration // after now
}

// A scenario is a way of configurations, the last step of which is looked at.
type scenario struct {
	name  string
	steps []step
	// between is called before the last step.
	between func(*moto.Account) error
	losing  bool         // the plan announces a loss
	faults  []fault.Kind // that are tried by default
}

// An environment is one account with a monitor, and the way to it.
type environment struct {
	id      string
	account *moto.Account
	monitor *monitor.Monitor
	strict  moto.Peer
	proxy   *fault.Proxy
}

// newEnvironment is of a new account, brought to where the last step of a
// scenario starts.
func newEnvironment(t testing.TB, s *moto.Server, j *monitor.Judge, sc *scenario) (*environment, error) {
	t.Helper()
	e := &environment{id: nextAccount()}
	e.account = s.Account(e.id)
	e.monitor = monitor.New(e.account, j, ours)
	e.strict = strict.New(e.monitor, e.monitor.State)
	e.proxy = fault.Start(t, e.strict)
	return e, e.seed(t, sc)
}

// headerTimeout is long for a server on this machine, also a busy one: each call
// that hangs costs as much.
const headerTimeout = time.Second

// clientOptions make faults quick.
func clientOptions(url string) account.Options {
	return account.Options{
		Region: "us-east-1", Writes: 1e6, Attempts: 9, Backoff: time.Millisecond, HeaderTimeout: headerTimeout, CallTimeout: time.Minute,
		Load: []func(*config.LoadOptions) error{
			config.WithBaseEndpoint(url), config.WithSharedConfigFiles(nil), config.WithSharedCredentialsFiles(nil),
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", secretKey, sessionToken)),
		},
	}
}

// An outcome is what one run of plan and apply gave.
type outcome struct {
	plan   *plan.Plan
	result *apply.Result
	writes int // calls that were sent and write
	err    error
}

// deploy plans and applies a step as smr apply does.
func (e *environment) deploy(ctx context.Context, url string, st step, journal *apply.Journal) (out outcome) {
	c, err := account.Open(ctx, clientOptions(url))
	if err != nil {
		return outcome{err: err}
	}
	defer func() { _, out.writes = c.Calls() }()
	if out.plan, out.err = makePlan(ctx, c, st); out.err != nil {
		return out
	}
	out.result, out.err = apply.Run(ctx, c, out.plan, applyOptions(st, journal))
	return out
}

func applyOptions(st step, journal *apply.Journal) apply.Options {
	return apply.Options{
		Tool: compiler.Version, Now: func() time.Time { return now().Add(st.later) }, AllowDelete: st.allowDelete, AllowTransientLoss: st.allowLoss,
		Settle: 20 * time.Millisecond, Step: time.Millisecond, Timeout: time.Minute, Journal: journal,
	}
}

func makePlan(ctx context.Context, c *account.Client, st step) (*plan.Plan, error) {
	text := strings.ReplaceAll(st.config, sample, c.ID)
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(text)}}})
	if r.Diags.HasErrors() {
		return nil, fmt.Errorf("the scenario does not compile: %w", r.Diags)
	}
	d, err := plan.NewDesired(r, c.ID)
	if err != nil {
		return nil, err
	}
	s, err := live.Read(ctx, c.IAM, live.Options{Account: c.ID, Partition: c.Partition, Paths: d.Paths})
	if err != nil {
		return nil, c.Explain("reading", err)
	}
	if err := s.ReadPolicyTags(ctx, c.IAM, plan.Touched(s, d)); err != nil {
		return nil, c.Explain("reading", err)
	}
	return plan.Make(s, d, plan.Options{Now: now().Add(st.later), Release: st.release, AllowDelete: st.allowDelete})
}

// seed brings the account to where the last step starts, with nobody looking.
func (e *environment) seed(t testing.TB, sc *scenario) error {
	if err := world(e.account); err != nil {
		return err
	}
	direct := fault.Start(t, e.account)
	for i, st := range sc.steps[:len(sc.steps)-1] {
		if out := e.deploy(context.Background(), direct.URL, st, nil); out.err != nil {
			return fmt.Errorf("step %d: %w", i+1, out.err)
		}
	}
	if sc.between != nil {
		return sc.between(e.account)
	}
	return nil
}

// A baseline is what a scenario leads to without faults.
type baseline struct {
	after  string // in the normal form
	calls  []string
	after0 *moto.Snapshot
	id     string
	losses int
}

// clean runs a scenario without faults and checks it: a second run writes
// nothing, roles stay the same roles.
func clean(t testing.TB, s *moto.Server, j *monitor.Judge, sc *scenario) *baseline {
	t.Helper()
	e, err := newEnvironment(t, s, j, sc)
	if err != nil {
		t.Fatalf("%s: %v", sc.name, err)
	}
	before, err := e.monitor.Between(nil)
	if err != nil {
		t.Fatal(err)
	}
	last := sc.steps[len(sc.steps)-1]
	e.proxy.Arm(fault.Spec{})
	out := e.deploy(t.Context(), e.proxy.URL, last, nil)
	if out.err != nil {
		t.Fatalf("%s: %v", sc.name, out.err)
	}
	b := &baseline{calls: e.proxy.Calls(), id: e.id, losses: len(out.plan.Losses)}
	if b.after0, err = e.account.ReadWhole(); err != nil {
		t.Fatal(err)
	}
	b.after = normal(b.after0, e.id)
	if (b.losses > 0) != sc.losing {
		t.Errorf("%s: the plan announces %d losses", sc.name, b.losses)
	}
	again := e.deploy(t.Context(), e.proxy.URL, last, nil)
	if again.err != nil || again.writes != 0 || !again.plan.Empty() {
		t.Errorf("%s: the second run writes %d times: %v", sc.name, again.writes, again.err)
	}
	for _, f := range check(sc, before, b.after0, e) {
		t.Errorf("%s: %s", sc.name, f)
	}
	return b
}

// check holds what is true of the whole change. Losses are let pass where the
// plan announces them.
func check(sc *scenario, before, after *moto.Snapshot, e *environment) (findings []string) {
	for _, r := range before.Roles {
		if now := after.Role(r.Name); now != nil && now.ID != r.ID {
			findings = append(findings, fmt.Sprintf("role %s was made anew", r.Name))
		}
	}
	for _, f := range e.monitor.Findings() {
		if f.Rule != "loss" || !sc.losing {
			findings = append(findings, f.Rule+": "+f.Text)
		}
	}
	return findings
}

// ids differ between accounts: a role's id, and digests over ARNs.
var ids = regexp.MustCompile(`AROA[A-Z0-9]+|sha256:[0-9a-f]{64}`)

// normal is a snapshot as text, without what differs between accounts and
// without policies' versions that are not the default.
func normal(s *moto.Snapshot, id string) string {
	var b strings.Builder
	for _, r := range s.Roles {
		fmt.Fprintf(&b, "role %s %s %d %s\n  trust %s\n  boundary %s\n", r.ARN, r.Description, r.MaxSession, r.Tags, r.Trust, r.Boundary)
		for _, p := range r.Inline {
			fmt.Fprintf(&b, "  inline %s %s\n", p.Name, p.Document)
		}
		for _, a := range r.Attached {
			fmt.Fprintf(&b, "  attached %s\n", a.ARN)
		}
	}
	for i := range s.Policies {
		p := &s.Policies[i]
		fmt.Fprintf(&b, "policy %s %s %s\n", p.ARN, p.Tags, p.Default())
	}
	return ids.ReplaceAllString(strings.ReplaceAll(b.String(), id, sample), "ID")
}

// renumber is a snapshot with another account's number.
func renumber(s *moto.Snapshot, from, to string) *moto.Snapshot {
	swap := func(text string) string { return strings.ReplaceAll(text, from, to) }
	var o moto.Snapshot
	for _, r := range s.Roles {
		r.ARN, r.Trust, r.Boundary = swap(r.ARN), swap(r.Trust), swap(r.Boundary)
		r.Inline, r.Attached = slices.Clone(r.Inline), slices.Clone(r.Attached)
		for i := range r.Inline {
			r.Inline[i].Document = swap(r.Inline[i].Document)
		}
		for i := range r.Attached {
			r.Attached[i].ARN = swap(r.Attached[i].ARN)
		}
		o.Roles = append(o.Roles, r)
	}
	for _, p := range s.Policies {
		p.ARN = swap(p.ARN)
		p.Versions = slices.Clone(p.Versions)
		for i := range p.Versions {
			p.Versions[i].Document = swap(p.Versions[i].Document)
		}
		o.Policies = append(o.Policies, p)
	}
	return &o
}

// figures are counted over all cases.
type figures struct {
	mu                                       sync.Mutex
	cases, calls, states, excess, losses     int
	notConverged, runs, foreign, unprotected int
	notReached, announced                    int
}

func (f *figures) String() string {
	return fmt.Sprintf("%d cases, %d runs, %d calls, %d states judged: %d not converged, %d outside before ∪ after, %d losses of before ∩ after (%d more announced), %d times without boundary, %d times something of others changed",
		f.cases, f.runs, f.calls, f.states, f.notConverged, f.excess, f.losses, f.announced, f.unprotected, f.foreign)
}
