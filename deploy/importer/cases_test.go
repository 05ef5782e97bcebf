package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sagemaker-roles/smr/deploy/live"
)

const plainTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// account is an empty account.
func anAccount() *live.State { return live.New("123456789012", "aws") }

// add puts a role with inline policies into an account.
func add(s *live.State, name string, policies ...string) *live.Role {
	r := &live.Role{Name: name, Path: "/", ARN: s.RoleARN("/", name), MaxSessionDuration: 3600, Trust: live.NewDocument(plainTrust), Inline: map[string]*live.Document{}, Tags: map[string]string{}}
	for i, p := range policies {
		r.Inline["p"+itoa(i)] = live.NewDocument(p)
	}
	s.SetRole(r)
	return r
}

// attach makes a customer managed policy and attaches it.
func attach(s *live.State, name string, text string, roles ...*live.Role) string {
	arn := s.PolicyARN("/", name)
	s.Policies[arn] = &live.Policy{ARN: arn, Name: name, Path: "/", DefaultVersion: "v1", Attachments: len(roles), Versions: []live.Version{{ID: "v1", Document: live.NewDocument(text)}}}
	for _, r := range roles {
		r.Attach(arn)
	}
	return arn
}

func allow(action, resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%q,"Resource":%q}]}`, action, resource)
}

func run(t *testing.T, s *live.State, o Options) *Result {
	t.Helper()
	r, err := Import(context.Background(), []*Source{{State: s}}, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRefusals: what is not smr's to take is passed over with the reason, and
// the rest is imported.
func TestRefusals(t *testing.T) {
	s := anAccount()
	add(s, "linked").Path = "/aws-service-role/x.amazonaws.com/"
	add(s, "sso").Path = "/aws-reserved/sso.amazonaws.com/"
	add(s, "template").Template = true
	add(s, "stack").Tags["aws:cloudformation:stack-id"] = "arn:stack"
	add(s, "other").Tags[tagManaged] = "fraud"
	add(s, "mine", allow("s3:ListAllMyBuckets", "*")).Tags[tagManaged] = "ml"
	r := run(t, s, Options{Project: "ml"})
	got := map[string]string{}
	for _, k := range r.Skipped {
		got[k.Role] = k.Reason
		if k.Named {
			t.Errorf("%s was not asked for", k.Role)
		}
	}
	for name, want := range map[string]string{"linked": "service-linked", "sso": "/aws-reserved/", "template": "role template", "stack": "CloudFormation", "other": `project "fraud"`} {
		if !strings.Contains(got[name], want) {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if len(got) != 5 || len(r.Roles) != 1 || strings.Contains(text1(r), "smr:") || !strings.Contains(text1(r), `project = "ml"`) {
		t.Errorf("%v\n%s", got, text1(r))
	}
	if r := run(t, s, Options{Roles: []string{"STACK", "none", "l*"}}); len(r.Files) > 0 || !r.Skipped[1].Named || !r.Skipped[2].Named || r.Skipped[0].Named {
		t.Errorf("%+v", r.Skipped)
	}
}

// TestAttached: a policy that others have too stays attached, with its text, as
// that of the boundary; one of the role's own is written out; what has no text
// stays attached.
func TestAttached(t *testing.T) {
	s := anAccount()
	a, b := add(s, "a"), add(s, "b", allow("s3:GetObject", "arn:aws:s3:::x/*"))
	shared := attach(s, "team.policy", allow("sqs:SendMessage", "*"), a, b)
	attach(s, "own", allow("sns:Publish", "*"), a)
	a.Boundary = attach(s, "edge", allow("*", "*"))
	a.Attach("arn:aws:iam::123456789012:policy/unseen")
	a.Attach("arn:aws:iam::aws:policy/AmazonSageMakerReadOnly")
	r := run(t, s, Options{})
	text := text1(r)
	for _, want := range []string{shared, `policy "team-policy"`, "policies/team-policy.json", "policies/edge.json", "sns:Publish", "policy/unseen", `permissions_boundary = "` + a.Boundary} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if len(r.Failures) > 0 || strings.Contains(text, `"sqs:SendMessage"]`) || r.Roles[0].Attached != 3 || r.Roles[0].Statements != 1 {
		t.Errorf("%+v %+v\n%s", r.Failures, r.Roles[0], text)
	}
}

