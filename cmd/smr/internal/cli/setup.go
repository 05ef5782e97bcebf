package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/output"
	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/deploy/setup"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A setupRun is the flags of smr setup github.
type setupRun struct {
	*session
	setup.Options
	repository   string
	form         string
	both         bool // the text shows both forms, for none was chosen
	engine       string
	format, out  string
	withProvider bool
}

// The formats of smr setup github.
func setupFormats() []string { return []string{"text", "json", "cloudformation"} }

func (s *session) setupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "setup",
		Short:   "What a deployment from elsewhere needs in an account",
		Long:    "Setup prints what has to stand in an account before smr can be run from elsewhere.",
		Example: "  smr setup github --repository acme/ml-roles --subject name",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(s.setupGitHubCommand())
	return cmd
}

func (s *session) setupGitHubCommand() *cobra.Command {
	r := &setupRun{session: s}
	cmd := &cobra.Command{
		Use:   "github [DIR]",
		Short: "Roles for GitHub Actions: trust by OpenID Connect, least privilege",
		Long: `Setup github prints two roles for each account of the configuration: smr-plan,
which reads, for pull requests, the schedule that looks for drift and the plan of
a release in the environment NAME-plan; and smr-deploy, which changes roles, for
jobs of the environment NAME. Somebody who administers the account makes them
once: with --format cloudformation it is one template.

Trust: GitHub names a job in the subject of its token. Repositories created,
renamed or transferred since 2026-07-15 have subjects with the ids of owner and
repository, older ones have names alone until they opt in:

  gh api repos/OWNER/REPO/actions/oidc/customization/sub

says which. The text shows both forms; a template and files have the one of
--subject. The ids are of the workflow's environment or of --owner-id and
--repository-id:

  gh api repos/OWNER/REPO --jq '.owner.id, .id'

Whoever can push a branch can open a pull request that runs as smr-plan, and read
every policy of the account with it: IAM has no narrower permission for that.

Privilege: smr-deploy works on the project's path and on roles of the
configuration that stand elsewhere, and only under a permissions boundary that
the configuration names. It can neither remove nor change a boundary, attach a
policy that the configuration does not name, use the roles it makes, nor change
itself. Roles without a boundary are named one by one. Run it again when the
configuration names another boundary or policy.

--engine stack and stack-sets are for smr release.`,
		Example: "  smr setup github --repository acme/ml-roles --owner-id 1234 --repository-id 5678\n" +
			"  smr setup github --repository acme/ml-roles --subject name --format cloudformation\n" +
			"  smr setup github --repository acme/ml-roles --subject name --environment prod -o setup",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if ctx == nil {
				ctx = context.Background()
			}
			return r.run(ctx, directory(args))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&r.repository, "repository", "", "the repository as `OWNER/REPO`; default: the workflow's, or that of the git remote origin")
	flags.StringVar(&r.Repository.OwnerID, "owner-id", "", "the owner's `id`, a number")
	flags.StringVar(&r.Repository.ID, "repository-id", "", "the repository's `id`, a number")
	flags.StringVar(&r.form, "subject", "", "form of the subject in a template and in files: "+choices(setup.Forms())+" (default immutable)")
	flags.StringArrayVar(&r.Environments, "environment", []string{setup.DefaultEnvironment}, "the `environment` whose jobs deploy; may be given again")
	flags.StringVar(&r.Branch, "branch", "main", "the `branch` whose schedule looks for drift; \"\" for none")
	flags.StringVar(&r.Issuer, "issuer", setup.DefaultIssuer, "who issues the tokens; of GitHub Enterprise Server `HOST/_services/token`")
	flags.StringVar(&r.Audience, "audience", setup.DefaultAudience, "the `audience` of the tokens")
	flags.StringVar(&r.PlanRole, "plan-role", setup.DefaultPlanRole, "`name` of the role that reads")
	flags.StringVar(&r.DeployRole, "deploy-role", setup.DefaultDeployRole, "`name` of the role that deploys")
	flags.StringArrayVar(&r.Boundaries, "boundary", nil, "another permissions boundary that roles may have, as an `ARN`; may be given again")
	flags.StringVar(&r.engine, "engine", string(setup.Direct), "what carries changes out: "+choices(setup.Engines()))
	flags.StringVar(&r.Stack, "stack", "smr", "`name` of the stack or stack set, for the engines that have one")
	flags.BoolVar(&r.withProvider, "with-provider", false, "put the OIDC provider into the template: an account has one for each issuer")
	flags.StringVar(&r.format, "format", "text", "how to print: "+choices(setupFormats()))
	flags.StringVarP(&r.out, "output", "o", "", "write trust policies, policies and templates to this `directory`")
	complete(cmd, "subject", setup.Forms())
	complete(cmd, "engine", setup.Engines())
	complete(cmd, "format", setupFormats())
	return cmd
}

