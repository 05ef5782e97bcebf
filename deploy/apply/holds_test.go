package apply_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/apply"
	"github.com/sagemaker-roles/smr/deploy/internal/fault"
	"github.com/sagemaker-roles/smr/deploy/internal/monitor"
	"github.com/sagemaker-roles/smr/deploy/internal/moto"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

// TestHolds: a plan that does not hold is refused before anything is written.
func TestHolds(t *testing.T) {
	server := moto.Start(t)
	judge := monitor.NewJudge()
	sc := &scenario{name: "change", steps: []step{{config: base(), release: "r1"}, {config: changed(), release: "r2"}}}
	remake := func(a *moto.Account, trust string) {
		for _, c := range [][]string{
			{"DetachRolePolicy", "PolicyArn", "arn:aws:iam::" + a.ID + ":policy/smr/p/Data_train"},
			{"DetachRolePolicy", "PolicyArn", "arn:aws:iam::" + a.ID + ":policy/smr/p/Jobs_train"},
			{"DetachRolePolicy", "PolicyArn", "arn:aws:iam::" + a.ID + ":policy/smr/p/Queue_train"},
			{"DeleteRole"},
			{"CreateRole", "Path", "/smr/p/", "AssumeRolePolicyDocument", trust},
		} {
			a.Call(c[0], append(c[1:], "RoleName", "SageMaker-train")...)
		}
	}
	for _, tt := range []struct {
		name   string
		change func(p *plan.Plan, o *apply.Options)
		by     func(*moto.Account)
		want   string // of the message; "" where the plan holds
	}{
		{"as it is", nil, nil, ""},
		{"the approved digest", func(p *plan.Plan, o *apply.Options) { o.Digest = p.Digest }, nil, ""},
		{"another digest", func(_ *plan.Plan, o *apply.Options) { o.Digest = "sha256:0" }, nil, "was approved"},
		{"another account", func(p *plan.Plan, _ *apply.Options) { p.Account = sample }, nil, "the credentials are of"},
		{"another partition", func(p *plan.Plan, _ *apply.Options) { p.Partition = "aws-cn" }, nil, "the credentials are of"},
		{"another smr", func(p *plan.Plan, _ *apply.Options) { p.Tool = "0.0.1" }, nil, "made by smr 0.0.1"},
		{"another configuration", func(_ *plan.Plan, o *apply.Options) { o.Configuration = "sha256:0" }, nil, "configuration has changed"},
		{"the same configuration", func(p *plan.Plan, o *apply.Options) { o.Configuration = p.Configuration }, nil, ""},
		{"old", func(_ *plan.Plan, o *apply.Options) { o.Now = func() time.Time { return now().Add(25 * time.Hour) } }, nil, "25h0m0s old"},
		{"old, and that old is allowed", func(_ *plan.Plan, o *apply.Options) {
			o.Now, o.MaxAge = func() time.Time { return now().Add(25 * time.Hour) }, 48*time.Hour
		}, nil, ""},
		{"of tomorrow", func(_ *plan.Plan, o *apply.Options) { o.Now = func() time.Time { return now().Add(-time.Hour) } }, nil, "still to come"},
		{"refused", func(p *plan.Plan, _ *apply.Options) { p.Refusals = []plan.Finding{{Detail: "No."}} }, nil, "may not be applied: No."},
		{"a loss", func(p *plan.Plan, _ *apply.Options) {
			p.Losses = []plan.Loss{{Role: "train", Because: "there is no room"}}
		}, nil, "--allow-transient-loss"},
		{"a loss that is allowed", func(p *plan.Plan, o *apply.Options) {
			p.Losses, o.AllowTransientLoss = []plan.Loss{{Role: "train"}}, true
		}, nil, ""},
		{"a deletion", func(p *plan.Plan, _ *apply.Options) { p.Roles[0].Change = plan.Delete }, nil, "--allow-delete"},
		{"a role of others", func(p *plan.Plan, _ *apply.Options) {
			p.Operations[0].Role, p.Operations[0].Resource = "theirs", plan.RoleID("theirs")
		}, nil, `role "theirs", which is not`},
		{"a role other than it says", func(p *plan.Plan, _ *apply.Options) { p.Operations[0].Role = "theirs" }, nil, "which is not the project"},
		{"a policy of others", func(p *plan.Plan, _ *apply.Options) {
			arn := "arn:aws:iam::" + p.Account + ":policy/team/theirs"
			p.Operations[0] = plan.Operation{Kind: plan.DeletePolicy, Role: p.Operations[0].Role, Policy: arn, Resource: plan.PolicyID(arn)}
		}, nil, `policy/team/theirs", which is not`},
		{"another trust policy", nil, func(a *moto.Account) { interfere(a, 1) }, "role/SageMaker-train has changed"},
		{"another description", nil, func(a *moto.Account) { interfere(a, 3) }, "role/SageMaker-train has changed"},
		{"another text of a policy", nil, func(a *moto.Account) { interfere(a, 2) }, "has changed since the plan was made"},
		{"another text of the boundary", nil, func(a *moto.Account) {
			a.Call("CreatePolicyVersion", "PolicyArn", "arn:aws:iam::"+a.ID+":policy/smr-boundary/two", "SetAsDefault", "true", "PolicyDocument", document(statement("Allow", "*", "*")))
		}, "policy/smr-boundary/two has changed"},
		{"a role made anew", nil, func(a *moto.Account) { remake(a, document()) }, "made anew"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := newEnvironment(t, server, judge, sc)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.monitor.Between(nil); err != nil {
				t.Fatal(err)
			}
			c, err := account.Open(t.Context(), clientOptions(e.proxy.URL))
			if err != nil {
				t.Fatal(err)
			}
			p, err := makePlan(t.Context(), c, sc.steps[1])
			if err != nil {
				t.Fatal(err)
			}
			o := applyOptions(sc.steps[1], nil)
			if tt.change != nil {
				tt.change(p, &o)
			}
			if tt.by != nil {
				tt.by(e.account)
			}
			_, err = apply.Run(t.Context(), c, p, o)
			_, writes := c.Calls()
			var stale *apply.StaleError
			var permission *apply.PermissionError
			switch {
			case tt.want == "" && (err != nil || writes < len(p.Operations)): // more where moto was slow and a call was repeated
				t.Errorf("%d writes: %v", writes, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || writes != 0 || !errors.As(err, &stale) && !errors.As(err, &permission)):
				t.Errorf("%d writes: %v, want %q", writes, err, tt.want)
			}
		})
	}
}

