package terraform_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/emit/emittest"
	"github.com/sagemaker-roles/smr/compiler/emit/terraform"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

var update = flag.Bool("update", false, "rewrite the archives in testdata")

const prodID = "123456789012"

func prod() *ir.Target { return emittest.Account("ml-prod", prodID, "eu-west-1") }

func mustEmit(t interface{ Fatal(...any) }, stack *ir.Stack) []ir.File {
	files, diags := terraform.Emit(stack, emit.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return files
}

// sources are the files but the manifest.
func sources(files []ir.File) []ir.File {
	return slices.DeleteFunc(slices.Clone(files), func(f ir.File) bool { return f.Path == emit.ManifestName })
}

func TestGolden(t *testing.T) {
	emittest.Golden(t, "any.txtar", mustEmit(t, emittest.Features(emittest.Any())), *update)
	emittest.Golden(t, "accounts.txtar", sources(mustEmit(t, emittest.Features(prod(), emittest.Account("dev", "210987654321", "us-east-1")))), *update)
}

// What Terraform makes of the files is what policyjson writes for the account.
func TestApplied(t *testing.T) {
	want := desired(t, emittest.Features(prod()), "ml-prod")
	if len(want) != 13 {
		t.Fatalf("%d files to compare with", len(want))
	}
	for name, c := range map[string]struct {
		stack *ir.Stack
		dir   string
	}{
		"any":     {emittest.Features(emittest.Any()), ""},
		"literal": {emittest.Features(prod()), ""},
		"several": {emittest.Features(emittest.Account("dev", "210987654321", "us-east-1"), prod()), "ml-prod/"},
	} {
		got, err := apply(mustEmit(t, c.stack), c.dir, prodID, "aws", "eu-west-1")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Any text of a policy reaches IAM as it was meant.
func TestTextSurvives(t *testing.T) {
	pieces := []string{
		"${aws:username}", "${", "}", "$", "$$", "$${", "{", "%", "%%", "%{", "%%{", "%{if x}", "!", "*", "'", `"`, `\`, ":", "\n", " ", "é", "~",
		policy.PseudoAccount, policy.PseudoPartition, policy.PseudoRegion, "<<EOF", "${data.x}",
	}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 6).Draw(t, "pieces"), "")
		stack := func(target *ir.Target, text string) *ir.Stack {
			r := emittest.Plain(target, "x")
			r.Description = text
			r.Tags = []ir.Tag{{Key: "k", Value: text}, {Key: "x" + text, Value: ""}}
			r.Trust.Document.Statements[0].Conditions[0].Values = []string{text, "b"}
			r.Managed = []ir.Policy{emittest.Policy("p", "a", emittest.Allow([]string{"s3:*"}, []string{text}))}
			return &ir.Stack{Targets: []*ir.Target{target}, Roles: []*ir.StackRole{r}}
		}
		meant := emit.Replace(text, "aws", "eu-west-1", prodID)
		want := desired(t, stack(prod(), meant), "ml-prod")
		files := mustEmit(t, stack(emittest.Any(), text))
		got, err := apply(files, "", prodID, "aws", "eu-west-1")
		if err != nil {
			t.Fatalf("%v\n%s", err, files[1].Data)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", text, diff)
		}
	})
}

func TestSchema(t *testing.T) {
	schema := readSchema(t)
	stacks := map[string]*ir.Stack{
		"any":      emittest.Features(emittest.Any()),
		"accounts": emittest.Features(prod(), emittest.Account("dev", "210987654321", "us-east-1")),
		"names":    names("override", "a_override", "smr", "9x", "_9x"),
	}
	examples, err := filepath.Glob("../../../examples/*/roles.smr")
	if err != nil || len(examples) == 0 {
		t.Fatalf("found no examples: %v", err)
	}
	for _, e := range examples {
		r := compiler.Compile(compiler.Options{FS: os.DirFS(filepath.Dir(e))})
		if r.Diags.HasErrors() {
			t.Fatalf("%s: %v", e, r.Diags)
		}
		stacks[e] = r.Stack
	}
	for name, stack := range stacks {
		for _, f := range sources(mustEmit(t, stack)) {
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(f.Data))
			if err != nil {
				t.Fatalf("%s, %s: %v", name, f.Path, err)
			}
			if err := schema.Validate(v); err != nil {
				t.Errorf("%s, %s: %v", name, f.Path, err)
			}
		}
	}
}

// The schema refuses what the provider would.
func TestSchemaRefuses(t *testing.T) {
	schema := readSchema(t)
	good := string(sources(mustEmit(t, emittest.Features(prod())))[0].Data)
	for _, c := range []struct{ what, old, new string }{
		{"an unknown argument", `"assume_role_policy"`, `"trust_policy"`},
		{"a number in text", `"max_session_duration": 14400`, `"max_session_duration": "4h"`},
		{"a role by its IAM name", `"role_name": "${aws_iam_role.ds-forecast.name}"`, `"role_name": "SageMaker-ds-forecast"`},
		{"an unknown resource", `"aws_iam_role_policies_exclusive"`, `"aws_iam_role_policies"`},
		{"a name that is no identifier", `"ds-forecast__Statements": {`, `"1 x": {`},
	} {
		if !strings.Contains(good, c.old) {
			t.Fatalf("%s: no %s in\n%s", c.what, c.old, good)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.ReplaceAll(good, c.old, c.new)))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(v) == nil {
			t.Errorf("accepts %s", c.what)
		}
	}
}

func readSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("testdata/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func names(labels ...string) *ir.Stack {
	target := prod()
	s := &ir.Stack{Targets: []*ir.Target{target}}
	for _, l := range labels {
		r := emittest.Plain(target, l)
		r.Managed = []ir.Policy{emittest.Policy("SM_Jobs_"+l, "a", emittest.Allow([]string{"s3:*"}, []string{"*"}))}
		r.Attached = []ir.Value{{Text: "arn:aws:iam::aws:policy/X"}, {Text: "arn:aws:iam::aws:policy/path/X"}}
		s.Roles = append(s.Roles, r)
	}
	return s
}

// No role's file is one that Terraform reads otherwise, no two resources have
// one name, and policies of like names stay apart.
func TestNames(t *testing.T) {
	stack := names("ds_override", "ds_override_role", "override", "smr", "smr_role", "9x", "_9x", "a", "a__b")
	stack.Roles[7].Managed = append(stack.Roles[7].Managed, emittest.Policy("b__c", "", emittest.Allow([]string{"s3:*"}, []string{"*"})))
	stack.Roles[8].Managed = append(stack.Roles[8].Managed, emittest.Policy("c", "", emittest.Allow([]string{"s3:*"}, []string{"*"})))
	files := sources(mustEmit(t, stack))
	var paths []string
	for _, f := range files {
		paths = append(paths, f.Path)
	}
	want := []string{
		"9x.tf.json", "_9x.tf.json", "a.tf.json", "a__b.tf.json", "ds_override_role.tf.json", "ds_override_role_2.tf.json",
		"override_role.tf.json", "smr.tf.json", "smr_role.tf.json", "smr_role_2.tf.json",
	}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got, err := apply(mustEmit(t, stack), "", prodID, "aws", "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(desired(t, stack, "ml-prod"), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDuplicateFolder(t *testing.T) {
	target := prod()
	a, b := emittest.Plain(target, "a-b"), emittest.Plain(target, "A")
	b.Key = "b"
	_, diags := terraform.Emit(&ir.Stack{Targets: []*ir.Target{target}, Roles: []*ir.StackRole{a, b}}, emit.Options{})
	if len(diags) != 1 || diag.InfoOf(diags[0]).Code != "duplicate-folder" || !strings.Contains(diags[0].Detail, `A["b"]`) || !strings.Contains(diags[0].Detail, "a-b") {
		t.Error(diags)
	}
}

func TestManifest(t *testing.T) {
	files := mustEmit(t, emittest.Features(prod()))
	var m struct {
		Schema, Target string
		Roles          []struct{ Role, File, Resource string }
	}
	for _, f := range files {
		if f.Path == emit.ManifestName {
			if err := json.Unmarshal(f.Data, &m); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := fmt.Sprint(m)
	if want := `{smr.manifest/1 terraform [{ds-forecast ds-forecast.tf.json aws_iam_role.ds-forecast} {team["alpha"] team-alpha.tf.json aws_iam_role.team-alpha} {team["beta"] team-beta.tf.json aws_iam_role.team-beta} {train train.tf.json aws_iam_role.train}]}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func BenchmarkEmit(b *testing.B) {
	stack := emittest.Many(prod(), 1000)
	for b.Loop() {
		mustEmit(b, stack)
	}
}
