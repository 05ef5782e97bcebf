package apply_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/deploy/internal/fault"
	"github.com/sagemaker-roles/smr/deploy/internal/monitor"
	"github.com/sagemaker-roles/smr/deploy/internal/moto"
)

// programs is where smr is built; it goes with the tests.
var programs string

// buildProgram builds smr once.
var buildProgram = sync.OnceValues(func() (string, error) {
	program := filepath.Join(programs, "smr")
	out, err := exec.Command("go", "build", "-o", program, "github.com/sagemaker-roles/smr/cmd/smr").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program, nil
})

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "smr-apply-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programs = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// A process is the real smr in a directory with a configuration.
type process struct {
	program, dir, url string
	said              bytes.Buffer
}

// newProcess writes the configuration of a step for an account.
func newProcess(t *testing.T, e *environment, st step) (*process, error) {
	t.Helper()
	program, err := buildProgram()
	p := &process{program: program, dir: t.TempDir(), url: e.proxy.URL}
	if err != nil {
		return nil, err
	}
	return p, p.write(e, st)
}

// write writes the configuration of a step.
func (p *process) write(e *environment, st step) error {
	return os.WriteFile(filepath.Join(p.dir, "roles.smr"), []byte(strings.ReplaceAll(st.config, sample, e.id)), 0o600)
}

// command is smr with arguments, in an environment that holds nothing else.
func (p *process) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.program, args...)
	cmd.Dir = p.dir
	cmd.Env = []string{
		"HOME=" + p.dir, "AWS_ENDPOINT_URL=" + p.url, "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=" + secretKey,
		"AWS_SESSION_TOKEN=" + sessionToken, "AWS_EC2_METADATA_DISABLED=true", "NO_COLOR=1",
	}
	cmd.Stdout, cmd.Stderr = &p.said, &p.said
	return cmd
}

// run runs smr to its end and returns the exit code, -1 for one that was killed.
func (p *process) run(args ...string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	err := p.command(ctx, args...).Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -2
}

// TestKilled ends the real process with SIGKILL before and after each call of a
// release, and runs it again: one run is enough.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	server := moto.Start(t)
	if _, err := buildProgram(); err != nil {
		t.Fatal(err)
	}
	judge := monitor.NewJudge()
	type killed struct {
		scenario *scenario
		base     *baseline
		kind     fault.Kind
		at       int
	}
	var cases []killed
	for _, sc := range scenarios() {
		if len(sc.faults) < len(fault.Kinds()) {
			continue
		}
		base := clean(t, server, judge, sc)
		for at := range base.calls {
			cases = append(cases, killed{sc, base, fault.KillBefore, at + 1}, killed{sc, base, fault.KillAfter, at + 1})
		}
	}
	var f figures
	work := make(chan killed)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for c := range work {
				name := fmt.Sprintf("%s/%s/%d-%s", c.scenario.name, c.kind, c.at, c.base.calls[c.at-1])
				for _, finding := range kill(t, server, judge, c.scenario, c.base, c.kind, c.at, &f) {
					t.Errorf("%s: %s", name, finding)
				}
			}
		})
	}
	for _, c := range cases {
		work <- c
	}
	close(work)
	wg.Wait()
	t.Logf("SIGKILL of the process: %s", f.String())
	if killed := f.cases - f.notReached; killed < 50 {
		t.Errorf("only %d processes were killed", killed)
	}
}

// kill kills one run and says what is wrong.
func kill(t *testing.T, s *moto.Server, j *monitor.Judge, sc *scenario, base *baseline, kind fault.Kind, at int, f *figures) (findings []string) {
	e, err := newEnvironment(t, s, j, sc)
	if err != nil {
		return []string{err.Error()}
	}
	before, err := e.monitor.Between(renumber(base.after0, base.id, e.id))
	if err != nil {
		return []string{err.Error()}
	}
	last := sc.steps[len(sc.steps)-1]
	p, err := newProcess(t, e, last)
	if err != nil {
		return []string{err.Error()}
	}
	args := []string{"apply", "--yes", "--release", last.release}
	if last.allowDelete {
		args = append(args, "--allow-delete")
	}
	cmd := p.command(context.Background(), args...)
	e.proxy.Arm(fault.Spec{Kind: kind, At: at, Hook: func() { _ = cmd.Process.Kill() }})
	if err := cmd.Start(); err != nil {
		return []string{err.Error()}
	}
	_ = cmd.Wait()
	reached := e.proxy.Fired() // not where the clean run repeated a call that was slow
	if state := cmd.ProcessState.String(); reached && state != "signal: killed" {
		findings = append(findings, fmt.Sprintf("the process ended with %s: %s", state, p.said.String()))
	}
	e.proxy.Arm(fault.Spec{})
	if code := p.run(args...); code != 0 {
		findings = append(findings, fmt.Sprintf("the next run exits with %d: %s", code, p.said.String()))
	}
	after, err := e.account.ReadWhole()
	if err != nil {
		return []string{err.Error()}
	}
	converged := normal(after, e.id) == base.after
	if !converged {
		findings = append(findings, "not converged, -want +got:\n"+cmp.Diff(base.after, normal(after, e.id)))
	}
	e.proxy.Arm(fault.Spec{})
	if code := p.run(args...); code != 0 || !strings.Contains(p.said.String(), "othing to do") {
		findings = append(findings, fmt.Sprintf("the last run exits with %d: %s", code, p.said.String()))
	}
	journal, _ := os.ReadFile(filepath.Join(p.dir, "smr-"+e.id+".journal"))
	if text := p.said.String() + string(journal); strings.Contains(text, secretKey) || strings.Contains(text, sessionToken) {
		findings = append(findings, "a secret is in what is written")
	}
	findings = append(findings, check(sc, before, after, e)...)
	f.count(sc, e, 3, converged, reached)
	return findings
}
