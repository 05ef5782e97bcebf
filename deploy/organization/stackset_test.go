package organization_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/deploy/organization"
)

const (
	canary = "ou-ab12-canary00"
	rest   = "ou-ab12-rest0000"
	deep   = "ou-ab12-deep0000"
)

// anywhere is a configuration without accounts.
func anywhere(config string) string {
	return "smr {\n  project = \"forecast\"\n  edition = \"2026\"\n}\n" + strings.TrimPrefix(config, header)
}

// organizationCloud is an organization whose management account is that of the
// credentials, with a canary account and four others, one of them suspended and
// one below a unit of its own.
func organizationCloud(t testing.TB) *cloud {
	c := newCloud(t)
	c.management = "123456789012"
	c.units[canary] = []string{"111111111111"}
	c.units[rest] = []string{"222222222222", "333333333333", "000444444444", "123456789012"}
	c.units[deep] = []string{"555555555555"}
	c.below[rest] = []string{deep}
	return c
}

func waves(o *organization.Options) {
	o.StackSet, o.Waves, o.Concurrency = true, []string{canary, rest}, 10
}

func (c *cloud) statuses(name string) map[string]string {
	out := map[string]string{}
	for account, i := range c.sets[name].instances {
		out[account] = i.status
	}
	return out
}

func TestStackSetLife(t *testing.T) {
	c := organizationCloud(t)
	first := run(t, c, anywhere(getOnly), waves)
	good(t, first)
	all := map[string]string{"111111111111": "CURRENT", "222222222222": "CURRENT", "333333333333": "CURRENT", "555555555555": "CURRENT"}
	if d := cmp.Diff(all, c.statuses("smr-roles")); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	set := c.sets["smr-roles"]
	if set.auto != "true" || set.retain != "true" || set.managed != "true" {
		t.Errorf("auto deployment %q, retained %q, managed execution %q", set.auto, set.retain, set.managed)
	}
	if d := cmp.Diff([]string{"CreateStackSet", "CreateStackInstances", "CreateStackInstances"}, c.writes()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	c.forget()
	again := run(t, c, anywhere(getOnly), waves)
	good(t, again)
	if len(c.writes()) > 0 || again.release.Changed() {
		t.Errorf("a second run writes %v", c.writes())
	}
	// Two steps, each in both waves.
	more := run(t, c, anywhere(getMore), waves)
	good(t, more)
	if d := cmp.Diff([]string{"UpdateStackSet", "UpdateStackSet", "UpdateStackSet", "UpdateStackSet"}, c.writes()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	var order []string
	for _, r := range more.outcome.Results {
		order = append(order, r.Step+" "+r.Account)
	}
	want := []string{"narrow 111111111111", "narrow 222222222222", "narrow 333333333333", "narrow 555555555555", "release 111111111111", "release 222222222222", "release 333333333333", "release 555555555555"}
	if d := cmp.Diff(want, order); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	// An account that joins.
	c.units[canary] = append(c.units[canary], "666666666666")
	c.forget()
	joined := run(t, c, anywhere(getMore), waves)
	good(t, joined)
	if d := cmp.Diff([]string{"CreateStackInstances"}, c.writes()); d != "" || !joined.release.Changed() {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestStackSetFailures(t *testing.T) {
	fresh := strings.Replace(anywhere(getOnly), `["data"]`, `["data", "more"]`, 1)
	t.Run("an account of the first wave fails", func(t *testing.T) {
		c := organizationCloud(t)
		good(t, run(t, c, anywhere(getOnly), waves))
		c.failingAccounts["111111111111"] = "Resource handler returned message: denied by SCP"
		got := run(t, c, fresh, waves)
		if got.err == nil || !strings.Contains(got.err.Error(), "wave 1: FAILED\n  111111111111: FAILED: Resource handler returned message: denied by SCP") {
			t.Errorf("error %v", got.err)
		}
		if s := c.statuses("smr-roles"); s["222222222222"] != "OUTDATED" {
			t.Errorf("the second wave was released: %v", s)
		}
		delete(c.failingAccounts, "111111111111")
		good(t, run(t, c, fresh, waves))
		if s := c.statuses("smr-roles"); s["111111111111"] != "CURRENT" || s["222222222222"] != "CURRENT" {
			t.Errorf("the next run leaves %v", s)
		}
		c.forget()
		good(t, run(t, c, fresh, waves))
		if len(c.writes()) > 0 {
			t.Errorf("the run after it writes %v", c.writes())
		}
	})
	t.Run("an account of the second wave fails, and may", func(t *testing.T) {
		c := organizationCloud(t)
		good(t, run(t, c, anywhere(getOnly), waves))
		c.failingAccounts["333333333333"] = "no"
		tolerant := func(o *organization.Options) { waves(o); o.Tolerance = 50 }
		got := run(t, c, fresh, tolerant)
		good(t, got)
		if f := got.outcome.Failed(); len(f) != 1 || f[0].Account != "333333333333" || f[0].Reason != "no" || f[0].Wave != 2 {
			t.Errorf("failed %+v", f)
		}
		if s := c.statuses("smr-roles"); s["555555555555"] != "CURRENT" {
			t.Errorf("%v", s)
		}
	})
	t.Run("an account fails in the step that narrows", func(t *testing.T) {
		c := organizationCloud(t)
		good(t, run(t, c, anywhere(getOnly), waves))
		c.failingAccounts["333333333333"] = "no"
		got := run(t, c, anywhere(getMore), func(o *organization.Options) { waves(o); o.Tolerance = 50 })
		if got.err == nil || !strings.Contains(got.err.Error(), "step narrow, wave 2") {
			t.Errorf("error %v", got.err)
		}
		if strings.Contains(c.sets["smr-roles"].body, `"arn:aws:s3:::more`) {
			t.Error("the new template was released all the same")
		}
		delete(c.failingAccounts, "333333333333")
		next := run(t, c, anywhere(getMore), waves)
		good(t, next)
		if r := next.outcome.Results[0]; r.Step != organization.Finish || r.Account != "333333333333" {
			t.Errorf("the next run begins with %+v", r)
		}
		if s := c.statuses("smr-roles"); s["333333333333"] != "CURRENT" {
			t.Errorf("%v", s)
		}
	})
	t.Run("another operation goes on", func(t *testing.T) {
		c := organizationCloud(t)
		good(t, run(t, c, anywhere(getOnly), waves))
		busy := 0
		c.fault = func(action string, _ url.Values) (int, string, string) {
			if action == "UpdateStackSet" {
				if busy++; busy < 4 {
					return 409, "OperationInProgressException", "Another Operation on StackSet is in progress"
				}
			}
			return 0, "", ""
		}
		good(t, run(t, c, fresh, waves))
	})
	t.Run("answers are lost", func(t *testing.T) {
		c := organizationCloud(t)
		lost := map[string]bool{}
		c.lost = func(action string) bool {
			once := !lost[action]
			lost[action] = true
			return once
		}
		good(t, run(t, c, anywhere(getOnly), waves))
		good(t, run(t, c, fresh, waves))
		if s := c.sets["smr-roles"]; len(s.order) != 4 {
			t.Errorf("%d operations, want 4: one for each wave of each release", len(s.order))
		}
	})
	t.Run("somebody else's stack set", func(t *testing.T) {
		c := organizationCloud(t)
		good(t, run(t, c, anywhere(getOnly), waves))
		c.sets["smr-roles"].model = "SELF_MANAGED"
		if got := run(t, c, fresh, waves); got.err == nil || !strings.Contains(got.err.Error(), "SELF_MANAGED") {
			t.Errorf("error %v", got.err)
		}
	})
	t.Run("not the management account", func(t *testing.T) {
		c := organizationCloud(t)
		c.management = "999999999999"
		if got := run(t, c, fresh, waves); got.err == nil || !strings.Contains(got.err.Error(), "--delegated-admin") {
			t.Errorf("error %v", got.err)
		}
		good(t, run(t, c, fresh, func(o *organization.Options) { waves(o); o.Delegated = true }))
	})
}

// A run that ends at any call is repaired by running again.
func TestStackSetInterrupted(t *testing.T) {
	for k := 1; ; k += 2 {
		c := organizationCloud(t)
		good(t, run(t, c, anywhere(getOnly), waves))
		client := connect(t, c.url)
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		c.fault = func(string, url.Values) (int, string, string) {
			if n++; n == k {
				cancel()
			}
			return 0, "", ""
		}
		r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(anywhere(getMore))}}})
		o := organization.Options{Name: "smr-roles", Run: organization.Run{Release: "v1.2.3", Poll: time.Millisecond, Timeout: 5 * time.Second}}
		waves(&o)
		release, err := organization.Prepare(ctx, client, r, o)
		if err == nil {
			_, err = release.Apply(ctx)
		}
		c.fault = nil
		cancel()
		if err == nil {
			if k < 15 {
				t.Errorf("the release took %d calls only", k)
			}
			return
		}
		good(t, run(t, c, anywhere(getMore), waves))
		for account, status := range c.statuses("smr-roles") {
			if status != "CURRENT" {
				t.Errorf("interrupted at call %d: account %s is %s", k, account, status)
			}
		}
		c.forget()
		good(t, run(t, c, anywhere(getMore), waves))
		if len(c.writes()) > 0 {
			t.Errorf("interrupted at call %d: the run after it writes %v", k, c.writes())
		}
	}
}

