package check

import (
	"fmt"
	"strings"
	"sync"

	"github.com/sagemaker-roles/smr/iam/facts"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// arnFault says what is wrong with the form of an ARN, whatever it names; ""
// when nothing is. Wildcards may stand in every part but the first two.
func arnFault(s string) string {
	arn, ok := policy.ParseARN(s)
	switch {
	case !ok:
		return fmt.Sprintf("%q is no ARN, which has six parts: arn:partition:service:region:account:resource.", s)
	case partitionFault(arn.Partition) != "":
		return fmt.Sprintf("%q: %s", s, partitionFault(arn.Partition))
	case arn.Service == "" || !only(arn.Service, "-*?"):
		return fmt.Sprintf("%q names no service in its third part, such as \"s3\" or \"ecr\".", s)
	case arn.Region != "" && !policy.HasWildcard(arn.Region) && !region(arn.Region):
		return fmt.Sprintf("%q has %q where the Region belongs, such as \"eu-west-1\".", s, arn.Region)
	case arn.Account != "" && arn.Account != "aws" && !policy.HasWildcard(arn.Account) && !policy.IsAccountID(arn.Account):
		return fmt.Sprintf("%q has %q where the account id belongs, which is 12 digits.", s, arn.Account)
	case arn.Resource == "":
		return fmt.Sprintf("%q names no resource in its last part.", s)
	case strings.ContainsAny(s, " \t\n\""):
		return fmt.Sprintf("%q holds white space or quotation marks, which no ARN does.", s)
	}
	return ""
}

// partitions are the names of all partitions.
var partitions = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, p := range facts.Partitions() {
		names[p.Name] = true
	}
	return names
})

// partitionFault says what is wrong with the partition of an ARN.
func partitionFault(p string) string {
	if p == policy.PseudoPartition || p == "*" {
		return ""
	}
	if !partitions()[p] {
		return fmt.Sprintf("there is no partition %q; write ${partition} for the account's own, or one such as \"aws\".", p)
	}
	return ""
}

// iamFault says what is wrong with the ARN of an IAM role or policy: kind is
// "role" or "policy". Wildcards are judged by the caller.
func iamFault(s, kind string) string {
	if fault := arnFault(s); fault != "" {
		return fault
	}
	arn, _ := policy.ParseARN(s)
	name, ok := strings.CutPrefix(arn.Resource, kind+"/")
	switch {
	case arn.Service != "iam":
		return fmt.Sprintf("%q is an ARN of %q, not of an IAM %s.", s, arn.Service, kind)
	case arn.Region != "":
		return fmt.Sprintf("%q names a Region, and IAM is global: its ARNs leave the fourth part empty.", s)
	case arn.Account == "":
		return fmt.Sprintf("%q names no account.", s)
	case !ok || name == "" || strings.HasSuffix(name, "/"):
		return fmt.Sprintf("%q is no ARN of an IAM %s, whose last part is %s/NAME, with the path before the name.", s, kind, kind)
	case !only(name, "_+=,.@-/*?"):
		return fmt.Sprintf("%q has characters that no name of an IAM %s has: letters, digits and _ + = , . @ - are allowed.", s, kind)
	}
	return ""
}
