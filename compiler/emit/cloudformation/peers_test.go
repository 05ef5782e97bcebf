package cloudformation_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/emit/emittest"
	"github.com/sagemaker-roles/smr/compiler/emit/peertest"
	"github.com/sagemaker-roles/smr/compiler/ir"
)

// twoHundred is a configuration of 200 roles without an account: most train,
// some are data scientists who pass those roles.
const twoHundred = `
smr {
  project = "wide"
  edition = "2026"
}
role "train" {
  for_each = toset([for i in range(150) : "t${i}"])
  persona  = "compute"
  activity "access_required_aws_services" {
    s3_buckets       = ["data-${each.key}"]
    ecr_repositories = []
  }
}
role "science" {
  for_each   = toset([for i in range(50) : "s${i}"])
  persona    = "data_scientist"
  layout     = "packed"
  pass_roles = [role.train["t1"].arn]
  activity "s3_bucket_access" { buckets = ["data-${each.key}"] }
}
`

func compile(t *testing.T, fsys fs.FS) *ir.Stack {
	t.Helper()
	r := compiler.Compile(compiler.Options{FS: fsys})
	if r.Diags.HasErrors() {
		t.Fatal(r.Diags)
	}
	return r.Stack
}

// write writes templates below a directory of their own and returns their
// paths.
func write(t *testing.T, files []ir.File) []string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for _, f := range templates(files) {
		path := filepath.Join(dir, f.Path)
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func TestCfnLint(t *testing.T) {
	t.Parallel()
	peertest.Program(t, "cfn-lint")
	var paths []string
	lint := func(stack *ir.Stack) {
		for _, format := range []string{emit.YAML, emit.JSON} {
			paths = append(paths, write(t, mustEmit(t, stack, emit.Options{Format: format}))...)
		}
	}
	lint(emittest.Features(emittest.Any()))
	lint(emittest.Features(prod(), dev()))
	examples, err := filepath.Glob("../../../examples/*/roles.smr")
	if err != nil || len(examples) == 0 {
		t.Fatalf("found no examples: %v", err)
	}
	for _, e := range examples {
		lint(compile(t, os.DirFS(filepath.Dir(e))))
	}
	if said := peertest.Lint(t, paths...); said != "" {
		t.Errorf("cfn-lint says:\n%s", said)
	}
}

func TestCfnLintWide(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 20 s")
	}
	t.Parallel()
	peertest.Program(t, "cfn-lint")
	stack := compile(t, fstest.MapFS{"roles.smr": {Data: []byte(twoHundred)}})
	if len(stack.Roles) != 200 {
		t.Fatalf("%d roles", len(stack.Roles))
	}
	paths := write(t, mustEmit(t, stack, emit.Options{Split: true}))
	if said := peertest.Lint(t, paths...); said != "" {
		t.Errorf("cfn-lint says:\n%s", said)
	}
}

// cfn-lint reads YAML 1.1, as CloudFormation does: it must find in a template's
// YAML what its JSON says.
func TestReadAsYAML11(t *testing.T) {
	t.Parallel()
	python := peertest.Program(t, "python")
	stack := emittest.Features(emittest.Any())
	for i, text := range []string{"no", "y", "1:30", "0777", "1_000", "~", "null", "2001-12-14", "=", "<<", "0x1F", ".inf", "- a", "a: b", "a #b", "é\tü", "190:20:30", "+1", "1e3", "!x", "*a", "&a", "%a", "@a", "`a", "'", "\"", "|", ">", "? a", "{a}", "[a]", ",a", "a:", " a ", "a\nb\n", "On", "TRUE"} {
		r := emittest.Plain(stack.Targets[0], fmt.Sprintf("text-%d", i))
		r.Description = text
		stack.Roles = append(stack.Roles, r)
	}
	yaml := write(t, mustEmit(t, stack, emit.Options{}))[0]
	out, err := exec.Command(python, "-c", `import json, sys
from cfnlint.decode import cfn_yaml
print(json.dumps(cfn_yaml.load(sys.argv[1])))`, yaml).Output()
	if err != nil {
		t.Fatalf("%v", err)
	}
	var got, want map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(templates(mustEmit(t, stack, emit.Options{Format: emit.JSON}))[0].Data, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("YAML 1.1 differs from JSON (-want +got):\n%s", diff)
	}
}

