package organization_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/emit/cloudformation"
	"github.com/sagemaker-roles/smr/compiler/emit/emittest"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/deploy/organization"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// many is a configuration of roles with these names.
func many(names ...string) string {
	var b strings.Builder
	b.WriteString(header)
	for _, n := range names {
		fmt.Fprintf(&b, "role %q {\n  persona = \"data_scientist\"\n  layout = \"packed\"\n  pass_roles = []\n  activity \"s3_bucket_access\" { buckets = [\"data\"] }\n}\n", n)
	}
	return b.String()
}

func names(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("r%03d", i))
	}
	return out
}

// More roles than a request holds go to several stacks; there they stay, whatever
// comes and goes beside them.
func TestParts(t *testing.T) {
	c := newCloud(t)
	all := names(30)
	good(t, run(t, c, many(all...), nil))
	where := func() map[string]string {
		out := map[string]string{}
		for name, s := range c.stacks {
			if len(s.template) > 51200 {
				t.Errorf("%s has %d bytes", name, len(s.template))
			}
			for role := range parse(t, []byte(s.template)).Roles {
				if at := out[role]; at != "" {
					t.Errorf("%s is in %s and %s", role, at, name)
				}
				out[role] = name
			}
		}
		return out
	}
	first := where()
	if len(c.stacks) < 2 || len(first) != 30 {
		t.Fatalf("%d stacks with %d roles", len(c.stacks), len(first))
	}
	// One goes, and one comes that stands before all others.
	changed := append([]string{"a-first"}, slices.DeleteFunc(slices.Clone(all), func(n string) bool { return n == "r003" })...)
	good(t, run(t, c, many(changed...), nil))
	second := where()
	for role, at := range second {
		if was := first[role]; was != "" && was != at {
			t.Errorf("%s was moved from %s to %s", role, was, at)
		}
	}
	if len(second) != 30 {
		t.Errorf("%d roles: %v", len(second), slices.Sorted(maps.Keys(second)))
	}
	c.forget()
	good(t, run(t, c, many(changed...), nil))
	if len(c.writes()) > 0 {
		t.Errorf("a second run writes %v", c.writes())
	}
	// Where all roles leave a stack, it is told and left alone.
	few := slices.DeleteFunc(slices.Clone(changed), func(n string) bool { return second["SageMaker-"+n] != "smr-roles" })
	got := run(t, c, many(few...), nil)
	good(t, got)
	if n := strings.Join(got.release.Notes, "\n"); !strings.Contains(n, "smr-roles-2 has no role of the configuration any more") {
		t.Errorf("notes %s", n)
	}
}

// A template reads as it was meant, in JSON and in YAML: every document is that
// of the stack.
func TestParse(t *testing.T) {
	for name, target := range map[string]*ir.Target{"any": emittest.Any(), "account": emittest.Account("prod", "123456789012", "eu-west-1")} {
		stack := emittest.Features(target)
		var trees []map[string]any
		for _, format := range []string{emit.JSON, emit.YAML} {
			files, diags := cloudformation.Emit(stack, emit.Options{Format: format})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			for _, f := range files {
				if f.Path == emit.ManifestName {
					continue
				}
				read := parse(t, f.Data)
				if len(read.Roles) != len(stack.Roles) || read.Project != stack.Project {
					t.Fatalf("%s as %s: %d roles of %q", name, format, len(read.Roles), read.Project)
				}
				tree := map[string]any{}
				for _, want := range stack.Roles {
					got := read.Roles[want.IAMName]
					same(t, want.IAMName+" trust", target, want.Trust.Document, got.Trust)
					docs := map[string]*policy.Document{}
					for _, s := range got.Slots {
						docs[s.Name] = s.Document
					}
					for _, p := range slices.Concat(want.Managed, want.Inline) {
						same(t, want.IAMName+" "+p.Name, target, p.Document, docs[p.Name])
					}
					if got.Boundary != want.PermissionsBoundary || got.Description != want.Description || got.Path != want.Path || len(got.Tags) != len(want.Tags) {
						t.Errorf("%s: %+v", want.IAMName, got)
					}
					tree[want.IAMName] = len(got.Slots)
				}
				trees = append(trees, tree)
			}
		}
		if d := cmp.Diff(trees[0], trees[1]); d != "" {
			t.Errorf("%s: JSON and YAML differ: %s", name, d)
		}
	}
}

