package lower_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/txtar"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/sagemaker-roles/smr/compiler/fit"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/lower"
	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

var update = flag.Bool("update", false, "rewrite the want sections of testdata/language")

// TestLanguage runs every archive of testdata/language: its files are one
// configuration, compiled up to the layout, without the checks. Sections:
//
//	vars, env       NAME=VALUE lines: --var and SMR_VAR_
//	account         the value of --account
//	pseudo          present: pseudo parameters where accounts are declared
//	want.diag       the report, compact
//	want.roles      the roles with their settings and activities
//	want.policies   the policies, one line for each statement
//	want.trust      the trust policies
func TestLanguage(t *testing.T) {
	var files []string
	err := filepath.WalkDir("../../testdata/language", func(path string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".txtar") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatal("found no tests", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.ToSlash(file[len("../../testdata/language/"):]), ".txtar"), func(t *testing.T) {
			runArchive(t, file)
		})
	}
}

func runArchive(t *testing.T, path string) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	stack, report := compile(a)
	views := map[string]string{"want.diag": compact(report), "want.roles": roles(stack), "want.policies": policies(stack), "want.trust": trusts(stack)}
	found := false
	for i, f := range a.Files {
		got, isView := views[f.Name]
		if !isView {
			continue
		}
		found = true
		if *update {
			a.Files[i].Data = []byte(got)
		} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.Name, diff)
		}
	}
	if !found {
		t.Error("the archive wants nothing")
	}
	if len(report.Diags) > 0 && !strings.Contains(string(txtar.Format(a)), "-- want.diag --") {
		t.Errorf("unexpected diagnostics:\n%s", compact(report))
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// compile runs the pipeline up to the layout.
func compile(a *txtar.Archive) (*ir.Stack, *diag.Report) {
	in := resolve.Inputs{Version: "0.1.0", Env: map[string]string{}, Vars: map[string]string{}}
	fsys := fstest.MapFS{}
	var varFiles []dsl.File
	for _, f := range a.Files {
		switch {
		case strings.HasPrefix(f.Name, "want."):
		case f.Name == "vars":
			pairs(in.Vars, f.Data)
		case f.Name == "env":
			pairs(in.Env, f.Data)
		case f.Name == "account":
			in.Account = strings.TrimSpace(string(f.Data))
		case f.Name == "pseudo":
			in.Pseudo = true
		case strings.HasSuffix(f.Name, ".smrvars") && !strings.HasSuffix(f.Name, ".auto.smrvars"):
			varFiles = append(varFiles, dsl.File{Name: f.Name, Bytes: f.Data})
		default:
			fsys[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return compileFS(fsys, in, varFiles)
}

func compileFS(fsys fs.FS, in resolve.Inputs, varFiles []dsl.File) (*ir.Stack, *diag.Report) {
	in.FS = fsys
	files, diags := dsl.Load(fsys)
	config, more := dsl.Decode(files)
	diags = append(diags, more...)
	for _, f := range varFiles {
		config.Sources[f.Name] = f.Bytes
		values, more := dsl.DecodeValues(f, config.Budget)
		in.Values, diags = append(in.Values, values...), append(diags, more...)
	}
	prog, more := resolve.Resolve(config, in)
	diags = append(diags, more...)
	stack, more := lower.Lower(prog)
	diags = append(diags, more...)
	fit.Fit(stack)
	return stack, diag.NewReport(diags, config.Sources, config.Ignores)
}

func pairs(into map[string]string, data []byte) {
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			into[name] = value
		}
	}
}

func compact(r *diag.Report) string {
	var b strings.Builder
	for _, d := range r.Diags {
		severity := "error"
		if d.Severity == hcl.DiagWarning {
			severity = "warning"
		}
		if diag.InfoOf(d).Notice {
			severity = "notice"
		}
		fmt.Fprintf(&b, "%s: %s: %s: %s [%s]\n", place(*d.Subject), severity, d.Summary, strings.ReplaceAll(d.Detail, "\n", " "), diag.InfoOf(d).Code)
		for _, rel := range diag.InfoOf(d).Related {
			fmt.Fprintf(&b, "  %s: %s\n", place(rel.Range), rel.Message)
		}
	}
	return spell(b.String())
}

func place(r hcl.Range) string {
	end := fmt.Sprint(r.End.Column)
	if r.End.Line != r.Start.Line {
		end = fmt.Sprintf("%d:%d", r.End.Line, r.End.Column)
	}
	return fmt.Sprintf("%s:%d:%d-%s", r.Filename, r.Start.Line, r.Start.Column, end)
}

// spell writes pseudo parameters so that people can read them.
func spell(s string) string {
	return strings.NewReplacer(policy.PseudoPartition, "<partition>", policy.PseudoRegion, "<region>", policy.PseudoAccount, "<account>").Replace(s)
}

func roles(stack *ir.Stack) string {
	var b strings.Builder
	for _, r := range stack.Roles {
		fmt.Fprintf(&b, "%s in %s: %s\n", r.Address(), r.Target.Name, r.ARN())
		line := func(name, value string) {
			if value != "" {
				fmt.Fprintf(&b, "  %s %s\n", name, value)
			}
		}
		var layers []string
		for _, l := range r.Layers[:len(r.Layers)-1] {
			layers = append(layers, l.Name)
		}
		line("persona", strings.Join(layers, " "))
		line("description", r.Description)
		if r.Layout != ir.PerActivity {
			line("layout", string(r.Layout))
		}
		if r.MaxSessionDuration != 0 {
			line("session", fmt.Sprint(r.MaxSessionDuration))
		}
		line("boundary", r.PermissionsBoundary)
		for _, tag := range r.Tags {
			line("tag", tag.Key+" = "+tag.Value)
		}
		if r.PassRoles != nil {
			line("passes", strings.Join(r.PassRoles, " ")+".")
		}
		for i, c := range []*ir.Customization{r.VPC, r.KMS} {
			if c != nil {
				line([]string{"vpc", "kms"}[i], strings.Join(c.First, " ")+"; "+strings.Join(c.Second, " "))
			}
		}
		if r.Retire || r.Exclusive {
			line("lifecycle", fmt.Sprintf("retire=%t exclusive=%t", r.Retire, r.Exclusive))
		}
		line("refers to", strings.Join(r.Refs, " "))
		for _, g := range r.Activities {
			line("activity", g.Activity.Name+arguments(g))
		}
	}
	return spell(b.String())
}

func arguments(g *ir.Grant) string {
	var b strings.Builder
	for _, p := range g.Activity.Params {
		arg, ok := g.Args[p.Name]
		if !ok {
			fmt.Fprintf(&b, " %s missing", p.Name)
			continue
		}
		text, err := ctyjson.Marshal(arg.Value, arg.Value.Type())
		if err != nil {
			text = []byte(err.Error())
		}
		fmt.Fprintf(&b, " %s=%s", p.Name, text)
		if arg.Default {
			b.WriteString(" (default)")
		}
	}
	return b.String()
}

func policies(stack *ir.Stack) string {
	var b strings.Builder
	for _, r := range stack.Roles {
		fmt.Fprintf(&b, "%s in %s\n", r.Address(), r.Target.Name)
		for _, v := range r.Attached {
			fmt.Fprintf(&b, "  attached %s\n", v.Text)
		}
		for _, p := range r.Managed {
			fmt.Fprintf(&b, "  managed %s\n", p.Name)
			statements(&b, p)
		}
		for _, p := range r.Inline {
			fmt.Fprintf(&b, "  inline %s\n", p.Name)
			statements(&b, p)
		}
	}
	return spell(b.String())
}

func trusts(stack *ir.Stack) string {
	var b strings.Builder
	for _, r := range stack.Roles {
		fmt.Fprintf(&b, "%s in %s\n", r.Address(), r.Target.Name)
		statements(&b, r.Trust)
	}
	return spell(b.String())
}

// statements writes one line for each: label, effect, principal, actions,
// resources, conditions.
func statements(b *strings.Builder, p ir.Policy) {
	for i, s := range p.Document.Statements {
		fmt.Fprintf(b, "    %s: %s", p.Origins[i].Label, s.Effect)
		if s.SID != "" {
			fmt.Fprintf(b, " %q", s.SID)
		}
		list := func(word string, values []string) {
			if len(values) > 0 {
				fmt.Fprintf(b, " %s %s", word, strings.Join(values, " "))
			}
		}
		if s.Principal != nil {
			list("service", s.Principal.Service)
			list("aws", s.Principal.AWS)
			list("federated", s.Principal.Federated)
		}
		list("do", s.Actions)
		list("not", s.NotActions)
		list("on", s.Resources)
		list("not on", s.NotResources)
		for _, c := range s.Conditions {
			fmt.Fprintf(b, " if %s %s %s", c.Operator, c.Key, strings.Join(c.Values, " | "))
		}
		b.WriteByte('\n')
	}
}
