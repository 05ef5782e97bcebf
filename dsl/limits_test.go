package dsl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

func times(n int, s string) string { return strings.Repeat(s, n) }

// evaluate decodes files and evaluates their locals in order, each with those
// before it, as a configuration does; it returns the first error's code.
func evaluate(t *testing.T, files ...string) (code string, config *dsl.Config) {
	t.Helper()
	return evaluateWith(dsl.MaxSteps, files...)
}

// evaluateWith is evaluate with so many steps left.
func evaluateWith(steps int, files ...string) (code string, config *dsl.Config) {
	var list []dsl.File
	for i, text := range files {
		list = append(list, dsl.File{Name: fmt.Sprintf("f%d.smr", i), Bytes: []byte(text)})
	}
	config, diags := dsl.Decode(list)
	first := func(diags hcl.Diagnostics) bool {
		for _, d := range diags {
			if d.Severity == hcl.DiagError && code == "" {
				code = diag.InfoOf(d).Code
			}
		}
		return code != ""
	}
	if first(diags) {
		return code, config
	}
	if d := config.Budget.Charge(dsl.MaxSteps-steps, hcl.Range{}); d != nil {
		return "budget", config
	}
	functions := dsl.Functions(config.Budget, nil)
	values := map[string]cty.Value{}
	// Locals decode sorted by name, so the tests name them in order.
	for _, l := range config.Locals {
		ctx := &hcl.EvalContext{Functions: functions, Variables: map[string]cty.Value{"local": cty.ObjectVal(values)}}
		v, diags := config.Eval(l, ctx)
		if first(diags) {
			return code, config
		}
		values[l.Name] = v
	}
	return "", config
}

// TestLimits holds each limit at its value and one beyond it.
func TestLimits(t *testing.T) {
	local := func(e string) string { return "locals {\n  x = " + e + "\n}\n" }
	for name, c := range map[string]struct {
		file string
		want string
	}{
		"nesting":            {local(times(dsl.MaxNesting-1, "(") + "1" + times(dsl.MaxNesting-1, ")")), ""},
		"nesting beyond":     {local(times(dsl.MaxNesting, "(") + "1" + times(dsl.MaxNesting, ")")), "nesting-too-deep"},
		"blocks beyond":      {times(dsl.MaxNesting+1, "a {\n") + times(dsl.MaxNesting+1, "}\n"), "nesting-too-deep"},
		"templates beyond":   {local(times(dsl.MaxNesting, `"${`) + "1" + times(dsl.MaxNesting, `}"`)), "nesting-too-deep"},
		"heredocs beyond":    {local(times(dsl.MaxNesting, "<<A\n${") + "1" + times(dsl.MaxNesting, "}\nA\n")), "nesting-too-deep"},
		"operators":          {local(times(dsl.MaxOperators-2, "!") + "true"), ""},
		"operators beyond":   {local(times(dsl.MaxOperators, "!") + "true"), "expression-too-long"},
		"operators by line":  {"locals {\n" + times(3*dsl.MaxOperators, "  x = !true\n") + "}\n", "duplicate-argument"},
		"operators in for":   {local("{for a in [1] : a =>\n" + times(dsl.MaxOperators, "!\n") + "true}"), "expression-too-long"},
		"operators in list":  {local("[" + times(3*dsl.MaxOperators, "!true, ") + "]"), ""},
		"operators in nest":  {local(times(60, "(!!!!!!!!!!") + "true" + times(60, ")")), "expression-too-long"},
		"for":                {local("[for a in [1] : [for b in [a] : b]]"), ""},
		"for beyond":         {local("[for a in [1] : [for b in [a] : [for c in [b] : c]]]"), "for-too-deep"},
		"digits":             {local(times(dsl.MaxDigits, "1")), ""},
		"digits beyond":      {local(times(dsl.MaxDigits+1, "1")), "number-too-large"},
		"exponent":           {local("1e300"), ""},
		"exponent beyond":    {local("1e309"), "number-too-large"},
		"exponent below":     {local("1e-400"), "number-too-large"},
		"exponent computed":  {"locals {\n a=1e300\n b=local.a*local.a\n}\n", "number-too-large"},
		"exponent converted": {local(`"1e999999999" * 1`), "number-too-large"},
		"exponent negated":   {local(`-"1e999999999"`), "number-too-large"},
		"exponent formatted": {local(`format("%d", "1e999999999")`), "value-too-large"},
		"exponent decoded":   {local(`jsondecode("1e999999999")`), "number-too-large"},
		"exponent of list":   {local(`sum(["1e999999999"])`), "number-too-large"},
		"infinity":           {local("1/0"), "number-too-large"},
		"name":               {"locals {\n  " + times(dsl.MaxName, "a") + " = 1\n}\n", ""},
		"name beyond":        {"locals {\n  " + times(dsl.MaxName+1, "a") + " = 1\n}\n", "name-too-long"},
		"label beyond":       {"role \"" + times(dsl.MaxName+1, "a") + "\" {}\n", "name-too-long"},
		"list beyond":        {local("[" + times(dsl.MaxElements+1, "1,") + "]"), "value-too-large"},
		"elements beyond":    {"locals {\n a=range(1000)\n b=[for x in local.a : local.a]\n}\n", "value-too-large"},
		"elements hidden":    {"locals {\n a=range(1000)\n b=length([for x in local.a : local.a])\n}\n", "value-too-large"},
		"elements tried":     {"locals {\n a=range(1000)\n b=try([for x in local.a : local.a], 1)\n}\n", "value-too-large"},
		"string beyond":      {local(`"` + times(dsl.MaxString+1, "a") + `"`), "value-too-large"},
		"string joined":      {"locals {\n a=range(1000)\n b=join(\"\", [for x in local.a : \"" + times(100, "x") + "\"])\n}\n", "value-too-large"},
		"string formatted":   {local(`format("%99999d", 1)`), "value-too-large"},
		"string indented":    {local(`indent(99999999, "a\nb")`), "value-too-large"},
		"string replaced":    {"locals {\n a=join(\"\", [for x in range(1000) : \"" + times(20, "x") + "\"])\n b=replace(local.a, \"x\", local.a)\n}\n", "value-too-large"},
		"string by regex":    {"locals {\n a=join(\"\", [for x in range(1000) : \"" + times(20, "x") + "\"])\n b=replace(local.a, \"/x/\", local.a)\n}\n", "value-too-large"},
		"text beyond":        {"locals {\n a=join(\"\", [for x in range(1000) : \"" + times(60, "x") + "\"])\n b=[for x in range(1000) : local.a]\n}\n", "value-too-large"},
		"product":            {"locals {\n a=range(1000)\n b=setproduct(local.a, local.a)\n}\n", "value-too-large"},
		"range":              {local("range(1000000)"), "invalid-call"},
		"template parts":     {local(`"` + times(dsl.MaxParts+1, "${1}") + `"`), "template-too-long"},
		"json depth":         {local(`jsondecode("` + times(dsl.MaxNesting+1, "[") + times(dsl.MaxNesting+1, "]") + `")`), "nesting-too-deep"},
		"regex program":      {local(`regex("` + times(300, "(a{30})") + `", "a")`), "evaluation-budget"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, config := evaluate(t, c.file); got != c.want {
				t.Errorf("got %q, want %q, after %d steps", got, c.want, config.Budget.Steps())
			}
		})
	}
}

