package diag

import (
	"github.com/hashicorp/hcl/v2"
)

// codesOfValues are the codes from invalid-call to malformed-ignore.
func codesOfValues() []Entry {
	return []Entry{
		{
			Code: "invalid-call", Severity: hcl.DiagError,
			Explain: "A function is called with the wrong number or kind of arguments, or cannot compute an answer from them. The functions have Terraform's meaning; dsl/LANGUAGE.md lists them.",
			Bad: `role "r" {
  description = upper()
}
`,
			Good: `role "r" {
  description = upper("x")
}
`,
		},
		{
			Code: "invalid-duration", Severity: hcl.DiagError,
			Explain: "max_session_duration is no duration. Write hours, minutes or seconds, \"4h\", \"90m\", \"1h30m\", or a number of seconds.",
			Bad: `role "r" {
  max_session_duration = "4 hours"
}
`,
			Good: `role "r" {
  max_session_duration = "4h"
}
`,
		},
		{
			Code: "invalid-expression", Severity: hcl.DiagError,
			Explain: "An expression cannot be evaluated: an operator has an operand of another kind, a conditional has results of different kinds, a for expression loops over something that has no elements or makes one key twice.",
			Bad: `role "r" {
  description = "a" + 1
}
`,
			Good: `role "r" {
  description = "a${1}"
}
`,
		},
		{
			Code: "invalid-for-each", Severity: hcl.DiagError,
			Explain: "for_each takes a set of strings or a map, as in Terraform, and its keys become part of IAM names, so they take letters, digits, _ and -.",
			Bad: `role "r" {
  for_each = ["a", "b"]
}
`,
			Good: `role "r" {
  for_each = toset(["a", "b"])
}
`,
		},
		{
			Code: "invalid-index", Severity: hcl.DiagError,
			Explain: "A list or object is asked for an element that it does not have, or with a key of the wrong kind. Elements of lists are numbered from 0.",
			Bad: `role "r" {
  description = ["a", "b"][2]
}
`,
			Good: `role "r" {
  description = ["a", "b"][1]
}
`,
		},
		{
			Code: "invalid-json", Severity: hcl.DiagError,
			Explain: "A file that policy_file reads is no JSON document.",
		},
		{
			Code: "invalid-name", Severity: hcl.DiagError,
			Explain: "A label holds characters that its kind does not take. Labels that references name are words of letters, digits, _ and -; labels of roles and keys of for_each become part of IAM names.",
			Bad: `role "a b" {
}
`,
			Good: `role "a-b" {
}
`,
		},
		{
			Code: "invalid-policy-document", Severity: hcl.DiagError,
			Explain: "The document of a policy block is no policy document of IAM's. Give an object with Version and Statement, or policy_file(\"NAME.json\").",
			Bad: `policy "p" {
  arn      = "arn:aws:iam::123456789012:policy/p"
  document = { Statements = [] }
}
`,
			Good: `policy "p" {
  arn      = "arn:aws:iam::123456789012:policy/p"
  document = { Version = "2012-10-17", Statement = [] }
}
`,
		},
		{
			Code: "invalid-project", Severity: hcl.DiagError,
			Explain: "project names the path /smr/PROJECT/ of roles and policies and the owner of what is deployed, so it takes 1 to 64 letters, digits and . _ - and begins with a letter or digit.",
			Bad: `smr {
  project = "a/b"
}
role "r" {
}
`,
			Good: `smr {
  project = "a-b"
}
role "r" {
}
`,
		},
		{
			Code: "invalid-repository", Severity: hcl.DiagError,
			Explain: "The repository of a github block is not OWNER/REPO. Repositories that were created or renamed since 2026-07-15 have subjects with ids and are written OWNER@ID/REPO@ID. A repository is named in full: with a wildcard anyone could make one that matches.",
			Bad: `role "r" {
  trust {
    github {
      repository = "acme/*"
    }
  }
}
`,
			Good: `role "r" {
  trust {
    github {
      repository  = "acme/ml-roles"
      environment = "prod"
    }
  }
}
`,
		},
		{
			Code: "invalid-type", Severity: hcl.DiagError,
			Explain: "The type of a variable or parameter is none. Variables have Terraform's types; parameters are string, number, bool, arn, bucket_name, account_id, list(T) or map(T).",
			Bad: `variable "v" {
  type    = strng
  default = "x"
}
role "r" {
}
`,
			Good: `variable "v" {
  type    = string
  default = "x"
}
role "r" {
}
`,
		},
		{
			Code: "invalid-variable", Severity: hcl.DiagError,
			Explain: "The value of a variable does not meet one of its validation blocks, which says why.",
			Bad: `variable "v" {
  default = "x"
  validation {
    condition     = length(var.v) > 3
    error_message = "It has more than three letters."
  }
}
role "r" {
}
`,
			Good: `variable "v" {
  default = "word"
  validation {
    condition     = length(var.v) > 3
    error_message = "It has more than three letters."
  }
}
role "r" {
}
`,
		},
		{
			Code: "invalid-version", Severity: hcl.DiagError,
			Explain: "required_version is no version constraint, such as \">= 0.1\" or \"~> 0.2\".",
			Bad: `smr {
  required_version = "latest"
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
			Code: "local-chain-too-long", Severity: hcl.DiagError,
			Explain: "More locals build on one another than a recursive evaluator should follow. Shorten the chain.",
		},
		{
			Code: "local-cycle", Severity: hcl.DiagError,
			Explain: "Locals are defined by one another in a circle, so none of them has a value. The message names the path.",
			Bad: `locals {
  a = local.b
  b = local.a
}
role "r" {
}
`,
			Good: `locals {
  a = local.b
  b = 1
}
role "r" {
}
`,
		},
		{
			Code: "malformed-ignore", Severity: hcl.DiagError,
			Explain: "A comment that ignores a finding names one code and a reason: # smr:ignore CODE -- why it does not matter here.",
			Bad: `# smr:ignore unused-exclude
role "r" {
}
`,
			Good: `role "r" {
}
`,
		},
	}
}
