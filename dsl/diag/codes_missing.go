package diag

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// codesOfReferences are the codes from missing-argument to role-not-deployed.
func codesOfReferences() []Entry {
	return []Entry{
		{
			Code: "missing-argument", Severity: hcl.DiagError,
			Explain: "A block lacks an argument that it needs.",
			Bad: `account "a" {
  region = "eu-west-1"
}
role "r" {
}
`,
			Good: `account "a" {
  id     = "123456789012"
  region = "eu-west-1"
}
role "r" {
}
`,
		},
		{
			Code: "missing-block", Severity: hcl.DiagError,
			Explain: "A block lacks a block that it needs: a guardrail without never forbids nothing, an activity without statements or managed_policy gives nothing.",
			Bad: `guardrail "g" {
}
role "r" {
}
`,
			Good: `guardrail "g" {
  never {
    actions   = ["s3:DeleteBucket"]
    resources = ["*"]
  }
}
role "r" {
}
`,
		},
		{
			Code: "missing-label", Severity: hcl.DiagError,
			Explain: "A block lacks its label, the name in quotation marks behind its type.",
			Bad: `role {
}
`,
			Good: `role "r" {
}
`,
		},
		{
			Code: "missing-parameter", Severity: hcl.DiagError,
			Explain: "A role has an activity and does not give one of its parameters, and the parameter has no default. Give it in the activity block of the role or of its persona.",
			Bad: `role "r" {
  activity "s3_bucket_access" {
  }
}
`,
			Good: `role "r" {
  activity "s3_bucket_access" {
    buckets = ["a"]
  }
}
`,
		},
		{
			Code: "missing-pass-roles", Severity: hcl.DiagError,
			Explain: "An activity of the role passes roles to SageMaker, and the role does not say which. Which roles a user may pass settles what he gains through jobs, so there is no default: write pass_roles = [role.LABEL.arn]; pass_roles = [] if the role passes none, which drops the statement; or exclude the activity.",
			Bad: `role "r" {
  activity "manage_models" {
  }
}
`,
			Good: `role "train" {
}
role "r" {
  pass_roles = [role.train.arn]
  activity "manage_models" {
  }
}
`,
		},
		{
			Code: "missing-variable", Severity: hcl.DiagError,
			Explain: "A variable has no default and no value is given: by --var NAME=VALUE, --var-file, SMR_VAR_NAME or a file *.auto.smrvars.",
			Bad: `variable "v" {
}
role "r" {
  description = var.v
}
`,
			Good: `variable "v" {
  default = "x"
}
role "r" {
  description = var.v
}
`,
		},
		{
			Code: "name-too-long", Severity: hcl.DiagError,
			Explain: "A name or label has more than 256 characters. IAM names have at most 64.",
			Bad:     "role \"" + strings.Repeat("a", 257) + "\" {\n}\n",
			Good: `role "r" {
}
`,
		},
		{
			Code: "narrowed-deny", Severity: hcl.DiagError,
			Explain: "narrow names a statement that denies. Limiting a Deny would give access; narrow only takes it away. Use replace to change a Deny knowingly.",
			Bad: `activity "a" {
  statement "No" {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["*"]
  }
}
role "r" {
  activity "a" {
  }
  override "a" {
    narrow {
      statements = ["No"]
      resources  = ["arn:aws:s3:::a"]
    }
  }
}
`,
			Good: `activity "a" {
  statement "Yes" {
    actions   = ["s3:*"]
    resources = ["*"]
  }
}
role "r" {
  activity "a" {
  }
  override "a" {
    narrow {
      statements = ["Yes"]
      resources  = ["arn:aws:s3:::a"]
    }
  }
}
`,
		},
		{
			Code: "nesting-too-deep", Severity: hcl.DiagError,
			Explain: "Brackets, braces, parentheses and templates stand more than 100 deep inside one another. Name the inner parts with locals.",
			Bad:     "locals {\n  x = " + strings.Repeat("[", 101) + strings.Repeat("]", 101) + "\n}\nrole \"r\" {\n}\n",
			Good: `locals {
  x = [[1]]
}
role "r" {
}
`,
		},
		{
			Code: "null-value", Severity: hcl.DiagError,
			Explain: "Something that is null is asked for an attribute or element. vpc and kms are null without their block: test them first, as in vpc == null ? [] : vpc.subnets, or choose the statement with when.",
			Bad: `role "r" {
  statement "S" {
    actions   = ["ec2:DescribeSubnets"]
    resources = vpc.subnets
  }
}
`,
			Good: `role "r" {
  statement "S" {
    when      = vpc != null
    actions   = ["ec2:DescribeSubnets"]
    resources = vpc.subnets
  }
}
`,
		},
		{
			Code: "number-too-large", Severity: hcl.DiagError,
			Explain: "A number has more than 100 digits, or is beyond 2^1024. Put it in quotation marks if it is text.",
			Bad: `role "r" {
  description = 1e400
}
`,
			Good: `role "r" {
  description = 1e4
}
`,
		},
		{
			Code: "outside-configuration", Severity: hcl.DiagError,
			Explain: "A path leads out of the configuration's directory: it is absolute, has .., or is a link that points elsewhere. Nothing outside is read, so that a pull request cannot make its reviewers' machines read their own files. Copy the file into the directory.",
			Bad: `role "r" {
  description = policy_file("../x.json")
}
`,
			Good: `role "r" {
}
`,
		},
		{
			Code: "outside-statement", Severity: hcl.DiagError,
			Explain: "narrow names an action or resource that does not lie within what the statements had. It can only take access away. Write what they had or parts of it, or add access with allow.",
			Bad: `activity "a" {
  statement "S" {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::a/*"]
  }
}
role "r" {
  activity "a" {
  }
  override "a" {
    narrow {
      resources = ["arn:aws:s3:::*"]
    }
  }
}
`,
			Good: `activity "a" {
  statement "S" {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::a/*"]
  }
}
role "r" {
  activity "a" {
  }
  override "a" {
    narrow {
      resources = ["arn:aws:s3:::a/b/*"]
    }
  }
}
`,
		},
		{
			Code: "persona-chain-too-long", Severity: hcl.DiagError,
			Explain: "A persona extends more than 100 others, directly or through one another.",
		},
		{
			Code: "persona-cycle", Severity: hcl.DiagError,
			Explain: "Personas extend one another in a circle. The message names the path.",
			Bad: `persona "a" {
  extends = ["b"]
}
persona "b" {
  extends = ["a"]
}
role "r" {
}
`,
			Good: `persona "a" {
  extends = ["b"]
}
persona "b" {
}
role "r" {
}
`,
		},
		{
			Code: "remaining-action", Severity: hcl.DiagWarning,
			Explain: "remove_actions took an action out of the statements that list it, and another statement still allows it, by a pattern or by not_actions. The role keeps the action where that statement allows it.",
			Bad: `activity "a" {
  statement "Read" {
    actions   = ["s3:GetObject", "s3:GetObjectTagging"]
    resources = ["arn:aws:s3:::acme-forecast/*"]
  }
  statement "Wide" {
    actions   = ["s3:Get*"]
    resources = ["arn:aws:s3:::acme-forecast/*"]
  }
}
role "r" {
  activity "a" {}
  override "a" {
    reason         = "No reading"
    remove_actions = ["s3:GetObject"]
  }
}
`,
			Good: `activity "a" {
  statement "Read" {
    actions   = ["s3:GetObject", "s3:GetObjectTagging"]
    resources = ["arn:aws:s3:::acme-forecast/*"]
  }
}
role "r" {
  activity "a" {}
  override "a" {
    reason         = "No reading"
    remove_actions = ["s3:GetObject"]
  }
}
`,
		},
		{
			Code: "reserved-character", Severity: hcl.DiagError,
			Explain: "A text holds one of the characters U+E000 to U+E0FF. smr uses them for what is known only at deployment, and IAM admits characters up to U+00FF only in a policy. Delete the character.",
			Bad: `role "r" {
  description = "\ue000"
}
`,
			Good: `role "r" {
  description = "x"
}
`,
		},
		{
			Code: "reserved-name", Severity: hcl.DiagError,
			Explain: "A parameter has a name that statements see already: partition, region, account_id, vpc, kms, var, local, account, role or each.",
			Bad: `activity "a" {
  parameter "region" {
    type = string
  }
  managed_policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
`,
			Good: `activity "a" {
  parameter "home_region" {
    type = string
  }
  managed_policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
`,
		},
		{
			Code: "role-cycle", Severity: hcl.DiagError,
			Explain: "Roles refer to one another in a circle. References order deployment: a role is made after those that it refers to, so there is no order. Write one of the ARNs out. A role that passes itself does so by its written-out ARN.",
			Bad: `role "a" {
  pass_roles = [role.b.arn]
}
role "b" {
  pass_roles = [role.a.arn]
}
`,
			Good: `role "a" {
  pass_roles = [role.b.arn]
}
role "b" {
}
`,
		},
		{
			Code: "role-not-deployed", Severity: hcl.DiagError,
			Explain: "A role refers to another that does not go to the same account, so it has no ARN there. Let both go to the same accounts, or write the ARN of the other account out.",
			Bad: `account "main" {
  id     = "123456789012"
  region = "eu-west-1"
}
account "dev" {
  id     = "210987654321"
  region = "eu-west-1"
}
role "train" {
  accounts = ["main"]
}
role "r" {
  pass_roles = [role.train.arn]
}
`,
			Good: `account "main" {
  id     = "123456789012"
  region = "eu-west-1"
}
account "dev" {
  id     = "210987654321"
  region = "eu-west-1"
}
role "train" {
  accounts = ["main"]
}
role "r" {
  accounts   = ["main"]
  pass_roles = [role.train.arn]
}
`,
		},
	}
}
