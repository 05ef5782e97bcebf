package plan

import (
	"strings"

	"github.com/sagemaker-roles/smr/deploy/live"
)

func lower(name string) string { return strings.ToLower(name) }

func cutPrefix(s, prefix string) (string, bool) { return strings.CutPrefix(s, prefix) }

// isLocal reports whether an ARN is that of a customer managed policy of the
// account.
func isLocal(s *live.State, arn string) bool {
	return strings.HasPrefix(arn, s.PolicyARN("/", ""))
}
