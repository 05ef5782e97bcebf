package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/cmd/smr/internal/rolefile"
	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review"
)

// A comparison is one run of smr diff.
type comparison struct {
	*session
	cases, format string
	exitCode      bool
}

func (s *session) diffCommand() *cobra.Command {
	d := &comparison{session: s}
	cmd := &cobra.Command{
		Use:   "diff [BASE [HEAD]]",
		Short: "Show which access is gained and lost",
		Long: `Diff compares for every possible request what BASE and HEAD allow, role by role:
access gained and lost with the line that causes it, a request that shows it, who
may assume the role, boundary, tags and use of quotas. Yes and no are proofs;
where one is not possible the answer is unknown and says why.

BASE and HEAD are revisions of git, directories, or two JSON files: policies,
lists of them, or roles as compile -t json writes them. An existing path wins
over a revision of the same name. Without HEAD it is the directory; without BASE
it is the commit before HEAD's.

Revisions are read as data by the program git: nothing is checked out, no hook or
filter runs. Where a revision has no configuration there, every role is new.

With --cases each line of a file is {"id", "base", "head"}, and each line of the
output its answer, in the same order.`,
		Example: "  smr diff\n  smr diff main\n  smr diff v1.2.0 HEAD --format json\n  smr diff old.json new.json --exit-code\n  smr diff --cases pairs.jsonl",
		Args: func(cmd *cobra.Command, args []string) error {
			if d.cases != "" && len(args) > 0 {
				return fmt.Errorf("--cases has both sides in its lines: name no BASE or HEAD")
			}
			return cobra.MaximumNArgs(2)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(answerFormats(), d.format) {
				return unknownChoice("--format", d.format, answerFormats())
			}
			if d.cases != "" {
				return s.answerCases(d.cases, compareCase)
			}
			return d.run(cmd.Context(), args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&d.cases, "cases", "", "compare the two sides in each line of a `file`; - is standard input")
	flags.StringVar(&d.format, "format", "text", "how to write the comparison: "+choices(answerFormats()))
	flags.BoolVar(&d.exitCode, "exit-code", false, "exit 1 if access, trust or settings differ or may differ")
	complete(cmd, "format", answerFormats())
	return cmd
}

// run compares what the arguments name.
func (d *comparison) run(ctx context.Context, args []string) error {
	if ctx == nil {
		ctx = context.Background()
	}
	kinds := make([]string, len(args))
	for i, arg := range args {
		kinds[i] = d.kind(arg)
	}
	switch {
	case len(args) == 1 && kinds[0] == isFile:
		return usagef("%s is a file. Name a second one to compare it with: smr diff %s HEAD.json", args[0], args[0])
	case len(args) == 2 && kinds[0] == isFile && kinds[1] == isFile:
		return d.files(args[0], args[1])
	case slices.Contains(kinds, isFile):
		return usagef("a file is compared with a file, and a directory or revision with another: %s and %s are not of one kind", args[0], args[1])
	}
	return d.configurations(ctx, args, kinds)
}

// What an argument is.
const (
	isFile      = "file"
	isDirectory = "directory"
	isRevision  = "revision"
)

func (d *comparison) kind(arg string) string {
	info, err := os.Stat(d.path(arg))
	switch {
	case err != nil:
		return isRevision
	case info.IsDir():
		return isDirectory
	}
	return isFile
}

// files compares two JSON files: policies, or roles.
func (d *comparison) files(base, head string) error {
	var texts [2][]byte
	for i, name := range []string{base, head} {
		text, err := readLimited(d.path(name))
		if err != nil {
			return fmt.Errorf("%s: %w", name, cause(err))
		}
		texts[i] = text
	}
	if b, h := rolefile.Is(texts[0]), rolefile.Is(texts[1]); b && h {
		return d.roles(base, head)
	} else if b || h {
		return usagef("one file is a role and the other is not; compare a role with a role, or the files of its folders managed and inline")
	}
	var sides [2]access.Side
	for i, name := range []string{base, head} {
		side, err := access.DecodeSide(texts[i])
		if err != nil {
			return usagef("%s: %s", name, err)
		}
		sides[i] = side
	}
	result, err := access.Compare(sides[0], sides[1], access.Options{Facts: access.ServiceFacts()})
	if err != nil {
		return comparisonError(err)
	}
	if d.format == "json" {
		err = render.ResultJSON(d.Stdout, &result)
	} else {
		err = render.Result(d.Stdout, &result, d.options(d.Stdout, ""))
	}
	return d.end(err, !result.Empty())
}

// roles compares two roles from files.
func (d *comparison) roles(base, head string) error {
	var roles [2]*ir.StackRole
	for i, name := range []string{base, head} {
		role, err := rolefile.Load(d.path(name), "")
		if err != nil {
			return usagef("%s: %s", name, err)
		}
		roles[i] = role
	}
	diff, err := review.CompareRoles(roles[0], roles[1], review.Options{})
	if err != nil {
		return err
	}
	return d.show(diff, shownPaths{})
}

// configurations compares two directories or revisions.
func (d *comparison) configurations(ctx context.Context, args, kinds []string) error {
	var base, head *side
	var err error
	if len(args) == 0 {
		base, err = d.beforeHead(ctx)
	} else {
		base, err = d.side(ctx, args[0], kinds[0])
	}
	if err != nil {
		return err
	}
	if len(args) < 2 {
		head, err = d.side(ctx, ".", isDirectory)
	} else {
		head, err = d.side(ctx, args[1], kinds[1])
	}
	if err != nil {
		return err
	}
	for _, x := range []*side{base, head} {
		if err := d.whole(x); err != nil {
			return err
		}
	}
	diff, err := review.Compare(base.result, head.result, review.Options{})
	if err != nil {
		return err
	}
	return d.show(diff, shownPaths{head.path(d.session), base.path(d.session)})
}

// shownPaths show the paths of both sides; nil leaves them as they are.
type shownPaths struct{ head, base func(name string) string }

func (d *comparison) show(diff *review.Diff, paths shownPaths) error {
	var err error
	if d.format == "json" {
		err = render.DiffJSON(d.Stdout, diff)
	} else {
		o := d.options(d.Stdout, "")
		o.Path = paths.head
		err = render.Diff(d.Stdout, diff, o, paths.base)
	}
	return d.end(err, diff.Meaning())
}

// end is the end of a comparison that was written.
func (d *comparison) end(err error, differs bool) error {
	if err == nil && differs && d.exitCode {
		return findings()
	}
	return err
}

// whole says what keeps a configuration from being compared: from a role that
// errors kept out, nothing can be concluded.
func (d *comparison) whole(x *side) error {
	if x.result.Fault != nil {
		return x.result.Fault
	}
	if !x.result.Incomplete {
		return nil
	}
	text, _ := render.ByName("text")
	o := d.options(d.Stderr, x.dir)
	o.Path = x.path(d.session)
	report := x.result.Report()
	if err := text.Write(d.Stderr, report, o); err != nil {
		return err
	}
	fmt.Fprintf(d.Stderr, "smr: %s cannot be compared: it has %s\n", x.name, render.Count(report.Errors, "error"))
	return findings()
}

// A side is one configuration to compare.
type side struct {
	name     string // as the command line names it
	revision string // "" for a directory
	dir      string // for paths that are shown
	result   *compiler.Result
}

// path shows files of the side as git names those of a revision, and others
// from the working directory.
func (x *side) path(s *session) func(name string) string {
	return func(name string) string {
		shown := s.shown(x.dir, name)
		if x.revision == "" || shown == "" || strings.HasPrefix(shown, "<") || strings.HasPrefix(shown, "-") || strings.HasPrefix(shown, envPrefix) {
			return shown
		}
		return x.revision + ":" + path.Join(x.dir, name)
	}
}

// side compiles a directory or a revision.
func (d *comparison) side(ctx context.Context, arg, kind string) (*side, error) {
	if kind == isRevision {
		return d.revision(ctx, arg)
	}
	c, err := d.compile(arg)
	if err != nil {
		return nil, err
	}
	return &side{name: arg, dir: c.dir, result: c.Result}, nil
}

// hasConfiguration reports whether a directory of a revision holds files of the
// language. One that cannot be read is an error, never an empty directory.
func hasConfiguration(dir fs.FS) (bool, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return false, err
	}
	has := false
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".smr") {
			continue
		}
		has = true
		if _, err := fs.Stat(dir, e.Name()); err != nil {
			return false, err
		}
	}
	return has, nil
}

// compileTree compiles the configuration of a revision. One without any file of
// the language has no roles.
func (d *comparison) compileTree(fsys fs.FS) (*compiler.Result, error) {
	has, err := hasConfiguration(fsys)
	if err != nil {
		return nil, err
	}
	if !has {
		return &compiler.Result{Stack: &ir.Stack{}}, nil
	}
	vars, err := d.variables()
	if err != nil {
		return nil, err
	}
	files, err := d.valueFiles()
	if err != nil {
		return nil, err
	}
	return compiler.Compile(compiler.Options{FS: fsys, Env: d.environment(), Vars: vars, VarFiles: files, Account: d.account}), nil
}

// here is the directory of -C.
func (s *session) here() string { return s.path(".") }
