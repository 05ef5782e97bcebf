package cloudformation_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"pgregory.net/rapid"

	"github.com/sagemaker-roles/smr/compiler/emit"
	"github.com/sagemaker-roles/smr/compiler/emit/cloudformation"
	"github.com/sagemaker-roles/smr/compiler/emit/emittest"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

var update = flag.Bool("update", false, "rewrite the archives in testdata")

const (
	prodID = "123456789012"
	devID  = "123456789013" // shares eleven digits with prodID
)

func prod() *ir.Target { return emittest.Account("ml-prod", prodID, "eu-west-1") }
func dev() *ir.Target  { return emittest.Account("ml-dev", devID, "eu-west-1") }

type fataler interface {
	Helper()
	Fatal(...any)
}

func mustEmit(t fataler, stack *ir.Stack, o emit.Options) []ir.File {
	t.Helper()
	files, diags := cloudformation.Emit(stack, o)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return files
}

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		archive string
		stack   *ir.Stack
		options emit.Options
	}{
		{"any.txtar", emittest.Features(emittest.Any()), emit.Options{}},
		{"any_json.txtar", emittest.Features(emittest.Any()), emit.Options{Format: emit.JSON}},
		{"accounts.txtar", emittest.Features(prod(), dev(), emittest.Account("us", "210987654321", "us-east-1")), emit.Options{}},
	} {
		emittest.Golden(t, c.archive, mustEmit(t, c.stack, c.options), *update)
	}
}

// A stack made from a template is what policyjson writes for the account.
func TestDeployed(t *testing.T) {
	want := desired(t, emittest.Features(prod()), "ml-prod")
	if len(want) != 13 {
		t.Fatalf("%d files to compare with", len(want))
	}
	for name, stack := range map[string]*ir.Stack{
		"any":     emittest.Features(emittest.Any()),
		"literal": emittest.Features(prod()),
		"shared":  emittest.Features(dev(), prod()),
	} {
		for _, format := range []string{emit.YAML, emit.JSON} {
			files := templates(mustEmit(t, stack, emit.Options{Format: format}))
			if len(files) != 1 {
				t.Fatalf("%s: %d templates", name, len(files))
			}
			got, err := deploy(files, prodID, "aws", "eu-west-1")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s as %s (-want +got):\n%s", name, format, diff)
			}
		}
	}
}

