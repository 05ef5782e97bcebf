package apply

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sagemaker-roles/smr/deploy/account"
	"github.com/sagemaker-roles/smr/deploy/plan"
)

// call sends one operation to IAM.
func (r *run) call(ctx context.Context, op *plan.Operation) error {
	c, a := r.client.IAM, &op.Args
	var err error
	switch op.Kind {
	case plan.CreatePolicy, plan.CreatePolicyVersion, plan.DeletePolicyVersion, plan.DeletePolicy, plan.TagPolicy, plan.UntagPolicy:
		return callPolicy(ctx, c, op)
	case plan.CreateRole:
		_, err = c.CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: &op.Role, Path: text(a.Path), Description: a.Description, MaxSessionDuration: number(a.MaxSessionDuration),
			AssumeRolePolicyDocument: &a.Document, PermissionsBoundary: text(a.Boundary), Tags: tags(a.Tags),
		})
	case plan.UpdateRole:
		_, err = c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: &op.Role, Description: a.Description, MaxSessionDuration: number(a.MaxSessionDuration)})
	case plan.UpdateAssumeRolePolicy:
		_, err = c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &op.Role, PolicyDocument: &a.Document})
	case plan.PutRolePermissionsBoundary:
		_, err = c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: &op.Role, PermissionsBoundary: &a.Boundary})
	case plan.DeleteRolePermissionsBoundary:
		_, err = c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &op.Role})
	case plan.TagRole:
		_, err = c.TagRole(ctx, &iam.TagRoleInput{RoleName: &op.Role, Tags: tags(a.Tags)})
	case plan.UntagRole:
		_, err = c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: &op.Role, TagKeys: a.TagKeys})
	case plan.PutRolePolicy:
		_, err = c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &op.Role, PolicyName: &op.Policy, PolicyDocument: &a.Document})
	case plan.DeleteRolePolicy:
		_, err = c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &op.Role, PolicyName: &op.Policy})
	case plan.AttachRolePolicy:
		_, err = c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &op.Role, PolicyArn: &op.Policy})
	case plan.DetachRolePolicy:
		_, err = c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &op.Role, PolicyArn: &op.Policy})
	case plan.DeleteRole:
		_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &op.Role})
	default:
		return fmt.Errorf("the plan has an operation of the kind %q, which this smr does not know", op.Kind)
	}
	return err
}

func callPolicy(ctx context.Context, c *iam.Client, op *plan.Operation) error {
	a := &op.Args
	var err error
	switch op.Kind {
	case plan.CreatePolicy:
		_, err = c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &a.PolicyName, Path: text(a.Path), Description: a.Description, PolicyDocument: &a.Document, Tags: tags(a.Tags)})
	case plan.CreatePolicyVersion:
		_, err = c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &op.Policy, PolicyDocument: &a.Document, SetAsDefault: true}, account.Once)
	case plan.DeletePolicyVersion:
		_, err = c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &op.Policy, VersionId: &a.VersionID})
	case plan.DeletePolicy:
		_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &op.Policy})
	case plan.TagPolicy:
		_, err = c.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: &op.Policy, Tags: tags(a.Tags)})
	case plan.UntagPolicy:
		_, err = c.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: &op.Policy, TagKeys: a.TagKeys})
	}
	return err
}

// text is a parameter that is left out where it is empty.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func number(n int32) *int32 {
	if n == 0 {
		return nil
	}
	return &n
}

func tags(m map[string]string) []types.Tag {
	var out []types.Tag
	for _, key := range slices.Sorted(maps.Keys(m)) {
		out = append(out, types.Tag{Key: aws.String(key), Value: aws.String(m[key])})
	}
	return out
}
