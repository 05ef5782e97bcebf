package plan

import (
	"strconv"
	"strings"

	"github.com/sagemaker-roles/smr/deploy/live"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func lower(name string) string { return strings.ToLower(name) }

func cutPrefix(s, prefix string) (string, bool) { return strings.CutPrefix(s, prefix) }

// isLocal reports whether an ARN is that of a customer managed policy of the
// account.
func isLocal(s *live.State, arn string) bool {
	return strings.HasPrefix(arn, s.PolicyARN("/", ""))
}

func fromPolicy(d *policy.Document) *live.Document { return live.FromPolicy(d) }

func quoted(s string) string { return strconv.Quote(s) }