// Any text of a policy reaches IAM as it was meant, in both formats.
func TestTextSurvives(t *testing.T) {
	pieces := []string{
		"${aws:username}", "${", "}", "${!aws:x}", "$", "{", "!", "%{", "*", "?", "'", `"`, `\`, ":", ": ", " #", "\n", "\t", " ", "é", "no",
		"0", "1:30", "~", "&a", "- ", "${aws:PrincipalTag/team, 'x'}", "AWS::AccountId", "\u0085", "\u00a0",
		policy.PseudoAccount, policy.PseudoPartition, policy.PseudoRegion, "arn:", "null", "2012-10-17", "=", "<<", ".5", "0x1f", "1_000",
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", policy.PseudoAccount, policy.PseudoRegion}).Draw(t, "start") +
			strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 6).Draw(t, "pieces"), "")
		stack := func(target *ir.Target, text string) *ir.Stack {
			r := emittest.Plain(target, "x")
			r.Description = text
			r.Tags = []ir.Tag{{Key: "k", Value: text}}
			r.Trust.Document.Statements[0].Conditions[0].Values = []string{text, "b"}
			r.Managed = []ir.Policy{emittest.Policy("p", "a", emittest.Allow([]string{"s3:*"}, []string{text}))}
			return &ir.Stack{Targets: []*ir.Target{target}, Roles: []*ir.StackRole{r}}
		}
		meant := emit.Replace(text, "aws", "eu-west-1", prodID)
		want := desired(t, stack(prod(), meant), "ml-prod")
		for _, format := range []string{emit.YAML, emit.JSON} {
			files := templates(mustEmit(t, stack(emittest.Any(), text), emit.Options{Format: format}))
			got, err := deploy(files, prodID, "aws", "eu-west-1")
			if err != nil {
				t.Fatalf("%v\n%s", err, files[0].Data)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%q as %s (-want +got):\n%s\n%s", text, format, diff, files[0].Data)
			}
		}
	})
}

// Accounts share a template only where it means for each what was written for
// it, also where one account's id stands in the roles of all.
func TestSharing(t *testing.T) {
	ids := []string{prodID, devID, "210987654321", "111111111111"}
	regions := []string{"eu-west-1", "us-east-1"}
	rapid.Check(t, func(t *rapid.T) {
		var targets []*ir.Target
		n := rapid.IntRange(1, 4).Draw(t, "accounts")
		for i := range n {
			targets = append(targets, emittest.Account(fmt.Sprintf("a%d", i), ids[i], rapid.SampledFrom(regions).Draw(t, "region")))
		}
		stack := &ir.Stack{Targets: targets}
		alternatives := rapid.SliceOfN(rapid.SampledFrom([]string{"OWN", "REGION", prodID, devID, "0", "x", ":"}), 1, 5)
		text := alternatives.Draw(t, "text")
		other := alternatives.Draw(t, "other")
		for _, target := range targets {
			r := emittest.Plain(target, "x")
			pieces := text
			if rapid.IntRange(0, 3).Draw(t, "which") == 0 {
				pieces = other
			}
			s := strings.NewReplacer("OWN", target.AccountID, "REGION", target.Region).Replace(strings.Join(pieces, ""))
			r.Trust.Document.Statements[0].Conditions[0].Values = []string{s}
			r.PermissionsBoundary = s
			stack.Roles = append(stack.Roles, r)
		}
		files := mustEmit(t, stack, emit.Options{})
		for _, target := range targets {
			mine := serving(t, files, target.Name)
			if len(mine) != 1 {
				t.Fatalf("%s has %d templates", target.Name, len(mine))
			}
			got, err := deploy(mine, target.AccountID, "aws", target.Region)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(desired(t, stack, target.Name), got); diff != "" {
				t.Fatalf("%s (-want +got):\n%s\n%s", target.Name, diff, mine[0].Data)
			}
		}
	})
}

func TestTemplatesPerAccounts(t *testing.T) {
	hub := func(t *ir.Target) *ir.StackRole {
		r := emittest.Plain(t, "x")
		r.PermissionsBoundary = "arn:aws:iam::" + prodID + ":policy/hub"
		return r
	}
	us := emittest.Account("us", "210987654321", "us-east-1")
	cn := emittest.Account("cn", "210987654322", "cn-north-1")
	cn.Partition = "aws-cn"
	for _, c := range []struct {
		name    string
		targets []*ir.Target
		role    func(*ir.Target) *ir.StackRole
		want    []string
	}{
		{"the same roles", []*ir.Target{prod(), dev()}, func(t *ir.Target) *ir.StackRole { return emittest.Plain(t, "x") }, []string{"ml-prod.yaml"}},
		{"one account's id in all", []*ir.Target{dev(), prod(), emittest.Account("c", "111111111111", "eu-west-1")}, hub, []string{"ml-dev.yaml"}},
		{"another Region", []*ir.Target{prod(), us, dev()}, func(t *ir.Target) *ir.StackRole { return emittest.Plain(t, "x") }, []string{"ml-prod.yaml", "us.yaml"}},
		{"another partition", []*ir.Target{prod(), cn}, func(t *ir.Target) *ir.StackRole { return emittest.Plain(t, "x") }, []string{"cn.yaml", "ml-prod.yaml"}},
		{"a role of one account", []*ir.Target{prod(), dev()}, func(t *ir.Target) *ir.StackRole { return emittest.Plain(t, t.Name) }, []string{"ml-dev.yaml", "ml-prod.yaml"}},
		{"no role in one account", []*ir.Target{prod(), dev()}, func(t *ir.Target) *ir.StackRole {
			if t.Name == "ml-prod" {
				return nil
			}
			return emittest.Plain(t, "x")
		}, []string{"ml-dev.yaml"}},
	} {
		stack := &ir.Stack{Targets: c.targets}
		for _, target := range c.targets {
			if r := c.role(target); r != nil {
				stack.Roles = append(stack.Roles, r)
			}
		}
		var got []string
		for _, f := range templates(mustEmit(t, stack, emit.Options{})) {
			got = append(got, f.Path)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestLogicalIDs(t *testing.T) {
	roles := func(labels ...string) *ir.Stack {
		target := emittest.Any()
		s := &ir.Stack{Targets: []*ir.Target{target}}
		for _, l := range labels {
			r := emittest.Plain(target, l)
			r.Managed = []ir.Policy{
				emittest.Policy("SM_Jobs_"+l, "a", emittest.Allow([]string{"s3:*"}, []string{"*"})),
				emittest.Policy(l+"_1", "", emittest.Allow([]string{"s3:*"}, []string{"*"})),
			}
			s.Roles = append(s.Roles, r)
		}
		return s
	}
	ids := func(s *ir.Stack) string {
		doc, err := decode(templates(mustEmit(t, s, emit.Options{}))[0])
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		resources := doc["Resources"].(map[string]any)
		for _, id := range sortedKeys(resources) {
			p := resources[id].(map[string]any)["Properties"].(map[string]any)
			name, ok := p["RoleName"]
			if !ok {
				name = p["ManagedPolicyName"]
			}
			out = append(out, fmt.Sprintf("%s = %s", id, name))
		}
		return strings.Join(out, "\n")
	}
	for _, c := range []struct{ labels, want string }{
		{"ds-forecast", "DsForecast = SageMaker-ds-forecast\nDsForecastPolicy1 = ds-forecast_1\nDsForecastSMJobs = SM_Jobs_ds-forecast"},
		{"9", "Role9 = SageMaker-9\nRole9Policy1 = 9_1\nRole9SMJobs = SM_Jobs_9"},
	} {
		if diff := cmp.Diff(c.want, ids(roles(c.labels))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.labels, diff)
		}
	}
	both := ids(roles("a-b", "a_b", "c"))
	if strings.Contains(both, "AB = ") || strings.Count(both, "\n") != 8 || !strings.Contains(both, "\nC = SageMaker-c\n") {
		t.Errorf("ids of roles with like names:\n%s", both)
	}
}

func TestSplit(t *testing.T) {
	target := prod()
	stack := emittest.Many(target, 120) // of 9 resources each
	stack.Roles[119].Refs = []string{"role-0118", "role-0000"}
	stack.Roles[119].Managed[0].Document = &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{
		emittest.Allow([]string{"iam:PassRole"}, []string{stack.Roles[118].ARN(), stack.Roles[0].ARN()}),
	}}
	for _, format := range []string{emit.YAML, emit.JSON} {
		files := templates(mustEmit(t, stack, emit.Options{Split: true, Format: format}))
		var paths []string
		for _, f := range files {
			paths = append(paths, f.Path)
			doc, err := decode(f)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(doc["Resources"].(map[string]any)); n > 500 || len(f.Data) > 1_000_000 {
				t.Errorf("%s has %d resources and %d bytes", f.Path, n, len(f.Data))
			}
		}
		want := []string{"ml-prod-2." + format, "ml-prod-3." + format, "ml-prod." + format}
		if diff := cmp.Diff(want, paths); diff != "" {
			t.Error(diff)
		}
		got, err := deploy(files, prodID, "aws", "eu-west-1")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(desired(t, stack, "ml-prod"), got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		last := string(files[1].Data)
		if !strings.Contains(last, stack.Roles[0].ARN()) || strings.Contains(last, stack.Roles[118].ARN()) {
			t.Error("a role of another template is not an ARN, or one of the same template is")
		}
	}
}

// Templates of few large roles are split by their bytes.
func TestSplitByBytes(t *testing.T) {
	target := prod()
	stack := emittest.Many(target, 12)
	for _, r := range stack.Roles {
		long := strings.Repeat("x", 200_000)
		r.Inline = append(r.Inline, emittest.Policy("long", "", emittest.Allow([]string{"s3:*"}, []string{"arn:aws:s3:::" + long})))
	}
	_, diags := cloudformation.Emit(stack, emit.Options{})
	wantError(t, diags, "template-too-large", "accounts.smr", "2,", "1,000,000", "--split")
	files := templates(mustEmit(t, stack, emit.Options{Split: true}))
	if len(files) != 3 {
		t.Errorf("%d templates, want 3 of 4 roles each", len(files))
	}
	for _, f := range files {
		if len(f.Data) > 1_000_000 {
			t.Errorf("%s has %d bytes", f.Path, len(f.Data))
		}
	}
	got, err := deploy(files, prodID, "aws", "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(desired(t, stack, "ml-prod"), got); diff != "" {
		t.Error("the split templates differ from the roles")
	}
}

func TestLimits(t *testing.T) {
	t.Run("resources", func(t *testing.T) {
		_, diags := cloudformation.Emit(emittest.Many(emittest.Any(), 56), emit.Options{})
		wantError(t, diags, "template-too-large", "roles.smr", "504", "500", "--split")
		mustEmit(t, emittest.Many(emittest.Any(), 55), emit.Options{}) // 495
	})
	t.Run("resources of one role", func(t *testing.T) {
		stack := emittest.Many(prod(), 1)
		for i := range 500 {
			stack.Roles[0].Managed = append(stack.Roles[0].Managed, emittest.Policy(fmt.Sprint("p", i), "", emittest.Allow([]string{"s3:*"}, []string{"*"})))
		}
		_, diags := cloudformation.Emit(stack, emit.Options{Split: true})
		wantError(t, diags, "template-too-large", "roles.smr", "role-0000", "509")
	})
	t.Run("bytes of one role", func(t *testing.T) {
		stack := emittest.Many(prod(), 2)
		stack.Roles[1].Description = strings.Repeat("x", 1_000_000)
		_, diags := cloudformation.Emit(stack, emit.Options{Split: true})
		wantError(t, diags, "template-too-large", "roles.smr", "role-0001", "1,0")
	})
	t.Run("request", func(t *testing.T) {
		_, diags := cloudformation.Emit(emittest.Many(prod(), 3), emit.Options{})
		if len(diags) != 0 {
			t.Error(diags)
		}
		files, diags := cloudformation.Emit(emittest.Many(prod(), 6), emit.Options{})
		if len(files) != 2 || len(diags) != 1 || diag.InfoOf(diags[0]).Code != "template-needs-bucket" || !diag.InfoOf(diags[0]).Notice {
			t.Error(diags)
		}
	})
	t.Run("outputs", func(t *testing.T) {
		for n, want := range map[int]bool{200: true, 201: false} {
			stack := &ir.Stack{Targets: []*ir.Target{prod()}}
			for i := range n {
				stack.Roles = append(stack.Roles, emittest.Plain(stack.Targets[0], fmt.Sprintf("r%d", i)))
			}
			doc, err := decode(templates(mustEmit(t, stack, emit.Options{}))[0])
			if err != nil {
				t.Fatal(err)
			}
			outputs, has := doc["Outputs"].(map[string]any)
			if has != want || want && len(outputs) != n {
				t.Errorf("%d roles have %d outputs", n, len(outputs))
			}
		}
	})
	t.Run("format", func(t *testing.T) {
		_, diags := cloudformation.Emit(emittest.Features(prod()), emit.Options{Format: "toml"})
		wantError(t, diags, "unknown-format", "--format", "toml")
	})
	t.Run("folders", func(t *testing.T) {
		files := mustEmit(t, &ir.Stack{Targets: []*ir.Target{prod()}}, emit.Options{})
		if len(templates(files)) != 0 {
			t.Error("a template without resources, which CloudFormation refuses")
		}
	})
}

// wantError wants one error with a code, in a file, whose detail has the words.
func wantError(t *testing.T, diags hcl.Diagnostics, code, file string, words ...string) {
	t.Helper()
	if len(diags) != 1 || diags[0].Severity != hcl.DiagError || diag.InfoOf(diags[0]).Code != code || diags[0].Subject.Filename != file {
		t.Fatalf("want one error %s in %s, got %v", code, file, diags)
	}
	for _, w := range words {
		if !strings.Contains(diags[0].Detail, w) {
			t.Errorf("no %q in: %s", w, diags[0].Detail)
		}
	}
}

func BenchmarkEmit(b *testing.B) {
	stack := emittest.Many(prod(), 1000)
	for _, format := range []string{emit.YAML, emit.JSON} {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				if _, diags := cloudformation.Emit(stack, emit.Options{Split: true, Format: format}); diags.HasErrors() {
					b.Fatal(diags)
				}
			}
		})
	}
}
