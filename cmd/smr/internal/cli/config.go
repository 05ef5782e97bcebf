package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/preflight"
)

// envPrefix begins the variables of the environment that give values to
// variables of the configuration.
const envPrefix = "SMR_VAR_"

// A configuration is a compiled directory.
type configuration struct {
	*compiler.Result
	dir string // as the command line names it, from the working directory
}

// directory is the argument that names a configuration, "." without one.
func directory(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// compile reads and compiles the configuration in a directory and decides the
// calls that it expects to work. Nothing outside of it is read but what
// --var-file names.
func (s *session) compile(dir string) (*configuration, error) {
	c, err := s.compileOnly(dir)
	if err == nil {
		preflight.Join(c.Result)
	}
	return c, err
}

// compileOnly is compile without deciding calls.
func (s *session) compileOnly(dir string) (*configuration, error) {
	vars, err := s.variables()
	if err != nil {
		return nil, err
	}
	files, err := s.valueFiles()
	if err != nil {
		return nil, err
	}
	root, err := s.open(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	result := compiler.Compile(compiler.Options{
		FS: root.FS(), Env: s.environment(), Vars: vars, VarFiles: files, Account: s.account,
	})
	if err := accountOf(result); err != nil {
		return nil, err
	}
	return &configuration{Result: result, dir: filepath.Join(s.dir, dir)}, nil
}

// accountOf is wrong usage where nothing but the name of --account is wrong:
// what else is said then is of a configuration for no account.
func accountOf(result *compiler.Result) error {
	var wrong *hcl.Diagnostic
	for _, d := range result.Diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		info, ok := d.Extra.(*diag.Info)
		if !ok || info.Code != "unknown-account" || d.Subject == nil || d.Subject.Filename != "--account" {
			return nil
		}
		wrong = d
	}
	if wrong == nil {
		return nil
	}
	return usagef("--account: %s", wrong.Detail)
}

func (s *session) open(dir string) (*os.Root, error) {
	name := s.path(dir)
	if info, err := os.Stat(name); err == nil && !info.IsDir() {
		return nil, usagef("%s is a file. A configuration is a directory with .smr files: name that", dir)
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("the configuration %s cannot be read: %w", filepath.Join(s.dir, dir), cause(err))
	}
	return root, nil
}

// cause is an error without the path in it.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// variables reads --var NAME=VALUE; the last of a name counts.
func (s *session) variables() (map[string]string, error) {
	vars := map[string]string{}
	for _, v := range s.vars {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, usagef("--var %q has no value. Write --var NAME=VALUE", v)
		}
		vars[name] = value
	}
	return vars, nil
}

// environment is what SMR_VAR_name variables give.
func (s *session) environment() map[string]string {
	vars := map[string]string{}
	for _, e := range s.Env {
		rest, ok := strings.CutPrefix(e, envPrefix)
		if name, value, both := strings.Cut(rest, "="); ok && both && name != "" {
			vars[name] = value
		}
	}
	return vars
}

// valueFiles reads the files of --var-file.
func (s *session) valueFiles() ([]dsl.File, error) {
	var files []dsl.File
	for _, name := range s.varFiles {
		data, err := readLimited(s.path(name))
		if err != nil {
			return nil, fmt.Errorf("--var-file %s: %w", name, cause(err))
		}
		files = append(files, dsl.File{Name: filepath.ToSlash(name), Bytes: data})
	}
	return files, nil
}

// readLimited reads a regular file of at most the size that the language has.
func readLimited(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limited(f)
}

// limited reads at most the size that a file of the language has.
func limited(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, dsl.MaxFileBytes+1))
	if err == nil && len(data) > dsl.MaxFileBytes {
		err = fmt.Errorf("it is larger than %d bytes, the most that a file has", dsl.MaxFileBytes)
	}
	return data, err
}

// options are those of every report about the configuration in dir.
func (s *session) options(w io.Writer, dir string) render.Options {
	return render.Options{
		Color: s.color(w), Width: width(w), Version: compiler.Version, Explain: entry, Source: builtIn,
		Path: func(name string) string { return s.shown(dir, name) },
	}
}

// shown is the path to print for a file of a report: from the working directory,
// so that terminals and editors find it. Files of the catalogue say so, and what
// stands for the command line or the environment stays.
func (s *session) shown(dir, name string) string {
	edition, _, _ := strings.Cut(name, "/")
	switch {
	case slices.Contains(catalog.Editions(), edition):
		return "<catalog>/" + name
	case strings.HasPrefix(name, "-"), strings.HasPrefix(name, envPrefix), name == "", slices.Contains(s.varFiles, name):
		return name
	}
	return path.Join(filepath.ToSlash(dir), name)
}

// builtIn is the text of a file of the catalogue.
func builtIn(name string) []byte {
	edition, file, ok := strings.Cut(name, "/")
	if !ok {
		return nil
	}
	_, data, _ := catalog.File(edition, strings.TrimSuffix(file, ".smr"))
	return data
}

// report writes diagnostics about the configuration in dir.
func (s *session) report(w io.Writer, f render.Format, dir string, r *diag.Report) error {
	o := s.options(w, dir)
	if f.Name == "github" || f.Name == "sarif" {
		o.Path = s.inRepository(o.Path)
	}
	return f.Write(w, r, o)
}

// inRepository makes paths relative to the root of the checkout, which is what
// GitHub places annotations by.
func (s *session) inRepository(shown func(string) string) func(string) string {
	workspace := s.env("GITHUB_WORKSPACE")
	if workspace == "" {
		return shown
	}
	return func(name string) string {
		p := shown(name)
		full, err := filepath.Abs(filepath.Join(s.Dir, filepath.FromSlash(p)))
		if err != nil || strings.HasPrefix(p, "<") || strings.HasPrefix(p, "-") {
			return p
		}
		rel, err := filepath.Rel(workspace, full)
		if err != nil || !filepath.IsLocal(rel) {
			return p
		}
		return filepath.ToSlash(rel)
	}
}

// errorsOnly makes a report of diagnostics that belong to no configuration.
func reportOf(diags hcl.Diagnostics, sources map[string][]byte) *diag.Report {
	return diag.NewReport(diags, sources, nil)
}
