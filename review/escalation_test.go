package review

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/compiler"
)

// escalated compares two configurations of one role "r" with what stands in it.
func escalated(t *testing.T, base, head string) *Diff {
	t.Helper()
	compile := func(text string) *compiler.Result {
		r := compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(text)}}})
		if r.Stack == nil {
			t.Fatalf("no stack: %v", r.Diags)
		}
		return r
	}
	d, err := Compare(compile(base), compile(head), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func role(body string) string { return "role \"r\" {\n" + body + "\n}\n" }

func statement(actions, resources, more string) string {
	return "statement \"S" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, actions) + "\" {\nactions = [" + actions + "]\nresources = [" + resources + "]\n" + more + "\n}\n"
}

func TestEscalations(t *testing.T) {
	read := statement(`"s3:GetObject"`, `"arn:aws:s3:::b/*"`, "")
	pass := func(to string) string {
		return statement(`"iam:PassRole"`, `"arn:aws:iam::*:role/`+to+`"`, "condition {\noperator = \"StringEquals\"\nkey = \"iam:PassedToService\"\nvalues = [\"sagemaker.amazonaws.com\"]\n}")
	}
	bounded := func(name string) string {
		return read + `permissions_boundary = "arn:aws:iam::aws:policy/` + name + `"` + "\n"
	}
	tests := []struct {
		name, base, head string
		want             []string
	}{
		{"reading more", read, read + statement(`"s3:GetObject"`, `"arn:aws:s3:::c/*"`, ""), nil},
		{"writing", read, read + statement(`"s3:PutObject"`, `"arn:aws:s3:::c/*"`, ""), nil},
		{"less", read + pass("a"), read, nil},
		{"other spelling", pass("*"), pass("*") + pass("a"), nil},
		{"passing a role", read, read + pass("a"), []string{EscalationPassRole}},
		{"passing more roles", pass("a"), pass("a*"), []string{EscalationPassRole}},
		{"policies of buckets", read, read + statement(`"s3:PutBucketPolicy"`, `"arn:aws:s3:::b"`, ""), []string{EscalationPermissions}},
		{"all of kms", read, read + statement(`"kms:*"`, `"*"`, ""), []string{EscalationWildcard}},
		{"a job for a role that may be passed", pass("a"), pass("a") + statement(`"sagemaker:CreateTrainingJob"`, `"*"`, ""), []string{EscalationMethod}},
		{"code of functions", read, read + statement(`"lambda:UpdateFunctionCode"`, `"*"`, ""), []string{EscalationMethod}},
		{"both at once", read, pass("a") + read + statement(`"sagemaker:CreateTrainingJob"`, `"*"`, ""), []string{EscalationPassRole, EscalationMethod}},
		{"trust", read, read + "trust {\nservices = [\"sagemaker.amazonaws.com\", \"lambda.amazonaws.com\"]\n}\n", []string{EscalationTrust}},
		{"boundary gone", bounded("ReadOnlyAccess"), read, []string{EscalationBoundary}},
		{"boundary loosened", bounded("AmazonS3ReadOnlyAccess"), bounded("AmazonS3FullAccess"), []string{EscalationBoundary}},
		{"boundary tightened", bounded("AmazonS3FullAccess"), bounded("AmazonS3ReadOnlyAccess"), nil},
		{"boundary new", read, bounded("ReadOnlyAccess"), nil},
		{"unknown policy", read, read + "managed_policies = [\"arn:aws:iam::123456789012:policy/x\"]\n", []string{EscalationUnknown}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := escalated(t, role(tt.base), role(tt.head))
			var got []string
			for _, e := range d.Escalations() {
				got = append(got, e.Kind)
				if e.Summary == "" || !strings.HasPrefix(e.Digest, "sha256:") {
					t.Errorf("%+v", e)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s%+v", diff, d.Roles)
			}
		})
	}
}

// TestEscalationTrustOfMany shows that no principal hides behind another: the
// account's own beside a foreign one, in a role that is new.
func TestEscalationTrustOfMany(t *testing.T) {
	read := statement(`"s3:GetObject"`, `"arn:aws:s3:::b/*"`, "")
	account := "account \"a\" {\nid = \"444455556666\"\nregion = \"us-east-1\"\n}\n"
	who := []string{"arn:aws:iam::444455556666:root", "arn:aws:iam::999988887777:root", "arn:aws:iam::999988887777:role/x"}
	for _, list := range [][]string{who, {who[1], who[0], who[2]}, {who[2], who[0]}} {
		d := escalated(t, account, account+role(read+"trust {\nprincipals = [\""+strings.Join(list, "\", \"")+"\"]\n}\n"))
		var got []string
		for _, e := range d.Escalations() {
			got = append(got, e.Kind)
			for _, one := range list {
				if !strings.Contains(e.Summary, one) {
					t.Errorf("%s is not named: %s", one, e.Summary)
				}
			}
		}
		if !slices.Equal(got, []string{EscalationTrust}) {
			t.Errorf("%v: %v", list, got)
		}
	}
}

func TestEscalationDigests(t *testing.T) {
	read := statement(`"s3:GetObject"`, `"arn:aws:s3:::b/*"`, "")
	kms := statement(`"kms:*"`, `"*"`, "")
	bucket := statement(`"s3:PutBucketPolicy"`, `"arn:aws:s3:::b"`, "")
	one, both := escalated(t, role(read), role(read+kms)), escalated(t, role(read), role(read+kms+bucket))
	if one.EscalationDigest == both.EscalationDigest {
		t.Error("more escalations have the same digest")
	}
	moved := escalated(t, "\n\n"+role(read), "\n# below\n\n\n"+role(kms+read))
	if moved.EscalationDigest != one.EscalationDigest {
		t.Error("the digest depends on lines")
	}
	of := map[string]bool{}
	for _, e := range both.Escalations() {
		of[e.Digest] = true
	}
	if !of[one.Escalations()[0].Digest] || len(of) != 2 {
		t.Errorf("an escalation has another digest beside others: %v", of)
	}
	none := escalated(t, role(read), role(read))
	if none.EscalationDigest == one.EscalationDigest || len(none.Escalations()) > 0 {
		t.Errorf("%+v", none)
	}
}
