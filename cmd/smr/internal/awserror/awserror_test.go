package awserror

import (
	"strings"
	"testing"
)

// messages are as AWS writes them, with the row that must explain them.
var messages = []struct{ text, message, action, resource string }{
	{
		"An error occurred (AccessDeniedException) when calling the CreateTrainingJob operation: User: arn:aws:sts::123456789012:assumed-role/SageMaker-ds/me is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/train because no identity-based policy allows the iam:PassRole action",
		"AccessDenied: iam:PassRole", "iam:PassRole", "arn:aws:iam::123456789012:role/train",
	},
	{
		"User: arn:aws:sts::123456789012:assumed-role/a/b is not authorized to perform: sagemaker:CreateTrainingJob on resource: arn:aws:sagemaker:us-east-1:123456789012:training-job/x with an explicit deny in a service control policy",
		"AccessDenied: explicit deny", "sagemaker:CreateTrainingJob", "arn:aws:sagemaker:us-east-1:123456789012:training-job/x",
	},
	{
		"User: arn:aws:iam::123456789012:user/a is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/k\" because no permissions boundary allows the s3:GetObject action",
		"AccessDenied: permissions boundary", "s3:GetObject", "",
	},
	{
		"User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: sagemaker:CreateModel on resource: arn:aws:sagemaker:us-east-1:1:model/m because no VPC endpoint policy allows the sagemaker:CreateModel action",
		"AccessDenied: VPC endpoint policy", "sagemaker:CreateModel", "arn:aws:sagemaker:us-east-1:1:model/m",
	},
	{
		"User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: kms:CreateGrant on resource: arn:aws:kms:us-east-1:1:key/k because no resource-based policy allows the kms:CreateGrant action",
		"AccessDenied: resource-based policy", "kms:CreateGrant", "arn:aws:kms:us-east-1:1:key/k",
	},
	{
		"User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: sagemaker:ListTags",
		"AccessDenied: no policy of the role allows it", "sagemaker:ListTags", "",
	},
	{"You are not authorized to perform this operation. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6X", "Encoded authorization failure", "", ""},
	{"An error occurred (LimitExceeded) when calling the AttachRolePolicy operation: Cannot exceed quota for PoliciesPerRole: 10", "LimitExceeded: PoliciesPerRole", "", ""},
	{"Cannot exceed quota for PolicySize: 6144", "LimitExceeded: PolicySize", "", ""},
	{"Maximum policy size of 10240 bytes exceeded for role train", "LimitExceeded: PolicySize", "", ""},
	{"Cannot exceed quota for ACLSizePerRole: 2048", "LimitExceeded: ACLSizePerRole", "", ""},
	{"(MalformedPolicyDocument) when calling the CreateRole operation: Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/x\"", "MalformedPolicyDocument: principal", "", ""},
	{"MalformedPolicyDocument: Policy statement must contain resources.", "MalformedPolicyDocument: empty statement", "", ""},
	{"MalformedPolicyDocument: Resource my-bucket must be in ARN format or \"*\".", "MalformedPolicyDocument: ARN", "", ""},
	{"(MalformedPolicyDocument) Syntax errors in policy.", "MalformedPolicyDocument", "", ""},
	{"Role with name train already exists.", "EntityAlreadyExists", "", ""},
	{"Cannot delete entity, must detach all policies first.", "DeleteConflict", "", ""},
	{"Policy arn:aws:iam::aws:policy/Nope does not exist or is not attachable.", "NoSuchEntity: managed policy", "", "arn:aws:iam::aws:policy/Nope"},
	{"Could not assume role arn:aws:iam::1:role/x. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.", "SageMaker cannot assume the role", "", "arn:aws:iam::1:role/x"},
	{"failed to provision with the following error: \"Execution role provided does not have permissions to access the bucket s3://team-lifecycle/config/. Please ensure that the role has minimum permissions to read the bucket (s3:ListBucket, s3:GetObject).\"", "HyperPod: lifecycle scripts", "", ""},
	{"User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access", "KMS: the key does not admit it, or is not there", "kms:Decrypt", ""},
	{"The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.", "KMS: the key does not admit it, or is not there", "", ""},
	{"An error occurred (ValidationException) when calling the CreateTrainingJob operation: Cross-account pass role is not allowed.", "PassRole: the role is in another account", "", ""},
	{"User arn:aws:sts::1:assumed-role/x/y is not authorized to perform: glue:CreateTable on resource: arn:aws:glue:eu-west-1:1:catalog because no identity-based policy allows the glue:CreateTable action", "AccessDenied: no policy of the role allows it", "glue:CreateTable", "arn:aws:glue:eu-west-1:1:catalog"},
	{"Execution role provided does not have permissions to access the bucket s3://team-lifecycle/config/", "HyperPod: lifecycle scripts", "", ""},
	{"User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::b/k\" with an explicit deny in a resource-based policy", "AccessDenied: explicit deny", "s3:PutObject", "arn:aws:s3:::b/k"},
	{"User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/x with an explicit deny in a service control policy", "AccessDenied: explicit deny", "iam:PassRole", "arn:aws:iam::1:role/x"},
	{"User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/x because no permissions boundary allows the iam:PassRole action", "AccessDenied: permissions boundary", "iam:PassRole", "arn:aws:iam::1:role/x"},
	{"Could not access model data at s3://b/model.tar.gz. Please ensure that the role \"arn:aws:iam::1:role/x\" exists and that its trust relationship policy allows the action \"sts:AssumeRole\" for the service principal \"sagemaker.amazonaws.com\".", "SageMaker cannot read the model", "", ""},
	{"Could not access model data at s3://b/model.tar.gz. Please ensure that the role \"arn:aws:iam::1:role/x\" exists", "SageMaker cannot read the model", "", ""},
	{"ClientError: Data download failed:AccessDenied (403): Access Denied", "A job cannot read or write S3", "", ""},
	{"Requires capabilities : [CAPABILITY_NAMED_IAM]", "CloudFormation: capabilities", "", ""},
	{"1 validation error detected: Value 'a b' at 'roleName' failed to satisfy constraint", "ValidationError: name", "", ""},
	{"An error occurred (AccessDenied)", "AccessDenied", "", ""},
	{"User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::b/k because no session policy allows the s3:PutObject action", "AccessDenied: session policy", "s3:PutObject", ""},
	{"User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::b/k because no service control policy allows the s3:PutObject action", "AccessDenied: service control policy", "s3:PutObject", ""},
	{"Cannot exceed quota for RolesPerAccount: 1000", "LimitExceeded: RolesPerAccount", "", ""},
	{"MalformedPolicyDocument: Statement IDs (SID) in a single policy must be unique.", "MalformedPolicyDocument: Sid", "", ""},
}

