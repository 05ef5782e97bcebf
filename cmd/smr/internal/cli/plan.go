package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/deploy/plan"
	"github.com/sagemaker-roles/smr/review/gate"
)

// A planning is the flags of smr plan, which smr apply has too.
type planning struct {
	out, format string
	exitCode    bool
	options     plan.Options
}

func (s *session) planCommand() *cobra.Command {
	var c planning
	cmd := &cobra.Command{
		Use:   "plan [-o PLAN]",
		Short: "Show what has to be done in an account",
		Long: `Plan reads the roles and policies of an account and lists the calls of IAM that
make it what the configuration says. It changes nothing.

The calls are in an order of which every state in between is proved, with the
same exact comparison as smr diff: it grants nothing that neither the roles as
they are nor the roles as they are to be grant, and lacks nothing that both
grant. Where a limit of IAM, or a policy that stands elsewhere, leaves no such
order, the plan says what is lost and for how long; in the worst case an inline
policy, smr-seal, denies everything until the role is whole.

Only roles are touched that carry the project's tag and stand at the path that
the configuration says. Credentials, Region and endpoint are those of the AWS
SDK (AWS_PROFILE, AWS_ENDPOINT_URL and so on); they must be of the account that
the configuration declares.

A plan that is written with -o is bound to the account, the configuration and
the state that was read: smr apply PLAN refuses it if any of them changed.`,
		Example: "  smr plan\n  smr plan --account ml-prod -o release.plan\n  smr plan --format json --exit-code",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(answerFormats(), c.format) {
				return unknownChoice("--format", c.format, answerFormats())
			}
			return s.showPlan(cmd.Context(), c)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&c.out, "output", "o", "", "write the plan to this `file`, for smr apply")
	flags.StringVar(&c.format, "format", "text", "how to write the plan: "+choices(answerFormats()))
	flags.BoolVar(&c.exitCode, "exit-code", false, "exit 1 if there is something to do")
	planFlags(cmd, &c.options)
	complete(cmd, "format", answerFormats())
	return cmd
}

// planFlags are the flags that decide on a plan.
func planFlags(cmd *cobra.Command, o *plan.Options) {
	flags := cmd.Flags()
	flags.StringVar(&o.Release, "release", "", "the `name` of the release, for a tag; default: the commit in a job of GitHub Actions, else the configuration's digest")
	flags.BoolVar(&o.AllowDelete, "allow-delete", false, "close roles that the configuration no longer has, and delete them in a later release")
	flags.BoolVar(&o.RenewPrincipals, "renew-principals", false, "write trust policies anew that name a principal which was deleted")
}

// A planned is a plan with what it was made of.
type planned struct {
	plan    *plan.Plan
	desired *plan.Desired
	state   *live.State
	client  *account.Client
	dir     string // of the configuration, for paths that are shown
}

func (s *session) showPlan(ctx context.Context, c planning) error {
	done, err := s.makePlan(ctx, c.options)
	if err != nil {
		return err
	}
	p := done.plan
	if c.format == "json" {
		_, err = s.Stdout.Write(p.JSON())
	} else {
		err = render.Plan(s.Stdout, p, s.options(s.Stdout, done.dir))
	}
	switch {
	case err != nil:
		return err
	case p.Refused():
		return findings()
	}
	if c.out != "" {
		if err := s.writeWhole(c.out, p.JSON()); err != nil {
			return err
		}
	}
	if c.exitCode && !p.Empty() {
		return findings()
	}
	return nil
}