// TestOldVersion: in a document of 2008 "${" is literal text, and stays that.
func TestOldVersion(t *testing.T) {
	s := anAccount()
	add(s, "old", `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}/$${x}/%{y}"}]}`)
	r := run(t, s, Options{})
	if want := `arn:aws:s3:::b/$${$}{aws:username}/`; len(r.Failures) > 0 || !strings.Contains(text1(r), want) {
		t.Errorf("%+v, want %s\n%s", r.Failures, want, text1(r))
	}
}

// TestTrust: who may assume a role is written in the language's own words where
// it has some, and as a statement where not; Import proves that it is the same.
func TestTrust(t *testing.T) {
	oidc := func(conditions string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + conditions + `}]}`
	}
	const aud = `"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"`
	for name, tt := range map[string]struct{ trust, want, not string }{
		"default":     {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["sagemaker.amazonaws.com"]},"Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sagemaker:eu-west-1:123456789012:*"}}}]}`, "", "trust"},
		"service":     {plainTrust, `services = ["sagemaker.amazonaws.com"]`, "statement"},
		"account":     {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::210987654321:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"a\"b"}}}]}`, `"a\"b"`, "statement"},
		"everyone":    {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}]}`, `principals = ["*"]`, ""},
		"environment": {oidc(`{"StringEquals":{` + aud + `,"token.actions.githubusercontent.com:sub":["repo:a/b:environment:p%3Aq","repo:c/d:environment:p%3Aq"]}}`), `environment = "p:q"`, "oidc {"},
		"branch":      {oidc(`{"StringEquals":{` + aud + `,"token.actions.githubusercontent.com:sub":"repo:a@1/b@2:ref:refs/heads/main"}}`), `branch     = "main"`, "oidc {"},
		"all of it":   {oidc(`{"StringEquals":{` + aud + `},"StringLike":{"token.actions.githubusercontent.com:sub":"repo:a/b:*"}}`), `repository = "a/b"`, "branch"},
		"two kinds":   {oidc(`{"StringEquals":{` + aud + `,"token.actions.githubusercontent.com:sub":["repo:a/b:environment:p","repo:a/b:ref:refs/heads/x"]}}`), `subjects = [`, "github {"},
		"no audience": {oidc(`{"StringEquals":{"token.actions.githubusercontent.com:sub":"repo:a/b:environment:p"}}`), "oidc {", "audience"},
		"more":        {oidc(`{"StringEquals":{` + aud + `,"token.actions.githubusercontent.com:actor":"x","token.actions.githubusercontent.com:sub":"repo:a/b:environment:p"}}`), `statement "Federated"`, "oidc {"},
		"saml":        {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/x"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]}`, `federated = [`, "oidc"},
		"deny":        {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"},{"Sid":"No","Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"123456789012"}}}]}`, `effect     = "Deny"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := anAccount()
			add(s, "r", allow("sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:q")).Trust = live.NewDocument(tt.trust)
			r := run(t, s, Options{})
			text := text1(r)
			if i := strings.Index(text, "\n  trust {"); i >= 0 {
				text = text[i:]
			} else {
				text = ""
			}
			if len(r.Failures) > 0 || !strings.Contains(text, tt.want) || tt.not != "" && strings.Contains(text, tt.not) {
				t.Errorf("%+v, want %s\n%s", r.Failures, tt.want, text)
			}
		})
	}
}

