// Package apply does what a plan says: each call once, in the plan's order, a
// few roles at a time, and nothing at all where the account is no longer as the
// plan found it.
//
// Every state between two calls is one that the plan proved. So a run may end
// anywhere, and is repaired by another one, of the same plan or of a new one.
// What was written is known by reading the account, never by remembering; the
// journal is for people and for going back.
//
// The Go API is not yet stable.
package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

// Defaults of Options.
const (
	DefaultParallel = 3
	DefaultMaxAge   = 24 * time.Hour
	DefaultTimeout  = time.Hour
	DefaultSettle   = time.Minute
)

// Options choose how a plan is applied. Tool, Now and those fields that allow
// something must be set by the caller; the others have defaults.
type Options struct {
	Tool          string           // the version of this smr, which made the plan as well
	Configuration string           // the digest of the configuration as it is now; "" does not look
	Digest        string           // the digest of the plan that was approved; "" does not look
	Now           func() time.Time // for the plan's age and the journal
	MaxAge        time.Duration    // of the plan; 0 is DefaultMaxAge

	AllowDelete        bool // retire and delete roles
	AllowTransientLoss bool // withhold access for a while where the plan announces it
	Back               bool // the plan is one of [Back], which the journal tells of

	Parallel int           // roles at a time; 0 is DefaultParallel
	Timeout  time.Duration // of the whole run; 0 is DefaultTimeout
	Settle   time.Duration // to wait for what IAM has not yet spread; 0 is DefaultSettle
	Pause    time.Duration // before access of a role grows after some of it shrank; 0 is none
	Step     time.Duration // the first pause before something is tried again; 0 is a second

	Journal  *Journal    // nil writes none
	Progress func(Event) // called from one goroutine at a time; nil is silent
}

func (o Options) filled() Options {
	if o.MaxAge <= 0 {
		o.MaxAge = DefaultMaxAge
	}
	if o.Parallel <= 0 {
		o.Parallel = DefaultParallel
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Settle <= 0 {
		o.Settle = DefaultSettle
	}
	if o.Step <= 0 {
		o.Step = time.Second
	}
	if o.Progress == nil {
		o.Progress = func(Event) {}
	}
	return o
}

// An Event is something that happened in a run.
type Event struct {
	Kind      EventKind
	Role      *plan.Role      // nil for operations that belong to no role
	Operation *plan.Operation // of Begun, Done and Failed
	Done, All int             // operations that are done, and all of them
	Err       error           // of Failed and RoleFailed
}

// An EventKind is what an event tells.
type EventKind string

// The kinds of events.
const (
	RoleBegun  EventKind = "role-begun"
	Begun      EventKind = "begun"
	Done       EventKind = "done"
	Failed     EventKind = "failed"
	RoleDone   EventKind = "role-done"
	RoleFailed EventKind = "role-failed"
)

// A Result is what a run did.
type Result struct {
	Done    int      // operations that were done by this run
	Skipped int      // operations that had been done before
	All     int      // operations of the plan
	Roles   []string // IAM names of the roles that are as planned now, in the plan's order
	Failed  []string // of those that are not
}

// A StaleError is a plan that does not hold: nothing was done, and a new plan
// has to be made.
type StaleError struct{ Reason string }

// Error implements error.
func (e *StaleError) Error() string { return e.Reason }

// A ChangedError is a role or policy that somebody else changed while the plan
// was being applied. Operations of other roles may have been done.
type ChangedError struct {
	Operation *plan.Operation
	Resource  string
}

// Error implements error.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s %s: %s is neither as the plan found it nor as the plan leaves it: somebody else changed it. Make a new plan", e.Operation.ID, e.Operation.Kind, e.Resource)
}

// Run applies a plan. A *StaleError says that it does not hold and nothing was
// done, a *ChangedError that somebody else interfered; any other error is of
// AWS or of the network, and running again goes on from where this run ended.
func Run(ctx context.Context, c *account.Client, p *plan.Plan, o Options) (*Result, error) {
	o = o.filled()
	if err := holds(p, c, o); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.Timeout, fmt.Errorf("the run took longer than %s. Run it again: what was done stays done", o.Timeout))
	defer cancel()
	r := &run{Options: o, client: c, plan: p, made: map[string]bool{}}
	state, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	if err := owned(p, state); err != nil {
		return nil, err
	}
	groups, err := r.groups(state)
	if err != nil {
		return nil, err
	}
	r.all = len(p.Operations)
	for _, g := range groups {
		r.done += g.from
		g.complete = g.from == len(g.ops)
	}
	skipped := r.done
	if skipped == r.all {
		return r.result(groups, skipped), nil
	}
	if err := r.begin(ctx, state); err != nil {
		return nil, err
	}
	err = r.execute(ctx, groups)
	if err != nil && ctx.Err() != nil && context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	if jerr := o.Journal.end(err, o.Now()); err == nil {
		err = jerr
	}
	return r.result(groups, skipped), err
}

