package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/cmd/smr/internal/rolefile"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/importer"
	"github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/iam/policy"
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
	r, err := importer.Import(ctx, sources, c.options)
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

// roleFiles reads roles from files.
func (s *session) roleFiles(names []string) ([]*importer.Source, error) {
	var list []*importer.Source
	var add []func([]*importer.Source)
	for _, name := range s.expanded(names) {
		sources, properties, err := s.roleFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, cause(err))
		}
		list = append(list, sources...)
		if properties != nil {
			add = append(add, properties)
		}
	}
	list, err := importer.Merge(list)
	if err != nil {
		return nil, err
	}
	for _, f := range add {
		f(list)
	}
	if len(list) == 0 {
		return nil, usagef("the files name no role")
	}
	for _, src := range list {
		src.Name = s.account
		if policy.IsAccountID(src.Name) {
			src.Name = ""
		}
	}
	return list, nil
}

// expanded replaces a directory by the roles that smr compile wrote there.
func (s *session) expanded(names []string) []string {
	var out []string
	for _, name := range names {
		info, err := os.Stat(s.path(name))
		if err != nil || !info.IsDir() {
			out = append(out, name)
			continue
		}
		found := []string{}
		for _, pattern := range []string{"role.json", "*/role.json", "*/*/role.json"} {
			matches, err := fs.Glob(os.DirFS(s.path(name)), pattern)
			if err == nil {
				found = append(found, matches...)
			}
		}
		for _, f := range found {
			out = append(out, path.Join(filepath.ToSlash(name), f))
		}
		if len(found) == 0 {
			out = append(out, name)
		}
	}
	return out
}

func (s *session) roleFile(name string) ([]*importer.Source, func([]*importer.Source), error) {
	text, err := readRegular(s.path(name), maxImported)
	if err != nil {
		return nil, nil, err
	}
	if list, properties, ok, err := importer.Details(text); ok {
		return list, properties, err
	}
	if !rolefile.Is(text) {
		base := filepath.Base(name)
		src, err := importer.FromPolicies(strings.TrimSuffix(base, filepath.Ext(base)), text)
		return []*importer.Source{src}, nil, err
	}
	id := ""
	if policy.IsAccountID(s.account) {
		id = s.account
	}
	role, err := rolefile.Load(s.path(name), id)
	if err != nil {
		return nil, nil, err
	}
	src, err := importer.FromRole(role)
	return []*importer.Source{src}, nil, err
}

// readRegular reads a regular file of at most some bytes.
func readRegular(name string, most int64) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > most:
		return nil, fmt.Errorf("it is larger than %d bytes", most)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
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

// imported says what was recognized, and decides the exit code.
func (s *session) imported(r *importer.Result, c importing) error {
	var err error
	if c.format == "json" {
		err = s.importedJSON(r)
	} else {
		err = s.importedText(r, c.out)
	}
	refused := slices.ContainsFunc(r.Skipped, func(k importer.Skip) bool { return k.Named })
	if err == nil && (len(r.Failures) > 0 || refused || len(r.Roles) == 0) {
		return findings()
	}
	return err
}

func (s *session) importedJSON(r *importer.Result) error {
	text, err := json.MarshalIndent(struct {
		Schema string `json:"schema"`
		*importer.Result
	}{"smr.import/1", r}, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Stdout, "%s\n", text)
	return err
}

func (s *session) importedText(r *importer.Result, out string) error {
	b := &strings.Builder{}
	for _, role := range r.Roles {
		fmt.Fprintf(b, "%s: %s\n", role.Name, describe(role))
		for _, a := range role.Activities {
			for _, o := range a.Overrides {
				fmt.Fprintf(b, "  override %s: %s\n", a.Name, o)
			}
		}
		for _, n := range role.Notes {
			fmt.Fprintf(b, "  note: %s\n", n)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(b, "note: %s\n", n)
	}
	if len(r.Skipped)+len(r.Failures) > 0 && b.Len() > 0 {
		b.WriteString("\n")
	}
	for _, k := range r.Skipped {
		fmt.Fprintf(b, "passed over %s: %s\n", k.Role, k.Reason)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(b, "not expressible %s: %s\n", f.Role, f.Reason)
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	switch {
	case len(r.Failures) > 0:
		fmt.Fprintf(b, "Nothing was written: %s cannot be expressed. Leave them out with --except, or change them first.\n", render.Count(len(r.Failures), "role"))
	case len(r.Roles) == 0:
		b.WriteString("Nothing was written: there is no role to import.\n")
	default:
		fmt.Fprintf(b, "%s: %s in %s, edition %q; each is proved to compile to what it was.\n", out, render.Count(len(r.Roles), "role"), render.Count(len(r.Files), "file"), r.Edition)
	}
	_, err := io.WriteString(s.Stdout, b.String())
	return err
}

// describe says in a line what a role became.
func describe(r *importer.Role) string {
	var parts []string
	switch {
	case r.Persona != "":
		parts = append(parts, fmt.Sprintf("persona %s (%s)", r.Persona, render.Count(len(r.Activities), "activity")))
	case len(r.Activities) > 0:
		names := make([]string, len(r.Activities))
		for i, a := range r.Activities {
			names[i] = a.Name
		}
		parts = append(parts, "activities "+strings.Join(names, ", "))
	}
	if r.Statements > 0 {
		parts = append(parts, render.Count(r.Statements, "statement"))
	}
	if r.Attached > 0 {
		parts = append(parts, render.Count(r.Attached, "attached policy"))
	}
	if len(parts) == 0 {
		parts = []string{"no permissions"}
	}
	return strings.Join(parts, ", ")
}
