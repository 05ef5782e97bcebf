package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/cmd/smr/internal/rolefile"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/preflight"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// A preflightRun is one run of smr preflight.
type preflightRun struct {
	*session
	request string
	caller  string
	env     string
	format  string
	all     bool
	list    bool
}

func (s *session) preflightCommand() *cobra.Command {
	p := &preflightRun{session: s}
	cmd := &cobra.Command{
		Use:   "preflight ROLE API [FACT=VALUE…]",
		Short: "Whether a call of SageMaker will work, and what is missing if not",
		Long: `Preflight answers whether a SageMaker API will work with a role as its execution
role: permission by permission, by the role's policies within its boundary and
service control policies, and by the policies of buckets, keys and repositories.
For each gap it says who owns it and what to add, in the language and as JSON.
Nothing is sent to AWS.

A ROLE is a label, label["key"] where the role has for_each, or a role's JSON
file. What the call names is given as facts (input_buckets, output_bucket,
model_bucket, lifecycle_bucket, volume_key, output_key, images, network, and
conditions such as vpc=true), or read from the request itself with --request: the
JSON that aws sagemaker … --cli-input-json takes. A fact's value is text, several
texts with commas, or a block such as kms_key.volume. Buckets, keys, repositories,
networks and service control policies are those that the configuration states,
and those of --env: a directory with environment.json, or a JSON file.

Without --caller only the execution role and the resources' owners are judged.
A permission that AWS does not document is shown with its basis (derived,
reported or inferred) and does not fail the call when it is missing.

Exit codes: 0 works; 1 does not work, or unknown.`,
		Example: "  smr preflight train CreateTrainingJob input_buckets=acme-forecast output_bucket=acme-forecast\n" +
			"  smr preflight train CreateModel model_bucket=acme-forecast --format json\n" +
			"  smr preflight --list",
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case p.list && len(args) > 0:
				return fmt.Errorf("--list takes no arguments")
			case !p.list && len(args) < 2:
				return fmt.Errorf("preflight takes a role and an API, such as: smr preflight train CreateTrainingJob")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(answerFormats(), p.format) {
				return unknownChoice("--format", p.format, answerFormats())
			}
			if p.list {
				return p.names()
			}
			return p.run(args[0], args[1], args[2:])
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			switch len(args) {
			case 0:
				return nil, cobra.ShellCompDirectiveDefault
			case 1:
				return requirements.APIs(), cobra.ShellCompDirectiveNoFileComp
			}
			return preflight.ArgumentNames(), cobra.ShellCompDirectiveNoSpace
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&p.request, "request", "", "derive the facts from a request in a JSON `file`; - is standard input")
	flags.StringVar(&p.caller, "caller", "", "judge the `role` of who makes the call as well")
	flags.StringVar(&p.env, "env", "", "facts about the world outside: a `directory` with environment.json, or a JSON file")
	flags.StringVar(&p.format, "format", "text", "how to write the answer: "+choices(answerFormats()))
	flags.BoolVar(&p.all, "all", false, "list the permissions that are allowed too")
	flags.BoolVar(&p.list, "list", false, "name the APIs whose requirements are known")
	complete(cmd, "format", answerFormats())
	return cmd
}

// names lists the APIs with how many permissions each needs at most.
func (p *preflightRun) names() error {
	for _, name := range requirements.APIs() {
		api, _ := requirements.Find(name)
		if _, err := fmt.Fprintf(p.Stdout, "%-40s %3d permissions\n", name, len(api.Permissions)); err != nil {
			return err
		}
	}
	return nil
}

func (p *preflightRun) run(name, api string, facts []string) error {
	if _, ok := requirements.Find(api); !ok {
		return usagef("%s", (&preflight.UnknownAPIError{Name: api}).Error())
	}
	roles, config, err := p.roles(name)
	if err != nil {
		return err
	}
	given, err := p.environment()
	if err != nil {
		return err
	}
	var answers []*preflight.Answer
	works := true
	for _, role := range roles {
		call, err := p.call(role, config, given, api, facts)
		if err != nil {
			return err
		}
		a, err := preflight.Judge(call)
		if err != nil {
			return &exitError{ExitFindings, fmt.Errorf("account-required: %w", err)}
		}
		works = works && a.Verdict == preflight.Works
		answers = append(answers, a)
	}
	dir := ""
	if config != nil {
		dir = config.dir
	}
	if p.format == "json" {
		p.showPaths(answers, dir)
		err = render.PreflightJSON(p.Stdout, answers)
	} else {
		err = render.Preflight(p.Stdout, answers, p.all, p.options(p.Stdout, dir))
	}
	if err == nil && !works {
		err = findings()
	}
	return err
}

