package review_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review"
)

// kinds writes each role as "account/role kind".
func kinds(d *review.Diff) []string {
	var out []string
	for _, r := range d.Roles {
		out = append(out, fmt.Sprintf("%s/%s %s", r.Account, r.Role, r.Change))
	}
	return out
}

func roleBlock(name, more string) string {
	return "role \"" + name + "\" {\n" + more + grant("Allow", "s3:GetObject", "arn:aws:s3:::b/*") + "}\n"
}

func accountBlock(name, id string) string {
	return "account \"" + name + "\" {\n  id = \"" + id + "\"\n  region = \"eu-west-1\"\n}\n"
}

// TestMatch: which roles are the same ones.
func TestMatch(t *testing.T) {
	prod, other := accountBlock("prod", "111122223333"), accountBlock("prod", "444455556666")
	for _, tt := range []struct {
		name, base, head string
		want             []string
	}{
		{"the same", prod + roleBlock("a", ""), prod + roleBlock("a", ""), nil},
		{"a comment", prod + roleBlock("a", ""), "# new\n" + prod + roleBlock("a", ""), nil},
		{"added and removed", prod + roleBlock("a", ""), prod + roleBlock("b", ""), []string{"prod/a removed", "prod/b added"}},
		{"another label with the same name", prod + roleBlock("a", "name = \"X\"\n"), prod + roleBlock("b", "name = \"X\"\n"), []string{"prod/b same-meaning"}},
		{"the account of that name is another", prod + roleBlock("a", ""), other + roleBlock("a", ""), []string{"prod/a added", "prod/a removed"}},
		{"the account has another name", prod + roleBlock("a", ""), accountBlock("live", "111122223333") + roleBlock("a", ""), nil},
		{"one more account", prod + roleBlock("a", ""), prod + accountBlock("dev", "444455556666") + roleBlock("a", ""), []string{"dev/a added"}},
		{"a key of for_each", prod + roleBlock("a", "for_each = toset([\"x\", \"y\"])\n"), prod + roleBlock("a", "for_each = toset([\"x\"])\n"), []string{`prod/a["y"] removed`}},
		{"without an account", roleBlock("a", ""), roleBlock("a", "tags = { a = \"b\" }\n"), []string{"any/a changed"}},
		{"a description", prod + roleBlock("a", ""), prod + roleBlock("a", "description = \"d\"\n"), []string{"prod/a same-meaning"}},
		{"a session", prod + roleBlock("a", ""), prod + roleBlock("a", "max_session_duration = \"2h\"\n"), []string{"prod/a changed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := compare(t, tt.base, tt.head)
			got := kinds(d)
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			again := compare(t, tt.base, tt.head)
			if diff := cmp.Diff(d.Digest, again.Digest); diff != "" {
				t.Errorf("the digest of the same input differs\n%s", diff)
			}
		})
	}
}

// TestAgainstNothing: a role on one side only is compared with nothing.
func TestAgainstNothing(t *testing.T) {
	role := compile(t, accountBlock("prod", "111122223333")+roleBlock("a", ""))
	nothing := &compiler.Result{Stack: &ir.Stack{}}
	d, err := review.Compare(nothing, role, review.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := d.Roles[0]
	if r.NewAccess != access.Yes || r.LostAccess != access.No || r.Trust.NewAccess != access.Yes || r.Trust.LostAccess != access.No || len(r.Gained) != 1 || len(r.Lost) != 0 {
		t.Errorf("added: %+v", r)
	}
	if d, err = review.Compare(role, nothing, review.Options{}); err != nil {
		t.Fatal(err)
	}
	r = d.Roles[0]
	if r.NewAccess != access.No || r.LostAccess != access.Yes || r.Trust.NewAccess != access.No || r.Trust.LostAccess != access.Yes || len(r.Gained) != 0 || len(r.Lost) != 1 {
		t.Errorf("removed: %+v", r)
	}
}

// TestDigest: it is over meaning, not over lines.
func TestDigest(t *testing.T) {
	prod := accountBlock("prod", "111122223333")
	digest := func(base, head string) string { return compare(t, base, head).Digest }
	base := prod + roleBlock("a", "")
	wide := strings.Replace(base, "b/*", "*", 1)
	if digest(base, wide) != digest("# one line more\n"+base, "# and more\n\n"+wide) {
		t.Error("the digest depends on lines")
	}
	if digest(base, wide) == digest(base, strings.Replace(base, "b/*", "c/*", 1)) {
		t.Error("the digest does not depend on what is gained")
	}
	if digest(base, base) != digest(wide, wide) {
		t.Error("the digests of no change differ")
	}
}

// TestNewFindings: only what base did not say is told.
func TestNewFindings(t *testing.T) {
	prod := accountBlock("prod", "111122223333")
	typo := "role \"t\" {\n" + grant("Allow", "s3:GetObjct", "*") + "}\n"
	again := strings.Replace(typo, `"t"`, `"u"`, 1)
	codes := func(base, head string) (out []string) {
		for _, f := range compare(t, base, head).Findings {
			out = append(out, fmt.Sprintf("%s %s:%d", f.Code, f.File, f.Line))
		}
		return out
	}
	if got := codes(prod+typo, prod+"\n\n"+typo); got != nil {
		t.Errorf("a finding that moved is new: %v", got)
	}
	got := codes(prod, prod+typo)
	if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "unknown-action roles.smr:") }) {
		t.Errorf("the findings are %v, want unknown-action", got)
	}
	if got := codes(prod+typo+again, prod+typo); got != nil {
		t.Errorf("fewer findings, and new are %v", got)
	}
	if got := codes(prod+typo, prod+"# smr:ignore unused-override -- why\n"+typo); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "unused-ignore ") }) {
		t.Errorf("the findings are %v, want unused-ignore", got)
	}
}

// BenchmarkThousandRoles compares roles that all gain one bucket and lose another.
func BenchmarkThousandRoles(b *testing.B) {
	write := func(bucket string) string {
		var s strings.Builder
		s.WriteString("smr { edition = \"2026\" }\n" + accountBlock("prod", "111122223333"))
		for i := range 1000 {
			fmt.Fprintf(&s, "role \"team-%d\" {\n  persona = \"data_scientist\"\n  pass_roles = []\n  activity \"s3_bucket_access\" { buckets = [\"team-%d\", %q] }\n}\n", i, i, bucket)
		}
		return s.String()
	}
	base, head := compile(b, write("old")), compile(b, write("new"))
	b.ResetTimer()
	for b.Loop() {
		d, err := review.Compare(base, head, review.Options{})
		if err != nil || len(d.Roles) != 1000 {
			b.Fatal(len(d.Roles), err)
		}
	}
}
