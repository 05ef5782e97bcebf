package check

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func invalidBucketName() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-bucket-name", Severity: hcl.DiagError,
			Explain: "No bucket can have this name, so the statements made from it match nothing. A bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens and begins and ends with a letter or digit; it is not an ARN, not an s3:// address and has no slash: objects are named by a prefix in a statement, not by the bucket.\n\n" +
				"SageMaker's domain wizard made this mistake itself: it wrote `sagemaker-studio-…/sharing` as a bucket, on which ListBucket never matches. Source: Amazon S3 User Guide, \"General purpose bucket naming rules\".",
			Bad: activityWith("bucket_name", `"sagemaker-studio-1/sharing"`), Good: activityWith("bucket_name", `"sagemaker-studio-1"`),
		},
		Program: func(p *ProgramPass) {
			p.ofKind("bucket_name", func(a argument) {
				fault, way := bucketFault(a.text)
				if fault == "" || legacyBucket(a.role.Target.Partition, a.text) {
					return
				}
				if f := p.atText(a.role, a.place, a.text); f != nil {
					f.errorf("%q is no name of a bucket: %s.", a.text, fault).wayOut("%s", way)
				}
			})
		},
	}
}

const bucketRule = "A name has 3 to 63 lower-case letters, digits, dots and hyphens, such as \"acme-forecast\"."

// bucketFault says what is wrong with a bucket's name and the way out; "" when
// nothing is. Names with a pseudo parameter are judged with its longest value.
func bucketFault(s string) (fault, way string) {
	switch {
	case strings.HasPrefix(s, "arn:"):
		return "it is an ARN", fmt.Sprintf("Write the name alone: %q.", s[strings.LastIndexByte(s, ':')+1:])
	case strings.HasPrefix(s, "s3://"):
		name, _, _ := strings.Cut(s[len("s3://"):], "/")
		return "it is an address", fmt.Sprintf("Write the name alone: %q.", name)
	case strings.Contains(s, "/"):
		name, prefix, _ := strings.Cut(s, "/")
		return "no bucket has a slash in its name, so s3:ListBucket would match nothing",
			fmt.Sprintf("Write %q, and limit objects to %q with a statement or an override of your own.", name, prefix+"/*")
	case policy.HasWildcard(s):
		return "wildcards do not belong here: the activity would reach buckets that nobody named, also those of other accounts",
			"List the buckets, or write a statement block of your own for a pattern."
	case length(s) < 3 || length(s) > 63:
		return fmt.Sprintf("it has %d characters", length(s)), bucketRule
	case strings.ToLower(s) != s || !only(s, ".-"):
		return "it has characters that a bucket's name cannot have", bucketRule
	case strings.ContainsAny(s[:1]+s[len(s)-1:], ".-") || strings.Contains(s, ".."):
		return "it begins or ends with a dot or hyphen, or has two dots in a row", bucketRule
	case dotted(s):
		return "it looks like an IP address", bucketRule
	}
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(s, prefix) {
			return fmt.Sprintf("S3 keeps the beginning %q for itself", prefix), bucketRule
		}
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(s, suffix) {
			return fmt.Sprintf("S3 keeps the ending %q for access points and other kinds of buckets", suffix), bucketRule
		}
	}
	return "", ""
}

// dotted reports whether s is four numbers with dots between them.
func dotted(s string) bool {
	return strings.Count(s, ".") == 3 && strings.Trim(s, "0123456789.") == ""
}

// legacyBucket reports whether a name that is not allowed today can be that of
// a bucket made in us-east-1 before March 2018, which took up to 255 letters of
// both cases, digits, dots, hyphens and underscores. Only the partition aws has
// such buckets.
func legacyBucket(partition, s string) bool {
	return (partition == "aws" || partition == policy.PseudoPartition) &&
		len(s) >= 3 && length(s) <= 255 && only(s, "._-") && (strings.ToLower(s) != s || strings.Contains(s, "_"))
}
