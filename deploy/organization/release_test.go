package organization_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/organization"
	"github.com/sagemaker-roles/smr/review/gate"
)

// A try is one release against a cloud.
type try struct {
	release *organization.Release
	outcome *organization.Outcome
	lines   []string
	err     error
}

func (t try) titles() []string {
	var out []string
	for _, target := range t.release.Targets {
		out = append(out, titles(target.Steps))
	}
	return out
}

// connect is the account of the cloud at a URL.
func connect(t testing.TB, url string) *organization.Client {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PROFILE": "", "AWS_REGION": "us-east-1",
	} {
		t.(interface{ Setenv(string, string) }).Setenv(name, value)
	}
	c, err := account.Open(t.Context(), account.Options{Writes: 1000, Backoff: time.Millisecond, HeaderTimeout: 20 * time.Second, CallTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return organization.Connect(c, "")
}

// run releases a configuration, whole.
func run(t testing.TB, c *cloud, config string, edit func(*organization.Options)) try {
	t.Helper()
	return runWith(t, connect(t, c.url), config, edit)
}

func runWith(t testing.TB, client *organization.Client, config string, edit func(*organization.Options)) try {
	t.Helper()
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(config)}}})
	if r.Diags.HasErrors() {
		t.Fatal(r.Diags)
	}
	var out try
	o := organization.Options{Name: "smr-roles", Run: organization.Run{
		Release: "v1.2.3", Poll: time.Millisecond, Timeout: 5 * time.Second,
		Say: func(line string) { out.lines = append(out.lines, line) },
	}}
	if edit != nil {
		edit(&o)
	}
	if out.release, out.err = organization.Prepare(t.Context(), client, r, o); out.err != nil {
		return out
	}
	out.outcome, out.err = out.release.Apply(t.Context())
	return out
}

const (
	getOnly = header + `role "x" {
  activity "s3_bucket_access" { buckets = ["data"] }
}
`
	getMore = header + `role "x" {
  activity "s3_bucket_access" { buckets = ["data", "more"] }
  statement "Keep" {
    effect    = "Deny"
    actions   = ["s3:DeleteObject"]
    resources = ["*"]
  }
}
`
	other = header + `role "y" {
  activity "s3_bucket_access" { buckets = ["data"] }
}
`
)

func good(t *testing.T, got try) {
	t.Helper()
	if got.err != nil {
		t.Fatalf("%v\n%s", got.err, strings.Join(got.lines, "\n"))
	}
}

