package review_test

import (
	"strings"
	"testing"

	"github.com/sagemaker-roles/smr/iam/access"
)

// claiming is a role whose boundary has a text that only the configuration
// tells, and an attached policy that is told of too.
const claiming = `
account "prod" {
  id     = "111122223333"
  region = "eu-west-1"
}
role "data" {
  permissions_boundary = "arn:aws:iam::111122223333:policy/fence"
  managed_policies     = ["arn:aws:iam::111122223333:policy/extra"]
  statement "Objects" {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
policy "fence" {
  arn = "arn:aws:iam::111122223333:policy/fence"
  document = {
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:*", "iam:*"], Resource = "*" }]
  }
}
policy "extra" {
  arn = "arn:aws:iam::111122223333:policy/extra"
  document = {
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:ListBucket"], Resource = "*" }]
  }
}
`

// TestClaims: what smr does not deploy cannot hide what a role gains.
func TestClaims(t *testing.T) {
	t.Parallel()
	replace := strings.NewReplacer
	for _, tt := range []struct {
		name  string
		edits *strings.Replacer
		news  access.Answer // by the texts that head claims
		asks  bool
	}{
		{"nothing", replace(), access.No, false},
		{"a narrower boundary alone", replace(`["s3:*", "iam:*"]`, `["s3:*"]`), access.No, false},
		{"a narrower extra policy alone", replace(`"s3:ListBucket"`, `"s3:ListBucketVersions"`), access.Yes, false},
		{"more, and an extra policy that is said to be broader", replace(`"s3:ListBucket"`, `"s3:ListBucket", "s3:ListAllMyBuckets"`, `["s3:GetObject"]`, `["s3:GetObject", "s3:PutObject"]`), access.Yes, false},
		{"more under a boundary that is said to be narrower", replace(`["s3:*", "iam:*"]`, `["s3:*"]`, `["s3:GetObject"]`, `["s3:GetObject", "iam:PutRolePolicy"]`), access.No, true},
		{"more behind a Deny that is said to be there", replace(`["s3:GetObject"]`, `["s3:GetObject", "iam:PutRolePolicy"]`, `{ Effect = "Allow", Action = ["s3:ListBucket"], Resource = "*" }`,
			`{ Effect = "Allow", Action = ["s3:ListBucket"], Resource = "*" }, { Effect = "Deny", Action = ["iam:*"], Resource = "*" }`), access.No, true},
		{"a policy that is said to be harmless", replace(`policy/extra"]`, `policy/extra", "arn:aws:iam::111122223333:policy/admin"]`, `policy "extra"`,
			"policy \"admin\" {\n  arn = \"arn:aws:iam::111122223333:policy/admin\"\n  document = {\n    Version = \"2012-10-17\"\n    Statement = [{ Effect = \"Allow\", Action = [\"s3:GetObject\"], Resource = \"*\" }]\n  }\n}\npolicy \"extra\""), access.No, true},
		{"a new role behind a new boundary", replace(`role "data"`,
			"role \"new\" {\n  permissions_boundary = \"arn:aws:iam::111122223333:policy/thin\"\n  statement \"All\" {\n    actions = [\"*\"]\n    resources = [\"*\"]\n  }\n}\n"+
				"policy \"thin\" {\n  arn = \"arn:aws:iam::111122223333:policy/thin\"\n  document = {\n    Version = \"2012-10-17\"\n    Statement = [{ Effect = \"Allow\", Action = [\"s3:GetObject\"], Resource = \"*\" }]\n  }\n}\nrole \"data\""), access.Yes, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := compare(t, claiming, tt.edits.Replace(claiming))
			asks, news := false, access.No
			for _, r := range d.Roles {
				if r.NewAccess != access.No {
					news = r.NewAccess
				}
				for _, e := range r.Escalations {
					asks = asks || strings.Contains(e.Summary, "only this change says")
				}
			}
			if asks != tt.asks || news != tt.news {
				t.Errorf("asks %v, new access %s; want %v, %s", asks, news, tt.asks, tt.news)
			}
		})
	}
}
