package preflight

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// server is a configuration with a role that models run as.
const server = `smr { edition = "2026" }
account "main" {
  id     = "123456789012"
  region = "eu-west-1"
}
role "serve" {
  persona = "compute"
  activity "access_required_aws_services" {
    s3_buckets       = ["acme-models"]
    ecr_repositories = ["arn:aws:ecr:eu-west-1:123456789012:repository/serve"]
  }
}
`

// expecting is an expect block of a call.
func expecting(api, arguments string) string {
	return `expect "the model is served" {
  role = role.serve
  can "` + api + `" {
` + arguments + `  }
}
`
}

// Codes documents what expectations of calls find, by code.
func Codes() []diag.Entry {
	const model = "    model_bucket = \"acme-models\"\n"
	good := server + expecting("CreateModel", model)
	return []diag.Entry{
		{
			Code: "inferred-permission", Severity: hcl.DiagWarning,
			Explain: "A call that a can block expects to work may need a permission that AWS does not document: it is derived from what AWS documents, reported by users, or inferred from what similar calls need. A role without it does not fail the expectation.\n\n" +
				"Try the call, and add the permission if it is refused; `smr preflight` shows the statement.",
			Bad:  server + expecting("CreateTrainingJob", "    input_buckets   = [\"acme-models\"]\n    output_bucket   = \"acme-models\"\n    jumpstart_cache = true\n"),
			Good: good,
		},
		{
			Code: "risky-call", Severity: hcl.DiagWarning,
			Explain: "A call that a can block expects to work is allowed, and may fail all the same: in a VPC from which Amazon S3 cannot be reached, for example, or from Studio without the permission to tag. The message ends with the rule; `smr preflight` shows where it comes from.",
			Bad: server + `network "private" {
  id          = "vpc-0a1b2c3d"
  s3_endpoint = { present = false }
}
expect "the model is served" {
  role = role.serve
  can "CreateModel" {
    model_bucket = "acme-models"
    network      = network.private
    vpc          = false
  }
}
`,
			Good: good,
		},
		{
			Code: "undecided-expectation", Severity: hcl.DiagError,
			Explain: "An expectation cannot be decided, so it does not count as met. The message says what is not known: the text of a policy (say it with a policy block), the policy of a bucket or key of another account (state it in a bucket or kms_key block), what a call names (an argument of can), or the value of a condition key that a policy asks for.",
			Bad:     server + expecting("CreateModel", ""),
			Good:    good,
		},
		{
			Code: "unknown-api", Severity: hcl.DiagError,
			Explain: "A can block names an API of which no requirements are known. It takes the names of SageMaker's operations, such as CreateTrainingJob; `smr preflight --list` shows them.",
			Bad:     server + expecting("CreateModels", model),
			Good:    good,
		},
	}
}
