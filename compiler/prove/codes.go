package prove

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// reader is a configuration with a role that reads and writes one bucket.
const reader = "account \"main\" {\n  id     = \"123456789012\"\n  region = \"eu-west-1\"\n}\n\n" +
	"role \"train\" {\n  statement \"Data\" {\n    actions   = [\"s3:GetObject\", \"s3:DeleteObject\"]\n    resources = [\"arn:aws:s3:::acme-data/*\"]\n  }\n}\n\n"

// Codes documents what guardrails and expectations find, by code.
func Codes() []diag.Entry {
	return []diag.Entry{
		{
			Code: "broken-guardrail", Severity: hcl.DiagError,
			Explain: "A role may do something that a guardrail forbids: there is a request that its policies allow. The message shows such a request, and `smr simulate` decides it with every reason. A guardrail is proved for every possible request; it is not a policy, and deploys nothing.\n\n" +
				"Narrow the role, with narrow or a deny block in an override, or name it in the except list of the guardrail if it is meant to.",
			Bad:  reader + "guardrail \"no-deletes\" {\n  roles = [\"*\"]\n  never {\n    actions   = [\"s3:DeleteObject*\"]\n    resources = [\"*\"]\n  }\n}\n",
			Good: reader + "guardrail \"no-deletes\" {\n  roles = [\"*\"]\n  never {\n    actions   = [\"s3:DeleteBucket\"]\n    resources = [\"*\"]\n  }\n}\n",
		},
		{
			Code: "undecided-guardrail", Severity: hcl.DiagError,
			Explain: "It could not be proved that a role keeps to a guardrail, and no request was found that breaks it. That is an error, since a guardrail that is not proved guards nothing. The message says what stands in the way: a policy whose text is not known (say it with a policy block), or statements with too many patterns and conditions to compare within bounds.",
		},
		{
			Code: "unused-guardrail", Severity: hcl.DiagWarning,
			Explain: "A guardrail holds for no role: its globs match no label, or except takes all of them out. It would go on saying nothing when a role is misnamed.",
			Bad:     reader + "guardrail \"no-deletes\" {\n  roles = [\"production-*\"]\n  never {\n    actions   = [\"s3:DeleteBucket\"]\n    resources = [\"*\"]\n  }\n}\n",
			Good:    reader + "guardrail \"no-deletes\" {\n  roles = [\"tr*\"]\n  never {\n    actions   = [\"s3:DeleteBucket\"]\n    resources = [\"*\"]\n  }\n}\n",
		},
		{
			Code: "failed-expectation", Severity: hcl.DiagError,
			Explain: "A request of an expect block is decided otherwise than the block says: allowed where it denies, or denied where it allows. The message has the reasons, as `smr simulate` gives them; a context block gives the request condition keys.\n\n" +
				"Or a call of SageMaker that a can block expects to work does not: the message names the permissions that are missing and who withholds them, and `smr preflight` shows each with what to add.",
			Bad:  reader + "expect \"models are written\" {\n  role = role.train\n  allows {\n    action   = \"s3:PutObject\"\n    resource = \"arn:aws:s3:::acme-models/m\"\n  }\n}\n",
			Good: reader + "expect \"data is read\" {\n  role = role.train\n  allows {\n    action   = \"s3:GetObject\"\n    resource = \"arn:aws:s3:::acme-data/a\"\n  }\n}\n",
		},
		{
			Code: "invalid-request", Severity: hcl.DiagError,
			Explain: "A request of an expect block is none that AWS could decide: its action is no action of a service (\"s3:GetObject\"), its resource is neither an ARN nor \"*\", or a condition key has a value of the wrong type.",
			Bad:     reader + "expect \"data is read\" {\n  role = role.train\n  allows {\n    action   = \"GetObject\"\n    resource = \"arn:aws:s3:::acme-data/a\"\n  }\n}\n",
			Good:    reader + "expect \"data is read\" {\n  role = role.train\n  allows {\n    action   = \"s3:GetObject\"\n    resource = \"arn:aws:s3:::acme-data/a\"\n  }\n}\n",
		},
	}
}