func (r *setupRun) run(ctx context.Context, dir string) error {
	if err := r.flags(ctx, dir); err != nil {
		return err
	}
	config, err := r.compile(dir)
	if err != nil {
		return err
	}
	report := config.Report()
	if report.Errors > 0 || config.Fault != nil {
		text, _ := render.ByName("text")
		if err := r.report(r.Stderr, text, config.dir, report); err != nil {
			return err
		}
		return verdict(config, report)
	}
	var accounts []*setup.Account
	for _, target := range config.Stack.Targets {
		a, err := setup.Make(config.Stack, target, r.Options)
		if err != nil {
			return usagef("%s", err)
		}
		accounts = append(accounts, a)
	}
	if r.out != "" {
		return r.files(accounts)
	}
	switch r.format {
	case "json":
		text, err := setup.JSON(r.Repository, accounts)
		if err != nil {
			return err
		}
		_, err = r.Stdout.Write(text)
		return err
	case "cloudformation":
		return r.template(accounts)
	}
	for _, a := range accounts {
		if _, err := r.Stdout.Write(r.describe(a)); err != nil {
			return err
		}
	}
	return nil
}

// flags completes what the command line left to the environment.
func (r *setupRun) flags(ctx context.Context, dir string) error {
	r.Engine = setup.Engine(r.engine)
	switch {
	case !slices.Contains(setupFormats(), r.format):
		return unknownChoice("--format", r.format, setupFormats())
	case !slices.Contains(setup.Engines(), r.engine):
		return unknownChoice("--engine", r.engine, setup.Engines())
	case r.form != "" && !slices.Contains(setup.Forms(), r.form):
		return unknownChoice("--subject", r.form, setup.Forms())
	}
	name := r.repository
	if here := r.env("GITHUB_REPOSITORY"); name == "" || name == here {
		name = here
		if r.Repository.ID == "" && r.Repository.OwnerID == "" {
			r.Repository.ID, r.Repository.OwnerID = r.env("GITHUB_REPOSITORY_ID"), r.env("GITHUB_REPOSITORY_OWNER_ID")
		}
	}
	if name == "" {
		name = origin(ctx, r.path(dir))
	}
	var ok bool
	if r.Repository.Owner, r.Repository.Name, ok = strings.Cut(name, "/"); !ok {
		return usagef("setup github needs the repository: --repository OWNER/REPO")
	}
	r.both = r.form == "" || r.form == string(setup.Both)
	if r.form == "" && r.Repository.ID != "" {
		r.form = string(setup.Immutable)
	}
	if r.form != string(setup.Named) && r.Repository.ID == "" && (r.form != "" || r.out != "" || r.format == "cloudformation") {
		return usagef("subjects of the form %q have the ids of owner and repository. Give them: --owner-id and --repository-id, which `gh api repos/%s --jq '.owner.id, .id'` prints. For a repository from before 2026-07-15 that has not opted in, say --subject name", max(r.form, string(setup.Immutable)), name)
	}
	return nil
}

// remote is a URL of a repository at a forge: by https, ssh or in scp's form.
var remote = regexp.MustCompile(`^(?:https?://|ssh://)?(?:[^@/]+@)?[^/:]+(?::[0-9]+)?[/:]([^/]+)/([^/]+?)(?:\.git)?/?$`)

// origin is the repository of the git remote of that name, "" if there is none.
func origin(ctx context.Context, dir string) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "git", "-C", dir, "config", "--get", "remote.origin.url").Output()
	if err != nil {
		return ""
	}
	m := remote.FindStringSubmatch(strings.TrimSpace(string(out)))
	if m == nil {
		return ""
	}
	return m[1] + "/" + m[2]
}

