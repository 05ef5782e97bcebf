package preflight_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl"
	"github.com/sagemaker-roles/smr/iam/policy"
	"github.com/sagemaker-roles/smr/preflight"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

const (
	account = "111122223333"
	region  = "eu-west-1"
)

// told are the facts that every call of these tests is asked with; the values
// are those of the placeholders that follow from them.
func told() (list []preflight.Telling, values map[string]string) {
	text := func(name, value string) {
		list = append(list, preflight.Telling{Name: name, Value: cty.StringVal(value)})
	}
	values = map[string]string{
		"partition": "aws", "region": region, "account": account, "bucket_account": account, "registry_account": account,
		"image_account": account, "image_region": region, "image_repository": "acme/train",
		"input_bucket": "acme-in", "input_prefix": "day/", "output_bucket": "acme-out", "output_prefix": "results/",
		"model_bucket": "acme-models", "model_key": "m/model.tar.gz", "lifecycle_bucket": "sagemaker-acme", "artifact_bucket": "acme-artifacts",
		"property_file_bucket": "acme-properties", "execution_role_arn": "arn:aws:iam::" + account + ":role/exec",
	}
	text("input_buckets", "acme-in/day/")
	text("output_bucket", "s3://acme-out/results/")
	text("model_bucket", "acme-models/m/model.tar.gz")
	text("lifecycle_bucket", "sagemaker-acme")
	text("artifact_bucket", "acme-artifacts")
	text("property_file_bucket", "acme-properties")
	list = append(list, preflight.Telling{Name: "images", Value: cty.TupleVal([]cty.Value{cty.StringVal(account + ".dkr.ecr." + region + ".amazonaws.com/acme/train:1")})})
	for argument, use := range map[string]string{
		"volume_key": "volume", "output_key": "output", "input_key": "input", "domain_key": "domain", "online_key": "online",
		"offline_key": "offline", "capture_key": "capture", "lifecycle_key": "lifecycle", "model_artifact_key": "model",
	} {
		arn := fmt.Sprintf("arn:aws:kms:%s:%s:key/%s", region, account, use)
		values[use+"_kms_key_arn"] = arn
		text(argument, arn)
	}
	values["ecr_kms_key_arn"] = fmt.Sprintf("arn:aws:kms:%s:%s:key/ecr", region, account)
	for symbol := range requirements.Conditions() {
		switch symbol {
		case "always", "cross_account_data", "cross_account_key", "cross_account_image", "xaccount_registry", "hyperpod_lifecycle_cross_account", "s3_express",
			"hyperpod_lifecycle_not_sagemaker_prefix":
		default:
			list = append(list, preflight.Telling{Name: symbol, Value: cty.True})
		}
	}
	for _, api := range requirements.APIs() {
		a, _ := requirements.Find(api)
		for _, p := range a.Permissions {
			for _, name := range requirements.Placeholders(p.Resource) {
				if _, ok := values[name]; ok {
					continue
				}
				values[name] = "acme-" + strings.ReplaceAll(name, "_", "-")
				if strings.HasSuffix(name, "_arn") || strings.HasSuffix(name, "_arns") {
					values[name] = instanceOf(p.Action, name)
				}
				text(name, values[name])
			}
		}
	}
	return list, values
}

// instanceOf is an ARN for a placeholder, of the service that is asked.
func instanceOf(action, name string) string {
	service, _, _ := strings.Cut(action, ":")
	kind := map[string]string{
		"iam": "arn:aws:iam::" + account + ":role/", "lambda": "arn:aws:lambda:" + region + ":" + account + ":function:", "eks": "arn:aws:eks:" + region + ":" + account + ":cluster/",
		"secretsmanager": "arn:aws:secretsmanager:" + region + ":" + account + ":secret:", "cloudwatch": "arn:aws:cloudwatch:" + region + ":" + account + ":alarm:",
		"cognito-idp": "arn:aws:cognito-idp:" + region + ":" + account + ":userpool/", "sns": "arn:aws:sns:" + region + ":" + account + ":",
	}[service]
	return kind + strings.ReplaceAll(name, "_", "-")
}

func environment() *ir.Environment {
	return &ir.Environment{Repositories: []*ir.Repository{{
		Name: "acme/train", Account: account, Region: region, KeyARN: fmt.Sprintf("arn:aws:kms:%s:%s:key/ecr", region, account),
	}}}
}

