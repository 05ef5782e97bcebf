package check

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

func invalidPath() Rule {
	return Rule{
		Entry: diag.Entry{
			Code: "invalid-path", Severity: hcl.DiagError,
			Explain: "IAM refuses the path (ValidationError). It begins and ends with a slash, has at most 512 characters, and between slashes letters, digits and . , + @ = _ -. Roles could have more characters; the role's policies share its path and cannot. Source: IAM API Reference, CreateRole and CreatePolicy.",
			Bad:     "role \"r\" {\n  path             = \"smr/forecast\"\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n",
			Good:    "role \"r\" {\n  path             = \"/smr/forecast/\"\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly\"]\n}\n",
		},
		Program: func(p *ProgramPass) {
			for _, role := range p.Roles {
				most, _ := limit(role.Target, pathLength)
				fault := pathFault(role.Path, most)
				if fault == "" {
					continue
				}
				if f := p.at(role, p.placeOf(role, role.Range("path")), role.Path); f != nil {
					f.errorf("IAM refuses the path %q: %s.", brief(role.Path), fault).wayOut("Write one such as \"/smr/forecast/\".")
				}
			}
		},
	}
}

func pathFault(path string, most int) string {
	switch n := length(path); {
	case !strings.HasPrefix(path, "/") || !strings.HasSuffix(path, "/"):
		return "it begins and ends with a slash"
	case n > most:
		return fmt.Sprintf("it has %d characters, and %d are allowed", n, most)
	case strings.Contains(path, "//"):
		return "two slashes stand in a row"
	case !only(path, "/.,+@=_-"):
		return "only letters, digits and . , + @ = _ - are allowed between slashes"
	}
	for _, kept := range []string{"/aws-service-role/", "/aws-reserved/"} {
		if strings.HasPrefix(path, kept) {
			return fmt.Sprintf("AWS keeps %q for itself", kept)
		}
	}
	return ""
}
