package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/organization"
	"github.com/sagemaker-roles/smr/review/gate"
	"github.com/sagemaker-roles/smr/review/inert"
)

// A releasing is the flags of smr release.
type releasing struct {
	*session
	organization.Options
	stack, stackSet string
	region          string
	tolerance       int
	concurrency     int
	yes, dryRun     bool
	exitCode        bool
	format          string
}

func (s *session) releaseCommand() *cobra.Command {
	r := &releasing{session: s}
	cmd := &cobra.Command{
		Use:   "release [DIR] (--stack NAME | --stack-set NAME --wave UNITS...)",
		Short: "Deploy roles by CloudFormation: one account, or an organization",
		Long: `Release deploys the roles of a configuration by CloudFormation. smr apply changes
one account by calls of IAM, in an order that it proves; release is for whoever
wants stacks, and for many accounts.

--stack NAME releases to the account of the credentials by change sets: it shows
what CloudFormation would do, executes it, waits, and reports each resource that
failed. The stack is protected from deletion, an update that fails is rolled
back, and a role is never made anew.

--stack-set NAME releases to the accounts of organizational units by a
service-managed stack set, from the management account or, with
--delegated-admin, from a delegated administrator. Each --wave names units, with
commas between them; waves come one after the other. In the first one account
changes at a time and none may fail, in later ones --tolerance percent may. With
accounts in the configuration only those are reached; without, every account of
the units, also one that joins later. The management account is never reached:
release to it with --stack.

Inside one update CloudFormation decides the order of calls. Where some mixture
of old and new could grant what neither grants, the release has two steps: what
both grant, and then the new roles; a new role is first made without anybody who
may assume it. Each step is proved.

Templates are at most what a request holds; more roles go to NAME-2, NAME-3. An
escalation that a review block wants approved must be in smr.approvals. Run again
after an interruption: it goes on where it was.

Exit codes: 0 done; 1 refused, accounts failed that might, or with --exit-code
--dry-run something would change; 3 CloudFormation did not do it.`,
		Example: "  smr release --stack smr-roles --dry-run\n  smr release --stack smr-roles --account ml-prod --yes\n" +
			"  smr release --stack-set smr-roles --wave ou-ab12-testtest --wave ou-ab12-develop1,ou-ab12-product1 --delegated-admin --yes",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return r.run(ctx, directory(args))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&r.stack, "stack", "", "release to one account by the stack of this `name`")
	flags.StringVar(&r.stackSet, "stack-set", "", "release to organizational units by the stack set of this `name`")
	flags.StringArrayVar(&r.Waves, "wave", nil, "`units` of a wave, with commas between them; may be given again")
	flags.BoolVar(&r.Delegated, "delegated-admin", false, "the account is a delegated administrator")
	flags.IntVar(&r.tolerance, "tolerance", 0, "how many accounts of a later wave may fail, in `percent`")
	flags.IntVar(&r.concurrency, "concurrency", organization.DefaultConcurrency, "how many accounts of a later wave change at once, in `percent`")
	flags.BoolVar(&r.Import, "import", false, "take roles and policies that exist under these names into the stack")
	flags.BoolVar(&r.AllowDelete, "allow-delete", false, "let CloudFormation delete roles")
	flags.BoolVar(&r.AllowUnproved, "allow-unproved", false, "release steps that are not proved to grant nothing more meanwhile")
	flags.StringVar(&r.Release, "release", "", "`name` of the release, for tokens; default: the workflow's commit")
	flags.StringVar(&r.region, "region", "", "the `Region` of stacks; default: the account's, or the SDK's")
	flags.DurationVar(&r.Poll, "poll", organization.DefaultPoll, "how long to wait between two looks")
	flags.DurationVar(&r.Timeout, "timeout", organization.DefaultTimeout, "how long to wait for one change")
	flags.BoolVar(&r.yes, "yes", false, "do not ask")
	flags.BoolVar(&r.dryRun, "dry-run", false, "show what would be done, and do nothing")
	flags.BoolVar(&r.exitCode, "exit-code", false, "with --dry-run: exit 1 if something would change")
	flags.StringVar(&r.format, "format", "text", "how to print: text, json")
	complete(cmd, "format", []string{"text", "json"})
	return cmd
}