// role is a role with an inline policy of statements.
func role(name string, statements ...policy.Statement) *ir.StackRole {
	r := &ir.StackRole{Role: &ir.Role{
		Label: name, IAMName: name, Path: "/", Decl: &dsl.Role{},
		Target: &ir.Target{Name: "main", AccountID: account, Region: region, Partition: "aws"},
	}}
	if len(statements) > 0 {
		r.Inline = []ir.Policy{{Name: "all", Document: &policy.Document{Version: policy.Version2012, Statements: statements}}}
	}
	r.Trust.Document = &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Effect: policy.Allow, Principal: &policy.Principal{Service: []string{"sagemaker.amazonaws.com"}}, Actions: []string{"sts:AssumeRole"},
	}}}
	return r
}

// A needed is one documented requirement of a role or caller.
type needed struct {
	actor            requirements.Actor
	action, resource string
	anyOf            string
}

func (n needed) statement() policy.Statement {
	return policy.Statement{Effect: policy.Allow, Actions: []string{n.action}, Resources: []string{n.resource}}
}

// documented are the requirements of an API that AWS documents and that belong
// to a role or caller, with their placeholders filled.
func documented(a *requirements.API, values map[string]string) (out []needed, others int) {
	seen := map[needed]bool{}
	for _, p := range a.Permissions {
		resource := strings.Replace(p.Resource, ":*:*:", ":"+region+":"+account+":", 1)
		resource = strings.NewReplacer(pairs(values)...).Replace(resource)
		n := needed{p.Actor, p.Action, resource, p.AnyOf}
		holds := requirements.Holds(p.When, func(s string) bool {
			return !strings.HasPrefix(s, "cross_account") && s != "xaccount_registry" && s != "s3_express" && !strings.HasPrefix(s, "hyperpod_lifecycle_not") && s != "hyperpod_lifecycle_cross_account"
		})
		switch {
		case !holds || p.Actor == requirements.ResourceOwner || seen[n]:
		case p.Basis == requirements.Documented:
			seen[n] = true
			out = append(out, n)
		default:
			others++
		}
	}
	return out, others
}

func pairs(values map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, "${"+name+"}", values[name])
	}
	return out
}