// TestInexpressible: what nothing can say is an error that names it, and then
// nothing is written.
func TestInexpressible(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*live.State, *live.Role)
		want   string
	}{
		"no policy":   {func(_ *live.State, r *live.Role) { r.Inline["x"] = live.NewDocument(`{"a":1}`) }, `inline policy "x"`},
		"no document": {func(_ *live.State, r *live.Role) { r.Inline["x"] = nil }, "its text is missing"},
		"no trust":    {func(_ *live.State, r *live.Role) { r.Trust = nil }, "no trust policy"},
		"principal":   {func(_ *live.State, r *live.Role) { r.Inline["x"] = live.NewDocument(plainTrust) }, "element Principal in an identity-based policy"},
		"no actions": {func(_ *live.State, r *live.Role) {
			r.Inline["x"] = live.NewDocument(`{"Statement":{"Effect":"Allow","Action":[],"Resource":"*"}}`)
		}, "empty list of actions"},
		"no values": {func(_ *live.State, r *live.Role) {
			r.Inline["x"] = live.NewDocument(`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"a:b":[]}}}}`)
		}, "without values"},
		"no resource":  {func(_ *live.State, r *live.Role) { r.Inline["x"] = live.NewDocument(allow("s3:GetObject", "acme/*")) }, `"acme/*" is no resource`},
		"not composed": {func(_ *live.State, r *live.Role) { r.Tags["a"] = "e\u0301" }, "composed form"},
		"private use":  {func(_ *live.State, r *live.Role) { r.Description = "\ue003" }, "private-use"},
		"long text": {func(_ *live.State, r *live.Role) {
			r.Inline["x"] = live.NewDocument(allow("s3:GetObject", "arn:aws:s3:::"+strings.Repeat("a", 70_000)))
		}, "70013 bytes"},
		"NotPrincipal": {func(_ *live.State, r *live.Role) {
			r.Trust = live.NewDocument(strings.Replace(plainTrust, "Principal", "NotPrincipal", 1))
		}, "NotPrincipal"},
		"canonical user": {func(_ *live.State, r *live.Role) {
			r.Trust = live.NewDocument(strings.Replace(plainTrust, "Service", "CanonicalUser", 1))
		}, "CanonicalUser"},
		"broken attached": {func(s *live.State, r *live.Role) { attach(s, "m", "{", r) }, `managed policy "m"`},
		"denies everyone": {func(_ *live.State, r *live.Role) {
			r.Trust = live.NewDocument(strings.Replace(plainTrust, "Allow", "Deny", 1))
		}, "names nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			s := anAccount()
			add(s, "fine", allow("s3:ListAllMyBuckets", "*"))
			tt.change(s, add(s, "bad", allow("s3:ListAllMyBuckets", "*")))
			r := run(t, s, Options{})
			if len(r.Files) > 0 || len(r.Failures) != 1 || r.Failures[0].Role != "bad" || !strings.Contains(r.Failures[0].Reason, tt.want) {
				t.Errorf("%+v, want %q\n%s", r.Failures, tt.want, text1(r))
			}
			if r := run(t, s, Options{Except: []string{"bad"}}); len(r.Files) != 1 {
				t.Errorf("%+v", r.Failures)
			}
		})
	}
}

// TestNames: labels are those of the language and tell all roles apart, names
// stay.
func TestNames(t *testing.T) {
	s := anAccount()
	for _, name := range []string{"SageMaker-x", "x", "x.y", "x-y", "@@", "9"} {
		add(s, name, allow("s3:ListAllMyBuckets", "*"))
	}
	r := run(t, s, Options{})
	labels := map[string]bool{}
	for _, role := range r.Roles {
		labels[strings.ToLower(role.Label)] = true
	}
	if len(r.Failures) > 0 || len(labels) != 6 {
		t.Errorf("%v %+v\n%s", labels, r.Failures, text1(r))
	}
}

