package setup_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/deploy/setup"
	"github.com/sagemaker-roles/smr/iam/authz"
)

// decide asks what a role of the setup may do. with is the context, "key=value".
func decide(t *testing.T, r setup.Role, action, resource string, with ...string) authz.Decision {
	t.Helper()
	var p authz.Policies
	for _, doc := range r.Policies {
		p.Identity = append(p.Identity, authz.Policy{Name: doc.Name, Document: doc.Document})
	}
	e, err := authz.Compile(p, authz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	request := authz.Request{
		Principal: authz.Principal{Type: authz.AWS, ID: "arn:aws:sts::123456789012:assumed-role/" + r.Name + "/run"},
		Action:    action, Resource: resource,
	}
	for _, w := range with {
		key, value, _ := strings.Cut(w, "=")
		request.Context.Set(key, value)
	}
	d, err := e.Evaluate(&request)
	if err != nil {
		t.Fatalf("%s on %s: %v", action, resource, err)
	}
	return d
}

const (
	iam      = "arn:aws:iam::123456789012:"
	train    = iam + "role/smr/forecast/SageMaker-train"
	another  = iam + "role/smr/forecast/SageMaker-anything"
	free     = iam + "role/smr/forecast/SageMaker-free"
	imported = iam + "role/service-role/AmazonSageMaker-ExecutionRole-20240101T000000"
	under    = "iam:PermissionsBoundary=" + iam + "policy/ml-boundary"
	strict   = "iam:PermissionsBoundary=" + iam + "policy/smr-boundary/strict"
	foreign  = "iam:PermissionsBoundary=" + iam + "policy/loose"
	ours     = "iam:PolicyARN=" + iam + "policy/smr/forecast/S3_train"
	readOnly = "iam:PolicyARN=arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"
	admin    = "iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess"
)

type question struct {
	what             string
	allowed          bool
	action, resource string
	with             []string
}

// TestFences asks our own evaluator what the deploy role may do: all that smr
// does, and nothing that an attacker who has it would want.
func TestFences(t *testing.T) {
	deploy := account(t, fenced, options()).Roles[1]
	on := func(with ...string) []string { return with }
	questions := []question{
		// What smr does.
		{"read the account", true, "iam:GetAccountAuthorizationDetails", "*", nil},
		{"list roles", true, "iam:ListRoles", "*", nil},
		{"read a policy's tags", true, "iam:ListPolicyTags", iam + "policy/smr/forecast/S3_train", nil},
		{"make a role under the boundary", true, "iam:CreateRole", train, on(under)},
		{"make a role of a name that is new, under the boundary", true, "iam:CreateRole", another, on(under)},
		{"make the role that is declared without a boundary", true, "iam:CreateRole", free, nil},
		{"make the imported role under its boundary", true, "iam:CreateRole", imported, on(strict)},
		{"set a boundary", true, "iam:PutRolePermissionsBoundary", train, on(strict)},
		{"give the free role a boundary", true, "iam:PutRolePermissionsBoundary", free, on(under)},
		{"change a trust policy", true, "iam:UpdateAssumeRolePolicy", train, on(under)},
		{"change a description", true, "iam:UpdateRole", train, on(under)},
		{"write an inline policy", true, "iam:PutRolePolicy", train, on(under)},
		{"write an inline policy of the free role", true, "iam:PutRolePolicy", free, nil},
		{"remove an inline policy", true, "iam:DeleteRolePolicy", train, on(under)},
		{"attach a policy of the project", true, "iam:AttachRolePolicy", train, on(under, ours)},
		{"attach AWS's policy that the configuration names", true, "iam:AttachRolePolicy", train, on(under, readOnly)},
		{"attach a policy to the free role", true, "iam:AttachRolePolicy", free, on(ours)},
		{"detach a policy of the project", true, "iam:DetachRolePolicy", train, on(under, ours)},
		{"detach a foreign policy from the exclusive role", true, "iam:DetachRolePolicy", imported, on(strict, admin)},
		{"delete a role", true, "iam:DeleteRole", train, on(under)},
		{"mark a role", true, "iam:TagRole", train, on("aws:TagKeys=smr:managed")},
		{"remove a mark of a role", true, "iam:UntagRole", train, nil},
		{"make a policy", true, "iam:CreatePolicy", iam + "policy/smr/forecast/S3_train", nil},
		{"change a policy", true, "iam:CreatePolicyVersion", iam + "policy/smr/forecast/S3_train", nil},
		{"delete a version", true, "iam:DeletePolicyVersion", iam + "policy/smr/forecast/S3_train", nil},
		{"delete a policy", true, "iam:DeletePolicy", iam + "policy/smr/forecast/S3_train", nil},
		{"mark a policy", true, "iam:TagPolicy", iam + "policy/smr/forecast/S3_train", nil},
		{"make the imported role's policy", true, "iam:CreatePolicy", iam + "policy/service-role/SageMakerS3BucketPolicyTemplate_AmazonSageMaker-ExecutionRole-20240101T000000", nil},

		{"make the imported role's policy of an activity that comes", true, "iam:CreatePolicy", iam + "policy/service-role/SM_CommonJobManagement_VPC_KMS_AmazonSageMaker-ExecutionRole-20240101T000000", nil},
		{"make the imported role's policy of statements that come", true, "iam:CreatePolicy", iam + "policy/service-role/Statements_AmazonSageMaker-ExecutionRole-20240101T000000", nil},
		{"make the imported role's policies packed", true, "iam:CreatePolicy", iam + "policy/service-role/AmazonSageMaker-ExecutionRole-20240101T000000_2", nil},

		// Roles that are not its own.
		{"change a role outside of the path", false, "iam:PutRolePolicy", iam + "role/admin", on(under)},
		{"make a role outside of the path", false, "iam:CreateRole", iam + "role/x", on(under)},
		{"change another project's role", false, "iam:UpdateAssumeRolePolicy", iam + "role/smr/fraud/SageMaker-train", on(under)},
		{"change a path that begins alike", false, "iam:CreateRole", iam + "role/smr/forecast2/SageMaker-train", on(under)},
		{"change another role beside the imported one", false, "iam:PutRolePolicy", iam + "role/service-role/other", on(strict)},
		{"change a role whose name begins as the imported one's", false, "iam:PutRolePolicy", imported + "x", on(strict)},
		{"change a role of another account", false, "iam:PutRolePolicy", strings.Replace(train, "123456789012", "210987654321", 1), on(under)},
		{"mark a role outside of the path as smr's", false, "iam:TagRole", iam + "role/admin", on("aws:TagKeys=smr:managed")},
		{"make a service-linked role", false, "iam:CreateServiceLinkedRole", iam + "role/aws-service-role/x.amazonaws.com/X", nil},

		// Boundaries.
		{"make a role without a boundary", false, "iam:CreateRole", train, nil},
		{"make a role of a new name without a boundary", false, "iam:CreateRole", another, nil},
		{"make a role under a foreign boundary", false, "iam:CreateRole", train, on(foreign)},
		{"make the free role under a foreign boundary", false, "iam:CreateRole", free, on(foreign)},
		{"remove a boundary", false, "iam:DeleteRolePermissionsBoundary", train, on(under)},
		{"remove the free role's boundary", false, "iam:DeleteRolePermissionsBoundary", free, nil},
		{"swap a boundary for a foreign one", false, "iam:PutRolePermissionsBoundary", train, on(foreign)},
		{"write to a role that lost its boundary", false, "iam:PutRolePolicy", train, nil},
		{"widen trust of a role under a foreign boundary", false, "iam:UpdateAssumeRolePolicy", train, on(foreign)},
		{"version the boundary policy", false, "iam:CreatePolicyVersion", iam + "policy/ml-boundary", nil},
		{"version the other boundary policy", false, "iam:CreatePolicyVersion", iam + "policy/smr-boundary/strict", nil},
		{"take an older version of the boundary", false, "iam:SetDefaultPolicyVersion", iam + "policy/ml-boundary", nil},
		{"delete the boundary policy", false, "iam:DeletePolicy", iam + "policy/ml-boundary", nil},

		// Policies.
		{"attach administrator access", false, "iam:AttachRolePolicy", train, on(under, admin)},
		{"attach administrator access to the free role", false, "iam:AttachRolePolicy", free, on(admin)},
		{"attach administrator access to the exclusive role", false, "iam:AttachRolePolicy", imported, on(strict, admin)},
		{"attach a policy of another project", false, "iam:AttachRolePolicy", train, on(under, "iam:PolicyARN="+iam+"policy/smr/fraud/X")},
		{"attach without a boundary", false, "iam:AttachRolePolicy", train, on(ours)},
		{"detach a guard that somebody else attached", false, "iam:DetachRolePolicy", train, on(under, "iam:PolicyARN="+iam+"policy/security-guard")},
		{"change a policy outside of the path", false, "iam:CreatePolicyVersion", iam + "policy/deployers", nil},
		{"make a policy outside of the path", false, "iam:CreatePolicy", iam + "policy/x", nil},
		{"change a policy of others whose name ends as the imported role's", false, "iam:CreatePolicyVersion", iam + "policy/service-role/admins_AmazonSageMaker-ExecutionRole-20240101T000000", nil},
		{"change a policy of others whose name begins as the imported role's", false, "iam:CreatePolicyVersion", iam + "policy/service-role/AmazonSageMaker-ExecutionRole-20240101T000000_admins", nil},
		{"change a policy of others on a path below", false, "iam:CreatePolicyVersion", iam + "policy/service-role/people/x_AmazonSageMaker-ExecutionRole-20240101T000000", nil},
		{"attach to a user", false, "iam:AttachUserPolicy", iam + "user/mallory", on(ours)},
		{"write a user's policy", false, "iam:PutUserPolicy", iam + "user/mallory", nil},
		{"make a key", false, "iam:CreateAccessKey", iam + "user/mallory", nil},

		// The setup itself.
		{"widen the deploy role", false, "iam:PutRolePolicy", iam + "role/smr-deploy", on(under)},
		{"attach to the deploy role", false, "iam:AttachRolePolicy", iam + "role/smr-deploy", on(under, ours)},
		{"trust more repositories", false, "iam:UpdateAssumeRolePolicy", iam + "role/smr-deploy", on(under)},
		{"widen the plan role", false, "iam:AttachRolePolicy", iam + "role/smr-plan", on(under, ours)},
		{"change the deploy role's policy", false, "iam:CreatePolicyVersion", iam + "policy/smr-deploy", nil},
		{"change the deploy role's second policy", false, "iam:CreatePolicyVersion", iam + "policy/smr-deploy-2", nil},
		{"add an audience to the provider", false, "iam:AddClientIDToOpenIDConnectProvider", iam + "oidc-provider/token.actions.githubusercontent.com", nil},
		{"delete the provider", false, "iam:DeleteOpenIDConnectProvider", iam + "oidc-provider/token.actions.githubusercontent.com", nil},
		{"make a provider of one's own", false, "iam:CreateOpenIDConnectProvider", iam + "oidc-provider/evil.example.com", nil},

		// Using what it made.
		{"pass a role", false, "iam:PassRole", train, on("iam:PassedToService=sagemaker.amazonaws.com")},
		{"pass the free role", false, "iam:PassRole", free, nil},
		{"assume a role", false, "sts:AssumeRole", train, nil},
		{"read data", false, "s3:GetObject", "arn:aws:s3:::acme-forecast/x", nil},
	}
	allowed := 0
	for _, q := range questions {
		d := decide(t, deploy, q.action, q.resource, q.with...)
		if (d.Outcome == authz.Allow) != q.allowed {
			t.Errorf("%s: %s on %s with %v is %s: %+v", q.what, q.action, q.resource, q.with, d.Outcome, d.Reasons)
		}
		if q.allowed {
			allowed++
		}
	}
	if allowed < 25 || len(questions)-allowed < 40 {
		t.Errorf("only %d questions, %d of them allowed", len(questions), allowed)
	}
	t.Logf("%d decisions, %d of them attacks", len(questions), len(questions)-allowed)
}

// TestDenials: what must hold whatever else the role is given is an explicit
// deny, as a policy that allows everything shows.
func TestDenials(t *testing.T) {
	deploy := account(t, fenced, options()).Roles[1]
	deploy.Policies = append(deploy.Policies, account(t, fenced, options()).Roles[1].Policies...)
	all := deploy.Policies[len(deploy.Policies)-1]
	doc := all.Document.Clone()
	doc.Statements = doc.Statements[:1]
	doc.Statements[0].Actions = []string{"*"}
	deploy.Policies[len(deploy.Policies)-1].Document = doc
	for _, q := range []question{
		{"remove a boundary", false, "iam:DeleteRolePermissionsBoundary", iam + "role/any", nil},
		{"version the boundary", false, "iam:CreatePolicyVersion", iam + "policy/ml-boundary", nil},
		{"default version of the boundary", false, "iam:SetDefaultPolicyVersion", iam + "policy/smr-boundary/strict", nil},
		{"pass a managed role", false, "iam:PassRole", train, nil},
		{"assume the imported role", false, "sts:AssumeRole", imported, nil},
		{"edit itself", false, "iam:PutRolePolicy", iam + "role/smr-deploy", nil},
		{"edit the plan role", false, "iam:UpdateAssumeRolePolicy", iam + "role/smr-plan", nil},
		{"assume itself", false, "sts:AssumeRole", iam + "role/smr-deploy", nil},
		{"edit the provider", false, "iam:UpdateOpenIDConnectProviderThumbprint", iam + "oidc-provider/token.actions.githubusercontent.com", nil},
		{"its own policy", false, "iam:CreatePolicyVersion", iam + "policy/smr-deploy", nil},
		{"anything else", true, "iam:PutRolePolicy", iam + "role/any", nil},
	} {
		d := decide(t, deploy, q.action, q.resource, q.with...)
		if want := map[bool]authz.Outcome{true: authz.Allow, false: authz.ExplicitDeny}[q.allowed]; d.Outcome != want {
			t.Errorf("%s: %s", q.what, d.Outcome)
		}
	}
}

// The plan role reads and changes nothing.
func TestPlanReads(t *testing.T) {
	plan := account(t, fenced, options()).Roles[0]
	for _, u := range setup.Actions() {
		for _, resource := range []string{"*", train, free, iam + "policy/smr/forecast/S3_train"} {
			d := decide(t, plan, u.Action, resource, under, ours)
			if (d.Outcome == authz.Allow) == u.Deploy {
				t.Errorf("%s on %s is %s", u.Action, resource, d.Outcome)
			}
		}
	}
	for _, q := range []question{
		{"pass a role", false, "iam:PassRole", train, nil},
		{"assume the deploy role", false, "sts:AssumeRole", iam + "role/smr-deploy", nil},
	} {
		if d := decide(t, plan, q.action, q.resource); d.Outcome == authz.Allow {
			t.Error(q.what)
		}
	}
}

// Who may assume the roles: the jobs of this repository, in the form of subject
// that the trust policy is for, and nobody else.
func TestWhoIsTrusted(t *testing.T) {
	o := options()
	o.Environments = []string{"prod"}
	a := account(t, fenced, o)
	for _, c := range []struct {
		what, subject, audience string
		plan, deploy            [2]bool // immutable, named
	}{
		{"a job of the environment", "repo:acme@1234/ml-roles@5678:environment:prod", "sts.amazonaws.com", [2]bool{}, [2]bool{true, false}},
		{"a job of the environment, by name", "repo:acme/ml-roles:environment:prod", "sts.amazonaws.com", [2]bool{}, [2]bool{false, true}},
		{"the plan of a release", "repo:acme@1234/ml-roles@5678:environment:prod-plan", "sts.amazonaws.com", [2]bool{true, false}, [2]bool{}},
		{"a pull request", "repo:acme@1234/ml-roles@5678:pull_request", "sts.amazonaws.com", [2]bool{true, false}, [2]bool{}},
		{"a pull request, by name", "repo:acme/ml-roles:pull_request", "sts.amazonaws.com", [2]bool{false, true}, [2]bool{}},
		{"a schedule", "repo:acme@1234/ml-roles@5678:ref:refs/heads/main", "sts.amazonaws.com", [2]bool{true, false}, [2]bool{}},
		{"another branch", "repo:acme@1234/ml-roles@5678:ref:refs/heads/main2", "sts.amazonaws.com", [2]bool{}, [2]bool{}},
		{"another environment", "repo:acme@1234/ml-roles@5678:environment:production", "sts.amazonaws.com", [2]bool{}, [2]bool{}},
		{"another audience", "repo:acme@1234/ml-roles@5678:environment:prod", "https://github.com/acme", [2]bool{}, [2]bool{}},
		{"another repository of the owner", "repo:acme@1234/other@5679:environment:prod", "sts.amazonaws.com", [2]bool{}, [2]bool{}},
		{"a name that was taken again", "repo:acme@9999/ml-roles@8888:environment:prod", "sts.amazonaws.com", [2]bool{}, [2]bool{}},
		{"a name that begins alike", "repo:acme/ml-roles2:environment:prod", "sts.amazonaws.com", [2]bool{}, [2]bool{}},
		{"another case", "repo:ACME/ml-roles:environment:prod", "sts.amazonaws.com", [2]bool{}, [2]bool{}},
	} {
		for i, r := range a.Roles {
			want := [][2]bool{c.plan, c.deploy}[i]
			for form, doc := range map[int]setup.Policy{0: {Document: r.Immutable}, 1: {Document: r.Named}} {
				e, err := authz.Compile(authz.Policies{Resource: &authz.Policy{Name: "trust", Document: doc.Document}}, authz.Options{})
				if err != nil {
					t.Fatal(err)
				}
				request := authz.Request{
					Principal: authz.Principal{Type: authz.Federated, ID: a.Provider.ARN},
					Action:    "sts:AssumeRoleWithWebIdentity", Resource: r.ARN,
				}
				request.Context.Set("token.actions.githubusercontent.com:sub", c.subject)
				request.Context.Set("token.actions.githubusercontent.com:aud", c.audience)
				d, err := e.Evaluate(&request)
				if err != nil {
					t.Fatal(err)
				}
				if (d.Outcome == authz.Allow) != want[form] {
					t.Errorf("%s, form %d: %s is %s", c.what, form, r.Name, d.Outcome)
				}
			}
		}
	}
}

// TestCatalogFits: the policies of each activity of the catalogue are let
// through for an imported role, also of those that it does not have yet.
func TestCatalogFits(t *testing.T) {
	deploy := account(t, fenced, options()).Roles[1]
	names := map[string]bool{}
	err := filepath.WalkDir("../../dsl/catalog", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".smr" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`policy_name\s*=\s*"([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil || len(names) < 15 {
		t.Fatalf("%d names, %v", len(names), err)
	}
	for name := range names {
		for _, form := range []string{"", "_VPC", "_KMS", "_VPC_KMS"} {
			arn := iam + "policy/service-role/" + name + form + "_AmazonSageMaker-ExecutionRole-20240101T000000"
			if d := decide(t, deploy, "iam:CreatePolicy", arn); d.Outcome != authz.Allow {
				t.Errorf("%s is %s", arn, d.Outcome)
			}
		}
	}
}
