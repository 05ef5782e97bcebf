package plan_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/sagemaker-roles/smr/deploy/plan"
)

// TestCodes: every code that is raised is documented, and no other.
func TestCodes(t *testing.T) {
	raised := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`\.(?:refuse|find)\([a-z.]+, "([a-z-]+)"`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			raised[m[1]] = true
		}
	}
	delete(raised, "unplanned") // a mistake of smr's own
	for _, e := range plan.Codes() {
		if !raised[e.Code] {
			t.Errorf("%s is documented and not raised", e.Code)
		}
		delete(raised, e.Code)
		if len(e.Explain) < 40 {
			t.Errorf("%s is not explained", e.Code)
		}
	}
	for code := range raised {
		t.Errorf("%s is raised and not documented", code)
	}
}