// template prints the template of the only account.
func (r *setupRun) template(accounts []*setup.Account) error {
	if len(accounts) != 1 {
		return usagef("there are %d accounts, and each has a template of its own. Choose one with --account, or name a directory for all: -o DIR", len(accounts))
	}
	text, err := accounts[0].Template(setup.Form(r.form), r.withProvider)
	if err != nil {
		return usagef("%s", err)
	}
	r.remarks(accounts)
	_, err = r.Stdout.Write(text)
	return err
}

// remarks writes the notes of accounts to standard error.
func (r *setupRun) remarks(accounts []*setup.Account) {
	for _, a := range accounts {
		for _, n := range a.Notes {
			fmt.Fprintf(r.Stderr, "Note on account %s: %s\n", a.Name, n)
		}
	}
}

// files writes everything to a directory: a folder for each account.
func (r *setupRun) files(accounts []*setup.Account) error {
	var files []ir.File
	for _, a := range accounts {
		template, err := a.Template(setup.Form(r.form), r.withProvider)
		if err != nil {
			return usagef("%s", err)
		}
		files = append(files, ir.File{Path: a.Name + "/template.json", Data: template})
		for i := range a.Roles {
			role := &a.Roles[i]
			files = append(files, ir.File{Path: a.Name + "/" + role.Name + "/trust.json", Data: page(role.Trust(setup.Form(r.form)))})
			for _, p := range role.Policies {
				files = append(files, ir.File{Path: a.Name + "/" + role.Name + "/" + p.Name + ".json", Data: page(p.Document)})
			}
		}
	}
	emit.Sort(files)
	files = append(files, emit.Manifest("setup", &ir.Stack{}, files, nil))
	r.remarks(accounts)
	res, err := output.Write(r.path(r.out), files)
	var refused *output.RefusedError
	if errors.As(err, &refused) {
		return usagef("%s %s", r.out, refused.Reason)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", r.out, err)
	}
	_, err = fmt.Fprintf(r.Stdout, "%s: %s in %s (%d written, %d unchanged, %d removed)\n", filepath.ToSlash(r.out),
		render.Count(len(accounts), "account"), render.Count(len(files), "file"), res.Written, res.Unchanged, res.Removed)
	return err
}

// page is a document for people.
func page(d *policy.Document) []byte { return append(policy.AppendIndent(nil, d), '\n') }

// describe is an account in words and documents.
func (r *setupRun) describe(a *setup.Account) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Account %s (%s)\n\nOIDC provider %s, audience %s\n", a.Name, a.ID, a.Provider.URL, a.Provider.Audience)
	for i := range a.Roles {
		role := &a.Roles[i]
		fmt.Fprintf(&b, "\nRole %s: %s\n", role.Name, role.Description)
		if role.Immutable != nil && (r.both || r.form == string(setup.Immutable)) {
			fmt.Fprintf(&b, "\nTrust policy of %s, for subjects with ids (repositories since 2026-07-15, and those that opted in):\n\n%s", role.Name, page(role.Immutable))
		}
		if r.both || r.form == string(setup.Named) {
			fmt.Fprintf(&b, "\nTrust policy of %s, for subjects of names alone (older repositories that have not opted in; a name can be taken again):\n\n%s", role.Name, page(role.Named))
		}
		for _, p := range role.Policies {
			fmt.Fprintf(&b, "\nManaged policy %s of %s (%d characters):\n\n%s", p.Name, role.Name, policy.Size(p.Document), page(p.Document))
		}
	}
	if r.Repository.ID == "" && r.both {
		fmt.Fprintf(&b, "\nNote: Repositories since 2026-07-15 have subjects with ids, which these trust policies do not match. Give --owner-id and --repository-id for that form: gh api repos/%s/%s --jq '.owner.id, .id'\n", r.Repository.Owner, r.Repository.Name)
	}
	for _, n := range a.Notes {
		fmt.Fprintf(&b, "\nNote: %s\n", n)
	}
	b.WriteByte('\n')
	return b.Bytes()
}
