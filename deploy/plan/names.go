package plan

import (
	"strings"

	"github.com/sagemaker-roles/smr/deploy/live"
)

// lower is a name as IAM compares it.
func lower(name string) string { return strings.ToLower(name) }

// isLocal reports whether an ARN is that of a customer managed policy of the
// account.
func isLocal(s *live.State, arn string) bool {
	return strings.HasPrefix(arn, s.PolicyARN("/", ""))
}
