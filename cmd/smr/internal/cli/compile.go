package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/output"
	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A compilation is the flags of smr compile.
type compilation struct {
	target, out, format string
	split               bool
}

func (s *session) compileCommand() *cobra.Command {
	var c compilation
	cmd := &cobra.Command{
		Use:   "compile [DIR] -t TARGET [-o OUT]",
		Short: "Write roles as JSON, CloudFormation or Terraform",
		Long: `Compile checks a configuration as validate does and writes its roles for a
target. Nothing is written if there is any error.

` + targetHelp() + `
With -o the files and a manifest.json are written to the directory OUT, which
must be absent, empty, or hold the manifest of an earlier run: files that it
lists and that are no longer made are removed, nothing else is touched. Without
-o a single file is written to standard output; where there are several, that
is an error. Findings go to standard error.`,
		Example: "  smr compile -t cloudformation\n  smr compile -t json -o out\n  smr compile -t terraform -o infra/roles --account ml-prod",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return s.compileTo(directory(args), c) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&c.target, "target", "t", "", "what to write: "+choices(targets()))
	flags.StringVarP(&c.out, "output", "o", "", "the `directory` to write to")
	flags.StringVar(&c.format, "format", "", "of CloudFormation templates: "+choices([]string{emit.YAML, emit.JSON}))
	flags.BoolVar(&c.split, "split", false, "allow several CloudFormation templates where one would pass its limits")
	complete(cmd, "target", targets())
	complete(cmd, "format", []string{emit.YAML, emit.JSON})
	return cmd
}

func targets() []string {
	var names []string
	for _, t := range compiler.Targets() {
		names = append(names, t.Name)
	}
	return names
}

func targetHelp() string {
	text := "Targets:\n"
	for _, t := range compiler.Targets() {
		text += fmt.Sprintf("  %-16s %s\n", t.Name, t.Summary)
	}
	return text
}

func (c *compilation) valid() error {
	switch {
	case c.target == "":
		return usagef("compile needs a target: -t %s", choices(targets()))
	case !slices.Contains(targets(), c.target):
		return unknownChoice("--target", c.target, targets())
	case c.format != "" && !slices.Contains([]string{emit.YAML, emit.JSON}, c.format):
		return unknownChoice("--format", c.format, []string{emit.YAML, emit.JSON})
	case c.target != "cloudformation" && (c.format != "" || c.split):
		return usagef("--format and --split are for -t cloudformation")
	}
	return nil
}

func (s *session) compileTo(dir string, c compilation) error {
	if err := c.valid(); err != nil {
		return err
	}
	config, err := s.compile(dir)
	if err != nil {
		return err
	}
	var files []ir.File
	if !config.Diags.HasErrors() {
		emitted, diags := compiler.Emit(config.Stack, c.target, emit.Options{Format: c.format, Split: c.split})
		files, config.Diags, config.Fault = emitted, append(config.Diags, diags...), faultOf(diags)
	}
	report := config.Report()
	text, _ := render.ByName("text")
	if err := s.report(s.Stderr, text, config.dir, report); err != nil {
		return err
	}
	if len(report.Diags) > 0 {
		if err := render.Counts(s.Stderr, report, s.options(s.Stderr, config.dir)); err != nil {
			return err
		}
	}
	if err := verdict(config, report); err != nil {
		return err
	}
	if c.out == "" {
		return s.print(files)
	}
	return s.write(c.out, config.Stack, files)
}

// faultOf is the mistake of smr among diagnostics of a target: nothing that a
// user could mend, so that it is no finding.
func faultOf(diags hcl.Diagnostics) error {
	for _, d := range diags {
		if diag.InfoOf(d).Code == "internal-error" {
			return errors.New(d.Detail)
		}
	}
	return nil
}

// print writes the only file to standard output.
func (s *session) print(files []ir.File) error {
	var only []ir.File
	for _, f := range files {
		if f.Path != emit.ManifestName {
			only = append(only, f)
		}
	}
	if len(only) != 1 {
		return usagef("this makes %d files. Name a directory for them: -o OUT", len(only))
	}
	_, err := s.Stdout.Write(only[0].Data)
	return err
}

// write writes all files to a directory and says so.
func (s *session) write(out string, stack *ir.Stack, files []ir.File) error {
	res, err := output.Write(s.path(out), files)
	var refused *output.RefusedError
	if errors.As(err, &refused) {
		return usagef("%s %s", out, refused.Reason)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", out, err)
	}
	policies := 0
	for _, r := range stack.Roles {
		policies += len(r.Managed) + len(r.Inline)
	}
	_, err = fmt.Fprintf(s.Stdout, "%s: %s with %s in %s (%d written, %d unchanged, %d removed)\n",
		out, render.Count(len(stack.Roles), "role"), render.Count(policies, "policy"), render.Count(len(files), "file"), res.Written, res.Unchanged, res.Removed)
	return err
}
