package importer

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/internal/moto"
	"github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// create makes the roles of a stack in an account as IAM's API has them made.
func create(ctx context.Context, t *testing.T, api *iam.Client, stack *ir.Stack) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	text := func(d *policy.Document) *string { return aws.String(string(policy.AppendJSON(nil, d))) }
	for _, r := range stack.Roles {
		in := &iam.CreateRoleInput{RoleName: &r.IAMName, Path: &r.Path, AssumeRolePolicyDocument: text(r.Trust.Document)}
		if r.Description != "" {
			in.Description = &r.Description
		}
		if r.MaxSessionDuration != 0 {
			in.MaxSessionDuration = aws.Int32(int32(r.MaxSessionDuration))
		}
		if r.PermissionsBoundary != "" {
			in.PermissionsBoundary = &r.PermissionsBoundary
		}
		for _, tag := range r.Tags {
			in.Tags = append(in.Tags, types.Tag{Key: aws.String(tag.Key), Value: aws.String(tag.Value)})
		}
		_, err := api.CreateRole(ctx, in)
		check(err)
		for _, p := range r.Managed {
			out, err := api.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String(p.Name), Path: &r.Path, PolicyDocument: text(p.Document)})
			check(err)
			_, err = api.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &r.IAMName, PolicyArn: out.Policy.Arn})
			check(err)
		}
		for _, p := range r.Inline {
			_, err := api.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &r.IAMName, PolicyName: aws.String(p.Name), PolicyDocument: text(p.Document)})
			check(err)
		}
		for _, a := range r.Attached {
			_, err := api.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &r.IAMName, PolicyArn: aws.String(a.Text)})
			check(err)
		}
	}
}

// TestMoto creates roles with the SDK in an account of moto and imports them
// from there.
func TestMoto(t *testing.T) {
	s := moto.Start(t, "MOTO_IAM_LOAD_MANAGED_POLICIES=true")
	for k, v := range map[string]string{"AWS_ENDPOINT_URL": s.URL, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "ap-northeast-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none"} {
		t.Setenv(k, v)
	}
	ctx := context.Background()
	client, err := account.Open(ctx, account.Options{Writes: 1000})
	if err != nil {
		t.Fatal(err)
	}
	p := readParams(t)
	if client.ID != p.AccountID {
		t.Fatalf("the account is %s", client.ID)
	}
	_, err = client.IAM.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("ml-boundary"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sagemaker:*","Resource":"*"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for i, layout := range ir.Layouts {
		source := p.header("role-manager-2024")
		for j, form := range forms {
			name := fmt.Sprintf("r%d-%d", i, j)
			activities := []string{"canvas_core_access", "manage_ml_jobs", "manage_models", "run_studio_applications", "s3_bucket_access"}
			want["SageMaker-"+name] = activities
			source += p.role(name, "description = \"Größe $${x}\"\nmax_session_duration = \"2h\"\ntags = { team = \"a\" }\npermissions_boundary = \"arn:aws:iam::123456789012:policy/ml-boundary\"", form, layout, activities)
		}
		create(ctx, t, client.IAM, compiled(t, source))
	}
	src, err := Live(ctx, client.IAM, client.ID, client.Partition)
	if err != nil {
		t.Fatal(err)
	}
	src.Name = "ml"
	r, err := Import(ctx, []*Source{src}, Options{Roles: []string{"SageMaker-*"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failures)+len(r.Skipped) > 0 || len(r.Roles) != len(want) || r.Edition != catalog.Editions()[0] {
		t.Fatalf("%+v\n%s", r, text1(r))
	}
	for _, role := range r.Roles {
		var got []string
		for _, a := range role.Activities {
			got = append(got, a.Name)
		}
		if !slices.Equal(got, want[role.Name]) || role.Statements > 0 || role.Persona == "" {
			t.Errorf("%+v", role)
		}
	}
	if !slices.ContainsFunc(r.Files, func(f ir.File) bool { return f.Path == "policies/ml-boundary.json" }) {
		t.Error("the text of the boundary is missing")
	}
}
