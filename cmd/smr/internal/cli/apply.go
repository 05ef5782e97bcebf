package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/apply"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

// An applying is the flags of smr apply.
type applying struct {
	*session
	apply.Options
	planning      plan.Options
	yes, rollback bool
	journal       string
	noJournal     bool
}

func (s *session) applyCommand() *cobra.Command {
	r := &applying{session: s}
	cmd := &cobra.Command{
		Use:   "apply [PLAN]",
		Short: "Bring the roles of an account to what the configuration says",
		Long: `Apply does what a plan of smr plan says, or, without PLAN, makes one, shows it
and asks. It changes only roles and policies that carry the project's tag.

A plan is applied only to the account it was made for, by the version of smr
that made it, from the configuration it was made from, and only while every role
and policy in it is as the plan found it, or as the plan leaves it. A run that
ended half way is repaired by running it again.

The digest in a plan file is no signature: whoever can change the file can make
it anew. Where the file goes from one job of CI to another, give apply --digest
with the digest of the plan that was approved, by another way than the file. Any
other plan is then refused, and the configuration need not be there.

Between two calls no role can do what it could do neither before nor after, and
none lacks what it can do both before and after, unless the plan says so: that
needs --allow-transient-loss. Retiring and deleting roles needs --allow-delete.

What is done is written to a journal, one JSON object a line. --rollback takes
the account back to where the last release in it began, through the same states.
A way back that was cut off goes on when it is run again.

Credentials, Region and endpoint are found as the AWS CLI finds them.`,
		Example: "  smr apply\n  smr plan -o plan.json && smr apply plan.json --yes\n  smr apply plan.json --yes --digest \"$APPROVED\"\n  smr apply --rollback",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			file := ""
			if len(args) == 1 {
				file = args[0]
			}
			err := r.run(ctx, file)
			if err != nil && ctx.Err() != nil {
				return errors.New("interrupted. Run the command again: what was done stays done")
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&r.yes, "yes", false, "do not ask")
	planFlags(cmd, &r.planning)
	flags.BoolVar(&r.AllowTransientLoss, "allow-transient-loss", false, "withhold access for a while where the plan announces it")
	flags.BoolVar(&r.rollback, "rollback", false, "take back the last release in the journal")
	flags.StringVar(&r.Digest, "digest", "", "the `digest` of the plan that was approved")
	flags.DurationVar(&r.MaxAge, "max-age", apply.DefaultMaxAge, "how old a plan may be")
	flags.DurationVar(&r.Timeout, "timeout", apply.DefaultTimeout, "how long the run may take")
	flags.IntVar(&r.Parallel, "parallel", apply.DefaultParallel, "how many roles are changed at a time")
	flags.DurationVar(&r.Pause, "pause", 0, "wait before a role's access grows, for IAM to spread what shrank")
	flags.StringVar(&r.journal, "journal", "", "the journal's `file` (default smr-ACCOUNT.journal)")
	flags.BoolVar(&r.noJournal, "no-journal", false, "write no journal")
	return cmd
}

// interruptible is a context that ends when the process is asked to: what is
// under way ends, and nothing new begins.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx == nil {
		ctx = context.Background()
	}
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}

func (r *applying) run(ctx context.Context, file string) error {
	r.Tool, r.Now, r.AllowDelete = compiler.Version, time.Now, r.planning.AllowDelete
	if r.rollback && file != "" {
		return usagef("--rollback takes the release from the journal, not from a plan")
	}
	if r.Parallel < 1 || r.Parallel > 16 {
		return usagef("--parallel %d: from 1 to 16 roles are changed at a time", r.Parallel)
	}
	if !r.yes && !(terminal(r.Stdout) && readsTerminal(r.Stdin)) {
		return usagef("there is no terminal to ask on. Give --yes, with a PLAN that was looked at")
	}
	a, p, err := r.plan(ctx, file)
	if err != nil {
		return err
	}
	if file == "" || !r.yes || p.Refused() {
		if err := render.Plan(r.Stdout, p, r.options(r.Stdout, r.dir)); err != nil {
			return err
		}
	}
	if p.Refused() {
		return &exitError{ExitFindings, errors.New("the plan cannot be applied as it is")}
	}
	if p.Empty() {
		_, err := fmt.Fprintf(r.Stdout, "%s: nothing to do.\n", accountName(p))
		return err
	}
	if ok, err := r.ask(p); err != nil || !ok {
		return err
	}
	return r.apply(ctx, a, p)
}

// plan is the plan of a file, of the journal, or one that is made.
func (r *applying) plan(ctx context.Context, file string) (*account.Client, *plan.Plan, error) {
	switch {
	case r.rollback:
		return r.planBack(ctx)
	case file == "":
		done, err := r.makePlan(ctx, r.planning)
		if err != nil {
			return nil, nil, err
		}
		return done.client, done.plan, nil
	}
	data, err := os.ReadFile(r.path(file))
	if err != nil {
		return nil, nil, fmt.Errorf("the plan %s cannot be read: %w", file, cause(err))
	}
	p, err := plan.Parse(data)
	if err != nil {
		return nil, nil, &exitError{ExitFindings, fmt.Errorf("%s: %w", file, err)}
	}
	if r.Digest == "" {
		if r.Configuration, err = r.configuredDigest(p.Account); err != nil {
			return nil, nil, err
		}
	}
	a, err := account.Open(ctx, account.Options{Region: regionOf(p.Partition)})
	return a, p, err
}

