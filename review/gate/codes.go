package gate

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// Codes document the codes of the findings of a review. They speak of two
// revisions, so that no single configuration raises them.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: "escalation-not-approved", Severity: hcl.DiagError, Explain: `A change lets a role reach more than it is granted: it passes other roles, decides
on permissions, gains a known way to the permissions of others, is trusted by
others, or loses its permissions boundary. What could not be decided counts too.
Narrow it, or let somebody who may approve it by the digest that the review
shows: a line approve "DIGEST" in smr.approvals beside the configuration, a
review of an approver, or a label smr-approve:DIGEST that an approver puts on.
The digest stands for exactly this set; more asks again.`},
		{Code: "access-not-approved", Severity: hcl.DiagError, Explain: `fail_on of the review block asks for approval of new access of this level too. It
is approved as escalations are, by the digest that the review shows.`},
		{Code: "quota-headroom", Severity: hcl.DiagWarning, Explain: `A change brings a role to 90 % or more of what IAM allows it: policies attached,
sizes of policies, tags. The next addition may not fit. The layout "packed" merges
policies where that saves room.`},
		{Code: "changed-review-rules", Severity: hcl.DiagWarning, Explain: `A change alters the review block. It is judged by the block of the branch that it
goes to, so that it cannot loosen the rules for itself; look at what later
changes will be judged by.`},
		{Code: "unread-review-rules", Severity: hcl.DiagWarning, Explain: `The review block of the branch that a change goes to cannot be read. Until it is
mended there, everything new needs approval in smr.approvals.`},
		{Code: "changed-guardrail", Severity: hcl.DiagWarning, Explain: `A change alters or removes a guardrail. Its roles are held to the guardrail as it is
on the branch that it goes to; later changes to the new one.`},
		{Code: "unread-approval", Severity: hcl.DiagWarning, Explain: `A line of smr.approvals approves nothing. A line is approve "DIGEST" with 12 to 64
hexadecimal digits and may end with a comment after # or //.`},
		{Code: "unowned-approval", Severity: hcl.DiagWarning, Explain: `A change approves its own access by a line of smr.approvals that it adds, and
CODEOWNERS of the branch that it goes to names nobody for that file. Whoever may
merge may then approve. Name the approvers for smr.approvals in CODEOWNERS and
protect the branch so that their review is required.`},
		{Code: "short-approval", Severity: hcl.DiagWarning, Explain: `An approval names fewer digits than the review shows. Two sets of escalations can be
made to share twelve digits by whoever writes them: one to be approved, the other
to be used. Write all 32.`},
	}
}