func TestExplain(t *testing.T) {
	seen := map[string]bool{}
	for _, tt := range messages {
		for _, text := range []string{tt.text, strings.ReplaceAll(tt.text, " ", "\n  ")} {
			e, ok := Explain(text)
			seen[e.Message] = true
			if !ok || e.Message != tt.message || e.Action != tt.action || tt.resource != "" && e.Resource != tt.resource {
				t.Errorf("%s\n got %q %q %q\nwant %q %q %q", text, e.Message, e.Action, e.Resource, tt.message, tt.action, tt.resource)
			}
			if strings.ContainsAny(e.Cause+e.WayOut, "{}") && !strings.Contains(e.WayOut, "quotas {") && !strings.Contains(e.WayOut, "${partition}") {
				t.Errorf("%s: a name is not filled in: %s %s", text, e.Cause, e.WayOut)
			}
		}
	}
	for _, r := range rows() {
		if r.cause == "" || r.wayOut == "" || r.source == "" {
			t.Errorf("%s lacks a cause, a way out or a source", r.message)
		}
		if !seen[r.message] {
			t.Errorf("%s has no message in this test", r.message)
		}
	}
}

func TestExplainRefuses(t *testing.T) {
	for _, text := range []string{"", "hello", strings.Repeat("User: ", 100_000)} {
		if e, ok := Explain(text); ok {
			t.Errorf("%.20q is explained as %q", text, e.Message)
		}
	}
}