func TestStackLife(t *testing.T) {
	c := newCloud(t)
	first := run(t, c, getOnly, nil)
	good(t, first)
	if d := cmp.Diff([]string{"CreateChangeSet", "ExecuteChangeSet", "UpdateTerminationProtection"}, c.writes()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	s := c.stacks["smr-roles"]
	if s.status != "CREATE_COMPLETE" || !s.protected || !first.outcome.Changed {
		t.Errorf("stack %+v", s)
	}
	c.forget()
	again := run(t, c, getOnly, nil)
	good(t, again)
	if len(c.writes()) > 0 || again.outcome.Changed || again.release.Changed() {
		t.Errorf("a second run writes %v", c.writes())
	}
	// A Deny in a policy of its own, with more access: two steps.
	more := run(t, c, getMore, nil)
	good(t, more)
	if d := cmp.Diff([]string{"narrow release"}, more.titles()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if d := cmp.Diff([]string{"CreateChangeSet", "ExecuteChangeSet", "CreateChangeSet", "ExecuteChangeSet"}, c.writes()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if len(more.release.Diffs) != 1 || len(more.release.Diffs[0].Roles) != 1 {
		t.Errorf("diffs %+v", more.release.Diffs)
	}
	c.forget()
	good(t, run(t, c, getMore, nil))
	if len(c.writes()) > 0 {
		t.Errorf("a second run writes %v", c.writes())
	}
	// A role that leaves stays in the account, which a note tells.
	left := run(t, c, other, nil)
	good(t, left)
	if n := strings.Join(left.release.Notes, "\n"); !strings.Contains(n, "SageMaker-x leaves smr-roles and stays") {
		t.Errorf("notes %s", n)
	}
}

// What can go wrong with one stack, what is said of it, and that the next run
// goes on.
func TestStackFailures(t *testing.T) {
	for _, x := range []struct {
		what    string
		before  func(*cloud)
		edit    func(*organization.Options)
		want    string // in the error; "" for none
		refused bool
		after   func(*testing.T, *cloud, try)
		mended  func(*cloud) // nil: the next run does it as it is
	}{
		{
			what: "the change set fails", before: func(c *cloud) { c.failing["change set"] = "Role with name SageMaker-x already exists" },
			want: "already exists", mended: func(c *cloud) { delete(c.failing, "change set") },
		},
		{
			what: "a resource fails, and the update is rolled back", before: func(c *cloud) { c.failing["X"] = "Cannot exceed quota for PoliciesPerRole: 10" },
			want: "UPDATE_ROLLBACK_COMPLETE\n  X: UPDATE_FAILED: Cannot exceed quota for PoliciesPerRole: 10", mended: func(c *cloud) { delete(c.failing, "X") },
		},
		{
			what: "the stack was rolled back when it was made", before: func(c *cloud) { c.stacks["smr-roles"].status = "ROLLBACK_COMPLETE" },
			want: "aws cloudformation delete-stack --stack-name smr-roles", refused: true, mended: func(c *cloud) { delete(c.stacks, "smr-roles") },
		},
		{
			what: "a rollback failed", before: func(c *cloud) { c.stacks["smr-roles"].status = "UPDATE_ROLLBACK_FAILED" },
			want: "continue-update-rollback", refused: true, mended: func(c *cloud) { c.stacks["smr-roles"].status = "UPDATE_ROLLBACK_COMPLETE" },
		},
		{what: "an update goes on", before: func(c *cloud) {
			s := c.stacks["smr-roles"]
			s.status, s.then, s.left = "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", 3
		}},
		{what: "an update goes on for too long", before: func(c *cloud) {
			s := c.stacks["smr-roles"]
			s.status, s.then, s.left = "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", 1<<30
		}, edit: func(o *organization.Options) { o.Timeout = 30 * time.Millisecond }, want: "is not done after 30ms", mended: func(c *cloud) { c.stacks["smr-roles"].left = 1 }},
		{what: "calls are throttled", before: func(c *cloud) {
			seen := map[string]bool{}
			c.fault = func(action string, _ url.Values) (int, string, string) {
				if !seen[action] {
					seen[action] = true
					return 400, "Throttling", "Rate exceeded"
				}
				return 0, "", ""
			}
		}},
		{what: "answers are lost", before: func(c *cloud) {
			lost := map[string]bool{}
			c.lost = func(action string) bool {
				once := !lost[action]
				lost[action] = true
				return once
			}
		}},
		{what: "a call is not allowed", before: func(c *cloud) {
			c.fault = func(action string, _ url.Values) (int, string, string) {
				if action == "ExecuteChangeSet" {
					return 403, "AccessDenied", "User is not authorized to perform: cloudformation:ExecuteChangeSet"
				}
				return 0, "", ""
			}
		}, want: "needs cloudformation:ExecuteChangeSet", mended: func(c *cloud) { c.fault = nil }},
		{
			what: "a role would be made anew", before: func(c *cloud) { c.replace["X"] = true }, want: "would make the role X", refused: true,
			after: func(t *testing.T, c *cloud, _ try) {
				if n := len(c.stacks["smr-roles"].sets); slices.Contains(c.writes(), "ExecuteChangeSet") || n != 1 {
					t.Errorf("%v, %d change sets are left", c.writes(), n)
				}
			}, mended: func(c *cloud) { delete(c.replace, "X") },
		},
		{what: "the template is of somebody else", before: func(c *cloud) {
			c.stacks["smr-roles"].template = `{"Resources":{"B":{"Type":"AWS::S3::Bucket"}}}`
		}, want: "not a template of smr", refused: true, mended: func(c *cloud) { delete(c.stacks, "smr-roles") }},
		{what: "the stack is of another project", before: func(c *cloud) {
			s := c.stacks["smr-roles"]
			s.template = strings.Replace(s.template, `"forecast"`, `"fraud"`, 1)
		}, want: `of the project "fraud"`, refused: true, mended: func(c *cloud) { delete(c.stacks, "smr-roles") }},
	} {
		t.Run(x.what, func(t *testing.T) {
			c := newCloud(t)
			good(t, run(t, c, getOnly, nil))
			before := c.stacks["smr-roles"].template
			c.forget()
			x.before(c)
			got := run(t, c, getMore, x.edit)
			if x.want == "" {
				good(t, got)
			} else {
				var refused *organization.RefusedError
				if got.err == nil || !strings.Contains(got.err.Error(), x.want) || errors.As(got.err, &refused) != x.refused {
					t.Errorf("error %v, want %q", got.err, x.want)
				}
				if x.refused && c.stacks["smr-roles"] != nil && x.after == nil && len(c.writes()) > 0 {
					t.Errorf("writes %v", c.writes())
				}
			}
			if x.after != nil {
				x.after(t, c, got)
			}
			if x.mended == nil {
				return
			}
			x.mended(c)
			good(t, run(t, c, getMore, nil))
			if now := c.stacks["smr-roles"]; now.template == before || !strings.HasSuffix(now.status, "_COMPLETE") {
				t.Errorf("the next run leaves %s", now.status)
			}
			c.forget()
			good(t, run(t, c, getMore, nil))
			if len(c.writes()) > 0 {
				t.Errorf("the run after it writes %v", c.writes())
			}
		})
	}
}

// A run that ends anywhere is repaired by running again: it ends at every call
// in turn.
func TestStackInterrupted(t *testing.T) {
	for k := 1; ; k++ {
		c := newCloud(t)
		good(t, run(t, c, getOnly, nil))
		client := connect(t, c.url)
		n := 0
		ctx, cancel := context.WithCancel(t.Context())
		c.fault = func(string, url.Values) (int, string, string) {
			if n++; n == k {
				cancel()
			}
			return 0, "", ""
		}
		r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(getMore)}}})
		o := organization.Options{Name: "smr-roles", Run: organization.Run{Release: "v1", Poll: time.Millisecond, Timeout: 5 * time.Second}}
		release, err := organization.Prepare(ctx, client, r, o)
		if err == nil {
			_, err = release.Apply(ctx)
		}
		c.fault = nil
		cancel()
		if err == nil {
			if k < 12 {
				t.Errorf("the release took %d calls only", k)
			}
			return
		}
		good(t, run(t, c, getMore, func(o *organization.Options) { o.Release = "v1" }))
		c.forget()
		good(t, run(t, c, getMore, nil))
		if len(c.writes()) > 0 {
			t.Errorf("interrupted at call %d: the run after it writes %v", k, c.writes())
		}
	}
}

