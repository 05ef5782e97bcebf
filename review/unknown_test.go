package review_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/review"
)

// account is a configuration of one role in an account.
func account(body string) string {
	return `
smr { edition = "2026" }
account "prod" {
  id     = "111122223333"
  region = "eu-west-1"
}
role "data" {
` + body + `
}
`
}

func grant(effect, action, resource string) string {
	label := strings.NewReplacer(":", "", "*", "", "/", "", "-", "", "$", "", "{", "", "}", "").Replace(effect + action + resource)
	return `  statement "` + label + `" {
    effect    = "` + effect + `"
    actions   = ["` + action + `"]
    resources = ["` + resource + `"]
  }
`
}

// TestUnknownTexts: where a policy of unknown text is attached or is the
// boundary, an answer is given only if it holds whatever the text says.
func TestUnknownTexts(t *testing.T) {
	const (
		more  = `  managed_policies = ["arn:aws:iam::111122223333:policy/more"]` + "\n"
		fence = `  permissions_boundary = "arn:aws:iam::111122223333:policy/fence"` + "\n"
		other = `  permissions_boundary = "arn:aws:iam::111122223333:policy/other"` + "\n"
	)
	read, write := grant("Allow", "s3:GetObject", "*"), grant("Allow", "s3:PutObject", "*")
	deny := grant("Deny", "s3:PutObject", "arn:aws:s3:::locked/*")
	get := strings.Replace(read, `"s3:GetObject"`, `"s3:GetObject", "s3:GetObjectAcl"`, 1)
	for _, tt := range []struct {
		name, base, head string
		gains, loses     access.Answer
		because          string
	}{
		{"the same policy on both sides, wider", more + read, more + read + write, access.Unknown, access.No, `"arn:aws:iam::111122223333:policy/more" is not known, and what differs`},
		{"the same policy on both sides, reworded", more + read, more + strings.Replace(read, "s3:Get", "S3:get", 1), access.No, access.No, ""},
		{"a deny is gone that the policy might have allowed through", more + read + deny, more + read, access.Unknown, access.No, "what differs may lie inside of it"},
		{"a deny is new", more + read, more + read + deny, access.No, access.Unknown, "what differs may lie inside of it"},
		{"the policy is attached", read, read + more, access.Unknown, access.Unknown, "policy/more"},
		{"the policy is detached", read + more, read, access.Unknown, access.Unknown, "policy/more"},
		{"the same boundary, wider", fence + read, fence + get, access.Unknown, access.No, "it may withhold what differs"},
		{"the same boundary, narrower", fence + get, fence + read, access.No, access.Unknown, "it may withhold what differs"},
		{"the boundary is new", read, fence + read, access.No, access.Unknown, "policy/fence"},
		{"the boundary is gone", fence + read, read, access.Unknown, access.No, "policy/fence"},
		{"another boundary", fence + read, other + read, access.Unknown, access.Unknown, "policy/fence"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := compare(t, account(tt.base), account(tt.head))
			if len(d.Roles) != 1 {
				t.Fatalf("%d roles change", len(d.Roles))
			}
			r := d.Roles[0]
			if r.NewAccess != tt.gains || r.LostAccess != tt.loses || !strings.Contains(r.UnknownBecause, tt.because) {
				t.Errorf("new %s, lost %s because %q; want %s, %s because %q", r.NewAccess, r.LostAccess, r.UnknownBecause, tt.gains, tt.loses, tt.because)
			}
			if r.NewAccess != access.Yes && r.Witness != nil || r.LostAccess != access.Yes && r.LostWitness != nil {
				t.Error("a witness proves what is not decided")
			}
			if unknown := tt.gains == access.Unknown || tt.loses == access.Unknown; d.Unknown() != unknown {
				t.Errorf("Unknown() = %v", d.Unknown())
			}
		})
	}
}

// TestContextOfTheRole: a tag or name that policies look at changes what they
// allow, though their texts are the same.
func TestContextOfTheRole(t *testing.T) {
	looks := `  statement "Own" {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::team-$${aws:PrincipalTag/Team}/*"]
  }
`
	named := `  statement "Own" {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    condition {
      operator = "ArnLike"
      key      = "aws:PrincipalArn"
      values   = ["arn:aws:iam::*:role/smr/a"]
    }
  }
`
	plain := grant("Allow", "s3:GetObject", "*")
	for _, tt := range []struct {
		name, base, head string
		want             access.Answer
	}{
		{"a tag that decides", looks + "tags = { team = \"a\" }", looks + "tags = { team = \"b\" }", access.Unknown},
		{"a tag that does not", plain + "tags = { team = \"a\" }", plain + "tags = { team = \"b\" }", access.No},
		{"a name that decides", named + "name = \"a\"", named + "name = \"b\"", access.Unknown},
		{"a name that does not", plain + "name = \"a\"", plain + "name = \"b\"", access.No},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := compare(t, account(tt.base), account(tt.head)).Roles[0]
			if r.NewAccess != tt.want || r.LostAccess != tt.want || r.Change != review.Changed {
				t.Errorf("%s: new %s, lost %s, want %s", r.Change, r.NewAccess, r.LostAccess, tt.want)
			}
		})
	}
}

// TestIncompleteBase: of a base with errors nothing is concluded.
func TestIncompleteBase(t *testing.T) {
	head := compile(t, account(grant("Allow", "s3:GetObject", "*")))
	base := *compile(t, account(grant("Allow", "s3:*", "*")))
	base.Incomplete = true
	d, err := review.Compare(&base, head, review.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := d.Roles[0]
	if r.NewAccess != access.Unknown || r.LostAccess != access.Unknown || r.Trust.NewAccess != access.Unknown || r.Change != review.Changed {
		t.Errorf("%+v", r)
	}
	if _, err := review.Compare(&compiler.Result{Fault: errFault}, head, review.Options{}); err != errFault {
		t.Errorf("the error is %v, want the fault of base", err)
	}
}

type fault struct{}

func (fault) Error() string { return "a fault" }

var errFault = fault{}

// TestIncompleteHead: what errors keep out of head is not taken for removed, and
// what is new is still told.
func TestIncompleteHead(t *testing.T) {
	read, write := grant("Allow", "s3:GetObject", "*"), grant("Allow", "s3:PutObject", "*")
	wrong := strings.Replace(write, `["*"]`, `[local.nope]`, 1)
	both := account(read+write) + "role \"more\" {\n" + read + "}\n"
	for _, tt := range []struct {
		name, head string
		want       []string
	}{
		{"a role is cut off", account(read+write) + "role \"more\" {\n" + read, nil},
		{"a role has an error", account(read+write) + "role \"more\" {\n  persona = \"nobody\"\n" + read + "}\n", nil},
		{"a statement has an error", account(read+wrong) + "role \"more\" {\n" + read + "}\n", nil},
		{"and another is new", account(read+wrong+grant("Allow", "s3:DeleteObject", "*")) + "role \"more\" {\n" + read + "}\n", []string{"prod/data changed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(tt.head)}}})
			if !head.Incomplete {
				t.Fatal("head is complete")
			}
			d, err := review.Compare(compile(t, both), head, review.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := kinds(d); !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
			for _, r := range d.Roles {
				if r.NewAccess != access.Yes || r.LostAccess != access.Unknown || len(r.Lost) > 0 || !strings.Contains(r.UnknownBecause, "has errors") {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}
