package diag

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Codes documents what loading, parsing, decoding, resolving and lowering find,
// by code. Bad is empty where raising the code takes more than one short file.
func Codes() []Entry {
	return slices.Concat(codesOfBlocks(), codesOfValues(), codesOfReferences(), codesOfNames(), codesOfUse())
}

// codesOfBlocks are the codes from configuration-too-large to incomplete-reference.
func codesOfBlocks() []Entry {
	return []Entry{
		{
			Code: "configuration-too-large", Severity: hcl.DiagError,
			Explain: "The files of one directory together hold more words, marks and lines than a configuration may have. The limit is counted before anything is parsed, so that no file can use up the machine. Divide the configuration into several directories; each is compiled by itself.",
		},
		{
			Code: "conflicting-arguments", Severity: hcl.DiagError,
			Explain: "Two arguments exclude one another: a statement has actions or not_actions, resources or not_resources; the subject of a GitHub token names an environment or a branch.",
			Bad: `role "r" {
  statement "S" {
    actions     = ["s3:GetObject"]
    not_actions = ["s3:PutObject"]
    resources   = ["*"]
  }
}
`,
			Good: `role "r" {
  statement "S" {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
`,
		},
		{
			Code: "duplicate-activity", Severity: hcl.DiagError,
			Explain: "One role or persona has two blocks for the same activity, so it would not be plain whose arguments count. Move them to one block. A role and its personas may each have a block: their arguments merge.",
			Bad: `role "r" {
  activity "s3_bucket_access" {
    buckets = ["a"]
  }
  activity "s3_bucket_access" {
    buckets = ["b"]
  }
}
`,
			Good: `role "r" {
  activity "s3_bucket_access" {
    buckets = ["a", "b"]
  }
}
`,
		},
		{
			Code: "duplicate-argument", Severity: hcl.DiagError,
			Explain: "An argument is set twice in one block. Each can be set once; delete one of the two.",
			Bad: `role "r" {
  description = "a"
  description = "b"
}
`,
			Good: `role "r" {
  description = "b"
}
`,
		},
		{
			Code: "duplicate-block", Severity: hcl.DiagError,
			Explain: "There is a second block of a kind of which one can stand here, such as smr, review, vpc, kms, trust and lifecycle.",
			Bad: `role "r" {
  lifecycle {
    retire = true
  }
  lifecycle {
    exclusive = true
  }
}
`,
			Good: `role "r" {
  lifecycle {
    retire    = true
    exclusive = true
  }
}
`,
		},
		{
			Code: "duplicate-condition", Severity: hcl.DiagError,
			Explain: "A statement has two conditions with one operator and key. The JSON of a policy has one place for both, so one of them would be lost. Values of one condition are alternatives; for two conditions that must both hold, narrow intersects values where that is exact, and two statements say the rest.",
			Bad: `role "r" {
  statement "S" {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    condition {
      operator = "StringEquals"
      key      = "aws:SourceVpc"
      values   = ["vpc-1"]
    }
    condition {
      operator = "StringEquals"
      key      = "aws:SourceVpc"
      values   = ["vpc-2"]
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
      values   = ["vpc-1", "vpc-2"]
    }
  }
}
`,
		},
		{
			Code: "duplicate-name", Severity: hcl.DiagError,
			Explain: "Two blocks of one kind have the same label. Rename or delete one of them; the order of files never settles which counts.",
			Bad: `role "r" {
}
role "r" {
}
`,
			Good: `role "r" {
}
role "s" {
}
`,
		},
		{
			Code: "duplicate-parameter", Severity: hcl.DiagError,
			Explain: "An activity declares two parameters of one name.",
			Bad: `activity "a" {
  parameter "x" {
    type = string
  }
  parameter "x" {
    type = number
  }
  managed_policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
`,
			Good: `activity "a" {
  parameter "x" {
    type = string
  }
  managed_policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
`,
		},
		{
			Code: "duplicate-policy", Severity: hcl.DiagError,
			Explain: "Two policy blocks give the text of one ARN. Delete one of them.",
			Bad: `policy "a" {
  arn      = "arn:aws:iam::123456789012:policy/b"
  document = { Version = "2012-10-17", Statement = [] }
}
policy "b" {
  arn      = "arn:aws:iam::123456789012:policy/b"
  document = { Version = "2012-10-17", Statement = [] }
}
`,
			Good: `policy "a" {
  arn      = "arn:aws:iam::123456789012:policy/b"
  document = { Version = "2012-10-17", Statement = [] }
}
`,
		},
		{
			Code: "duplicate-statement", Severity: hcl.DiagError,
			Explain: "Two statements of one label are chosen together. Labels name statements for overrides and in reports, so they are unique among the statements that a role gets from one activity, among its own and its personas' hand-written ones, and in its trust policy. Forms of one statement share a label when their when exclude one another.",
			Bad: `role "r" {
  statement "S" {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
  statement "S" {
    actions   = ["s3:PutObject"]
    resources = ["*"]
  }
}
`,
			Good: `role "r" {
  statement "S" {
    when      = vpc == null
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
  statement "S" {
    when      = vpc != null
    actions   = ["s3:PutObject"]
    resources = ["*"]
  }
}
`,
		},
		{
			Code: "empty-condition", Severity: hcl.DiagError,
			Explain: "A condition has no values, or a federated trust no subjects. IAM refuses an empty list, and leaving the condition out would give or take access, so smr does neither: write the values, or delete the condition.",
			Bad: `role "r" {
  statement "S" {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    condition {
      operator = "StringEquals"
      key      = "aws:SourceVpc"
      values   = []
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
			Code: "empty-configuration", Severity: hcl.DiagError,
			Explain: "The directory holds no .smr file. `smr init` writes a first one. Subdirectories are other configurations, and files whose names begin with a dot are passed over.",
		},
		{
			Code: "empty-list", Severity: hcl.DiagError,
			Explain: "A list that must have elements has none: vpc and kms need both of their lists, and a statement of a trust policy needs actions. To go without VPC or KMS, leave the block out.",
			Bad: `role "r" {
  vpc {
    subnets         = []
    security_groups = ["sg-0a1b2c3d4e5f60718"]
  }
}
`,
			Good: `role "r" {
  vpc {
    subnets         = ["subnet-0a1b2c3d4e5f60718"]
    security_groups = ["sg-0a1b2c3d4e5f60718"]
  }
}
`,
		},
		{
			Code: "empty-statement", Severity: hcl.DiagWarning,
			Explain: "A statement is left out because its actions or resources are an empty list, which IAM refuses. That is how pass_roles = [] drops the statement about passing roles; the notice says so once for each statement, with the number of roles.",
			Bad: `role "r" {
  pass_roles = []
  activity "manage_models" {
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
			Code: "empty-trust", Severity: hcl.DiagError,
			Explain: "A trust block, or a statement in it, names nobody, so no one could assume the role. Without a trust block the role trusts SageMaker for this account.",
			Bad: `role "r" {
  trust {
    services = []
  }
}
`,
			Good: `role "r" {
  trust {
    services = ["sagemaker.amazonaws.com"]
  }
}
`,
		},
		{
			Code: "evaluation-budget", Severity: hcl.DiagError,
			Explain: "Evaluating the expressions of the configuration takes more steps than a configuration has. Steps are counted and not timed, so the answer is the same on every machine. Shorten the lists that are looped over, or divide the configuration into several directories.",
			Bad: `locals {
  list = range(1024)
  many = [for a in local.list : length([for b in local.list : length([a, b])])]
  more = [for a in local.list : length([for b in local.list : length([a, b])])]
}
role "r" {
  description = "${length(local.more)}"
}
`,
			Good: `locals {
  list = range(100)
}
role "r" {
  description = "${length(local.list)}"
}
`,
		},
		{
			Code: "excluded-activity", Severity: hcl.DiagError,
			Explain: "One block gives a role an activity and excludes it. A role may bring back what its persona excludes, and exclude what its persona gives; in one and the same block it is a mistake.",
			Bad: `role "r" {
  exclude = ["s3_full_access"]
  activity "s3_full_access" {
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
			Code: "expression-too-long", Severity: hcl.DiagError,
			Explain: "One expression holds more operators, indexes and calls on one path than a recursive evaluator should follow. Name parts of it with locals.",
			Bad:     "locals {\n  x = " + strings.Repeat("-", 501) + "1\n}\nrole \"r\" {\n}\n",
			Good: `locals {
  x = -1
}
role "r" {
}
`,
		},
		{
			Code: "file-too-large", Severity: hcl.DiagError,
			Explain: "A file is larger than 1 MiB. Divide it into several files of the same directory: together they are one configuration.",
		},
		{
			Code: "for-too-deep", Severity: hcl.DiagError,
			Explain: "More than two for expressions stand inside one another. Name the inner list with a local.",
			Bad: `locals {
  x = [for a in [1] : [for b in [1] : [for c in [1] : c]]]
}
role "r" {
}
`,
			Good: `locals {
  y = [for b in [1] : [for c in [1] : c]]
  x = [for a in [1] : local.y]
}
role "r" {
}
`,
		},
		{
			Code: "ignored-error", Severity: hcl.DiagError,
			Explain: "A comment ignores an error. Only warnings can be ignored: mend what the error says, then delete the comment.",
			Bad: `# smr:ignore unknown-activity -- I know better
role "r" {
  activity "manage_modles" {
  }
}
`,
			Good: `role "r" {
}
`,
		},
		{
			Code: "incomplete-reference", Severity: hcl.DiagError,
			Explain: "A reference stops short: var, local, account and role are followed by a name.",
			Bad: `role "r" {
  description = var
}
`,
			Good: `variable "text" {
  default = "x"
}
role "r" {
  description = var.text
}
`,
		},
	}
}
