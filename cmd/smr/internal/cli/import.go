package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/importer"
	"github.com/sagemaker-roles/smr/dsl/catalog"
)

// maxImported is the largest file that import reads: the details of an account
// with thousands of roles.
const maxImported = 256 << 20

// An importing is the flags of smr import.
type importing struct {
	options     importer.Options
	out, format string
}

func (s *session) importCommand() *cobra.Command {
	var c importing
	cmd := &cobra.Command{
		Use:   "import (--account NAME | FILE...) -o DIR",
		Short: "Write roles that exist as a configuration",
		Long: `Import reads roles that exist and writes a configuration for them: personas and
activities where their policies are those of SageMaker Role Manager or of smr,
with their parameters and the smallest overrides, and statement blocks for what
no activity says. Every role is compiled again and compared with what it was,
for every possible request; what is not proved to be equal is not written.

Roles come from the account that the credentials of the AWS SDK belong to
(AWS_PROFILE, AWS_ENDPOINT_URL and so on); NAME is what the configuration will
call it. Or they come from files: the JSON of
"aws iam get-account-authorization-details" (that of "aws iam list-roles" beside
it adds descriptions and session durations), a role.json of "smr compile -t
json" or the directory with all of them, a policy document or a list of them.

Names and paths are kept, since a role can never be renamed. Roles that belong
to a service, to CloudFormation, to a role template or to another project of smr
are passed over with the reason. DIR must not hold a configuration yet; nothing
is written if a role cannot be expressed.`,
		Example: "  smr import --account ml-prod --role 'SageMaker-*' -o roles\n  aws iam get-account-authorization-details > details.json\n  smr import details.json --role SageMaker-train -o roles",
		RunE:    func(cmd *cobra.Command, args []string) error { return s.importRoles(cmd.Context(), args, c) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&c.options.Roles, "role", nil, "only roles whose name fits this `glob`; can be repeated")
	flags.StringArrayVar(&c.options.Except, "except", nil, "leave out roles whose name fits this `glob`; can be repeated")
	flags.StringVar(&c.options.Project, "project", "", "the project `name` of the configuration")
	flags.StringVar(&c.options.Edition, "edition", "", "of the catalogue: "+choices(catalog.Editions())+"; default: the one that fits best")
	flags.StringVarP(&c.out, "output", "o", "", "the `directory` to write to")
	flags.StringVar(&c.format, "format", "text", "of what is printed: "+choices([]string{"text", "json"}))
	complete(cmd, "edition", catalog.Editions())
	complete(cmd, "format", []string{"text", "json"})
	return cmd
}

func (s *session) importRoles(ctx context.Context, files []string, c importing) error {
	switch {
	case c.out == "":
		return usagef("import needs a directory to write to: -o DIR")
	case len(files) == 0 && s.account == "":
		return usagef("import needs roles: --account NAME for those of an account, or files")
	case c.options.Edition != "" && !slices.Contains(catalog.Editions(), c.options.Edition):
		return unknownChoice("--edition", c.options.Edition, catalog.Editions())
	case c.format != "text" && c.format != "json":
		return unknownChoice("--format", c.format, []string{"text", "json"})
	}
	if err := s.vacant(c.out); err != nil {
		return err
	}
	if ctx == nil {
		ctx = context.Background()
	}
	var sources []*importer.Source
	var err error
	if len(files) == 0 {
		sources, err = s.liveRoles(ctx)
	} else {
		sources, err = s.roleFiles(files)
	}
	if err != nil {
		return err
	}
	c.options.Progress = s.importProgress()
	r, err := importer.Import(ctx, sources, c.options)
	if c.options.Progress != nil {
		fmt.Fprint(s.Stderr, "\r\x1b[K")
	}
	if err != nil {
		return err
	}
	if len(r.Files) > 0 {
		if err := s.writeNew(c.out, r.Files); err != nil {
			return err
		}
	}
	return s.imported(r, c)
}

// importProgress shows on a terminal how far an import is, in one line that
// changes; elsewhere it is nil.
func (s *session) importProgress() func(string, int, int) {
	if !terminal(s.Stderr) || s.env("CI") != "" {
		return nil
	}
	return func(what string, done, of int) {
		if done%16 == 0 {
			fmt.Fprintf(s.Stderr, "\r\x1b[K%s: %d of %s", what, done, render.Count(of, "role"))
		}
	}
}

// liveRoles reads the account that the SDK's credentials belong to. Where the
// working directory declares an account of the name, it must be that one.
func (s *session) liveRoles(ctx context.Context) ([]*importer.Source, error) {
	id, region, err := s.declared(s.account)
	if err != nil {
		return nil, err
	}
	client, err := account.Open(ctx, account.Options{Region: region})
	if err != nil {
		return nil, err
	}
	if id != "" && id != client.ID {
		return nil, fmt.Errorf("the credentials are of account %s, and %q is declared as %s", client.ID, s.account, id)
	}
	src, err := importer.Live(ctx, client.IAM, client.ID, client.Partition)
	if err != nil {
		return nil, client.Explain("reading the roles of account "+client.ID, err)
	}
	src.Name, src.Region = s.account, client.Config.Region
	if region != "" {
		src.Region = region
	}
	return []*importer.Source{src}, nil
}

// declared is what the configuration of the working directory says of an
// account; nothing where there is none.
func (s *session) declared(name string) (id, region string, err error) {
	found, err := filepath.Glob(filepath.Join(s.path("."), "*.smr"))
	if err != nil || len(found) == 0 {
		return "", "", err
	}
	every := *s
	every.account = ""
	config, err := every.compile(".")
	if err != nil {
		return "", "", err
	}
	for _, t := range config.Program.Targets {
		if t.Name == name {
			return t.AccountID, t.Region, nil
		}
	}
	return "", "", nil
}

// vacant refuses a directory that holds a configuration.
func (s *session) vacant(dir string) error {
	info, err := os.Stat(s.path(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", dir, cause(err))
	}
	if !info.IsDir() {
		return usagef("%s is a file; name a directory with -o", dir)
	}
	found, err := fs.Glob(os.DirFS(s.path(dir)), "*.smr")
	if err == nil && len(found) > 0 {
		return usagef("%s holds a configuration (%s). Import writes a new one: name another directory, and move the roles over", dir, found[0])
	}
	return err
}

// writeNew writes files that must not exist, all or none.
func (s *session) writeNew(dir string, files []ir.File) (err error) {
	full := s.path(dir)
	if err := os.MkdirAll(full, 0o755); err != nil {
		return fmt.Errorf("%s cannot be made: %w", dir, cause(err))
	}
	root, err := os.OpenRoot(full)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, cause(err))
	}
	defer root.Close()
	var written []string
	defer func() {
		if err != nil {
			for _, name := range written {
				err = errors.Join(err, root.Remove(name))
			}
		}
	}()
	for _, f := range files {
		name := filepath.FromSlash(f.Path)
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("%s cannot be written: %w", path.Join(filepath.ToSlash(dir), f.Path), cause(err))
		}
		out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return fmt.Errorf("%s cannot be written: %w", path.Join(filepath.ToSlash(dir), f.Path), cause(err))
		}
		written = append(written, name)
		_, err = out.Write(f.Data)
		if err = errors.Join(err, out.Close()); err != nil {
			return fmt.Errorf("%s cannot be written: %w", path.Join(filepath.ToSlash(dir), f.Path), cause(err))
		}
	}
	return nil
}