// TestManyAttached: an account in which AWS raised the quota says so.
func TestManyAttached(t *testing.T) {
	s := anAccount()
	role := add(s, "r")
	for i := range 14 {
		attach(s, "m"+itoa(i), allow("sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:q"+itoa(i)), role, role)
	}
	r := run(t, s, Options{})
	if len(r.Failures) > 0 || !strings.Contains(text1(r), "attached_policies_per_role = 14") {
		t.Errorf("%+v\n%s", r.Failures, text1(r))
	}
}

// TestSharedSet: roles with the same activities share a persona.
func TestSharedSet(t *testing.T) {
	docs := documents(t)
	s := anAccount()
	for _, name := range []string{"a", "b", "c"} {
		role := add(s, name, docs["manage_pipelines"], docs["use_mlflow"])
		role.Tags["n"] = name
	}
	add(s, "d", docs["manage_experiments"], allow("s3:GetObject", "*"))
	r := run(t, s, Options{})
	if len(r.Personas) != 1 || !slices.Equal(r.Personas[0].Activities, []string{"manage_pipelines", "use_mlflow"}) || len(r.Personas[0].Roles) != 3 {
		t.Errorf("%+v %+v\n%s", r.Personas, r.Failures, text1(r))
	}
}

// TestAWSPersonas imports AWS's own sets of today (SageMaker Developer Guide,
// "Persona reference"): the data scientist breaks the rule on what Canvas
// activities need, so those are written as what they attach, with a note.
func TestAWSPersonas(t *testing.T) {
	docs := documents(t)
	p := readParams(t)
	s := anAccount()
	ds := add(s, "SageMaker-ds", docs["run_studio_applications"], docs["manage_ml_jobs"], docs["manage_models"], docs["manage_glue_tables"], docs["use_mlflow"], docs["access_required_mlflow"], docs["canvas_kendra_access"])
	ds.Attach(p.ManagedPolicies["canvas_ai_services"])
	ds.Attach(p.ManagedPolicies["canvas_mlops"])
	add(s, "SageMaker-ops", docs["run_studio_applications"], docs["manage_models"], docs["manage_pipelines"], docs["search_and_visualize_experiments"], docs["s3_full_access"])
	r := run(t, s, Options{})
	if len(r.Failures) > 0 || len(r.Roles) != 2 {
		t.Fatalf("%+v", r)
	}
	if d := r.Roles[0]; len(d.Activities) != 6 || d.Attached != 2 || d.Statements != 2 || !strings.Contains(strings.Join(d.Notes, "\n"), "canvas_ai_services") {
		t.Errorf("%+v\n%s", d, text1(r))
	}
	if o := r.Roles[1]; len(o.Activities) != 5 || o.Statements > 0 {
		t.Errorf("%+v\n%s", o, text1(r))
	}
}

// TestDeterministic: the same roles give the same bytes.
func TestDeterministic(t *testing.T) {
	s := many(t, 24)
	first := text1(run(t, s, Options{}))
	for range 3 {
		if next := text1(run(t, s, Options{})); next != first {
			t.Fatalf("%s\nbecame\n%s", first, next)
		}
	}
}

