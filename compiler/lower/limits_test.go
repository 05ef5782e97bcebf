package lower_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler/resolve"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// each writes a format for every number below n.
func each(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
	}
	return b.String()
}

func list(n int, format string) string { return "[" + each(n, format+",") + "]" }

// TestLimits compiles configurations that would take long, or much memory, if
// what they ask for were done: each ends with its own code.
func TestLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	jobs := "activity \"a\" {\n statement \"s\" {\n actions=[\"s3:GetObject\"]\n resources=[\"*\"]\n}\n}\n"
	for name, c := range map[string]struct{ config, want string }{
		"locals":          {chain(999), ""},
		"locals beyond":   {chain(1002), "local-chain-too-long"},
		"personas":        {personas(101), ""},
		"personas beyond": {personas(102), "persona-chain-too-long"},
		"personas wide":   {"persona \"p\" {\n extends=" + list(5000, `"q#"`) + "\n}\n" + each(5000, "persona \"q#\" {}\n") + "role \"r\" {\n persona=\"p\"\n}\n", "persona-chain-too-long"},
		"roles":           {"role \"r\" {\n for_each={for a in flatten([for i in range(200): [for j in range(1000): \"${i}-${j}\"]]): a => 1}\n}\n", "for-too-deep"},
		"accounts":        {each(1000, "account \"a#\" {\n id=\"123456789012\"\n region=\"eu-west-1\"\n}\n") + each(1000, "role \"r#\" {}\n"), "evaluation-budget"},
		"statements":      {"persona \"p\" {\n" + each(2000, "statement \"s#\" {\n actions=[\"s3:GetObject\"]\n resources=[\"*\"]\n}\n") + "}\n" + each(2000, "role \"r#\" {\n persona=\"p\"\n}\n"), "evaluation-budget"},
		"policies":        {"persona \"p\" {\n managed_policies=" + list(5000, `"a#"`) + "\n}\n" + each(2000, "role \"r#\" {\n persona=\"p\"\n}\n"), "evaluation-budget"},
		"tags":            {"persona \"p\" {\n tags={" + each(5000, "a#=1,") + "}\n}\n" + each(2000, "role \"r#\" {\n persona=\"p\"\n}\n"), "evaluation-budget"},
		"references":      {"persona \"p\" {\n pass_roles=" + list(5000, "role.r#.arn") + "\n}\n" + each(5000, "role \"r#\" {}\n") + each(5000, "role \"q#\" {\n persona=\"p\"\n}\n"), "evaluation-budget"},
		"overrides":       {jobs + each(5000, "override \"a\" {\n remove_actions=[\"x\"]\n}\n") + each(5000, "role \"r#\" {\n activity \"a\" {}\n}\n"), "unmatched-override"},
		"remove_actions":  {"activity \"a\" {\n statement \"s\" {\n actions=" + list(20000, `"a:b#"`) + "\n resources=[\"*\"]\n}\n}\nrole \"r\" {\n activity \"a\" {}\n override \"a\" {\n remove_actions=" + list(20000, `"a:c#"`) + "\n}\n}\n", "evaluation-budget"},
		"narrow":          {"activity \"a\" {\n statement \"s\" {\n actions=[\"s3:GetObject\"]\n resources=" + list(20000, `"a*#"`) + "\n}\n}\nrole \"r\" {\n activity \"a\" {}\n override \"a\" {\n narrow {\n resources=" + list(20000, `"b*#"`) + "\n}\n}\n}\n", "evaluation-budget"},
		"packed":          {"role \"r\" {\n layout=\"packed\"\n" + each(14000, "statement \"s#\" {\n actions=[\"a:b#\"]\n resources=[\"c#\"]\n}\n") + "}\n", ""},
		"types":           {"variable \"v\" {\n type=list(any)\n default=[" + each(20000, "#,\"a\",") + "]\n}\n", "evaluation-budget"},
		"conditional":     {"locals {\n a=[for i in range(1000): [for j in range(30): i == 1 ? \"a\" : 1]]\n b=flatten([local.a, [[1]]])\n c=true ? [[local.b]] : [local.b, 1]\n}\n", "evaluation-budget"},
		"findings":        {each(12000, "role \"r#\" {\n activity \"s3_bucket_access\" {}\n}\n"), "missing-parameter"},
		"suggestions":     {"locals {\n" + each(30000, "a#=local.zzzzz\n") + "}\n", "unknown-local"},
		"conditions":      {"role \"r\" {\n statement \"s\" {\n actions=[\"s3:GetObject\"]\n resources=[\"*\"]\n" + each(8000, "condition {\n operator=\"Bool\"\n key=\"a:#\"\n values=[\"true\"]\n}\n") + "}\n}\n", ""},
		"allows":          {jobs + "role \"r\" {\n activity \"a\" {}\n override \"a\" {\n" + each(8000, "allow \"x#\" {\n actions=[\"a:b\"]\n resources=[\"*\"]\n}\n") + "}\n}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if code := first(c.config); code != c.want {
				t.Errorf("got %q, want %q", code, c.want)
			}
		})
	}
}

// chain is a chain of locals, the last of which is visited first.
func chain(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "locals {\n a=local.b%d\n", n)
	for i := range n {
		fmt.Fprintf(&b, " b%d=local.b%d\n", i+1, i)
	}
	return b.String() + " b0=1\n}\nrole \"r\" {}\n"
}

// personas is a persona that extends so many others, less one, through one
// another.
func personas(n int) string {
	var b strings.Builder
	b.WriteString("persona \"p0\" {}\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "persona \"p%d\" {\n extends=[\"p%d\"]\n}\n", i, i-1)
	}
	fmt.Fprintf(&b, "role \"r\" {\n persona=\"p%d\"\n}\n", n-1)
	return b.String()
}

// first is the code of the first error of a configuration, whose files are at
// most a mebibyte.
func first(config string) string {
	fsys := fstest.MapFS{}
	for i := 0; config != ""; i++ {
		end := len(config)
		if end > dsl.MaxFileBytes {
			end = strings.LastIndex(config[:dsl.MaxFileBytes], "\nrole ") + 1
		}
		fsys[fmt.Sprintf("f%d.smr", i)] = &fstest.MapFile{Data: []byte(config[:end])}
		config = config[end:]
	}
	_, report := compileFS(fsys, resolve.Inputs{Version: "0.1.0"}, nil)
	if report.Errors == 0 {
		return ""
	}
	return diag.InfoOf(report.Diags[0]).Code
}

// TestPolicyFileOnce reads a large document once, however often it is named.
func TestPolicyFileOnce(t *testing.T) {
	config := "locals {\n" + each(2000, " a#=policy_file(\"./././x.json\")\n") + "}\nrole \"r\" {}\n"
	fsys := fstest.MapFS{"roles.smr": {Data: []byte(config)}, "x.json": {Data: slices.Concat([]byte(strings.Repeat(" ", 1_000_000)), []byte("1"))}}
	_, report := compileFS(fsys, resolve.Inputs{Version: "0.1.0"}, nil)
	if report.Errors > 0 {
		t.Error(compact(report))
	}
}