// configuredDigest is the digest of what the configuration says of an account.
func (r *applying) configuredDigest(id string) (string, error) {
	config, err := r.compile(".")
	if err != nil {
		return "", err
	}
	if err := r.withoutErrors(config); err != nil {
		return "", err
	}
	d, err := plan.NewDesired(config.Result, id)
	if err != nil {
		return "", &exitError{ExitFindings, err}
	}
	return d.Digest, nil
}

// regionOf is a Region of a partition, for IAM's endpoint where nothing else
// names one: "" leaves it to the SDK's chain.
func regionOf(partition string) string {
	return map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1"}[partition]
}

// planBack plans the way back from the last release in the journal.
func (r *applying) planBack(ctx context.Context) (*account.Client, *plan.Plan, error) {
	a, err := account.Open(ctx, account.Options{Region: regionOf("aws")})
	if err != nil {
		return nil, nil, err
	}
	name := r.journalName(a.ID)
	data, err := os.ReadFile(r.path(name))
	if err != nil {
		return nil, nil, fmt.Errorf("the journal %s cannot be read: %w", name, cause(err))
	}
	record, err := apply.ReadJournal(data)
	if err != nil {
		return nil, nil, &exitError{ExitFindings, fmt.Errorf("%s: %w", name, err)}
	}
	p, err := apply.Back(ctx, a, record, r.Now())
	return a, p, findingOf(err)
}

// apply does the plan, with a journal and progress.
func (r *applying) apply(ctx context.Context, a *account.Client, p *plan.Plan) error {
	if !r.noJournal {
		name := r.journalName(a.ID)
		journal, err := apply.OpenJournal(r.path(name))
		if err != nil {
			return fmt.Errorf("the journal %s cannot be written: %w. Name another with --journal, or give --no-journal", name, cause(err))
		}
		defer journal.Close()
		r.Journal = journal
	}
	show := newProgress(r.Stderr)
	r.Progress, r.Back = show.event, r.rollback
	res, err := apply.Run(ctx, a, p, r.Options)
	show.end()
	if res != nil {
		if werr := summary(r.Stdout, p, res, err); err == nil {
			err = werr
		}
	}
	return findingOf(err)
}

func (r *applying) journalName(id string) string {
	if r.journal != "" {
		return r.journal
	}
	return "smr-" + id + ".journal"
}

// findingOf gives errors that are no trouble of AWS the code of findings: a
// plan that does not hold, and a flag that it needs.
func findingOf(err error) error {
	var stale *apply.StaleError
	var changed *apply.ChangedError
	var permission *apply.PermissionError
	if errors.As(err, &stale) || errors.As(err, &changed) || errors.As(err, &permission) {
		return &exitError{ExitFindings, err}
	}
	return err
}

func accountName(p *plan.Plan) string {
	if p.AccountName == "" {
		return p.Account
	}
	return fmt.Sprintf("%s (%s)", p.AccountName, p.Account)
}

// ask asks on the terminal.
func (r *applying) ask(p *plan.Plan) (bool, error) {
	if r.yes {
		return true, nil
	}
	if _, err := fmt.Fprintf(r.Stdout, "\nDo this in %s? Only \"yes\" does it: ", accountName(p)); err != nil {
		return false, err
	}
	answer, err := bufio.NewReader(r.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	if strings.TrimSpace(answer) != "yes" {
		_, err := fmt.Fprintln(r.Stdout, "Nothing was done.")
		return false, err
	}
	return true, nil
}

// readsTerminal reports whether a person can type what r reads.
func readsTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && terminal(f)
}

// summary says what a run did.
func summary(w io.Writer, p *plan.Plan, res *apply.Result, err error) error {
	if err == nil && res.Done == 0 {
		_, werr := fmt.Fprintf(w, "%s: nothing to do: all of it was done before.\n", accountName(p))
		return werr
	}
	text := fmt.Sprintf("%s: %s of %d done", accountName(p), render.Count(res.Done+res.Skipped, "operation"), res.All)
	if res.Skipped > 0 {
		text += fmt.Sprintf(", %d of them before", res.Skipped)
	}
	text += fmt.Sprintf("; %s as planned", render.Count(len(res.Roles), "role"))
	if err != nil && len(res.Failed) > 0 {
		text += ", not yet: " + strings.Join(res.Failed, ", ")
	}
	_, werr := fmt.Fprintln(w, text+".")
	return werr
}

// A progress shows how far a run is: on a terminal one line that changes,
// elsewhere a line for each role.
type progress struct {
	w     io.Writer
	live  bool
	shown bool
}

func newProgress(w io.Writer) *progress { return &progress{w: w, live: terminal(w)} }

func (p *progress) event(e apply.Event) {
	name := "policies that no role has any more"
	if e.Role != nil && e.Role.Name != "" {
		name = e.Role.Name
	}
	switch {
	case e.Kind == apply.RoleDone:
		p.end()
		fmt.Fprintf(p.w, "%s: %s done (%d of %d operations)\n", name, change(e), e.Done, e.All)
	case e.Kind == apply.RoleFailed:
		p.end()
		fmt.Fprintf(p.w, "%s: not finished\n", name)
	case p.live && e.Kind == apply.Begun:
		p.shown = true
		fmt.Fprintf(p.w, "\r\x1b[K[%d/%d] %s: %s", e.Done, e.All, name, e.Operation.Kind)
	}
}

func change(e apply.Event) string {
	if e.Role == nil {
		return string(plan.Delete)
	}
	return string(e.Role.Change)
}

// end clears the line that changes.
func (p *progress) end() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