// TestHostile: documents of arbitrary text are proved or refused, and nothing
// panics.
func TestHostile(t *testing.T) {
	word := rapid.OneOf(
		rapid.SampledFrom([]string{"*", "s3:*", "s3:GetObject", "sagemaker:CreateModel", "iam:PassRole", "arn:aws:s3:::b/*", "arn:aws:s3:::${aws:username}", "${", "$${", "$$${a}", "%{if}", "\"", "\\", "\n", "\u2028", "\U000e0001", "EOT", "${$}", "arn:aws:sagemaker:*:*:*/*", "", "é"}),
		rapid.StringN(0, 12, 40),
	)
	rapid.Check(t, func(t *rapid.T) {
		words := func(name string) string {
			text, err := json.Marshal(rapid.SliceOfN(word, 1, 3).Draw(t, name))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		text := fmt.Sprintf(`{"Version":%q,"Statement":[{"Effect":%q,%q:%s,%q:%s,"Condition":{"StringLike":{"aws:PrincipalTag/x":%s}}},{"Effect":"Allow","Action":"s3:GetObject","Resource":%s}]}`,
			rapid.SampledFrom([]string{"2012-10-17", "2008-10-17"}).Draw(t, "version"), rapid.SampledFrom([]string{"Allow", "Deny"}).Draw(t, "effect"),
			rapid.SampledFrom([]string{"Action", "NotAction"}).Draw(t, "action"), words("actions"), rapid.SampledFrom([]string{"Resource", "NotResource"}).Draw(t, "resource"), words("resources"), words("values"), words("more"))
		s := anAccount()
		role := add(s, "r", text)
		role.Tags["t"] = rapid.StringN(0, 5, 20).Draw(t, "tag")
		r, err := Import(context.Background(), []*Source{{State: s}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Failures) == 0 && len(r.Files) == 0 || len(r.Failures) > 0 && r.Failures[0].Reason == "" {
			t.Fatalf("%+v", r)
		}
	})
}

// TestReplaced: a role of an account keeps the policies that it has until
// something takes them away. Where the configuration writes them anew it says
// so, for otherwise a later release that narrows them would change nothing.
func TestReplaced(t *testing.T) {
	s := anAccount()
	replaced, inline, bare, kept := add(s, "replaced"), add(s, "inline", allow("sns:Publish", "*")), add(s, "bare"), add(s, "kept")
	attach(s, "own", allow("s3:ListAllMyBuckets", "*"), replaced)
	attach(s, "shared", allow("sqs:SendMessage", "*"), bare, kept)
	kept.Attach("arn:aws:iam::aws:policy/AmazonSageMakerReadOnly")
	bare.Attached = nil
	add(s, "compiled", allow("sns:Publish", "*"))
	for _, r := range []*live.Role{replaced, inline, bare, kept} {
		r.ID = "AROA" + strings.ToUpper(r.Name)
	}
	text := text1(run(t, s, Options{}))
	for name, want := range map[string]bool{"replaced": true, "inline": true, "bare": false, "kept": false, "compiled": false} {
		_, block, found := strings.Cut(text, "role \""+name+"\" {\n")
		block, _, _ = strings.Cut(block, "\n}\n")
		if !found || strings.Contains(block, "exclusive = true") != want {
			t.Errorf("%s: exclusive is not %t\n%s", name, want, block)
		}
	}
}

// TestForeignVPC: a role whose policies are not about a VPC has none, whatever
// the other roles of the account have.
func TestForeignVPC(t *testing.T) {
	s := anAccount()
	vpc, home, other := add(s, "vpc"), add(s, "home"), add(s, "other")
	doc, err := os.ReadFile("../../testdata/catalog/role-manager-2024/manage_ml_jobs.vpc.json")
	if err != nil {
		t.Fatal(err)
	}
	attach(s, "jobs", string(doc), vpc)
	attach(s, "shared", allow("s3:GetObject", "arn:aws:s3:::home/*"), home, other)
	add(s, "mixed", allow("sns:Publish", "*")).Attach("arn:aws:iam::aws:policy/AmazonSageMakerReadOnly")
	text := text1(run(t, s, Options{}))
	if n := strings.Count(text, "vpc {"); n != 1 {
		t.Errorf("%d roles have a vpc block, want 1\n%s", n, text)
	}
}

// TestHugeDocument: what no account can hold is refused, not worked at.
func TestHugeDocument(t *testing.T) {
	s := anAccount()
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, `,{"Effect":"Allow","Action":["s3:GetObject","dynamodb:Get*"],"Resource":"arn:aws:s3:::bucket-%d/*"}`, i)
	}
	add(s, "x", `{"Version":"2012-10-17","Statement":[`+b.String()[1:]+`]}`)
	if r := run(t, s, Options{}); len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Reason, "131072") {
		t.Errorf("%+v", r.Failures)
	}
}