// showPaths makes files of the answers paths from the working directory.
func (p *preflightRun) showPaths(answers []*preflight.Answer, dir string) {
	for _, a := range answers {
		for i := range a.Checks {
			if by := a.Checks[i].By; by != nil && by.File != "" {
				by.File = p.shown(dir, by.File)
			}
		}
	}
}

// roles finds the role, in each account, and the configuration it stands in:
// that of the directory also for a role from a file, if there is one.
func (p *preflightRun) roles(name string) ([]*ir.StackRole, *configuration, error) {
	finder := &simulation{session: p.session}
	if info, err := os.Stat(p.path(name)); err == nil && info.Mode().IsRegular() {
		roles, _, err := finder.rolesNamed(name)
		return roles, nil, err
	}
	if strings.HasSuffix(name, ".json") || strings.ContainsAny(name, `/\`) {
		return nil, nil, usagef("there is no file %s", name)
	}
	config, err := p.compileOnly(".")
	if err != nil {
		return nil, nil, err
	}
	if err := p.complete(config); err != nil {
		return nil, nil, err
	}
	var roles []*ir.StackRole
	for _, r := range config.Stack.Roles {
		if r.Address() == name {
			roles = append(roles, r)
		}
	}
	if len(roles) == 0 {
		return nil, nil, unknownRole(name, config.Stack.Roles)
	}
	return roles, config, nil
}

// environment reads what --env names; nil without it.
func (p *preflightRun) environment() (*ir.Environment, error) {
	if p.env == "" {
		return nil, nil
	}
	dir, name := p.path(p.env), preflight.EnvironmentFile
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		dir, name = filepath.Dir(dir), filepath.Base(dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("--env %s cannot be read: %w", p.env, cause(err))
	}
	defer root.Close()
	env, err := preflight.ReadEnvironment(root.FS(), name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("--env %s: %w", p.env, err)
		}
		return nil, usagef("--env %s: %s", p.env, err)
	}
	return env, nil
}

// call gathers what is asked about one role.
func (p *preflightRun) call(role *ir.StackRole, config *configuration, given *ir.Environment, api string, facts []string) (*preflight.Call, error) {
	call := &preflight.Call{API: api, Role: role, Environment: role.Target.Environment}
	if config != nil {
		call.Config = config.Config
	}
	switch {
	case given != nil && call.Environment != nil:
		call.Environment = preflight.Merge(call.Environment, given)
	case given != nil:
		call.Environment = given
	case call.Environment == nil:
		call.Environment = &ir.Environment{}
	}
	var list []preflight.Telling
	for _, text := range facts {
		t, err := preflight.ParseTelling(text, call.Environment)
		if err != nil {
			return nil, usagef("%s", err)
		}
		list = append(list, t)
	}
	var caller, cluster string
	var err error
	call.Facts, caller, cluster, err = preflight.Tell(api, call.Environment, list)
	if err != nil {
		return nil, usagef("%s", err)
	}
	if p.request != "" {
		if err := p.readRequest(call); err != nil {
			return nil, err
		}
	}
	if p.caller != "" {
		caller = p.caller
	}
	if call.Caller, err = p.other(caller, "--caller", role, config); err != nil {
		return nil, err
	}
	if cluster == "" {
		cluster = call.Facts.ClusterRole()
		if found, _ := p.other(cluster, "cluster_role", role, config); found != nil {
			call.ClusterRole = found
		}
		return call, nil
	}
	call.ClusterRole, err = p.other(cluster, "cluster_role", role, config)
	return call, err
}

func (p *preflightRun) readRequest(call *preflight.Call) error {
	text, err := []byte(nil), error(nil)
	if p.request == "-" {
		text, err = limited(p.Stdin)
	} else {
		text, err = readLimited(p.path(p.request))
	}
	if err != nil {
		return fmt.Errorf("--request %s: %w", p.request, cause(err))
	}
	api, _ := requirements.Find(call.API)
	if err := call.Facts.ReadRequest(api, text); err != nil {
		return usagef("--request %s: %s", p.request, err)
	}
	return nil
}

// other finds another role of the account by label, ARN or file; nil for "".
func (p *preflightRun) other(name, flag string, role *ir.StackRole, config *configuration) (*ir.StackRole, error) {
	if name == "" {
		return nil, nil
	}
	if info, err := os.Stat(p.path(name)); err == nil && info.Mode().IsRegular() {
		r, err := rolefile.Load(p.path(name), role.Target.AccountID)
		if err != nil {
			return nil, usagef("%s: %s", name, err)
		}
		if r.Target.Region == "" {
			r.Target.Region = role.Target.Region
		}
		return r, nil
	}
	if config == nil {
		return nil, usagef("%s %s: there is no such file", flag, name)
	}
	for _, r := range config.Stack.Roles {
		if r.Target == role.Target && (r.Address() == name || r.ARN() == name) {
			return r, nil
		}
	}
	return nil, unknownRole(name, config.Stack.Roles)
}