// TestSamePlanAgain: a plan file goes on where a killed run of it ended, and has
// nothing to do once it is done.
func TestSamePlanAgain(t *testing.T) {
	server := moto.Start(t)
	sc := &scenario{name: "change", steps: []step{{config: base(), release: "r1"}, {config: changed(), release: "r2"}}}
	for skip := range 5 {
		e, err := newEnvironment(t, server, monitor.NewJudge(), sc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.monitor.Between(nil); err != nil {
			t.Fatal(err)
		}
		c, err := account.Open(t.Context(), clientOptions(e.proxy.URL))
		if err != nil {
			t.Fatal(err)
		}
		p, err := makePlan(t.Context(), c, sc.steps[1])
		if err != nil {
			t.Fatal(err)
		}
		ctx, kill := context.WithCancel(t.Context())
		e.proxy.Arm(fault.Spec{Kind: fault.KillAfter, At: 4 + 2*skip, Hook: kill})
		if _, err := apply.Run(ctx, c, p, applyOptions(sc.steps[1], nil)); err == nil {
			t.Fatalf("%d: the run came through", skip)
		}
		kill()
		e.proxy.Arm(fault.Spec{})
		var said bytes.Buffer
		res, err := apply.Run(t.Context(), c, p, applyOptions(sc.steps[1], apply.NewJournal(&said)))
		if err != nil || res.Skipped == 0 || res.Done+res.Skipped != len(p.Operations) {
			t.Errorf("%d: %+v, %v", skip, res, err)
		}
		_, before := c.Calls()
		res, err = apply.Run(t.Context(), c, p, applyOptions(sc.steps[1], nil))
		if _, after := c.Calls(); err != nil || res.Done != 0 || after != before {
			t.Errorf("%d: done again: %+v, %v", skip, res, err)
		}
	}
}

// A broken is a writer that fails after some lines.
type broken struct{ left int }

func (b *broken) Write(p []byte) (int, error) {
	if b.left--; b.left < 0 {
		return 0, errors.New("the disk is full")
	}
	return len(p), nil
}

// TestJournalThatFails: without a journal nothing begins; one that fails later
// ends no run half way and is told.
func TestJournalThatFails(t *testing.T) {
	server := moto.Start(t)
	sc := &scenario{name: "create", steps: []step{{config: two(), release: "r1"}}}
	for _, tt := range []struct{ lines, writes int }{{0, 0}, {2, 6}} {
		e, err := newEnvironment(t, server, monitor.NewJudge(), sc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.monitor.Between(nil); err != nil {
			t.Fatal(err)
		}
		out := e.deploy(t.Context(), e.proxy.URL, sc.steps[0], apply.NewJournal(&broken{tt.lines}))
		if out.err == nil || !strings.Contains(out.err.Error(), "journal cannot be written: the disk is full") || out.writes < tt.writes || tt.writes == 0 && out.writes > 0 {
			t.Errorf("%d lines: %d writes, %v", tt.lines, out.writes, out.err)
		}
	}
}
