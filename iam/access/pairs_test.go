package access_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/sagemaker-roles/smr/iam/access"
)

// TestLabelledPairs agrees with every labelled pair of policies.
func TestLabelledPairs(t *testing.T) {
	text, err := os.ReadFile("testdata/access-pairs.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for ; lines.Scan(); count++ {
		var want struct {
			ID       string
			Expected string
		}
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		answer, err := access.AnswerCase(lines.Bytes(), access.Options{})
		if err != nil {
			t.Errorf("%s: %v", want.ID, err)
		}
		var got struct {
			NewAccess string `json:"new_access"`
		}
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatal(err)
		}
		if got.NewAccess != want.Expected {
			t.Errorf("%s\nwant %s\n got %s", lines.Bytes(), want.Expected, answer)
		}
	}
	if count == 0 {
		t.Fatal("found no pairs")
	}
}