// releaseName is what names of stacks and stack sets are (CloudFormation API
// Reference, "CreateStack"), with room for the number of a part.
var releaseName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,99}$`)

// unitID is an organizational unit or a root (AWS Organizations API Reference,
// "OrganizationalUnit", "Root").
var unitID = regexp.MustCompile(`^(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32})$`)

func (r *releasing) valid() error {
	switch {
	case (r.stack == "") == (r.stackSet == ""):
		return usagef("release needs either --stack NAME or --stack-set NAME")
	case r.stackSet != "" && len(r.Waves) == 0:
		return usagef("--stack-set needs the units to release to: --wave ou-ab12-34567890")
	case r.stack != "" && (len(r.Waves) > 0 || r.Delegated):
		return usagef("--wave and --delegated-admin are for --stack-set")
	case r.stackSet != "" && r.Import:
		return usagef("--import is for --stack: CloudFormation imports into a stack set only stacks")
	case r.tolerance < 0 || r.tolerance > 100 || r.concurrency < 1 || r.concurrency > 100:
		return usagef("--tolerance is from 0 to 100, --concurrency from 1 to 100")
	case r.format != "text" && r.format != "json":
		return unknownChoice("--format", r.format, []string{"text", "json"})
	case r.exitCode && !r.dryRun:
		return usagef("--exit-code is for --dry-run")
	case r.Poll <= 0 || r.Timeout <= 0:
		return usagef("--poll and --timeout are longer than 0s")
	}
	r.Name, r.StackSet = r.stack+r.stackSet, r.stackSet != ""
	r.Tolerance, r.Concurrency = int32(r.tolerance), int32(r.concurrency)
	if !releaseName.MatchString(r.Name) {
		return usagef("%q is no name of a stack: a letter, then letters, digits and hyphens, at most 100", r.Name)
	}
	for _, w := range r.Waves {
		for _, unit := range strings.Split(w, ",") {
			if !unitID.MatchString(strings.TrimSpace(unit)) {
				return usagef("%q is no organizational unit: ou-ab12-34567890, or a root: r-ab12", unit)
			}
		}
	}
	return nil
}

func (r *releasing) run(ctx context.Context, dir string) error {
	if err := r.valid(); err != nil {
		return err
	}
	config, err := r.compile(dir)
	if err != nil {
		return err
	}
	report := config.Report()
	text, _ := render.ByName("text")
	if err := r.report(r.Stderr, text, config.dir, report); err != nil {
		return err
	}
	if err := verdict(config, report); err != nil {
		return err
	}
	if r.Approvals, err = r.approvals(dir); err != nil {
		return err
	}
	if r.Release == "" {
		r.Release = max(r.env("GITHUB_SHA"), "local")
	}
	// What cannot be told keeps nothing from being done.
	r.Say = func(line string) { _, _ = fmt.Fprintln(r.Stderr, line) }
	r.Show = r.changeSet
	region := r.region
	if target := config.Stack.Targets[0]; region == "" && !target.Any {
		region = target.Region
	}
	client, err := account.Open(ctx, account.Options{Region: region})
	if err != nil {
		return err
	}
	connected := organization.Connect(client, region)
	if connected.Region == "" {
		return usagef("release needs a Region: --region NAME, or AWS_REGION")
	}
	release, err := organization.Prepare(ctx, connected, config.Result, r.Options)
	if err != nil {
		return r.ended(err)
	}
	return r.release(ctx, release, config.dir)
}

// changeSet writes what CloudFormation is about to do.
func (r *releasing) changeSet(name string, step organization.Step, changes []organization.Change) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: step %s changes %s:\n", name, step.Title, render.Count(len(changes), "resource"))
	for _, c := range changes {
		fmt.Fprintf(&b, "  %s %s %s", c.Action, inert.Line(c.Type), inert.Line(c.ID))
		if c.Replacement == "True" || c.Replacement == "Conditional" {
			fmt.Fprintf(&b, ", replacement: %s", strings.ToLower(c.Replacement))
		}
		if c.Policy != "" {
			fmt.Fprintf(&b, ", then: %s", strings.ToLower(c.Policy))
		}
		b.WriteByte('\n')
	}
	_, err := r.Stderr.Write([]byte(b.String()))
	return err
}

// approvals are those beside the configuration.
func (r *releasing) approvals(dir string) ([]gate.Approval, error) {
	root, err := r.open(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	list, said, err := readApprovals(root.FS())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", gate.File, cause(err))
	}
	for _, f := range said {
		fmt.Fprintln(r.Stderr, inert.Line(f.Detail))
	}
	return list, nil
}

// release shows, asks and does it.
func (r *releasing) release(ctx context.Context, release *organization.Release, dir string) error {
	if r.format == "text" {
		if err := r.show(release, dir); err != nil {
			return err
		}
	}
	refused := len(release.Refusals) > 0 || len(release.Unproved()) > 0 && !r.AllowUnproved
	if r.dryRun || refused {
		if err := r.print(release, nil); err != nil {
			return err
		}
		if refused || r.exitCode && release.Changed() {
			return findings()
		}
		return nil
	}
	if release.Changed() && !r.yes {
		if err := r.ask(); err != nil {
			return err
		}
	}
	out, err := release.Apply(ctx)
	if err := r.print(release, out); err != nil {
		return err
	}
	if err != nil {
		return r.ended(err)
	}
	if len(out.Failed()) > 0 {
		return findings()
	}
	return nil
}

// ended is an error with its exit code: what is refused is a finding, what AWS
// did not do a failure.
func (r *releasing) ended(err error) error {
	var refused *organization.RefusedError
	if errors.As(err, &refused) {
		return &exitError{ExitFindings, err}
	}
	return err
}

// ask asks on a terminal; elsewhere only --yes says yes.
func (r *releasing) ask() error {
	in, ok := r.Stdin.(*os.File)
	if !ok || !terminal(r.Stdout) || !terminal(in) {
		return usagef("there is something to release: say --yes, or look at it with --dry-run")
	}
	fmt.Fprint(r.Stdout, "Release? Only \"yes\" is taken: ")
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "yes" {
		return &exitError{ExitFindings, errors.New("not released")}
	}
	return nil
}
