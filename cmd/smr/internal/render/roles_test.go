package render

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
)

func stackOf(t *testing.T, src string) *ir.Stack {
	t.Helper()
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(src)}}})
	if r.Diags.HasErrors() {
		t.Fatal(r.Diags)
	}
	return r.Stack
}

func table(t *testing.T, stack *ir.Stack) string {
	t.Helper()
	var b bytes.Buffer
	if err := Roles(&b, stack, Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestBar: a bar is rounded down, so that only what is full looks full.
func TestBar(t *testing.T) {
	for _, tt := range []struct {
		used, limit int
		want        string
	}{
		{0, 6144, ""},
		{1, 6144, "░░░░░░░░░░   0%"},
		{614, 6144, "░░░░░░░░░░   9%"},
		{615, 6144, "█░░░░░░░░░  10%"},
		{6143, 6144, "█████████░  99%"},
		{6144, 6144, "██████████ 100%"},
		{9000, 6144, "██████████ 146%"},
	} {
		if got := bar(tt.used, tt.limit); got != tt.want {
			t.Errorf("%d of %d: %q, want %q", tt.used, tt.limit, got, tt.want)
		}
	}
}

// TestRolesStayReadable: of a thousand roles the fullest are shown, and how many
// there are.
func TestRolesStayReadable(t *testing.T) {
	stack := stackOf(t, `
smr {
  edition = "2026"
}
role "wide" {
  activity "s3_bucket_access" { buckets = [for i in range(40) : "acme-data-${i}"] }
}
role "team" {
  for_each = toset([for i in range(999) : "t${i}"])
  activity "s3_bucket_access" { buckets = ["acme-${each.key}"] }
}
`)
	got := table(t, stack)
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != maxRows+3 {
		t.Errorf("%d lines for 1,000 roles, want %d", len(lines), maxRows+3)
	}
	if !strings.HasPrefix(lines[1], "wide ") || !strings.Contains(got, fmt.Sprintf("The fullest %d of 1000 roles are shown.", maxRows)) {
		t.Errorf("the fullest role is not first, or the others are not counted:\n%s", got)
	}
}

// TestRolesGatherAccounts: a role that is equally full in several accounts is one
// row; an inline role shows its inline policies.
func TestRolesGatherAccounts(t *testing.T) {
	accounts := ""
	for i := range 5 {
		accounts += fmt.Sprintf("account \"a%d\" {\n  id     = \"11112222333%d\"\n  region = \"eu-west-1\"\n}\n", i, i)
	}
	got := table(t, stackOf(t, accounts+`
smr {
  edition = "2026"
}
role "everywhere" {
  activity "s3_bucket_access" { buckets = ["acme"] }
}
role "two" {
  accounts = ["a0", "a1"]
  layout   = "inline"
  activity "s3_bucket_access" { buckets = ["acme"] }
}
`))
	for _, want := range []string{"everywhere   1 of 10", "a0, a1 and 3 more\n", "INLINE", "a0, a1\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 4 {
		t.Errorf("%d lines, want a heading, two roles and a blank line:\n%s", n, got)
	}
	if got := table(t, &ir.Stack{}); got != "" {
		t.Errorf("a table without roles: %q", got)
	}
}
