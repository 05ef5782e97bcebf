package diag

import (
	"github.com/hashicorp/hcl/v2"
)

// codesOfUse are the codes from unknown-operator to wrong-type.
func codesOfUse() []Entry {
	return []Entry{
		{
			Code: "unknown-operator", Severity: hcl.DiagError,
			Explain: "A condition has an operator that IAM does not know.",
			Bad: `role "r" {
  statement "S" {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    condition {
      operator = "StringEqual"
      key      = "aws:SourceVpc"
      values   = ["vpc-1"]
    }
  }
}
`,
			Good: `role "r" {
  statement "S" {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    condition {
      operator = "StringEquals"
      key      = "aws:SourceVpc"
      values   = ["vpc-1"]
    }
  }
}
`,
		},
		{
			Code: "unknown-parameter", Severity: hcl.DiagError,
			Explain: "An activity block gives an argument that the activity does not take. `smr catalog ACTIVITY` shows its parameters.",
			Bad: `role "r" {
  activity "s3_full_access" {
    buckets = ["a"]
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
			Code: "unknown-partition", Severity: hcl.DiagError,
			Explain: "There is no partition of that name.",
			Bad: `account "a" {
  id        = "123456789012"
  region    = "eu-west-1"
  partition = "awz"
}
role "r" {
}
`,
			Good: `account "a" {
  id        = "123456789012"
  region    = "eu-west-1"
  partition = "aws"
}
role "r" {
}
`,
		},
		{
			Code: "unknown-persona", Severity: hcl.DiagError,
			Explain: "There is no persona of that name in the catalogue or the configuration.",
			Bad: `role "r" {
  persona = "computer"
}
`,
			Good: `persona "mine" {
}
role "r" {
  persona = "mine"
}
`,
		},
		{
			Code: "unknown-region", Severity: hcl.DiagError,
			Explain: "smr cannot tell the partition of a Region by its name. Write a Region such as \"eu-west-1\", or say the partition.",
			Bad: `account "a" {
  id     = "123456789012"
  region = "europe"
}
role "r" {
}
`,
			Good: `account "a" {
  id        = "123456789012"
  region    = "europe"
  partition = "aws"
}
role "r" {
}
`,
		},
		{
			Code: "unknown-role", Severity: hcl.DiagError,
			Explain: "A reference names a role, or a key of a role with for_each, that does not exist.",
			Bad: `role "r" {
  pass_roles = [role.s.arn]
}
`,
			Good: `role "s" {
}
role "r" {
  pass_roles = [role.s.arn]
}
`,
		},
		{
			Code: "unknown-setting", Severity: hcl.DiagError,
			Explain: "The from of a parameter names no setting of a role. A parameter can come from \"pass_roles\".",
			Bad: `activity "a" {
  parameter "x" {
    type = list(arn)
    from = "vpc"
  }
  managed_policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
`,
			Good: `activity "a" {
  parameter "x" {
    type = list(arn)
    from = "pass_roles"
  }
  managed_policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
`,
		},
		{
			Code: "unknown-variable", Severity: hcl.DiagError,
			Explain: "A reference names a variable that no variable block declares.",
			Bad: `role "r" {
  description = var.x
}
`,
			Good: `variable "x" {
  default = "a"
}
role "r" {
  description = var.x
}
`,
		},
		{
			Code: "unmatched-glob", Severity: hcl.DiagWarning,
			Explain: "A glob in roles of a top-level override names no role, so the override changes nothing there.",
			Bad: `role "r" {
  activity "s3_full_access" {
  }
}
override "s3_full_access" {
  roles = ["r", "team-*"]
  deny "NoDelete" {
    actions   = ["s3:DeleteBucket"]
    resources = ["*"]
  }
}
`,
			Good: `role "r" {
  activity "s3_full_access" {
  }
}
override "s3_full_access" {
  roles = ["r"]
  deny "NoDelete" {
    actions   = ["s3:DeleteBucket"]
    resources = ["*"]
  }
}
`,
		},
		{
			Code: "unmatched-override", Severity: hcl.DiagError,
			Explain: "An override, or a verb of it, changes nothing in any role: no role has the activity, or the activity has no such statement or action in the forms that roles have. What was to be taken away would stay. remove_actions takes actions away that are listed; one that a pattern allows is denied instead.",
			Bad: `role "r" {
  activity "s3_full_access" {
  }
  override "s3_full_access" {
    remove "Delete" {}
  }
}
`,
			Good: `role "r" {
  activity "s3_full_access" {
  }
  override "s3_full_access" {
    deny "Delete" {
      actions   = ["s3:DeleteBucket"]
      resources = ["*"]
    }
  }
}
`,
		},
		{
			Code: "unreadable-file", Severity: hcl.DiagError,
			Explain: "A file or directory cannot be read, or is no regular file: a configuration consists of regular files, and pipes, devices and directories named like one are refused.",
			Bad: `role "r" {
  description = policy_file("missing.json")
}
`,
			Good: `role "r" {
}
`,
		},
		{
			Code: "unsupported-argument", Severity: hcl.DiagError,
			Explain: "A block has an argument that it does not take.",
			Bad: `role "r" {
  descripton = "x"
}
`,
			Good: `role "r" {
  description = "x"
}
`,
		},
		{
			Code: "unsupported-block", Severity: hcl.DiagError,
			Explain: "A block stands where none of its kind can.",
			Bad: `rol "r" {
}
`,
			Good: `role "r" {
}
`,
		},
		{
			Code: "unsupported-version", Severity: hcl.DiagError,
			Explain: "The configuration asks for another version of smr.",
			Bad: `smr {
  required_version = ">= 1000"
}
role "r" {
}
`,
			Good: `smr {
  required_version = ">= 0.1"
}
role "r" {
}
`,
		},
		{
			Code: "unused-exclude", Severity: hcl.DiagWarning,
			Explain: "exclude names an activity that no role inherits there, so it takes nothing away.",
			Bad: `role "r" {
  exclude = ["s3_full_access"]
}
`,
			Good: `persona "p" {
  activities = ["s3_full_access"]
}
role "r" {
  persona = "p"
  exclude = ["s3_full_access"]
}
`,
		},
		{
			Code: "unused-ignore", Severity: hcl.DiagWarning,
			Explain: "A comment ignores a warning that is not raised there. Delete it, so that it does not hide a later one.",
			Bad: `# smr:ignore unused-exclude -- no longer needed
role "r" {
}
`,
			Good: `role "r" {
}
`,
		},
		{
			Code: "value-too-large", Severity: hcl.DiagError,
			Explain: "An expression makes a value beyond the limits: 100,000 elements at all depths, 64 KiB in one string, 4 MiB in all strings of one value. IAM documents are far smaller; divide the configuration into several directories.",
			Bad: `locals {
  list = range(1000)
  all  = [for a in local.list : local.list]
}
role "r" {
  description = "${length(local.all)}"
}
`,
			Good: `locals {
  list = range(1000)
}
role "r" {
  description = "${length(local.list)}"
}
`,
		},
		{
			Code: "wrong-type", Severity: hcl.DiagError,
			Explain: "A value has another type than its place takes: a string, a list of strings, an object, true or false. Numbers and bools become strings by themselves, one string a list of one, and lists inside lists flatten.",
			Bad: `role "r" {
  tags = ["a"]
}
`,
			Good: `role "r" {
  tags = { team = "a" }
}
`,
		},
	}
}