func TestStackRefusals(t *testing.T) {
	c := newCloud(t)
	two := strings.Replace(getOnly, "role ", "account \"b\" {\n  id = \"210987654321\"\n  region = \"us-east-1\"\n}\nrole ", 1)
	for what, config := range map[string]string{
		"several accounts": two,
		"123456789012":     strings.Replace(getOnly, "123456789012", "210987654321", 1),
	} {
		if got := run(t, c, config, nil); got.err == nil || !strings.Contains(got.err.Error(), what) {
			t.Errorf("%s: %v", what, got.err)
		}
	}
	// A review block asks for the approval of escalations.
	pass := header + `
review { approvers = ["lead"] }
role "x" {
  statement "Pass" {
    actions   = ["iam:PassRole"]
    resources = ["*"]
  }
}
`
	got := run(t, c, pass, nil)
	if got.err == nil || !strings.Contains(got.err.Error(), "smr.approvals") || len(c.writes()) > 0 {
		t.Fatalf("an escalation: %v, writes %v", got.err, c.writes())
	}
	at := strings.Index(got.err.Error(), `approve "`)
	list, _ := gate.ParseApprovals([]byte(got.err.Error()[at:]))
	if len(list) != 1 {
		t.Fatalf("approvals %v of %q", list, got.err.Error()[at:])
	}
	good(t, run(t, c, pass, func(o *organization.Options) { o.Approvals = list }))
}

// Policies whose text nobody gave cannot be swapped for one another by a proof;
// their text in a policy block makes it one, and --allow-unproved does without.
func TestUnknownPolicy(t *testing.T) {
	with := func(names ...string) string {
		out := header
		for _, n := range []string{"a", "b"} {
			if slices.Contains(names, "text of "+n) {
				out += `policy "` + n + `" {
  arn      = "arn:aws:iam::123456789012:policy/` + n + `"
  document = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:Get*", Resource = "*" }] }
}
`
			}
		}
		return out + "role \"x\" {\n  managed_policies = [\"arn:aws:iam::123456789012:policy/" + names[0] + "\"]\n" +
			"  statement \"Keep\" {\n    effect = \"Deny\"\n    actions = [\"s3:" + names[1] + "\"]\n    resources = [\"*\"]\n  }\n}\n"
	}
	c := newCloud(t)
	good(t, run(t, c, with("a", "PutObject"), nil))
	c.forget()
	got := run(t, c, with("b", "DeleteObject"), nil)
	if got.err == nil || !strings.Contains(got.err.Error(), "policy/a, arn:aws:iam::123456789012:policy/b is not known") || len(c.writes()) > 0 {
		t.Errorf("error %v, writes %v", got.err, c.writes())
	}
	known := run(t, c, with("b", "DeleteObject", "text of a", "text of b"), nil)
	good(t, known)
	if un := known.release.Unproved(); len(un) > 0 {
		t.Errorf("not proved: %v", un)
	}
	good(t, run(t, c, with("a", "PutObject"), func(o *organization.Options) { o.AllowUnproved = true }))
	// One policy that comes or goes does so at once.
	good(t, run(t, c, strings.Replace(with("a", "PutObject"), "policy/a\"", "policy/a\", \"arn:aws:iam::123456789012:policy/b\"", 1), nil))
}
