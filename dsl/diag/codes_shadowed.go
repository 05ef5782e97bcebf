package diag

import (
	"github.com/hashicorp/hcl/v2"
)

// codesOfNames are the codes from role-wide-parameter to unknown-name.
func codesOfNames() []Entry {
	return []Entry{
		{
			Code: "role-wide-parameter", Severity: hcl.DiagError,
			Explain: "A parameter that comes from a setting of the role is given in an activity block. pass_roles is one setting for all activities of a role.",
			Bad: `role "r" {
  activity "manage_models" {
    pass_roles = ["arn:aws:iam::123456789012:role/jobs"]
  }
}
`,
			Good: `role "r" {
  pass_roles = ["arn:aws:iam::123456789012:role/jobs"]
  activity "manage_models" {
  }
}
`,
		},
		{
			Code: "shadowed-built-in", Severity: hcl.DiagError,
			Explain: "A block has the name of a built-in activity or persona. Built-ins are changed with override and extends, so that a reader knows what a name means.",
			Bad: `persona "data_scientist" {
}
role "r" {
}
`,
			Good: `persona "scientist" {
  extends = ["compute"]
}
role "r" {
}
`,
		},
		{
			Code: "syntax-error", Severity: hcl.DiagError,
			Explain: "The text is no HCL: a bracket or string is not closed, a line does not end where it must, or a character has no meaning there.",
			Bad: `role "r" {
  description = "x
}
`,
			Good: `role "r" {
  description = "x"
}
`,
		},
		{
			Code: "template-directive", Severity: hcl.DiagError,
			Explain: "Template directives, %{ if } and %{ for }, are not part of the language. Use a conditional or a for expression; a literal %{ is written %%{.",
			Bad: `role "r" {
  description = "%{ if true }x%{ endif }"
}
`,
			Good: `role "r" {
  description = true ? "x" : ""
}
`,
		},
		{
			Code: "template-too-long", Severity: hcl.DiagError,
			Explain: "One string holds more than 1,000 templates. Build it with join from a list.",
		},
		{
			Code: "too-many-files", Severity: hcl.DiagError,
			Explain: "A directory holds more than 2,000 files of the configuration. Move some roles to a directory of their own.",
		},
		{
			Code: "too-many-values", Severity: hcl.DiagError,
			Explain: "The values of a configuration hold more elements together than it may keep. Shorten its lists, or divide it into several directories.",
		},
		{
			Code: "undeclared-variable", Severity: hcl.DiagWarning,
			Explain: "A value is given for a variable that the configuration does not declare: on the command line an error, in a file of values a warning, since one file may serve several configurations.",
		},
		{
			Code: "unexpected-attribute", Severity: hcl.DiagError,
			Explain: "A block is written as an attribute, with an equals sign.",
			Bad: `role "r" {
  lifecycle = { retire = true }
}
`,
			Good: `role "r" {
  lifecycle {
    retire = true
  }
}
`,
		},
		{
			Code: "unexpected-block", Severity: hcl.DiagError,
			Explain: "An attribute is written as a block, without an equals sign.",
			Bad: `role "r" {
  tags {
    team = "a"
  }
}
`,
			Good: `role "r" {
  tags = { team = "a" }
}
`,
		},
		{
			Code: "unexpected-label", Severity: hcl.DiagError,
			Explain: "A block has a label too many.",
			Bad: `role "r" "s" {
}
`,
			Good: `role "r" {
}
`,
		},
		{
			Code: "unknown-account", Severity: hcl.DiagError,
			Explain: "A name of an account is not declared by an account block.",
			Bad: `role "r" {
  accounts = ["prod"]
}
`,
			Good: `account "prod" {
  id     = "123456789012"
  region = "eu-west-1"
}
role "r" {
  accounts = ["prod"]
}
`,
		},
		{
			Code: "unknown-activity", Severity: hcl.DiagError,
			Explain: "There is no activity of that name in the catalogue or the configuration. `smr catalog` lists the built-in ones.",
			Bad: `role "r" {
  activity "manage_modles" {
  }
}
`,
			Good: `role "r" {
  activity "s3_full_access" {
  }
}
`,
		},
		{
			Code: "unknown-attribute", Severity: hcl.DiagError,
			Explain: "A value is asked for an attribute that it does not have. A role has arn and name, an account id, region and partition.",
			Bad: `role "a" {
}
role "r" {
  pass_roles = [role.a.arm]
}
`,
			Good: `role "a" {
}
role "r" {
  pass_roles = [role.a.arn]
}
`,
		},
		{
			Code: "unknown-edition", Severity: hcl.DiagError,
			Explain: "There is no edition of the catalogue of that name. \"role-manager-2024\" reproduces what SageMaker Role Manager made, \"2026\" is repaired.",
			Bad: `smr {
  edition = "2025"
}
role "r" {
}
`,
			Good: `smr {
  edition = "2026"
}
role "r" {
}
`,
		},
		{
			Code: "unknown-effect", Severity: hcl.DiagError,
			Explain: "The effect of a statement is \"Allow\" or \"Deny\", with a capital.",
			Bad: `role "r" {
  statement "S" {
    effect    = "deny"
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
`,
			Good: `role "r" {
  statement "S" {
    effect    = "Deny"
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
`,
		},
		{
			Code: "unknown-encryption", Severity: hcl.DiagError,
			Explain: "The default encryption of a bucket is SSE-S3, SSE-KMS or DSSE-KMS; with a KMS key, kms_key_arn names it, and aws_managed says that it is aws/s3.",
			Bad: `bucket "data" {
  name               = "acme-data"
  default_encryption = { type = "KMS" }
}
`,
			Good: `bucket "data" {
  name               = "acme-data"
  default_encryption = { type = "SSE-KMS", aws_managed = true }
}
`,
		},
		{
			Code: "unknown-fact", Severity: hcl.DiagError,
			Explain: "A reference names a bucket, kms_key, ecr_repository, network or scp that the configuration does not declare.",
			Bad: `role "r" {
}
expect "e" {
  role = role.r
  can "CreateTrainingJob" {
    volume_key = kms_key.volume
  }
}
`,
			Good: `kms_key "volume" {
  arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
}
role "r" {
}
expect "e" {
  role = role.r
  can "CreateTrainingJob" {
    volume_key = kms_key.volume
  }
}
`,
		},
		{
			Code: "unknown-function", Severity: hcl.DiagError,
			Explain: "There is no function of that name. The language has Terraform's functions that compute from their arguments alone; nothing reads files, time or environment, but for policy_file.",
			Bad: `role "r" {
  description = timestamp()
}
`,
			Good: `role "r" {
  description = upper("x")
}
`,
		},
		{
			Code: "unknown-layout", Severity: hcl.DiagError,
			Explain: "A layout is \"per_activity\", \"packed\" or \"inline\".",
			Bad: `role "r" {
  layout = "flat"
}
`,
			Good: `role "r" {
  layout = "packed"
}
`,
		},
		{
			Code: "unknown-local", Severity: hcl.DiagError,
			Explain: "A reference names a local that no locals block sets.",
			Bad: `role "r" {
  description = local.x
}
`,
			Good: `locals {
  x = "a"
}
role "r" {
  description = local.x
}
`,
		},
		{
			Code: "unknown-name", Severity: hcl.DiagError,
			Explain: "A reference begins with a name that does not exist, or that cannot be used here: each exists in a role with for_each; partition, region and account_id in roles, personas, activities and overrides; vpc, kms and parameters in statements; role everywhere but in names, paths, accounts, personas and for_each.",
			Bad: `role "r" {
  description = each.key
}
`,
			Good: `role "r" {
  for_each    = toset(["a"])
  description = each.key
}
`,
		},
	}
}