// A stack that moto makes holds the roles and policies that policyjson writes.
// moto ignores ManagedPolicyArns and answers inline documents in Python's
// spelling, so those two are left to TestDeployed.
func TestMoto(t *testing.T) {
	t.Parallel()
	moto := peertest.StartMoto(t)
	account := emittest.Account("moto", prodID, "us-east-1")
	type stacks struct{ emitted, literal *ir.Stack }
	cases := map[string]stacks{
		"any":     {emittest.Features(emittest.Any()), emittest.Features(account)},
		"literal": {emittest.Features(account), emittest.Features(account)},
		"shared":  {emittest.Features(account, dev()), emittest.Features(account, dev())},
	}
	examples, err := filepath.Glob("../../../examples/*/roles.smr")
	if err != nil || len(examples) == 0 {
		t.Fatalf("found no examples: %v", err)
	}
	for _, e := range examples {
		dir := filepath.Dir(e)
		c := stacks{emitted: compile(t, os.DirFS(dir))}
		c.literal = c.emitted
		if c.emitted.Targets[0].Any {
			c.literal = compile(t, withAccount(t, dir, account))
		}
		cases[filepath.Base(dir)] = c
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			moto.Reset(t)
			files := mustEmit(t, c.emitted, emit.Options{})
			for i, target := range c.literal.Targets {
				template := serving(t, files, c.emitted.Targets[i].Name)[0]
				moto.Call(t, target.AccountID, "cloudformation", "CreateStack", map[string]string{
					"StackName": "smr", "TemplateBody": string(template.Data), "Capabilities.member.1": "CAPABILITY_NAMED_IAM",
				}, nil)
				want := desired(t, c.literal, target.Name)
				for path, v := range maps.Clone(want) {
					switch _, name, _ := strings.Cut(path, "/"); {
					case name == "role.json":
						delete(v.(map[string]any), "ManagedPolicyArns")
					case name != "trust.json":
						delete(want, path)
						if strings.HasPrefix(name, "managed/") {
							want[name] = v
						}
					}
				}
				if diff := cmp.Diff(want, live(t, moto, target.AccountID)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", target.Name, diff)
				}
			}
		})
	}
}

// withAccount is the configuration in dir, with an account declared.
func withAccount(t *testing.T, dir string, account *ir.Target) fs.FS {
	t.Helper()
	fsys := fstest.MapFS{"declared_account.smr": {Data: fmt.Appendf(nil, "account %q {\n  id = %q\n  region = %q\n}\n", account.Name, account.AccountID, account.Region)}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			data, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			fsys[e.Name()] = &fstest.MapFile{Data: data}
		}
	}
	return fsys
}

type role struct {
	RoleName, Path, Description, AssumeRolePolicyDocument string
	MaxSessionDuration                                    int
	Boundary                                              string                        `xml:"PermissionsBoundary>PermissionsBoundaryArn"`
	Tags                                                  []struct{ Key, Value string } `xml:"Tags>member"`
}

// live reads the account in the form of desired, but for policies, which have
// no role's folder.
func live(t *testing.T, moto *peertest.Moto, account string) map[string]any {
	t.Helper()
	made := map[string]any{}
	var list struct {
		Names []string `xml:"ListRolesResult>Roles>member>RoleName"`
	}
	moto.Call(t, account, "iam", "ListRoles", map[string]string{"PathPrefix": "/smr/"}, &list)
	for _, name := range list.Names {
		var answer struct {
			Role role `xml:"GetRoleResult>Role"`
		}
		moto.Call(t, account, "iam", "GetRole", map[string]string{"RoleName": name}, &answer)
		r := answer.Role
		p := map[string]any{"RoleName": r.RoleName, "Path": r.Path}
		if r.Description != "" {
			p["Description"] = r.Description
		}
		if r.MaxSessionDuration != 3600 {
			p["MaxSessionDuration"] = float64(r.MaxSessionDuration)
		}
		if r.Boundary != "" {
			p["PermissionsBoundary"] = r.Boundary
		}
		tags := []any{}
		for _, tag := range r.Tags {
			tags = append(tags, map[string]any{"Key": tag.Key, "Value": tag.Value})
		}
		p["Tags"] = tags
		made[name+"/role.json"] = p
		made[name+"/trust.json"] = document(t, r.AssumeRolePolicyDocument)
	}
	var policies struct {
		ARNs []string `xml:"ListPoliciesResult>Policies>member>Arn"`
	}
	moto.Call(t, account, "iam", "ListPolicies", map[string]string{"Scope": "Local"}, &policies)
	for _, arn := range policies.ARNs {
		var answer struct {
			Document string `xml:"GetPolicyVersionResult>PolicyVersion>Document"`
		}
		moto.Call(t, account, "iam", "GetPolicyVersion", map[string]string{"PolicyArn": arn, "VersionId": "v1"}, &answer)
		made["managed/"+arn[strings.LastIndexByte(arn, '/')+1:]+".json"] = document(t, answer.Document)
	}
	return made
}

// document reads a policy document, which moto percent-encodes in some answers.
func document(t *testing.T, text string) any {
	t.Helper()
	if strings.HasPrefix(text, "%7B") {
		var err error
		if text, err = url.PathUnescape(text); err != nil {
			t.Fatal(err)
		}
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
