package plan

import (
	"sync"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// SealName is the name of the inline policy that denies everything for a
// while. It is smr's own on every role of a project.
const SealName = "smr-seal"

// sealDocument denies everything, also to sessions that are open already: an
// explicit Deny wins (IAM User Guide, "Policy evaluation logic").
func sealDocument() *live.Document {
	return live.FromPolicy(&policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		SID: "Sealed", Effect: policy.Deny, Actions: []string{"*"}, Resources: []string{"*"},
	}}})
}

// seal is the atom of the statement.
var seal = sync.OnceValue(func() *atom {
	d := sealDocument().Policy
	return newAtom(d.Version, d.Statements[0])
})
