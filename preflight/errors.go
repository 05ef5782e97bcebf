package preflight

import (
	"errors"
	"fmt"

	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/preflight/requirements"
)

// An UnknownAPIError is an API of which no requirements are known.
type UnknownAPIError struct{ Name string }

// Error says which APIs come nearest.
func (e *UnknownAPIError) Error() string {
	return fmt.Sprintf("no requirements are known of an API %q.%s", e.Name, diag.DidYouMean(e.Name, requirements.APIs(), "`smr preflight --list` names those that are."))
}

// ErrAccountRequired is a role without an account: a call is made in one.
var ErrAccountRequired = errors.New("a call is made in an account, and the configuration declares none. Write account \"NAME\" { id = \"…\", region = \"…\" }")