// judge asks an API of roles that have just these permissions.
func judge(t *testing.T, api string, have []needed, facts *preflight.Facts) *preflight.Answer {
	t.Helper()
	byActor := map[requirements.Actor][]policy.Statement{}
	for _, n := range have {
		byActor[n.actor] = append(byActor[n.actor], n.statement())
	}
	a, err := preflight.Judge(&preflight.Call{
		API: api, Role: role("exec", byActor[requirements.ExecutionRole]...), Caller: role("caller", byActor[requirements.Caller]...),
		ClusterRole: role("cluster", byActor[requirements.ClusterRole]...), Environment: environment(), Facts: facts,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// covers reports whether another requirement of the actor grants the same.
func (n needed) covers(m needed) bool {
	return n != m && n.actor == m.actor && policy.MatchFold(n.action, m.action) && policy.Match(n.resource, m.resource)
}

// TestEveryAPI: roles with exactly what AWS documents pass; without any one of
// it they fail, and it is named; what is derived, reported or inferred and
// missing warns.
func TestEveryAPI(t *testing.T) {
	list, values := told()
	removals, undocumented, warned, covered := 0, 0, 0, 0
	for _, api := range requirements.APIs() {
		a, _ := requirements.Find(api)
		facts, _, _, err := preflight.Tell(api, environment(), list)
		if err != nil {
			t.Fatal(err)
		}
		all, others := documented(a, values)
		if len(all) == 0 {
			undocumented++
			continue
		}
		answer := judge(t, api, all, facts)
		if answer.Verdict != preflight.Works {
			text, _ := json.MarshalIndent(answer.Gaps(), "", " ")
			t.Errorf("%s: what AWS documents is not enough: %s %v", api, text, answer.Rules)
			continue
		}
		if others > 0 && len(answer.Warnings()) > 0 {
			warned++
		}
		for _, c := range answer.Warnings() {
			if c.Basis == requirements.Documented {
				t.Errorf("%s: the documented %s is a warning", api, c.Action)
			}
		}
		for _, n := range all {
			if slices.ContainsFunc(all, func(m needed) bool { return m.covers(n) && m.anyOf == "" }) {
				covered++
				continue
			}
			rest := slices.DeleteFunc(slices.Clone(all), func(m needed) bool { return m == n || n.anyOf != "" && m.anyOf == n.anyOf })
			answer := judge(t, api, rest, facts)
			named := slices.ContainsFunc(answer.Gaps(), func(c *preflight.Check) bool {
				return c.Actor == n.actor && c.Action == n.action && c.Resource == n.resource
			})
			// Where another permission grants it for some of the resources, as that
			// of one cluster for all of them, it is not known whether it lacks.
			want := preflight.DoesNotWork
			if slices.ContainsFunc(rest, func(m needed) bool { return n.covers(m) && m.action == n.action }) {
				want = preflight.Unknown
			}
			if answer.Verdict != want || !named {
				t.Errorf("%s without %s of the %s on %s: %s, named %v", api, n.action, n.actor, n.resource, answer.Verdict, named)
			}
			removals++
		}
	}
	t.Logf("%d APIs, %d without documented requirements of a role or caller, %d with warnings; %d permissions taken away one by one, %d that another grants as well", len(requirements.APIs()), undocumented, warned, removals, covered)
	if len(requirements.APIs()) != 59 || undocumented != 1 || removals < 400 || warned < 10 {
		t.Errorf("%d APIs, %d undocumented, %d removals, %d with warnings", len(requirements.APIs()), undocumented, removals, warned)
	}
}

// TestEveryFix: for every API, the statements of the fixes, added to empty
// roles as they are, as JSON and in the language, make the call work.
func TestEveryFix(t *testing.T) {
	list, _ := told()
	for _, api := range requirements.APIs() {
		if api == "PythonSDK" {
			continue // nothing of it is documented
		}
		facts, _, _, err := preflight.Tell(api, environment(), list)
		if err != nil {
			t.Fatal(err)
		}
		empty := judge(t, api, nil, facts)
		if empty.Verdict != preflight.DoesNotWork {
			t.Errorf("%s works for roles without permissions: %s", api, empty.Verdict)
		}
		statements := map[string][]policy.Statement{}
		for _, f := range empty.Fixes {
			label, ok := strings.CutPrefix(f.Owner, "role ")
			if !ok {
				t.Fatalf("%s: a fix of %s", api, f.Owner)
			}
			for _, raw := range f.Statements {
				doc, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": [` + string(raw) + `]}`))
				if err != nil {
					t.Fatal(err)
				}
				statements[label] = append(statements[label], doc.Statements...)
			}
		}
		mended, err := preflight.Judge(&preflight.Call{
			API: api, Role: role("exec", statements["exec"]...), Caller: role("caller", statements["caller"]...), ClusterRole: role("cluster", statements["cluster"]...),
			Environment: environment(), Facts: facts,
		})
		if err != nil {
			t.Fatal(err)
		}
		if mended.Verdict != preflight.Works || len(mended.Warnings()) > 0 {
			t.Errorf("%s: after the fixes as JSON: %s, %d gaps, %d warnings", api, mended.Verdict, len(mended.Gaps()), len(mended.Warnings()))
		}
		config := "account \"main\" {\n  id     = \"" + account + "\"\n  region = \"" + region + "\"\n}\n"
		for _, label := range []string{"exec", "caller", "cluster"} {
			config += "role \"" + label + "\" {\n  name = \"" + label + "\"\n  path = \"/\"\n"
			for _, f := range empty.Fixes {
				if f.In == "role \""+label+"\"" {
					config += f.HCL
				}
			}
			config += "}\n"
		}
		r := compile(t, map[string]string{"roles.smr": config})
		if r.Incomplete {
			t.Fatalf("%s: the fixes in the language do not compile: %v\n%s", api, r.Diags, config)
		}
		roles := map[string]*ir.StackRole{}
		for _, role := range r.Stack.Roles {
			roles[role.Label] = role
		}
		mended, err = preflight.Judge(&preflight.Call{
			API: api, Role: roles["exec"], Caller: roles["caller"], ClusterRole: roles["cluster"], Environment: environment(), Facts: facts,
		})
		if err != nil {
			t.Fatal(err)
		}
		if mended.Verdict != preflight.Works {
			t.Errorf("%s: after the fixes in the language: %s, %d gaps", api, mended.Verdict, len(mended.Gaps()))
		}
	}
}