// A run is one execution of a plan.
type run struct {
	Options
	client *account.Client
	plan   *plan.Plan
	all    int

	mu   sync.Mutex // guards what follows, Progress and Journal
	done int
	made map[string]bool // resources that this run made
}

// read reads what the plan was made from.
func (r *run) read(ctx context.Context) (*live.State, error) {
	s, err := live.Read(ctx, r.client.IAM, live.Options{Account: r.client.ID, Partition: r.client.Partition, Paths: r.plan.Paths})
	if err != nil {
		return nil, r.client.Explain("Reading the account", err)
	}
	return s, nil
}

// begin begins the journal. What a policy that is deleted was tagged with is
// read for it: a policy that is made again has to be known as smr's.
func (r *run) begin(ctx context.Context, s *live.State) error {
	if r.Journal == nil {
		return nil
	}
	var arns []string
	for i := range r.plan.Operations {
		if op := &r.plan.Operations[i]; op.Kind == plan.DeletePolicy {
			arns = append(arns, op.Policy)
		}
	}
	if err := s.ReadPolicyTags(ctx, r.client.IAM, arns); err != nil {
		return r.client.Explain("Reading the account", err)
	}
	return r.Journal.begin(r.plan, s, r.Back, r.Now())
}

func (r *run) result(groups []*group, skipped int) *Result {
	res := &Result{Done: r.done - skipped, Skipped: skipped, All: r.all}
	for _, g := range groups {
		switch {
		case g.leftovers():
		case g.complete:
			res.Roles = append(res.Roles, g.role.Name)
		default:
			res.Failed = append(res.Failed, g.role.Name)
		}
	}
	return res
}

// event tells of something, with the operations that are done.
func (r *run) event(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Kind == Done {
		r.done++
	}
	e.Done, e.All = r.done, r.all
	r.Progress(e)
	if e.Operation != nil {
		r.Journal.operation(e, r.Now())
	}
}

// execute runs the groups, each after those that it needs. After a failure no
// further group is begun; those under way go on, since each of them is nearer
// to its end than to its beginning.
func (r *run) execute(ctx context.Context, groups []*group) error {
	slots := make(chan struct{}, r.Parallel)
	var failed sync.Map
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	stopped := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(errs) > 0
	}
	for _, g := range groups {
		wg.Go(func() {
			defer close(g.end)
			for _, need := range g.needs {
				<-need.end
				if _, bad := failed.Load(need); bad {
					failed.Store(g, true)
					return
				}
			}
			slots <- struct{}{}
			defer func() { <-slots }()
			if stopped() || ctx.Err() != nil {
				failed.Store(g, true)
				return
			}
			if err := r.group(ctx, g); err != nil {
				failed.Store(g, true)
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(errs) == 0 && ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(errs...)
}

// group runs the operations of one role.
func (r *run) group(ctx context.Context, g *group) error {
	if g.complete {
		return nil
	}
	r.event(Event{Kind: RoleBegun, Role: g.role})
	for i, op := range g.ops[g.from:] {
		if op.Phase == plan.PhaseGrow && r.Pause > 0 && i > 0 && g.ops[g.from+i-1].Phase != plan.PhaseGrow {
			if err := sleep(ctx, r.Pause); err != nil {
				return err
			}
		}
		r.event(Event{Kind: Begun, Role: g.role, Operation: op})
		if err := r.operation(ctx, g, op); err != nil {
			r.event(Event{Kind: Failed, Role: g.role, Operation: op, Err: err})
			r.event(Event{Kind: RoleFailed, Role: g.role, Err: err})
			return err
		}
		r.event(Event{Kind: Done, Role: g.role, Operation: op})
	}
	g.complete = true
	r.event(Event{Kind: RoleDone, Role: g.role})
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
