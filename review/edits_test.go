package review_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review"
)

// compile compiles one file, which must be complete.
func compile(t testing.TB, text string) *compiler.Result {
	t.Helper()
	r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(text)}}})
	if r.Incomplete {
		t.Fatalf("the configuration is incomplete: %v\n%s", r.Diags, text)
	}
	return r
}

func compare(t testing.TB, base, head string) *review.Diff {
	t.Helper()
	d, err := review.Compare(compile(t, base), compile(t, head), review.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// edited is a role that the edits change.
const edited = `
smr { edition = "2026" }
account "prod" {
  id     = "111122223333"
  region = "eu-west-1"
}
role "data" {
  permissions_boundary = "arn:aws:iam::111122223333:policy/fence"
  managed_policies     = ["arn:aws:iam::aws:policy/AmazonSageMakerReadOnly", "arn:aws:iam::aws:policy/AmazonAthenaFullAccess"]
  statement "Objects" {
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["arn:aws:s3:::acme-forecast/*"]
  }
  statement "Lists" {
    actions   = ["s3:List*"]
    resources = ["arn:aws:s3:::acme-forecast"]
    condition {
      operator = "StringEquals"
      key      = "aws:SourceVpc"
      values   = ["vpc-1"]
    }
  }
  statement "NoDelete" {
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["arn:aws:s3:::acme-forecast/locked/*"]
  }
}
policy "fence" {
  arn = "arn:aws:iam::111122223333:policy/fence"
  document = {
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:List*", "sagemaker:*"], Resource = "*" }]
  }
}
`

const objects = `  statement "Objects" {
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["arn:aws:s3:::acme-forecast/*"]
  }
`

const boundary = `  permissions_boundary = "arn:aws:iam::111122223333:policy/fence"
`

// open lets the boundary of the role pass everything, so that edits of what it
// would withhold show.
var open = strings.NewReplacer(`["s3:GetObject", "s3:List*", "sagemaker:*"]`, `"*"`)

// TestEdits are ten edits that a comparison of texts judges wrong in half of
// the cases, and their mirror images.
func TestEdits(t *testing.T) {
	for _, edit := range []struct {
		name, from, to string
		gains, loses   access.Answer
		cause          string // kind of the first row's cause
	}{
		{"statement split", objects, `  statement "Read" {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::acme-forecast/*"]
  }
  statement "Write" {
    actions   = ["s3:PutObject"]
    resources = ["arn:aws:s3:::acme-forecast/*"]
  }
`, access.No, access.No, ""},
		{"reorder", `["s3:GetObject", "s3:PutObject"]`, `["s3:PutObject", "s3:GetObject"]`, access.No, access.No, ""},
		{"case", `["s3:GetObject", "s3:PutObject"]`, `["S3:getobject", "s3:PUTOBJECT"]`, access.No, access.No, ""},
		{"covered action", `["s3:List*"]`, `["s3:List*", "s3:ListBucket"]`, access.No, access.No, ""},
		{"narrower resource", `arn:aws:s3:::acme-forecast/*`, `arn:aws:s3:::acme-forecast/day=*`, access.No, access.Yes, review.CauseStatement},
		{"condition added", objects, strings.Replace(objects, "/*\"]\n", `/*"]
    condition {
      operator = "StringEquals"
      key      = "aws:SourceVpc"
      values   = ["vpc-1"]
    }
`, 1), access.No, access.Yes, review.CauseStatement},
		{"condition removed", `    condition {
      operator = "StringEquals"
      key      = "aws:SourceVpc"
      values   = ["vpc-1"]
    }
`, "", access.Yes, access.No, review.CauseStatement},
		{"weakened deny", `acme-forecast/locked/*`, `acme-forecast/locked/2026/*`, access.Yes, access.No, review.CauseDeny},
		{"boundary removed", boundary, "", access.Yes, access.No, review.CauseBoundary},
		{
			"managed policies reordered", `"arn:aws:iam::aws:policy/AmazonSageMakerReadOnly", "arn:aws:iam::aws:policy/AmazonAthenaFullAccess"`,
			`"arn:aws:iam::aws:policy/AmazonAthenaFullAccess", "arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"`, access.No, access.No, "",
		},
	} {
		t.Run(edit.name, func(t *testing.T) {
			base := edited
			if edit.name != "boundary removed" {
				base = open.Replace(base)
			}
			head := strings.Replace(base, edit.from, edit.to, 1)
			if head == base {
				t.Fatal("the edit changes nothing")
			}
			judge(t, compare(t, base, head), edit.gains, edit.loses, edit.cause)
			t.Run("mirror", func(t *testing.T) { judge(t, compare(t, head, base), edit.loses, edit.gains, edit.cause) })
		})
	}
}

func judge(t *testing.T, d *review.Diff, gains, loses access.Answer, cause string) {
	t.Helper()
	if len(d.Roles) != 1 {
		t.Fatalf("%d roles change, want 1", len(d.Roles))
	}
	r := &d.Roles[0]
	if r.NewAccess != gains || r.LostAccess != loses {
		t.Errorf("new access %s, lost access %s; want %s, %s (%s)", r.NewAccess, r.LostAccess, gains, loses, r.UnknownBecause)
	}
	if same := gains == access.No && loses == access.No; (r.Change == review.SameMeaning) != same || d.Meaning() == same {
		t.Errorf("the change is %s", r.Change)
	}
	for _, way := range []struct {
		answer  access.Answer
		rows    []review.Grant
		witness *access.Witness
	}{{gains, r.Gained, r.Witness}, {loses, r.Lost, r.LostWitness}} {
		if (way.answer == access.Yes) != (len(way.rows) > 0) || (way.answer == access.Yes) != (way.witness != nil) {
			t.Errorf("answer %s with %d rows and witness %v", way.answer, len(way.rows), way.witness)
		}
		for _, g := range way.rows {
			if g.From == nil || g.From.Kind != cause || g.From.File != "roles.smr" || g.From.Line == 0 {
				t.Errorf("a row comes from %+v, want a %s", g.From, cause)
			}
		}
	}
}
