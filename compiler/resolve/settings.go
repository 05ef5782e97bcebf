package resolve

import (
	"regexp"
	"slices"

	version "github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl"
	builtin "github.com/sagemaker-roles/smr/dsl/catalog"
	"github.com/sagemaker-roles/smr/dsl/diag"
)

// catalogDefault is the edition of a configuration that names none.
const catalogDefault = "role-manager-2024"

// projectName is what can stand as one segment of a policy's path (the API
// model of IAM, type policyPathType) and in the tag of the owner.
var projectName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (r *resolver) edition(name string, a *dsl.Attr) {
	editions := builtin.Editions()
	if !slices.Contains(editions, name) {
		r.errorf("unknown-edition", a.Expr.Range(), "There is no edition %q of the catalogue. It is %s.", name, diag.Quote(editions))
		return
	}
	r.prog.Edition = name
}

func (r *resolver) requireVersion(want string, rng hcl.Range) {
	constraint, err := version.NewConstraint(want)
	if err != nil {
		r.errorf("invalid-version", rng, "%q is no version constraint. Write one such as \">= 0.1\" or \"~> 0.2\"; several are separated by commas.", want)
		return
	}
	have, err := version.NewVersion(r.in.Version)
	if err == nil && !constraint.Check(have) {
		r.errorf("unsupported-version", rng, "This configuration needs smr %s, and this is smr %s. Use a version that fits, or change required_version.", want, r.in.Version)
	}
}
