package editions

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sagemaker-roles/smr/iam/access"
)

// TestAccessPage holds dsl/catalog/ACCESS.md to the comparison, and the
// comparison to deciding everything.
func TestAccessPage(t *testing.T) {
	data, err := os.ReadFile("../../testdata/catalog/params.json")
	if err != nil {
		t.Fatal(err)
	}
	var p Params
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	changes, err := Compare(p, "role-manager-2024", "2026")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if c.Result.NewAccess == access.Unknown || c.Result.LostAccess == access.Unknown {
			t.Errorf("%s (%s) is not decided: %s", c.Activity, c.Form, c.Result.UnknownBecause)
		}
	}
	var got bytes.Buffer
	if err := Write(&got, p, "role-manager-2024", "2026", changes); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../../dsl/catalog/ACCESS.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("dsl/catalog/ACCESS.md is not current, run go generate ./compiler/editions (-file +now):\n%s", diff)
	}
}
