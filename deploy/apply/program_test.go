package apply_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/deploy/internal/fault"
	"github.com/sagemaker-roles/smr/deploy/internal/monitor"
	"github.com/sagemaker-roles/smr/deploy/internal/moto"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

// TestProgram runs the commands one after the other as a job does: a plan to a
// file, applied by its digest, killed and applied again, taken back.
func TestProgram(t *testing.T) {
	server := moto.Start(t)
	sc := &scenario{name: "change", steps: []step{{config: base(), release: "r1"}, {config: changed(), release: "r2"}}}
	e, err := newEnvironment(t, server, monitor.NewJudge(), sc)
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
	p, err := newProcess(t, e, sc.steps[1])
	if err != nil {
		t.Fatal(err)
	}
	run := func(want int, said string, args ...string) {
		t.Helper()
		p.said.Reset()
		if code := p.run(args...); code != want || !strings.Contains(p.said.String(), said) {
			t.Errorf("smr %s: exit %d, want %d with %q:\n%s", strings.Join(args, " "), code, want, said, p.said.String())
		}
	}
	run(0, "Plan sha256:", "plan", "-o", "release.plan", "--release", "r2")
	data, err := os.ReadFile(filepath.Join(p.dir, "release.plan"))
	if err != nil {
		t.Fatal(err)
	}
	made, err := plan.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	run(2, "no terminal to ask on", "apply", "release.plan")
	run(1, "was approved", "apply", "release.plan", "--yes", "--digest", "sha256:0")
	run(3, "cannot be written", "apply", "release.plan", "--yes", "--journal", "nowhere/journal")
	e.proxy.Arm(fault.Spec{Kind: fault.Denied, At: 6})
	run(3, "smr setup github", "apply", "release.plan", "--yes")
	e.proxy.Arm(fault.Spec{})
	run(0, "1 role as planned", "apply", "release.plan", "--yes", "--digest", made.Digest)
	run(0, "done before", "apply", "release.plan", "--yes")
	run(0, "as the configuration says", "drift")
	run(0, "othing to do", "apply", "--yes", "--release", "r2")
	if err := e.monitor.Interfere(func(a *moto.Account) { interfere(a, 3) }); err != nil {
		t.Fatal(err)
	}
	run(1, "has changed since the plan was made", "apply", "release.plan", "--yes")
	run(1, "cannot be taken back", "apply", "--rollback", "--yes")
	run(0, "1 role as planned", "apply", "--yes", "--release", "r2")
	run(0, "1 role as planned", "apply", "--rollback", "--yes")
	e.holdsSaid(t, p)
	if err := p.write(e, sc.steps[0]); err != nil {
		t.Fatal(err)
	}
	run(0, "1 role as planned", "apply", "--yes", "--release", "r1")
	e.holdsBefore(t, sc, before)
}

// holdsSaid holds that nothing secret was written.
func (e *environment) holdsSaid(t *testing.T, p *process) {
	t.Helper()
	journal, err := os.ReadFile(filepath.Join(p.dir, "smr-"+e.id+".journal"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{secretKey, sessionToken} {
		if strings.Contains(p.said.String()+string(journal), secret) {
			t.Error("a secret is in what is written")
		}
	}
}
