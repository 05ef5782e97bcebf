package authz_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/sagemaker-roles/smr/iam/authz"
)

// TestLabelledCases agrees with every labelled request.
func TestLabelledCases(t *testing.T) {
	text, err := os.ReadFile("testdata/evaluations.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); count++ {
		var want struct {
			ID       string
			Expected string
		}
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		c, err := authz.DecodeCase(lines.Bytes())
		if err != nil {
			t.Errorf("%s: %v", want.ID, err)
			continue
		}
		d, err := c.Evaluate(authz.Options{})
		if err != nil || d.Outcome.String() != want.Expected {
			t.Errorf("%s\nwant %s\n got %s", lines.Bytes(), want.Expected, c.AppendAnswer(nil, d, err))
		}
	}
	if count == 0 {
		t.Fatal("found no cases")
	}
}
