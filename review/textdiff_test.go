package review_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTextDiff: a statement that is split shows as one that goes and two that
// come.
func TestTextDiff(t *testing.T) {
	t.Parallel()
	base := open.Replace(edited)
	head := strings.Replace(base, objects, strings.Replace(objects, `["s3:GetObject", "s3:PutObject"]`, `["s3:GetObject"]`, 1)+
		strings.NewReplacer(`["s3:GetObject", "s3:PutObject"]`, `["s3:PutObject"]`, `"Objects"`, `"Writes"`).Replace(objects), 1)
	r := compare(t, base, head).Roles[0]
	if len(r.Policies) != 1 {
		t.Fatalf("%+v", r.Policies)
	}
	want := `-{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::acme-forecast/*"}
+{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-forecast/*"}
+{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-forecast/*"}
 {"Effect":"Allow","Action":"s3:List*","Resource":"arn:aws:s3:::acme-forecast","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}
 {"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-forecast/locked/*"}`
	if diff := cmp.Diff(want, r.Policies[0].TextDiff(20, 200)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	short := r.Policies[0].TextDiff(2, 20)
	if want := "-{\"Effect\":\"Allow\",…\n+{\"Effect\":\"Allow\",…\n… and 3 more"; short != want {
		t.Errorf("cut to %q", short)
	}
}
