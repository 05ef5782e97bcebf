package organization_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/deploy/organization"
)

// header begins the configurations of these tests.
const header = `
smr {
  project = "forecast"
  edition = "2026"
}
account "ml" {
  id     = "123456789012"
  region = "us-east-1"
}
`

// templates compiles a configuration and returns its group and the template of
// its first part.
func template(t testing.TB, config string) (*organization.Group, *organization.Template) {
	t.Helper()
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(header + config)}}})
	if r.Diags.HasErrors() {
		t.Fatal(r.Diags)
	}
	groups, diags := organization.Groups(r.Stack)
	if diags.HasErrors() || len(groups) != 1 {
		t.Fatalf("%d groups, %v", len(groups), diags)
	}
	parts, err := groups[0].Parts(nil)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	return groups[0], parse(t, parts[0].Body)
}

func parse(t testing.TB, body []byte) *organization.Template {
	t.Helper()
	read, err := organization.Parse(body, organization.KnownPolicies(nil))
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return read
}

func steps(t testing.TB, old, new *organization.Template) *organization.Steps {
	t.Helper()
	s, err := organization.Plan(old, new, organization.KnownPolicies(nil))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func titles(s *organization.Steps) string {
	var out []string
	for _, step := range s.Steps {
		out = append(out, step.Title)
	}
	return strings.Join(out, " ")
}

// several is a role "x" with a policy of an activity beside its statements.
func several(body string) string {
	return "role \"x\" {\n  activity \"s3_bucket_access\" { buckets = [\"data\"] }\n" + body + "\n}\n"
}

// role is a role "x" with hand-written statements.
func role(body string) string { return "role \"x\" {\n  layout = \"inline\"\n" + body + "\n}\n" }

func allow(label, action, resource string) string {
	return fmt.Sprintf("  statement %q {\n    actions = [%q]\n    resources = [%q]\n  }\n", label, action, resource)
}

func deny(label, action, resource string) string {
	return fmt.Sprintf("  statement %q {\n    effect = \"Deny\"\n    actions = [%q]\n    resources = [%q]\n  }\n", label, action, resource)
}

func trust(principal string) string {
	return fmt.Sprintf("  trust { principals = [%q] }\n", principal)
}

const (
	alice = "arn:aws:iam::123456789012:role/alice"
	bob   = "arn:aws:iam::123456789012:role/bob"
)

// TestSteps: what can be done at once, and what takes a narrower step between.
func TestSteps(t *testing.T) {
	get, put := allow("Get", "s3:GetObject", "arn:aws:s3:::data/*"), allow("Put", "s3:PutObject", "arn:aws:s3:::data/*")
	keep := deny("Keep", "s3:GetObject", "arn:aws:s3:::data/secret/*")
	boundary := func(name string) string {
		return "  permissions_boundary = \"arn:aws:iam::aws:policy/" + name + "\"\n"
	}
	for _, c := range []struct{ what, old, new, want string }{
		{"nothing changes", role(get), role(get), ""},
		{"a role is made", "", role(get), "release"},
		{"a role with a Deny in its only policy is made", "", role(get + keep), "release"},
		{"a role with a Deny in a policy of its own is made", "", several(keep), "narrow release"},
		{"a Deny in a policy of its own comes", several(""), several(keep), "release"},
		{"a Deny in a policy of its own comes with access", several(""), strings.Replace(several(keep), `["data"]`, `["data", "other"]`, 1), "narrow release"},
		{"access is added", role(get), role(get + put), "release"},
		{"access is taken away", role(get + put), role(get), "release"},
		{"access becomes other access", role(get), role(put), "release"},
		{"a Deny comes beside access that stays", role(get), role(get + keep), "release"},
		{"a Deny goes", role(get + keep), role(get), "release"},
		{"a Deny goes with the access that it kept", role(get + keep), role(put), "release"},
		{"only trust is widened", role(trust(alice) + get), strings.Replace(role(trust(alice)+get), `principals = [`, `principals = ["`+bob+`", `, 1), "release"},
		{"only trust changes", role(trust(alice) + get), role(trust(bob) + get), "release"},
		{"trust and access change", role(trust(alice) + get), role(trust(bob) + put), "narrow release"},
		{"trust is widened and access narrowed", role(trust(alice) + get + put), strings.Replace(role(trust(alice)+get), `principals = [`, `principals = ["`+bob+`", `, 1), "narrow release"},
		{"trust and access are widened", role(trust(alice) + get), strings.Replace(role(trust(alice)+get+put), `principals = [`, `principals = ["`+bob+`", `, 1), "release"},
		{"trust is narrowed and access widened", strings.Replace(role(trust(alice)+get), `principals = [`, `principals = ["`+bob+`", `, 1), role(trust(alice) + get + put), "narrow release"},
		{"only the boundary changes", role(boundary("AmazonS3ReadOnlyAccess") + get), role(boundary("AmazonS3FullAccess") + get), "release"},
		{"the boundary and access change", role(boundary("AmazonS3ReadOnlyAccess") + get + put), role(boundary("PowerUserAccess") + get + allow("List", "s3:ListAllMyBuckets", "*")), "narrow boundary release"},
		{"tags change", role(get), role(get + "  tags = { team = \"x\" }\n"), "release"},
	} {
		t.Run(c.what, func(t *testing.T) {
			old := organization.Empty()
			if c.old != "" {
				_, old = template(t, c.old)
			}
			_, new := template(t, c.new)
			s := steps(t, old, new)
			if got := titles(s); got != c.want || len(s.Unproved) > 0 {
				t.Errorf("steps %q, want %q; why %v, unproved %v", got, c.want, s.Why, s.Unproved)
			}
			if len(s.Steps) > 1 != (len(s.Why) > 0) {
				t.Errorf("%d steps, and reasons %v", len(s.Steps), s.Why)
			}
			follow(t, old, s)
		})
	}
}

// follow goes the steps and judges every mixture of each by itself.
func follow(t *testing.T, old *organization.Template, s *organization.Steps) {
	t.Helper()
	if len(s.Steps) == 0 {
		return
	}
	last := parse(t, s.Steps[len(s.Steps)-1].Body)
	from := old
	for _, step := range s.Steps {
		to := parse(t, step.Body)
		if problem := excess(t, from, to, old, last); problem != "" {
			t.Errorf("the step %s: %s", step.Title, problem)
		}
		from = to
	}
}
