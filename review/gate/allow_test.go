package gate_test

import (
	"testing"
	"testing/fstest"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/review"
	"github.com/sagemaker-roles/smr/review/gate"
)

func compiled(text string) *compiler.Result {
	return compiler.Compile(compiler.Options{FS: fstest.MapFS{"roles.smr": {Data: []byte(text)}}})
}

// TestAllowWithExceptions: an allow block for one role to pass does not accept
// passing every role but one.
func TestAllowWithExceptions(t *testing.T) {
	t.Parallel()
	const account = "account \"prod\" {\n  id = \"123456789012\"\n  region = \"eu-west-1\"\n}\n"
	for _, resources := range []string{
		`not_resources = ["arn:aws:iam::123456789012:role/admin"]`, `resources = ["*"]`, `resources = ["arn:aws:iam::123456789012:role/*"]`,
	} {
		head := compiled(account + "role \"r\" {\n  statement \"S\" {\n    actions = [\"iam:PassRole\"]\n    " + resources + "\n  }\n}\n")
		d, err := review.Compare(compiled(account), head, review.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rules := gate.Rules{FailOn: gate.Escalation, Allow: []gate.Allow{{Reason: "x", Actions: []string{"iam:PassRole"}, Resources: []string{"arn:aws:iam::123456789012:role/a*"}}}}
		v := gate.Judge(d, rules, nil, 0)
		if len(v.Items) == 0 || v.Passed() {
			t.Errorf("%s: passed with %+v", resources, v.Items)
		}
		for _, i := range v.Items {
			for _, g := range i.Grants {
				t.Logf("%+v", g)
			}
		}
	}
}
