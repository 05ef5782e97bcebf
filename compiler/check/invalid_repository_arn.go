package check

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/policy"
)

func invalidRepositoryARN() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-repository-arn", Severity: hcl.DiagError,
			Explain: "ecr_repositories lists ARNs of Amazon ECR repositories, arn:aws:ecr:REGION:ACCOUNT:repository/NAME. The address of an image (ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG) or a name alone matches nothing, and the job fails when it pulls its image.",
			Bad:     repositoryExample("123456789012.dkr.ecr.eu-west-1.amazonaws.com/train:1"),
			Good:    repositoryExample("arn:aws:ecr:eu-west-1:123456789012:repository/train"),
		},
		Program: func(p *ProgramPass) {
			p.arguments(isRepository, func(a argument) {
				if fault := repositoryFault(a.text); fault != "" {
					if f := p.atText(a.role, a.place, a.text); f != nil {
						f.errorf("%s", fault).wayOut("Write the repository's ARN, such as \"arn:aws:ecr:eu-west-1:123456789012:repository/train\".")
					}
				}
			})
		},
	}
}

// isRepository reports whether a parameter takes ECR repositories.
func isRepository(a *ir.Activity, param *ir.Param) bool {
	return param.Name == "ecr_repositories" && param.Type.Kind == "arn" && a.Decl.BuiltIn
}

func repositoryFault(s string) string {
	if strings.Contains(s, ".dkr.ecr.") {
		return fmt.Sprintf("%q is the address of an image, and a policy names repositories by ARN.", s)
	}
	if fault := arnFault(s); fault != "" {
		return fault
	}
	arn, _ := policy.ParseARN(s)
	name, ok := strings.CutPrefix(arn.Resource, "repository/")
	switch {
	case arn.Service != "ecr" || !ok:
		return fmt.Sprintf("%q is no ARN of an ECR repository, whose last part is repository/NAME.", s)
	case arn.Region == "" || arn.Account == "":
		return fmt.Sprintf("%q lacks the Region or the account id of the repository.", s)
	case strings.Contains(name, ":") || strings.Contains(name, "@"):
		return fmt.Sprintf("%q names an image by tag or digest, and IAM knows repositories only.", s)
	case strings.ToLower(name) != name || !only(name, "._-/*?"):
		return fmt.Sprintf("%q has characters that no repository has: lower-case letters, digits and . _ - / are allowed.", s)
	}
	return ""
}

func repositoryExample(arn string) string {
	return "smr { edition = \"2026\" }\nrole \"train\" {\n  activity \"access_required_aws_services\" {\n    s3_buckets       = [\"acme-forecast\"]\n    ecr_repositories = [\"" + arn + "\"]\n  }\n}\n"
}
