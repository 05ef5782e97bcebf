package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/preflight"
	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/comment"
	"github.com/sagemaker-roles/smr/review/gate"
	"github.com/sagemaker-roles/smr/review/git"
)

// A judged is a review before it is published.
type judged struct {
	input *comment.Input
	base  *compiler.Result
	head  *compiler.Result
	lines map[string][]git.Lines // that the change adds, by file
	close func()

	comment int64  // on the pull request, 0 if there is none
	status  string // what became of it

	sarif, report, page string // files that were written
}

// judge compares and decides.
func (r *reviewing) judge(ctx context.Context, ev *event, failOn gate.Level) (*judged, error) {
	resolver, closing, err := r.resolver(ev)
	if err != nil {
		return nil, err
	}
	done := &judged{close: closing, sarif: r.sarif, report: r.report, page: r.page}
	ok := false
	defer func() {
		if !ok {
			closing()
		}
	}()
	prefix, err := r.prefix(resolver.Repository)
	if err != nil {
		return nil, err
	}
	change := ev.change
	change.Revision = r.base
	compared, err := resolver.Resolve(ctx, change)
	if err != nil {
		return nil, err
	}
	if compared.Head == "" {
		fmt.Fprintln(r.log(), "smr: the branch was deleted, there is nothing to review")
		return nil, nil
	}
	fmt.Fprintf(r.log(), "smr: %s\n", compared.How)
	read, err := r.read(ctx, resolver, compared, prefix)
	if err != nil {
		return nil, err
	}
	done.base, done.head = read.base, read.head
	verdict, diff, err := r.verdict(ctx, ev, read.rules, done, read.headDir, failOn)
	if err != nil {
		return nil, err
	}
	owned := owners(ctx, resolver, compared.Rules, prefix)
	if r.onGitHub() {
		if err := unowned(verdict, read.headDir, read.baseDir, owned); err != nil {
			return nil, err
		}
	}
	done.lines = changedLines(read.baseDir, read.headDir)
	done.input = &comment.Input{
		Diff: diff, Verdict: verdict, Invalid: errorsOf(read.head), BaseInvalid: read.base.Incomplete,
		Server: r.env("GITHUB_SERVER_URL"), Repository: r.env("GITHUB_REPOSITORY"),
		Head: string(compared.Head), Base: string(compared.Base), Branch: ev.change.BaseBranch,
		Directory: prefix, Several: r.several > 1, Report: r.runURL(), Owners: strings.Join(owned, " "),
	}
	if ev.pull != nil {
		done.input.Head = string(ev.pull.Head)
	}
	ok = true
	return done, nil
}

// A pair is what is compared, and the rules that judge it.
type pair struct {
	baseDir, headDir  *git.Tree
	base, head, rules *compiler.Result
}