// TestSteps uses the budget up, also where try hides errors.
func TestSteps(t *testing.T) {
	plain := "locals {\n a=range(1000)\n" + loops(30) + "}\n"
	tried := strings.ReplaceAll(plain, "slice(local.a, 0, 100)", "try(slice(local.a, 0, 100), [])")
	for _, file := range []string{plain, tried} {
		got, config := evaluateWith(200_000, file)
		if got != "evaluation-budget" || config.Budget.Steps() > dsl.MaxSteps+dsl.MaxElements {
			t.Errorf("got %q after %d steps", got, config.Budget.Steps())
		}
	}
}

// loops are locals that each loop a hundred thousand times.
func loops(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " c%02d = length([for x in local.a : length([for y in slice(local.a, 0, 100) : [x, y]])])\n", i)
	}
	return b.String()
}

// TestGrowth doubles values until a limit stops them.
func TestGrowth(t *testing.T) {
	for name, step := range map[string]string{
		"string":   `"${local.a%03d}${local.a%03d}"`,
		"list":     `[local.a%03d, local.a%03d]`,
		"concat":   `concat(tolist([local.a%03d]), [local.a%03d])`,
		"object":   `{ a = local.a%03d, b = local.a%03d }`,
		"join":     `join("", [jsonencode(local.a%03d), jsonencode(local.a%03d)])`,
		"format":   `format("%%v%%v", jsonencode(local.a%03d), jsonencode(local.a%03d))`,
		"for":      `[for x in [1, 2] : x == 1 ? local.a%03d : local.a%03d]`,
		"jsonNest": `jsonencode([local.a%03d, local.a%03d])`,
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString("locals {\n a000 = \"xxxxxxxx\"\n")
			for i := range 200 {
				fmt.Fprintf(&b, " a%03d = "+step+"\n", i+1, i, i)
			}
			got, config := evaluate(t, b.String()+"}\n")
			if got != "value-too-large" || config.Budget.Steps() > dsl.MaxSteps/10 {
				t.Errorf("got %q after %d steps", got, config.Budget.Steps())
			}
		})
	}
}

// TestTokens counts over all files of a configuration.
func TestTokens(t *testing.T) {
	file := times(dsl.MaxFileBytes/2, "#\n")
	var files []string
	for range 12 {
		files = append(files, file)
	}
	if got, _ := evaluate(t, files...); got != "configuration-too-large" {
		t.Error(got)
	}
	if got, _ := evaluate(t, files[:2]...); got != "" {
		t.Error(got)
	}
}

// TestKept counts what all values hold together.
func TestKept(t *testing.T) {
	var b strings.Builder
	b.WriteString("locals {\n a = flatten([for x in range(90) : range(1000)])\n")
	for i := range 100 {
		fmt.Fprintf(&b, " b%02d = local.a\n", i)
	}
	if got, config := evaluate(t, b.String()+"}\n"); got != "too-many-values" {
		t.Error(got, config.Budget.Steps())
	}
}

// TestTry evaluates each argument once, however deep calls are nested.
func TestTry(t *testing.T) {
	for _, f := range []string{"try", "can"} {
		deep := times(90, f+"(") + "[1][2]" + times(90, ")")
		code, config := evaluate(t, "locals {\n  x = "+deep+"\n}\n")
		if config.Budget.Steps() > 10_000 || code != "" && f == "can" {
			t.Errorf("%s: %q after %d steps", f, code, config.Budget.Steps())
		}
	}
}

// TestDuplicates decodes a hundred thousand arguments of one name.
func TestDuplicates(t *testing.T) {
	_, diags := dsl.Decode([]dsl.File{{Name: "x.smr", Bytes: []byte("locals {\n" + times(100_000, "a=1\n") + "}\n")}})
	r := diag.NewReport(diags, nil, nil)
	if len(r.Diags) == 0 || len(r.Diags) > diag.MaxDiagnostics || diag.InfoOf(r.Diags[0]).Code != "duplicate-argument" {
		t.Errorf("%d diagnostics, %d errors", len(r.Diags), r.Errors)
	}
}
