package emit

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// Codes documents what emitters find, by code. Bad raises the code for the
// target json or cloudformation, Good for none.
func Codes() []diag.Entry {
	return []diag.Entry{
		{
			Code: "account-required", Severity: hcl.DiagError,
			Explain: "Something needs to know an account's id, Region or partition, and the configuration declares no account. Policy JSON spells them out, and the default trust policy holds all three, so nearly every role needs an account there; expectations are requests in an account; and for_each, when and conditionals cannot be decided by what is not known. CloudFormation and Terraform do without: they ask the account that they are deployed to.",
			Bad:     "role \"train\" {\n}\n",
			Good:    "account \"main\" {\n  id     = \"123456789012\"\n  region = \"eu-west-1\"\n}\nrole \"train\" {\n}\n",
		},
		{
			Code: "duplicate-folder", Severity: hcl.DiagError,
			Explain: "Two roles would be written to files of one name. A role goes to a folder or file named after its label, with for_each after label and key, and file systems of macOS and Windows do not tell capitals from small letters. IAM does not mind, if the roles' own names differ.",
			Bad:     "role \"team\" {\n  for_each = toset([\"a\"])\n}\nrole \"team-a\" {\n  name = \"Other\"\n}\n",
			Good:    "role \"team\" {\n  for_each = toset([\"a\"])\n}\nrole \"team-b\" {\n}\n",
		},
		{
			Code: "template-too-large", Severity: hcl.DiagError,
			Explain: "A CloudFormation template would have more than 500 resources or 1,000,000 bytes, and CloudFormation refuses it. Each role is a resource, and each of its managed policies. With --split smr writes several templates, each with whole roles in order, so adding a role can move others from one to the next: deploy them one after the other, and keep the roles of different projects in different configurations. Layouts \"packed\" and \"inline\" need fewer resources. Source: CloudFormation User Guide, \"CloudFormation quotas\".",
			Bad:     manyRoles,
			Good:    "role \"team\" {\n  for_each = toset([\"a\"])\n}\n",
		},
		{
			Code: "template-needs-bucket", Severity: hcl.DiagWarning,
			Explain: "A CloudFormation template has more than 51,200 bytes, which is what a request holds. It must be put into an S3 bucket first; `aws cloudformation deploy --s3-bucket` and `aws cloudformation package` do that. Templates in JSON are larger than those in YAML. Source: CloudFormation User Guide, \"CloudFormation quotas\".",
			Good:    "role \"team\" {\n  for_each = toset([\"a\"])\n}\n",
		},
	}
}

// manyRoles is a configuration of 501 roles.
const manyRoles = "role \"team\" {\n  for_each = toset([for i in range(501) : \"t${i}\"])\n}\n"