// Declared accounts: only they are reached, without automatic deployment, and
// what the waves do not reach is told.
func TestDeclaredAccounts(t *testing.T) {
	c := organizationCloud(t)
	declare := func(ids ...string) string {
		out := ""
		for i, id := range ids {
			out += "account \"a" + string(rune('0'+i)) + "\" {\n  id = \"" + id + "\"\n  region = \"us-east-1\"\n}\n"
		}
		return strings.Replace(anywhere(getOnly), "role ", out+"role ", 1)
	}
	got := run(t, c, declare("111111111111", "222222222222", "123456789012"), waves)
	good(t, got)
	if d := cmp.Diff(map[string]string{"111111111111": "CURRENT", "222222222222": "CURRENT"}, c.statuses("smr-roles")); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if n := strings.Join(got.release.Notes, "\n"); !strings.Contains(n, "manages the organization") || !strings.Contains(n, "--stack smr-roles --account a2") {
		t.Errorf("notes %s", n)
	}
	if c.sets["smr-roles"].auto != "false" {
		t.Error("accounts that join later would be reached")
	}
	c.forget()
	elsewhere := run(t, c, declare("111111111111", "777777777777"), waves)
	if elsewhere.err == nil || !strings.Contains(elsewhere.err.Error(), "in no unit of the waves") || len(c.writes()) > 0 {
		t.Errorf("error %v, writes %v", elsewhere.err, c.writes())
	}
	// The management account alone reaches nobody.
	c.forget()
	alone := run(t, c, declare("123456789012"), waves)
	good(t, alone)
	if len(c.writes()) > 0 || len(alone.release.Targets) > 0 {
		t.Errorf("writes %v", c.writes())
	}
}
