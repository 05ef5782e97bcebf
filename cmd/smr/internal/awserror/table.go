package awserror

// A row is one message of AWS. The first row that matches counts, so the
// particular ones stand before the general ones.
type row struct {
	message string // what it is called, shown as the heading
	pattern string // over the message with single spaces, without regard to case
	cause   string
	wayOut  string
	source  string
}

// who is how AWS names the caller, the action and the resource of a refusal.
const who = `User:? (?P<principal>\S+) is not authorized to perform: (?P<action>[a-z0-9-]+:\w+)(?: on resource: "?(?P<resource>[^\s"]+?)"?)?`

// rows is the table. Sources name pages of AWS's documentation in quotes.
func rows() []row {
	refusal := `IAM User Guide, "Troubleshoot access denied error messages"`
	return []row{
		{
			message: "PassRole: the role is in another account",
			pattern: `Cross-account pass role is not allowed`,
			cause:   "The call names an execution role of another account than the caller's. iam:PassRole works within one account, whatever the policies of both say.",
			wayOut:  "Name a role of the account in which the call is made, and give that role access to what the other account has: smr preflight ROLE API says what it needs and what the other account has to admit.",
			source:  `IAM User Guide, "Grant a user permissions to pass a role to an AWS service"`,
		},
		{
			message: "KMS: the key does not admit it, or is not there",
			pattern: `(?:User:? (?P<principal>\S+) is not authorized to perform: (?P<action>kms:\w+) on (?:the )?resource associated with this ciphertext)|ciphertext refers to a (?:customer master key|KMS key|key) that does not exist`,
			cause:   "What {principal} reads is encrypted with a key that does not admit {action}, or that is in another Region, or that was deleted. Where the key is in another account, both its key policy and the role's own policies have to allow; a service that reads on behalf of the role is refused in the same words.",
			wayOut:  "Find the key: aws s3api head-object shows the SSEKMSKeyId of an object. Then ask smr preflight ROLE API with the bucket's default_encryption and the kms_key stated: it says which of the two policies is missing. In the role, data_keys of the kms block has to name the key by its ARN.",
			source:  `AWS KMS Developer Guide, "Troubleshooting key access"`,
		},
		{
			message: "AccessDenied: iam:PassRole",
			pattern: `User:? (?P<principal>\S+) is not authorized to perform: (?P<action>iam:PassRole)(?: on resource: "?(?P<resource>[^\s"]+?)"?)?(?: because no identity-based policy allows|[ .,]*$)`,
			cause:   "The caller starts something that runs as {resource} and may not hand that role to the service. SageMaker asks for iam:PassRole whenever a job, model, pipeline or endpoint names an execution role.",
			wayOut:  "Add the role to pass_roles of the caller's role: pass_roles = [role.NAME.arn], or its ARN. Where it is there already, look at the permissions boundary and the service control policies, and at iam:PassedToService.",
			source:  `IAM User Guide, "Grant a user permissions to pass a role to an AWS service"`,
		},
		{
			message: "AccessDenied: explicit deny",
			pattern: who + ` with an explicit deny in an? (?P<name>[a-z -]+?)(?: policy|: |[.,]|$)`,
			cause:   "A Deny statement in a {name} policy forbids {action} on {resource}. A deny wins over every allow, so that adding a permission does not help.",
			wayOut:  "Find the Deny in the {name} policy. In a configuration that is a deny block of an override, or a policy that managed_policies names; a service control policy, resource policy or VPC endpoint policy is changed by its owner.",
			source:  refusal,
		},
		{
			message: "AccessDenied: permissions boundary",
			pattern: who + ` because no permissions boundary allows`,
			cause:   "The role's permissions boundary does not allow {action}. A boundary limits what the policies of a role can give, so both have to allow.",
			wayOut:  "Allow {action} in the policy that permissions_boundary names, or give the role another boundary.",
			source:  refusal,
		},
		{
			message: "AccessDenied: service control policy",
			pattern: who + ` because no service control policy allows`,
			cause:   "No service control policy of the organization allows {action}: every level from the root to the account has to.",
			wayOut:  "Ask those who administer the organization. No policy of the role can change it.",
			source:  refusal,
		},
		{
			message: "AccessDenied: session policy",
			pattern: who + ` because no session policy allows`,
			cause:   "The session of the role was started with a session policy that does not allow {action}. It limits the session, whatever the role may do.",
			wayOut:  "Start the session without that policy, or with one that allows {action}.",
			source:  refusal,
		},
		{
			message: "AccessDenied: VPC endpoint policy",
			pattern: who + ` because no VPC endpoint policy allows`,
			cause:   "The policy of the VPC endpoint that the request went through does not allow {action} on {resource}. Jobs with a vpc block reach AWS through the endpoints of that VPC.",
			wayOut:  "Allow it in the policy of the endpoint, or let the subnets reach the service another way.",
			source:  refusal,
		},
		{
			message: "AccessDenied: resource-based policy",
			pattern: who + ` because no resource-based policy allows`,
			cause:   "{resource} is in another account, or is a key or role whose own policy has to admit the caller, and that policy does not allow {action} to {principal}.",
			wayOut:  "Let the owner of {resource} admit {principal} in its policy: a bucket policy, the key policy, or the trust policy of a role. The role needs the permission as well.",
			source:  refusal,
		},
		{
			message: "AccessDenied: no policy of the role allows it",
			pattern: who + `(?: because no identity-based policy allows|[ .]|$)`,
			cause:   "No policy of {principal} allows {action} on {resource}, or a condition of the statement that does was not met: a request outside of the VPC, or without the key, that the role's vpc and kms blocks demand, is refused with the same words.",
			wayOut:  "Give the role an activity that allows {action}, or an allow block in an override. Where the role has it, compare the request with the conditions of the statement.",
			source:  refusal,
		},
		{
			message: "Encoded authorization failure",
			pattern: `Encoded authorization failure message`,
			cause:   "The message hides its reason from whoever may not read it. It is an AccessDenied of the action that was called.",
			wayOut:  "Decode it with a principal that has sts:DecodeAuthorizationMessage (aws sts decode-authorization-message --encoded-message …), then give smr explain what it says.",
			source:  `AWS STS API Reference, "DecodeAuthorizationMessage"`,
		},
		{
			message: "LimitExceeded: PoliciesPerRole",
			pattern: `quota for PoliciesPerRole: ?(?P<limit>\d+)`,
			cause:   "The role would have more than {limit} managed policies attached, which is the quota of this account. Every activity is a managed policy of its own in the layout per_activity, and AWS's managed policies count too.",
			wayOut:  `Say layout = "packed" in the role, which needs the fewest policies, or ask AWS for a higher quota (Service Quotas, L-0DA4ABF3) and tell smr with quotas { attached_policies_per_role = N } in the account block.`,
			source:  `IAM User Guide, "IAM and AWS STS quotas"`,
		},
		{
			message: "LimitExceeded: PolicySize",
			pattern: `quota for PolicySize: ?(?P<limit>\d+)|Maximum policy size of (?P<name>\d+) bytes exceeded`,
			cause:   "A policy has more characters than IAM admits: 6,144 for a managed policy, 10,240 for all inline policies of a role together. White space does not count, and neither quota can be raised.",
			wayOut:  "Shorten the lists of resources with a wildcard, divide the activity's resources over two roles, or choose another layout; smr validate shows how full each policy is.",
			source:  `IAM User Guide, "IAM and AWS STS quotas"`,
		},
		{
			message: "LimitExceeded: ACLSizePerRole",
			pattern: `quota for ACLSizePerRole: ?(?P<limit>\d+)`,
			cause:   "The trust policy has more than {limit} characters, the quota of this account.",
			wayOut:  "Trust fewer principals, or ask AWS for a higher quota (Service Quotas, L-C07B4B0D) and tell smr with quotas { trust_policy_size = N } in the account block.",
			source:  `IAM User Guide, "IAM and AWS STS quotas"`,
		},
		{
			message: "LimitExceeded: RolesPerAccount",
			pattern: `quota for RolesPerAccount: ?(?P<limit>\d+)`,
			cause:   "The account has as many roles as its quota of {limit} admits.",
			wayOut:  "Delete roles that nothing uses, or ask AWS for a higher quota (Service Quotas, L-FE177D64).",
			source:  `IAM User Guide, "IAM and AWS STS quotas"`,
		},
		{
			message: "MalformedPolicyDocument: principal",
			pattern: `Invalid principal in policy:? ?"?(?P<name>[^"\s]*)`,
			cause:   "The trust policy names a principal that does not exist: a role or user that was deleted, or that is to be made later, or an account that is closed. IAM looks principals up when the policy is written.",
			wayOut:  "Create the principal first, or write its account's root ARN with a condition on aws:PrincipalArn.",
			source:  `IAM User Guide, "AWS JSON policy elements: Principal"`,
		},
		{
			message: "MalformedPolicyDocument: empty statement",
			pattern: `Policy statement must contain (?P<name>actions|resources)|(?:missing|empty) (?:Resource|Action)`,
			cause:   "A statement has an empty list. IAM refuses \"Resource\": [].",
			wayOut:  "smr drops such a statement with a notice; a policy written by hand needs at least one value.",
			source:  `IAM User Guide, "AWS JSON policy elements: Resource"`,
		},
		{
			message: "MalformedPolicyDocument: ARN",
			pattern: `Resource \S+ must be in ARN format|The policy failed legacy parsing|is not a valid ARN|Invalid ARN|Partition "(?P<name>[^"]*)" is not valid for resource`,
			cause:   "A resource of the policy is no ARN: a bucket's name alone, a key id, or an ARN with too few colons.",
			wayOut:  "Write the whole ARN, such as arn:${partition}:s3:::bucket/*. smr validate names the place where it knows the value.",
			source:  `IAM User Guide, "IAM ARNs"`,
		},
		{
			message: "MalformedPolicyDocument: Sid",
			pattern: `Statement IDs \(SID\)`,
			cause:   "Two statements of one policy have the same Sid, or a Sid has characters other than letters and digits.",
			wayOut:  "Give each statement a sid of its own, or none.",
			source:  `IAM User Guide, "AWS JSON policy elements: Sid"`,
		},
		{
			message: "MalformedPolicyDocument",
			pattern: `MalformedPolicyDocument|Syntax errors in policy|Has prohibited field`,
			cause:   "IAM cannot read the policy document: its JSON is broken, or an element stands where it may not, such as Resource in a trust policy or Principal in a policy of a role.",
			wayOut:  "Compile the role with smr compile -t json and compare; smr does not write documents that IAM refuses.",
			source:  `IAM User Guide, "Grammar of the IAM JSON policy language"`,
		},
		{
			message: "EntityAlreadyExists",
			pattern: `EntityAlreadyExists|(?:Role|Policy|policy called) (?:with name )?(?P<name>\S+) already exists`,
			cause:   "The account has a role or policy of that name already. Names are unique in an account without regard to case and path.",
			wayOut:  "Give the role another name (name = \"…\" in the role), or take the existing one away first.",
			source:  `IAM API Reference, "CreateRole"`,
		},
		{
			message: "DeleteConflict",
			pattern: `DeleteConflict|Cannot delete (?:entity|a policy)`,
			cause:   "IAM deletes a role only without policies, and a policy only when nothing has it attached and it has no other versions.",
			wayOut:  "Detach the policies and delete the inline ones first. Something outside of the configuration attached them if smr did not.",
			source:  `IAM API Reference, "DeleteRole"`,
		},
		{
			message: "NoSuchEntity: managed policy",
			pattern: `Policy (?P<resource>arn:\S+) does not exist or is not attachable`,
			cause:   "{resource} does not exist in this account and partition: the name or path is misspelled, or AWS withdrew the policy.",
			wayOut:  "Compare the ARN with the console's, path included (AWS's own begin with arn:aws:iam::aws:policy/, some with service-role/ behind it).",
			source:  `IAM API Reference, "AttachRolePolicy"`,
		},
		{
			message: "SageMaker cannot read the model",
			pattern: `Could not access model data at (?P<bucket>\S+?)[.,]?(?: |$)`,
			cause:   "The execution role of the model may not read {bucket}, or the object is not there, or is in another Region. The same message comes where the role does not exist or does not trust sagemaker.amazonaws.com.",
			wayOut:  "Add the bucket to s3_buckets of access_required_aws_services in the execution role; encrypted objects need a kms block with the key. The bucket's and the key's policies have to admit the role. smr preflight ROLE CreateModel model_bucket=NAME says which of them withholds what, the trust policy included.",
			source:  `Amazon SageMaker AI API Reference, "CreateModel"`,
		},
		{
			message: "SageMaker cannot assume the role",
			pattern: `Could not assume role (?P<resource>\S+?)[.,]? |trust relationship policy allows the action "?sts:AssumeRole"?|allows principal '?sagemaker\.\S+ to assume the role`,
			cause:   "The execution role does not trust sagemaker.amazonaws.com, does not exist, or was made a moment ago: IAM takes some seconds until a new role is known everywhere.",
			wayOut:  "A role without a trust block trusts SageMaker. One with a trust block needs services = [\"sagemaker.amazonaws.com\"]. After creating a role, try again a little later.",
			source:  `Amazon SageMaker AI Developer Guide, "How to use SageMaker AI execution roles"`,
		},
		{
			message: "HyperPod: lifecycle scripts",
			pattern: `Execution role provided does not have permissions to access the bucket (?P<bucket>\S+?)[.,]?(?: |$)`,
			cause:   "The instances of the cluster read their lifecycle scripts from {bucket} and may not. AmazonSageMakerClusterInstanceRolePolicy reads only buckets whose names begin with sagemaker- and that belong to the same account.",
			wayOut:  "Name the bucket sagemaker-…, or give the role s3:ListBucket on the bucket and s3:GetObject on its objects with an allow block in override \"hyperpod_cluster_instance\". The bucket's policy and, with a key of yours, the key policy have to admit the role too. smr preflight ROLE CreateCluster lifecycle_bucket=NAME says which of them it is and what to add.",
			source:  `Amazon SageMaker AI Developer Guide, "IAM users and roles for SageMaker HyperPod"`,
		},
		{
			message: "A job cannot read or write S3",
			pattern: `(?:Failed to (?:download|upload)|ClientError: Data download failed|S3 (?:download|upload)).*(?:AccessDenied|Access Denied|403)|No S3 objects found under S3 URL|Please ensure that the role \S+ (?:exists and )?has (?:the )?"?s3:`,
			cause:   "The execution role of the job may not read its input or write its output in S3. With encrypted objects, S3 answers the same when the key is what is missing; so it does when the permissions boundary or the bucket's policy withholds the access.",
			wayOut:  "Ask smr preflight ROLE CreateTrainingJob input_buckets=NAME output_bucket=NAME: it says which policy withholds what, and what to add. Mostly the bucket is missing in s3_buckets of access_required_aws_services or the key in data_keys of the kms block, or the policies of the bucket, of the key or the permissions boundary do not admit the role. In a VPC, look at the policy of the S3 endpoint as well.",
			source:  `Amazon SageMaker AI Developer Guide, "How to use SageMaker AI execution roles"`,
		},
		{
			message: "CloudFormation: capabilities",
			pattern: `InsufficientCapabilities|Requires capabilities ?: ?\[?(?P<name>CAPABILITY_\w+)`,
			cause:   "A template that makes IAM roles with names needs the acknowledgment CAPABILITY_NAMED_IAM.",
			wayOut:  "Create the stack with --capabilities CAPABILITY_NAMED_IAM.",
			source:  `AWS CloudFormation User Guide, "Acknowledging IAM resources in CloudFormation templates"`,
		},
		{
			message: "ValidationError: name",
			pattern: `specified value for (?P<name>roleName|policyName|path) is invalid|at '(?:roleName|policyName|path)' failed to satisfy constraint`,
			cause:   "A name or path has characters or a length that IAM does not admit: letters, digits and +=,.@_- , at most 64 characters for a role and 128 for a policy.",
			wayOut:  "Give the role a shorter label or a name of its own (name = \"…\").",
			source:  `IAM User Guide, "IAM and AWS STS quotas"`,
		},
		{
			message: "AccessDenied",
			pattern: `AccessDenied|Access Denied|is not authorized to perform|AuthorizationError|UnauthorizedOperation`,
			cause:   "Somebody may not do something, and the message does not say which action it was.",
			wayOut:  "Look the request up in CloudTrail: errorCode AccessDenied there has the action, the principal and often the policy. Then give smr explain the full message.",
			source:  refusal,
		},
	}
}