// same compares a document with one of a template, which may say an account's
// id where the other has a reference.
func same(t *testing.T, what string, target *ir.Target, want, got *policy.Document) {
	t.Helper()
	if got == nil {
		t.Errorf("%s is missing", what)
		return
	}
	in := func(s string) string {
		return emit.Replace(s, target.Partition, target.Region, target.AccountID)
	}
	canonical := func(d *policy.Document) *policy.Document {
		return policy.Canonical(emit.Rewrite(d, in), policy.CanonicalOptions{KeepIDs: true})
	}
	if d := cmp.Diff(canonical(want), canonical(got)); d != "" {
		t.Errorf("%s: -want +got\n%s", what, d)
	}
}

// What smr does not write is refused, with what it is, and nothing hangs or
// panics.
func TestParseRefuses(t *testing.T) {
	const metadata = `"Metadata":{"smr":{"Project":"p"}},`
	for text, want := range map[string]string{
		``:                       "no object",
		`[]`:                     "no object",
		`{`:                      "no JSON",
		"a: [":                   "no YAML",
		"a: &x 1\nb: *x":         "alias",
		`{"Resources":{}}`:       "no metadata of smr",
		`{"Metadata":{"smr":1}}`: "",
		`{` + metadata + `"Resources":{"B":{"Type":"AWS::S3::Bucket"}}}`:                                                                                            "AWS::S3::Bucket",
		`{` + metadata + `"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{}}}}`:                                                                             "no RoleName",
		`{` + metadata + `"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":{"Fn::ImportValue":"x"}}}}}`:                                           "Fn::ImportValue",
		`{` + metadata + `"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":{"Ref":"Nothing"}}}}}`:                                                 "Nothing",
		`{` + metadata + `"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":{"Ref":"R"}}}}}`:                                                       "nested",
		`{` + metadata + `"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":{"Fn::Sub":"${"}}}}}`:                                                  "without its }",
		`{` + metadata + `"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"x","AssumeRolePolicyDocument":{"Statement":{"Effect":"Perhaps"}}}}}}`: "AssumeRolePolicyDocument",
		`{` + metadata + `"Resources":{"P":{"Type":"AWS::IAM::ManagedPolicy","Properties":{"PolicyDocument":{}}}}}`:                                                 "ManagedPolicyName",
		strings.Repeat("[", 200) + strings.Repeat("]", 200):                                                                                                         "nested",
		`{"Metadata":` + strings.Repeat(" ", 1_000_001) + `{}}`:                                                                                                     "more than CloudFormation takes",
	} {
		_, err := organization.Parse([]byte(text), organization.KnownPolicies(nil))
		if want == "" {
			if err != nil {
				t.Errorf("%.80s: %v", text, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
	}
}

// Accounts whose roles differ have stack sets of their own.
func TestGroups(t *testing.T) {
	config := `
smr { project = "forecast" }
account "a" {
  id     = "111111111111"
  region = "us-east-1"
}
account "b" {
  id     = "222222222222"
  region = "us-east-1"
}
account "c" {
  id     = "333333333333"
  region = "us-east-1"
}
role "x" {
  activity "s3_bucket_access" { buckets = ["data"] }
}
role "y" {
  accounts = ["c"]
  activity "s3_bucket_access" { buckets = ["data"] }
}
`
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(config)}}})
	if r.Diags.HasErrors() {
		t.Fatal(r.Diags)
	}
	groups, diags := organization.Groups(r.Stack)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	got := map[string]int{}
	for _, g := range groups {
		got[g.Name] = len(g.Targets)
	}
	if d := cmp.Diff(map[string]int{"a": 2, "c": 1}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	c := organizationCloud(t)
	good(t, run(t, c, config, func(o *organization.Options) { waves(o); o.Waves = []string{canary + "," + rest} }))
	if d := cmp.Diff([]string{"smr-roles-a", "smr-roles-c"}, sorted(c.sets)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if d := cmp.Diff(map[string]string{"333333333333": "CURRENT"}, c.statuses("smr-roles-c")); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	// An account whose roles become others cannot be moved to another stack set.
	c.forget()
	changed := strings.Replace(config, `accounts = ["c"]`, `accounts = ["b", "c"]`, 1)
	got2 := run(t, c, changed, func(o *organization.Options) { waves(o); o.Waves = []string{canary + "," + rest} })
	if got2.err == nil || !strings.Contains(got2.err.Error(), "The account 222222222222 has its roles by the stack set smr-roles-a") || len(c.writes()) > 0 {
		t.Errorf("error %v, writes %v", got2.err, c.writes())
	}
}
