package policyjson_test

import (
	"encoding/json"
	"flag"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/emit/emittest"
	"github.com/sagemaker-roles/smr/compiler/emit/policyjson"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

var update = flag.Bool("update", false, "rewrite the archive in testdata")

func prod() *ir.Target { return emittest.Account("ml-prod", "123456789012", "eu-west-1") }

func mustEmit(t testing.TB, stack *ir.Stack) []ir.File {
	t.Helper()
	files, diags := policyjson.Emit(stack, emit.Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return files
}

func TestGolden(t *testing.T) {
	emittest.Golden(t, "features.txtar", mustEmit(t, emittest.Features(prod())), *update)
}

// Each document is the stack's, and parses to it.
func TestDocuments(t *testing.T) {
	stack := emittest.Features(prod(), emittest.Account("dev", "210987654321", "us-east-1"))
	files := emittest.Text(mustEmit(t, stack))
	n := 0
	check := func(path string, p ir.Policy) {
		n++
		got, err := policy.Parse([]byte(files[path]))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if want := string(policy.AppendJSON(nil, p.Document)); string(policy.AppendJSON(nil, got)) != want {
			t.Errorf("%s is %s, want %s", path, files[path], want)
		}
	}
	for _, r := range stack.Roles {
		dir := r.Target.Name + "/" + r.Folder() + "/"
		check(dir+"trust.json", r.Trust)
		for _, p := range r.Managed {
			check(dir+"managed/"+p.Name+".json", p)
		}
		for _, p := range r.Inline {
			check(dir+"inline/"+p.Name+".json", p)
		}
	}
	if n+len(stack.Roles)+1 != len(files) {
		t.Errorf("%d files for %d policies and %d roles", len(files), n, len(stack.Roles))
	}
}

// The manifest lists every other file as it is, and leads from each statement
// to where it comes from.
func TestManifest(t *testing.T) {
	stack := emittest.Features(prod())
	stack.Targets[0].Quotas = map[string]ir.Quota{"attached_policies_per_role": {Value: 20}}
	files := emittest.Text(mustEmit(t, stack))
	var m struct {
		Schema string
		Files  []struct {
			Path, Digest string
			Bytes        int
		}
		Roles []struct {
			Role, ARN string
			Quotas    map[string]struct{ Used, Limit int }
			Policies  []struct {
				File, Kind string
				Size       int
				Statements []struct {
					Source, Line int
					File         string
					Override     struct {
						File string
						Line int
					}
				}
			}
		}
		Sources []struct {
			Activity, Label, File, Why string
			Line                       int
			BuiltIn                    bool `json:"built_in"`
		}
	}
	if err := json.Unmarshal([]byte(files[emit.ManifestName]), &m); err != nil {
		t.Fatal(err)
	}
	if m.Schema != "smr.manifest/1" || len(m.Files) != len(files)-1 || len(m.Roles) != 4 {
		t.Fatalf("schema %s, %d files, %d roles", m.Schema, len(m.Files), len(m.Roles))
	}
	for _, f := range m.Files {
		data, ok := files[f.Path]
		if !ok || f.Bytes != len(data) || f.Digest != emit.Digest([]byte(data)) {
			t.Errorf("%+v is not so", f)
		}
	}
	for _, r := range m.Roles {
		for _, p := range r.Policies {
			d, err := policy.Parse([]byte(files[p.File]))
			if err != nil {
				t.Fatal(err)
			}
			if p.Size != policy.Size(d) || len(p.Statements) != len(d.Statements) {
				t.Errorf("%s has %d characters in %d statements, not %d in %d", p.File, policy.Size(d), len(d.Statements), p.Size, len(p.Statements))
			}
		}
	}
	ds := m.Roles[0]
	if got := ds.Quotas["attached_policies_per_role"]; got.Used != 3 || got.Limit != 20 {
		t.Errorf("attached policies: %+v", got)
	}
	if got := m.Roles[1].Quotas["inline_policies_size"]; got.Used != m.Roles[1].Policies[1].Size || got.Limit != 10240 {
		t.Errorf("inline policies: %+v", got)
	}
	st := ds.Policies[1].Statements[0]
	source := m.Sources[st.Source]
	if st.File != "roles.smr" || st.Line != 12 || st.Override.File != "overrides.smr" || st.Override.Line != 7 ||
		source.Activity != "manage_ml_jobs" || source.Label != "S1" || !source.BuiltIn || source.Line != 5 || source.Why == "" {
		t.Errorf("statement %+v, source %+v", st, source)
	}
}

func TestAccountRequired(t *testing.T) {
	any := emittest.Any()
	one := func(change func(*ir.StackRole)) *ir.Stack {
		r := emittest.Plain(any, "x")
		r.Trust.Document = &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
			Effect: policy.Allow, Principal: &policy.Principal{Service: []string{"sagemaker.amazonaws.com"}}, Actions: []string{"sts:AssumeRole"},
		}}}
		change(r)
		return &ir.Stack{Targets: []*ir.Target{any}, Roles: []*ir.StackRole{r}}
	}
	files := mustEmit(t, one(func(*ir.StackRole) {})) // it holds none, so it is written
	if _, ok := emittest.Text(files)["any/x/trust.json"]; !ok {
		t.Error("no any/x/trust.json")
	}
	for _, c := range []struct {
		want  string
		stack *ir.Stack
	}{
		{"(here in its trust policy)", &ir.Stack{Targets: []*ir.Target{any}, Roles: []*ir.StackRole{emittest.Plain(any, "x")}}},
		{"(here in its name)", one(func(r *ir.StackRole) { r.IAMName = "x-" + policy.PseudoRegion })},
		{"(here in its permissions boundary)", one(func(r *ir.StackRole) { r.PermissionsBoundary = "arn:aws:iam::" + policy.PseudoAccount + ":policy/b" })},
		{`(here in its tag "k")`, one(func(r *ir.StackRole) { r.Tags = []ir.Tag{{Key: "k", Value: policy.PseudoAccount}} })},
		{"(here in managed_policies)", one(func(r *ir.StackRole) {
			r.Attached = []ir.Value{{Text: "arn:" + policy.PseudoPartition + ":iam::aws:policy/A"}}
		})},
		{`(here in the policy "p")`, one(func(r *ir.StackRole) {
			r.Inline = []ir.Policy{emittest.Policy("p", "a", emittest.Allow([]string{"s3:*"}, []string{"arn:" + policy.PseudoPartition + ":s3:::b"}))}
		})},
		{"ds-forecast and 3 more hold", emittest.Features(any)},
	} {
		files, diags := policyjson.Emit(c.stack, emit.Options{})
		if files != nil || len(diags) != 1 {
			t.Fatalf("%s: %d files, %v", c.want, len(files), diags)
		}
		info := diag.InfoOf(diags[0])
		if info.Code != "account-required" || info.Count != len(c.stack.Roles) || len(info.Fixes) != 1 || !strings.Contains(diags[0].Detail, c.want) {
			t.Errorf("no %q in: %s", c.want, diags[0].Detail)
		}
	}
}

// Emitting twice gives the same bytes.
func TestSame(t *testing.T) {
	a, b := emittest.Text(mustEmit(t, emittest.Many(prod(), 20))), emittest.Text(mustEmit(t, emittest.Many(prod(), 20)))
	if diff := cmp.Diff(a, b); diff != "" || len(a) != 20*10+1 {
		t.Errorf("%d files\n%s", len(a), diff)
	}
}

func BenchmarkEmit(b *testing.B) {
	stack := emittest.Many(prod(), 1000)
	b.ReportAllocs()
	for b.Loop() {
		mustEmit(b, stack)
	}
}