// makePlan compiles the configuration, reads the account that the credentials
// are of, and plans the way from the one to the other.
func (s *session) makePlan(ctx context.Context, o plan.Options) (*planned, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	config, err := s.compile(".")
	if err != nil {
		return nil, err
	}
	if err := s.withoutErrors(config); err != nil {
		return nil, err
	}
	target, err := s.target(config)
	if err != nil {
		return nil, err
	}
	region := ""
	if target != nil {
		region = target.Region
	}
	client, err := account.Open(ctx, account.Options{Region: region})
	if err != nil {
		return nil, err
	}
	if target != nil && target.AccountID != client.ID {
		return nil, fmt.Errorf("the credentials are of account %s (%s), and %q is declared as %s", client.ID, client.Caller, target.Name, target.AccountID)
	}
	d, err := plan.NewDesired(config.Result, client.ID)
	if err != nil {
		return nil, &exitError{ExitFindings, err}
	}
	if d.Partition != client.Partition {
		return nil, fmt.Errorf("the credentials are of the partition %s, and %q is declared in %s", client.Partition, d.AccountName, d.Partition)
	}
	done := s.waiting("Reading the roles of account " + client.ID)
	state, err := read(ctx, client, d)
	done()
	if err != nil {
		return nil, client.Explain("reading the account "+client.ID, err)
	}
	if o.Approvals, err = s.releasedApprovals(); err != nil {
		return nil, err
	}
	o.Now = time.Now()
	if sha := s.env("GITHUB_SHA"); o.Release == "" && s.onGitHub() && sha != "" {
		o.Release = sha
	}
	p, err := plan.Make(state, d, o)
	if err != nil {
		return nil, err
	}
	return &planned{plan: p, desired: d, state: state, client: client, dir: config.dir}, nil
}

// waiting shows on a terminal what takes a while; the function that it returns
// takes that away.
func (s *session) waiting(what string) func() {
	if !terminal(s.Command.Stderr) || s.env("CI") != "" {
		return func() {}
	}
	fmt.Fprint(s.Command.Stderr, what+" …")
	return func() { _, _ = fmt.Fprint(s.Command.Stderr, "\r\x1b[K") }
}

// read reads what a plan has to know of an account.
func read(ctx context.Context, client *account.Client, d *plan.Desired) (*live.State, error) {
	state, err := live.Read(ctx, client.IAM, live.Options{Account: client.ID, Partition: client.Partition, Paths: d.Paths})
	if err != nil {
		return nil, err
	}
	return state, state.ReadPolicyTags(ctx, client.IAM, plan.Touched(state, d))
}

// withoutErrors ends a command that needs a configuration without errors, and
// says them.
func (s *session) withoutErrors(config *configuration) error {
	report := config.Report()
	if report.Errors > 0 {
		text, _ := render.ByName("text")
		if err := s.report(s.Stderr, text, config.dir, report); err != nil {
			return err
		}
		if err := render.Counts(s.Stderr, report, s.options(s.Stderr, config.dir)); err != nil {
			return err
		}
	}
	return verdict(config, report)
}

// target is the account that the command line or the configuration names; nil
// where it declares several, and the credentials choose.
func (s *session) target(config *configuration) (*ir.Target, error) {
	var found []*ir.Target
	for _, t := range config.Stack.Targets {
		if !t.Any {
			found = append(found, t)
		}
	}
	switch {
	case len(found) == 0:
		return nil, &exitError{ExitFindings, errors.New("the configuration declares no account, and a plan is for one. Declare it: account \"NAME\" { id = \"…\", region = \"…\" }")}
	case len(found) > 1:
		return nil, nil
	}
	return found[0], nil
}

// releasedApprovals reads the approvals beside the configuration.
func (s *session) releasedApprovals() ([]gate.Approval, error) {
	root, err := s.open(".")
	if err != nil {
		return nil, err
	}
	defer root.Close()
	list, said, err := readApprovals(root.FS())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", gate.File, cause(err))
	}
	for i := range said {
		fmt.Fprintf(s.Stderr, "smr: %s:%d: %s: %s\n", said[i].File, said[i].Line, said[i].Summary, said[i].Detail)
	}
	return list, nil
}

// writeWhole writes a file whole or not at all; only its owner may read it,
// for a plan tells much of an account.
func (s *session) writeWhole(name string, data []byte) error {
	full := s.path(name)
	if info, err := os.Stat(full); err == nil && !info.Mode().IsRegular() {
		return usagef("%s is not a regular file", name)
	}
	temp, err := os.CreateTemp(filepath.Dir(full), ".smr-plan-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, cause(err))
	}
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Sync()
	}
	if cerr := temp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp.Name(), full)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return fmt.Errorf("%s cannot be written: %w", name, cause(err))
	}
	return nil
}
