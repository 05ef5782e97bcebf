package ir

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// A Stack is the roles of every target with their policy documents. Documents
// may be shared between roles and are not changed after lowering.
type Stack struct {
	Project string
	Edition string
	Targets []*Target
	Roles   []*StackRole // in the order of Program.Roles
}

// A StackRole is one role as IAM will hold it.
type StackRole struct {
	*Role
	Trust    Policy   // Name is ""
	Groups   []Policy // one for each activity, hand-written statements last: before the layout
	Managed  []Policy // customer managed policies that are made for the role
	Inline   []Policy
	Attached []Value // ARNs of policies that stand elsewhere: AWS's of activities first, then the role's
}

// A Policy is one policy of a role.
type Policy struct {
	Name     string
	Document *policy.Document
	Origins  []Origin // one for each statement
	Activity string   // that the policy stands for; "" for hand-written and packed ones
}

// An Origin says where a statement comes from.
type Origin struct {
	Activity string    // "" for a hand-written statement of the role
	Label    string    // of the statement
	Why      string    // "" when the author gave none
	Range    hcl.Range // the statement block, in the catalogue for a built-in activity
	Use      hcl.Range // the place in the user's files that brought it: activity, persona list or override
	Override hcl.Range // the override that added or changed it, zero when none did
	BuiltIn  bool
}

// Place is the line to show for the statement: its own block where it is
// hand-written, else what brought it to the role.
func (o *Origin) Place() hcl.Range {
	if o.Use.Filename == "" || o.Activity == "" && o.Range.Filename != "" {
		return o.Range
	}
	return o.Use
}

// A File is one file to write: a path with slashes, relative to the output.
type File struct {
	Path string
	Data []byte
}
