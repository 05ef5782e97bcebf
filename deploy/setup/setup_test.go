package setup_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/deploy/setup"
	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// fenced has a role under a boundary, one without, an imported one on a path of
// its own, an exclusive one, and policies of AWS.
const fenced = `
smr {
  project = "forecast"
  edition = "2026"
}
account "ml" {
  id     = "123456789012"
  region = "eu-west-1"
}
role "train" {
  permissions_boundary = "arn:aws:iam::123456789012:policy/ml-boundary"
  managed_policies     = ["arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"]
  activity "s3_bucket_access" { buckets = ["acme-forecast"] }
}
role "free" {
  activity "s3_bucket_access" { buckets = ["acme-forecast"] }
}
role "imported" {
  name                 = "AmazonSageMaker-ExecutionRole-20240101T000000"
  path                 = "/service-role/"
  permissions_boundary = "arn:aws:iam::123456789012:policy/smr-boundary/strict"
  activity "s3_bucket_access" { buckets = ["acme-forecast"] }
  lifecycle { exclusive = true }
}
`

// bounded has only roles under a boundary on the project's path.
const bounded = `
smr {
  project = "forecast"
  edition = "2026"
}
account "ml" {
  id     = "123456789012"
  region = "eu-west-1"
}
role "train" {
  permissions_boundary = "arn:aws:iam::123456789012:policy/ml-boundary"
  activity "s3_bucket_access" { buckets = ["acme-forecast"] }
}
`

func stackOf(t testing.TB, config string) *ir.Stack {
	t.Helper()
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(config)}}})
	if r.Diags.HasErrors() {
		t.Fatal(r.Diags)
	}
	return r.Stack
}

func options() setup.Options {
	return setup.Options{
		Repository: setup.Repository{Owner: "acme", Name: "ml-roles", OwnerID: "1234", ID: "5678"},
		Branch:     "main",
	}
}

