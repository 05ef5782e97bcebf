package apply_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/apply"
	"github.com/sagemaker-roles/smr/deploy/internal/fault"
	"github.com/sagemaker-roles/smr/deploy/internal/monitor"
	"github.com/sagemaker-roles/smr/deploy/internal/moto"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

// TestRollback takes each scenario back by its journal: the account is then as
// it was, and on the way, which the monitor watches, nothing is gained or lost
// beyond the two ends. What was deleted does not come back.
func TestRollback(t *testing.T) {
	server := moto.Start(t)
	judge := monitor.NewJudge()
	for _, sc := range scenarios() {
		t.Run(sc.name, func(t *testing.T) {
			e, err := newEnvironment(t, server, judge, sc)
			if err != nil {
				t.Fatal(err)
			}
			before, err := e.account.ReadWhole()
			if err != nil {
				t.Fatal(err)
			}
			var journal bytes.Buffer
			last := sc.steps[len(sc.steps)-1]
			if _, err := e.monitor.Between(nil); err != nil {
				t.Fatal(err)
			}
			out := e.deploy(t.Context(), e.proxy.URL, last, apply.NewJournal(&journal))
			if out.err != nil {
				t.Fatal(out.err)
			}
			if out.plan.Empty() {
				return // rename persona: no role changes
			}
			p, err := e.back(t, journal.Bytes(), last, before)
			if sc.name == "delete" {
				var stale *apply.StaleError
				if !errors.As(err, &stale) || !strings.Contains(err.Error(), "made anew") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			e.holdsBefore(t, sc, before)
			if len(p.Operations) == 0 {
				t.Error("nothing was to be done")
			}
		})
	}
}

// back goes back by a journal.
func (e *environment) back(t *testing.T, journal []byte, st step, before *moto.Snapshot) (*plan.Plan, error) {
	t.Helper()
	if _, err := e.monitor.Between(before); err != nil {
		t.Fatal(err)
	}
	c, err := account.Open(t.Context(), clientOptions(e.proxy.URL))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := apply.ReadJournal(journal)
	if err != nil {
		t.Fatal(err)
	}
	p, err := apply.Back(t.Context(), c, rec, now())
	if err != nil {
		return nil, err
	}
	o := applyOptions(st, nil)
	o.AllowDelete, o.AllowTransientLoss = true, true
	_, err = apply.Run(t.Context(), c, p, o)
	return p, err
}

func (e *environment) holdsBefore(t *testing.T, sc *scenario, before *moto.Snapshot) {
	t.Helper()
	after, err := e.account.ReadWhole()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(normal(before, e.id), normal(after, e.id)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, f := range check(sc, before, after, e) {
		t.Error(f)
	}
}

// TestRollbackOfKilledRuns goes back from half a release, and from one that two
// runs made: a killed one and one of a new plan.
func TestRollbackOfKilledRuns(t *testing.T) {
	server := moto.Start(t)
	judge := monitor.NewJudge()
	sc := &scenario{name: "change", steps: []step{{config: base(), release: "r1"}, {config: changed(), release: "r2"}}}
	last := sc.steps[1]
	for _, complete := range []bool{false, true} {
		for at := 9; at <= 19; at += 2 {
			e, err := newEnvironment(t, server, judge, sc)
			if err != nil {
				t.Fatal(err)
			}
			before, err := e.account.ReadWhole()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.monitor.Between(nil); err != nil {
				t.Fatal(err)
			}
			var journal bytes.Buffer
			ctx, cancel := context.WithCancel(t.Context())
			e.proxy.Arm(fault.Spec{Kind: fault.KillAfter, At: at, Hook: cancel})
			if out := e.deploy(ctx, e.proxy.URL, last, apply.NewJournal(&journal)); out.err == nil {
				t.Fatalf("call %d: the run came through", at)
			}
			cancel()
			e.proxy.Arm(fault.Spec{})
			if complete {
				if out := e.deploy(t.Context(), e.proxy.URL, last, apply.NewJournal(&journal)); out.err != nil {
					t.Fatal(out.err)
				}
			}
			if journal.Len() == 0 {
				continue // nothing was begun
			}
			if _, err := e.back(t, journal.Bytes(), last, before); err != nil {
				t.Errorf("call %d, complete %t: %v", at, complete, err)
				continue
			}
			e.holdsBefore(t, sc, before)
		}
	}
}

// roundabout is a plan that narrows a policy, takes it away and deletes it, and
// that narrows another one and gives it back what it had.
func roundabout(t *testing.T, c *account.Client) *plan.Plan {
	t.Helper()
	p, err := makePlan(t.Context(), c, step{config: base(), release: "r2"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := live.Read(t.Context(), c.IAM, live.Options{Account: c.ID, Partition: c.Partition, Paths: p.Paths})
	if err != nil {
		t.Fatal(err)
	}
	queue, data, role := s.PolicyARN("/smr/p/", "Queue_train"), s.PolicyARN("/smr/p/", "Data_train"), ""
	for _, r := range s.Roles {
		if slices.Contains(r.Attached, queue) {
			role = r.Name
		}
	}
	narrow, was := document(statement("Deny", "*", "s3:GetObject")), s.Policies[data].Document().Text
	p.Operations, p.Resources = []plan.Operation{
		{Kind: plan.CreatePolicyVersion, Policy: queue, Args: plan.Args{Document: narrow}},
		{Kind: plan.CreatePolicyVersion, Policy: data, Args: plan.Args{Document: narrow}},
		{Kind: plan.DetachRolePolicy, Policy: queue},
		{Kind: plan.DeletePolicyVersion, Policy: queue, Args: plan.Args{VersionID: "v1"}},
		{Kind: plan.DeletePolicy, Policy: queue},
		{Kind: plan.CreatePolicyVersion, Policy: data, Args: plan.Args{Document: was}},
	}, nil
	p.Roles = []plan.Role{{Name: role, Change: plan.Update, States: []plan.State{}}}
	digest := func(id string) string {
		if id == plan.RoleID(role) {
			return s.Role(role).Digest()
		}
		return s.Policies[strings.TrimPrefix(id, plan.PolicyID(""))].Digest()
	}
	ids := []string{plan.PolicyID(data), plan.PolicyID(queue), plan.RoleID(role)}
	for _, id := range ids {
		p.Resources = append(p.Resources, plan.Resource{ID: id, Before: digest(id)})
	}
	for i := range p.Operations {
		op := &p.Operations[i]
		op.ID, op.Role, op.Resource = fmt.Sprintf("%s/%03d", role, i+1), role, plan.PolicyID(op.Policy)
		if op.Kind == plan.DetachRolePolicy {
			op.Resource = plan.RoleID(role)
		}
		op.Before = digest(op.Resource)
		if err := plan.Step(s, op); err != nil {
			t.Fatal(err)
		}
		op.After = digest(op.Resource)
	}
	for i, id := range ids {
		p.Resources[i].After = digest(id)
	}
	p.Seal()
	return p
}

// TestRollbackOfVersions: a policy that got a version on the way and was then
// deleted comes back as it was, and so does one that is at the end what it was
// at the beginning, from any place on the way. unseen is how many of the plan's
// operations a run did that wrote no journal: what was there before those is
// not known, and the way back ends after them.
func TestRollbackOfVersions(t *testing.T) {
	server := moto.Start(t)
	judge := monitor.NewJudge()
	sc := &scenario{name: "versions", steps: []step{{config: base(), release: "r1"}, {config: base(), release: "r1"}}}
	for _, unseen := range []int{0, 2} {
		for n := unseen + 1; n <= 6; n++ {
			e, err := newEnvironment(t, server, judge, sc)
			if err != nil {
				t.Fatal(err)
			}
			c, err := account.Open(t.Context(), clientOptions(e.proxy.URL))
			if err != nil {
				t.Fatal(err)
			}
			p := roundabout(t, c)
			if _, err := e.monitor.Between(nil); err != nil {
				t.Fatal(err)
			}
			until := func(n int, j *apply.Journal) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				o := applyOptions(sc.steps[1], j)
				o.Progress = func(e apply.Event) {
					if e.Kind == apply.Done && e.Done == n {
						cancel()
					}
				}
				if _, err := apply.Run(ctx, c, p, o); err != nil && ctx.Err() == nil {
					t.Fatal(err)
				}
			}
			if unseen > 0 {
				until(unseen, nil)
			}
			before, err := e.account.ReadWhole()
			if err != nil {
				t.Fatal(err)
			}
			var journal bytes.Buffer
			until(n, apply.NewJournal(&journal))
			if _, err := e.back(t, journal.Bytes(), sc.steps[1], before); err != nil {
				t.Errorf("%d operations, %d unseen: %v", n, unseen, err)
				continue
			}
			after, err := e.account.ReadWhole()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(normal(before, e.id), normal(after, e.id)); diff != "" {
				t.Errorf("%d operations, %d unseen: -want +got:\n%s", n, unseen, diff)
			}
		}
	}
}

// TestKilledRollback: a way back that was killed goes on when it is run again,
// and does not release anew what it took back.
func TestKilledRollback(t *testing.T) {
	server := moto.Start(t)
	judge := monitor.NewJudge()
	sc := &scenario{name: "change", steps: []step{{config: base(), release: "r1"}, {config: changed(), release: "r2"}}}
	last := sc.steps[1]
	for at := 6; at <= 12; at += 2 {
		e, err := newEnvironment(t, server, judge, sc)
		if err != nil {
			t.Fatal(err)
		}
		before, err := e.account.ReadWhole()
		if err != nil {
			t.Fatal(err)
		}
		var journal bytes.Buffer
		if out := e.deploy(t.Context(), e.proxy.URL, last, apply.NewJournal(&journal)); out.err != nil {
			t.Fatal(out.err)
		}
		back := func(ctx context.Context) error {
			rec, err := apply.ReadJournal(journal.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			c, err := account.Open(t.Context(), clientOptions(e.proxy.URL))
			if err != nil {
				t.Fatal(err)
			}
			p, err := apply.Back(t.Context(), c, rec, now())
			if err != nil {
				t.Fatal(err)
			}
			o := applyOptions(last, apply.NewJournal(&journal))
			o.AllowDelete, o.AllowTransientLoss, o.Back = true, true, true
			_, err = apply.Run(ctx, c, p, o)
			return err
		}
		done := false
		for run := 0; run < 3 && !done; run++ { // killed twice
			ctx, cancel := context.WithCancel(t.Context())
			if run < 2 {
				e.proxy.Arm(fault.Spec{Kind: fault.KillAfter, At: at, Hook: cancel})
			}
			done = back(ctx) == nil
			cancel()
			e.proxy.Arm(fault.Spec{})
		}
		if !done {
			t.Errorf("call %d: the third run did not come through", at)
		}
		e.holdsBefore(t, sc, before)
	}
}

func TestReadJournal(t *testing.T) {
	begin := `{"schema":"smr.journal/1","event":"begin","at":"2026-11-22T12:00:00Z","plan":{"account":"123456789012"},"before":{"partition":"aws","roles":[],"policies":[]}}` + "\n"
	end := `{"event":"end","at":"2026-11-22T12:00:00Z","complete":true}` + "\n"
	for _, tt := range []struct {
		name, text string
		runs       int
		complete   bool
		wrong      string
	}{
		{"one run", begin + end, 1, true, ""},
		{"a killed run and one that came through", begin + begin + end, 2, true, ""},
		{"only the last release", begin + end + begin + end, 1, true, ""},
		{"killed while it wrote", begin + `{"event":"do`, 1, false, ""},
		{"killed while it wrote, and then one that came through", begin + "{\"event\":\"do\n" + begin + end, 2, true, ""},
		{"killed while it wrote its first line, and then one that came through", begin[:80] + "\n" + begin + end, 1, true, ""},
		{"killed while it wrote, twice", begin + "{\"event\":\"do\n" + begin[:80] + "\n" + begin + end, 2, true, ""},
		{"a disk that was full for a while", begin + "{\"event\":\"do\n" + end, 1, true, ""},
		{"a run without a beginning", begin + end + begin[:80] + "\n" + end, 0, false, "line 3"},
		{"of something else", begin + "done\n" + end, 0, false, "line 2"},
		{"only cut", begin[:80], 0, false, "no run"},
		{"empty", "", 0, false, "no run"},
		{"of another schema", strings.Replace(begin, "journal/1", "journal/2", 1), 0, false, "smr.journal/2"},
		{"of two accounts", begin + strings.Replace(begin, "1234", "4321", 1), 0, false, "line 2"},
	} {
		rec, err := apply.ReadJournal([]byte(tt.text))
		switch {
		case tt.wrong != "":
			if err == nil || !strings.Contains(err.Error(), tt.wrong) {
				t.Errorf("%s: got %v", tt.name, err)
			}
		case err != nil || len(rec.Runs) != tt.runs || rec.Complete != tt.complete:
			t.Errorf("%s: got %+v, %v", tt.name, rec, err)
		}
	}
}

// TestOpenJournal: what a killed run left half written does not spoil the lines
// of the next one.
func TestOpenJournal(t *testing.T) {
	server := moto.Start(t)
	judge := monitor.NewJudge()
	e, err := newEnvironment(t, server, judge, &scenario{name: "change", steps: []step{{config: base(), release: "r1"}, {config: changed(), release: "r2"}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, left := range []string{"", `{"event":"do`, `{"schema":"smr.jou`, "\n"} {
		name := filepath.Join(t.TempDir(), "smr.journal")
		if err := os.WriteFile(name, []byte(left), 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := apply.OpenJournal(name)
		if err != nil {
			t.Fatal(err)
		}
		out := e.deploy(t.Context(), e.proxy.URL, step{config: []string{changed(), base()}[i%2], release: "on", allowLoss: true}, j)
		if err := errors.Join(out.err, j.Close()); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := apply.ReadJournal(data)
		if err != nil || len(rec.Runs) != 1 || !rec.Complete {
			t.Errorf("after %q: %+v, %v", left, rec, err)
		}
	}
}