// read compiles the directory in the commits of a comparison.
func (r *reviewing) read(ctx context.Context, resolver *git.Resolver, compared *git.Comparison, prefix string) (*pair, error) {
	values, err := r.frozenValues(ctx, resolver, compared)
	if err != nil {
		return nil, err
	}
	at := func(id git.ID) (*git.Tree, *compiler.Result, error) {
		tree, err := resolver.Tree(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		dir, err := tree.Directory(prefix)
		if err != nil {
			return nil, nil, err
		}
		files, err := values(tree)
		if err != nil {
			return nil, nil, err
		}
		result, err := r.compileFrozen(dir, files)
		return dir, result, err
	}
	p := &pair{}
	// Both sides take as long as each other, and are compiled at once.
	var baseErr error
	var base sync.WaitGroup
	base.Go(func() { p.baseDir, p.base, baseErr = at(compared.Base) })
	p.headDir, p.head, err = at(compared.Head)
	base.Wait()
	if baseErr != nil {
		return nil, fmt.Errorf("the base %s: %w", compared.Base.Short(), baseErr)
	}
	if err != nil {
		return nil, fmt.Errorf("the commit %s: %w", compared.Head.Short(), err)
	}
	if countRoles(p.base)+countRoles(p.head) <= fewRoles {
		debug.SetMemoryLimit(fewMemory)
	}
	p.rules = p.base
	if compared.Rules != compared.Base {
		if _, p.rules, err = at(compared.Rules); err != nil {
			return nil, fmt.Errorf("the rules of %s: %w", compared.Rules.Short(), err)
		}
	}
	return p, nil
}

// What comparing and showing so many roles of both sides should stay below, in
// bytes. More roles take more, and would be slow if they were held to it.
const (
	fewRoles  = 4_000
	fewMemory = 448 << 20
)

func countRoles(c *compiler.Result) int {
	if c.Stack == nil { // nothing could be read
		return 0
	}
	return len(c.Stack.Roles)
}

// verdict compares both sides and asks the gate.
func (r *reviewing) verdict(ctx context.Context, ev *event, rules *compiler.Result, done *judged, headDir fs.FS, failOn gate.Level) (*gate.Verdict, *review.Diff, error) {
	diff, err := review.Compare(done.base, done.head, review.Options{})
	if err != nil {
		return nil, nil, err
	}
	said, err := gate.Guardrails(rules, done.head)
	if err != nil {
		return nil, nil, err
	}
	by, wrong := gate.ReadRules(rules, failOn)
	if wrong != nil {
		// Nothing may be concluded from rules that cannot be read but that
		// everything new needs approval.
		by = gate.Rules{FailOn: gate.Any}
		said = append(said, review.Finding{
			Severity: "warning", Code: "unread-review-rules", Summary: "Review rules cannot be read",
			Detail: wrong.Error() + ". Until they can, everything new needs approval in " + gate.File + ".",
		})
	} else {
		said = append(said, gate.RulesChanged(by, done.head)...)
	}
	approvals, more, err := readApprovals(headDir)
	if err != nil {
		return nil, nil, err
	}
	said = append(said, more...)
	errs := done.head.Report().Errors
	v := gate.Judge(diff, by, approvals, errs)
	if len(v.Open()) > 0 {
		if more := r.approvals(ctx, ev, by); len(more) > 0 {
			v = gate.Judge(diff, by, append(approvals, more...), errs)
		}
	}
	v.Findings = append(v.Findings, said...)
	return v, diff, nil
}

// unowned adds to a verdict that a change approves itself.
func unowned(v *gate.Verdict, head, base fs.FS, owners []string) error {
	ours, _, err := readApprovals(head)
	if err != nil {
		return err
	}
	theirs, _, err := readApprovals(base)
	if err != nil {
		return err
	}
	v.Findings = append(v.Findings, gate.Unowned(v, ours, theirs, owners)...)
	return nil
}

// readApprovals reads the file with approvals of the commit that is reviewed.
func readApprovals(dir fs.FS) ([]gate.Approval, []review.Finding, error) {
	data, err := fs.ReadFile(dir, gate.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	list, said := gate.ParseApprovals(data)
	return list, said, nil
}

// compileFrozen compiles the configuration of a revision with the variables of
// the command line alone. One without any file of the language has no roles.
func (r *reviewing) compileFrozen(dir fs.FS, files []dsl.File) (*compiler.Result, error) {
	has, err := hasConfiguration(dir)
	if err != nil {
		return nil, err
	}
	if !has {
		return &compiler.Result{Config: &dsl.Config{}, Stack: &ir.Stack{}}, nil
	}
	vars, err := r.variables()
	if err != nil {
		return nil, err
	}
	result := preflight.Join(compiler.Compile(compiler.Options{FS: dir, Vars: vars, VarFiles: files, Account: r.account}))
	return result, result.Fault
}

// errorsOf are the errors of a configuration.
func errorsOf(c *compiler.Result) []review.Finding {
	var out []review.Finding
	for _, d := range c.Report().Diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		f := review.Finding{Severity: "error", Code: diag.InfoOf(d).Code, Summary: d.Summary, Detail: d.Detail}
		if d.Subject != nil {
			f.File, f.Line = emit.Source(*d.Subject)
			f.EndLine = max(f.Line, d.Subject.End.Line)
		}
		out = append(out, f)
	}
	return out
}

// changedLines are the lines that the change adds. They only place annotations,
// so that files which cannot be read leave them where they are.
func changedLines(base, head fs.FS) map[string][]git.Lines {
	names, err := fs.Glob(head, "*.smr")
	if err != nil {
		return nil
	}
	lines, err := git.ChangedLines(base, head, names)
	if err != nil {
		return nil
	}
	return lines
}

// prefix is the configuration's directory in the repository.
func (r *reviewing) prefix(repo *git.Repository) (string, error) {
	if repo == nil {
		dir := strings.TrimPrefix(r.dir, "./")
		if !fs.ValidPath(dir) {
			return "", usagef("%s: without a checkout, the directory is a path in the repository", r.dir)
		}
		return dir, nil
	}
	full := r.path(r.dir)
	if info, err := os.Stat(full); err == nil && !info.IsDir() {
		return "", usagef("%s is a file. A configuration is a directory with .smr files: name that", r.dir)
	}
	return repo.Prefix(full)
}

// codeownersFiles are where GitHub looks, in its order (GitHub Docs, "About code
// owners").
func codeownersFiles() []string {
	return []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}
}

// owners are who has to approve changes of the approvals file, by CODEOWNERS of
// a commit.
func owners(ctx context.Context, resolver *git.Resolver, commit git.ID, prefix string) []string {
	tree, err := resolver.Tree(ctx, commit)
	if err != nil {
		return nil
	}
	for _, name := range codeownersFiles() {
		if data, err := fs.ReadFile(tree, name); err == nil {
			return gate.Owners(data, path.Join(prefix, gate.File))
		}
	}
	return nil
}