func account(t testing.TB, config string, o setup.Options) *setup.Account {
	t.Helper()
	stack := stackOf(t, config)
	a, err := setup.Make(stack, stack.Targets[0], o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTrust(t *testing.T) {
	o := options()
	o.Environments = []string{"prod", "blue: green"}
	a := account(t, fenced, o)
	plan, deploy := a.Roles[0], a.Roles[1]
	for _, c := range []struct {
		what string
		doc  *policy.Document
		want []string
	}{
		{"plan", plan.Immutable, []string{"repo:acme@1234/ml-roles@5678:environment:blue%3A green-plan", "repo:acme@1234/ml-roles@5678:environment:prod-plan", "repo:acme@1234/ml-roles@5678:pull_request", "repo:acme@1234/ml-roles@5678:ref:refs/heads/main"}},
		{"plan by name", plan.Named, []string{"repo:acme/ml-roles:environment:blue%3A green-plan", "repo:acme/ml-roles:environment:prod-plan", "repo:acme/ml-roles:pull_request", "repo:acme/ml-roles:ref:refs/heads/main"}},
		{"deploy", deploy.Immutable, []string{"repo:acme@1234/ml-roles@5678:environment:blue%3A green", "repo:acme@1234/ml-roles@5678:environment:prod"}},
		{"deploy by name", deploy.Named, []string{"repo:acme/ml-roles:environment:blue%3A green", "repo:acme/ml-roles:environment:prod"}},
	} {
		want := &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
			Effect:    policy.Allow,
			Principal: &policy.Principal{Federated: []string{"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}},
			Actions:   []string{"sts:AssumeRoleWithWebIdentity"},
			Conditions: []policy.Condition{
				{Operator: "StringEquals", Key: "token.actions.githubusercontent.com:aud", Values: []string{"sts.amazonaws.com"}},
				{Operator: "StringEquals", Key: "token.actions.githubusercontent.com:sub", Values: c.want},
			},
		}}}
		if d := cmp.Diff(want, c.doc); d != "" {
			t.Errorf("%s: -want +got\n%s", c.what, d)
		}
	}
	o.Repository.OwnerID, o.Repository.ID = "", ""
	if a := account(t, fenced, o); a.Roles[0].Immutable != nil || a.Roles[1].Immutable != nil {
		t.Error("a trust policy with ids that nobody gave")
	}
}

// Every document is read by our own parser as what it is, has no wildcard in a
// subject, and fits what IAM takes.
func TestDocuments(t *testing.T) {
	size, _ := facts.FindQuota("managed_policy_size")
	trust, _ := facts.FindQuota("trust_policy_size")
	seen := 0
	for _, engine := range setup.Engines() {
		for _, config := range []string{fenced, bounded} {
			o := options()
			o.Engine = setup.Engine(engine)
			a := account(t, config, o)
			for _, r := range a.Roles {
				docs := map[string]*policy.Document{"trust": r.Immutable, "named": r.Named}
				for _, p := range r.Policies {
					docs[p.Name] = p.Document
				}
				for name, d := range docs {
					seen++
					text := policy.AppendJSON(nil, d)
					back, err := policy.Parse(text)
					if err != nil {
						t.Fatalf("%s of %s: %v\n%s", name, r.Name, err, text)
					}
					if d := cmp.Diff(d, back); d != "" {
						t.Errorf("%s of %s changes by reading: %s", name, r.Name, d)
					}
					limit := size.Default
					if d == r.Immutable || d == r.Named {
						limit = trust.Default
						if strings.ContainsAny(strings.Join(d.Statements[0].Conditions[1].Values, ""), "*?") {
							t.Errorf("%s of %s has a wildcard in a subject", name, r.Name)
						}
					}
					if policy.Size(d) > limit {
						t.Errorf("%s of %s has %d characters", name, r.Name, policy.Size(d))
					}
				}
			}
		}
	}
	if seen < 36 {
		t.Errorf("found only %d documents", seen)
	}
}

// Every action that a policy allows is one that AWS has, none is a pattern but
// those that only read, and every condition key is one of its actions'.
func TestActionsAreKnown(t *testing.T) {
	for _, engine := range setup.Engines() {
		o := options()
		o.Engine = setup.Engine(engine)
		for _, r := range account(t, fenced, o).Roles {
			for _, p := range r.Policies {
				for _, st := range p.Document.Statements {
					if st.Effect != policy.Allow {
						continue
					}
					for _, name := range st.Actions {
						if strings.HasSuffix(name, "*") {
							for a := range facts.Expand(name) {
								if a.Level != facts.Read && a.Level != facts.List {
									t.Errorf("%s lets %s through", name, a)
								}
							}
							continue
						}
						a, ok := facts.FindAction(name)
						if !ok {
							t.Errorf("AWS has no action %s", name)
							continue
						}
						if r.Name == setup.DefaultPlanRole && a.Level != facts.Read && a.Level != facts.List {
							t.Errorf("the plan role may %s, which is of level %s", name, a.Level)
						}
						for _, c := range st.Conditions {
							if a.SupportsKey(c.Key) != facts.KeyListed {
								t.Errorf("%s: requests of %s do not carry %s", st.SID, name, c.Key)
							}
						}
						if len(a.ResourceTypes) > 0 && len(st.Resources) == 1 && st.Resources[0] == "*" && !slices.Contains([]facts.Level{facts.Read, facts.List}, a.Level) {
							t.Errorf("%s allows %s on everything", st.SID, name)
						}
					}
				}
			}
		}
	}
}

// The deploy role is allowed exactly what Actions list.
func TestActionsAreAllowed(t *testing.T) {
	var want, plan []string
	for _, u := range setup.Actions() {
		want = append(want, u.Action)
		if !u.Deploy {
			plan = append(plan, u.Action)
		}
	}
	if !slices.IsSorted(want) || len(want) < 15 {
		t.Errorf("actions: %v", want)
	}
	a := account(t, bounded, options())
	for i, want := range [][]string{plan, want} {
		var got []string
		for _, p := range a.Roles[i].Policies {
			for _, st := range p.Document.Statements {
				if st.Effect == policy.Allow {
					got = append(got, st.Actions...)
				}
			}
		}
		slices.Sort(got)
		if d := cmp.Diff(want, slices.Compact(got)); d != "" {
			t.Errorf("%s: -want +got\n%s", a.Roles[i].Name, d)
		}
	}
}

// Roles that are named one by one go to further policies, and more than a role
// can have is an error with the way out.
func TestPack(t *testing.T) {
	many := func(n string) string {
		return strings.Replace(fenced, `role "free" {`, `role "free" {
  for_each = toset([for i in range(`+n+`) : "team-of-a-rather-long-name-${i}"])`, 1)
	}
	a := account(t, many("200"), options())
	deploy := a.Roles[1]
	if len(deploy.Policies) < 4 || deploy.Policies[1].Name != "smr-deploy-2" {
		t.Errorf("%d policies", len(deploy.Policies))
	}
	named := map[string]int{}
	for _, p := range deploy.Policies {
		for _, st := range p.Document.Statements {
			if strings.HasPrefix(st.SID, "RolesWithoutBoundary") {
				for _, r := range st.Resources {
					named[r]++
				}
			}
		}
	}
	if len(named) != 200 {
		t.Errorf("%d roles are named, want 200", len(named))
	}
	if note := strings.Join(a.Notes, "\n"); !strings.Contains(note, "and 197 more") {
		t.Errorf("notes: %s", note)
	}
	stack := stackOf(t, many("900"))
	_, err := setup.Make(stack, stack.Targets[0], options())
	if err == nil || !strings.Contains(err.Error(), "give them a boundary") {
		t.Errorf("error %v", err)
	}
}

func TestRefused(t *testing.T) {
	stack := stackOf(t, fenced)
	for name, edit := range map[string]func(*setup.Options){
		"no repository":             func(o *setup.Options) { o.Repository = setup.Repository{Owner: "acme"} },
		"a wildcard in the owner":   func(o *setup.Options) { o.Repository.Owner = "acme*" },
		"a colon in the repository": func(o *setup.Options) { o.Repository.Name = "x:environment:prod" },
		"one id":                    func(o *setup.Options) { o.Repository.ID = "" },
		"an id with a wildcard":     func(o *setup.Options) { o.Repository.ID = "5*" },
		"a wildcard environment":    func(o *setup.Options) { o.Environments = []string{"prod*"} },
		"a variable":                func(o *setup.Options) { o.Environments = []string{"${aws:x}"} },
		"an empty environment":      func(o *setup.Options) { o.Environments = []string{""} },
		"a wildcard branch":         func(o *setup.Options) { o.Branch = "release/?" },
		"a scheme":                  func(o *setup.Options) { o.Issuer = "https://x" },
		"an audience with a star":   func(o *setup.Options) { o.Audience = "*" },
		"one name for both roles":   func(o *setup.Options) { o.PlanRole, o.DeployRole = "smr", "SMR" },
		"a role name with a path":   func(o *setup.Options) { o.PlanRole = "a/b" },
		"a boundary of no policy":   func(o *setup.Options) { o.Boundaries = []string{"*"} },
		"a boundary of a role":      func(o *setup.Options) { o.Boundaries = []string{"arn:aws:iam::123456789012:role/x"} },
		"a stack with a star":       func(o *setup.Options) { o.Stack = "smr*" },
		"an unknown engine":         func(o *setup.Options) { o.Engine = "x" },
	} {
		o := options()
		edit(&o)
		if _, err := setup.Make(stack, stack.Targets[0], o); err == nil {
			t.Errorf("%s is let through", name)
		}
	}
	anywhere := stackOf(t, "role \"x\" {\n}\n")
	if _, err := setup.Make(anywhere, anywhere.Targets[0], options()); err != setup.ErrNoAccount {
		t.Errorf("without an account: %v", err)
	}
}

// TestOwnNames: the roles of the setup are no roles of the configuration, which
// the deploy role must not change, and IAM has one role of a name.
func TestOwnNames(t *testing.T) {
	stack := stackOf(t, fenced)
	for _, name := range []string{"sagemaker-TRAIN", "AmazonSageMaker-ExecutionRole-20240101T000000"} {
		o := options()
		o.DeployRole = name
		if _, err := setup.Make(stack, stack.Roles[0].Target, o); err == nil || !strings.Contains(err.Error(), "is a role of the configuration") {
			t.Errorf("%s: %v", name, err)
		}
		o = options()
		o.PlanRole = name
		if _, err := setup.Make(stack, stack.Roles[0].Target, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
