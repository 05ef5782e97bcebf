package cli

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite cmd/smr/REFERENCE.md")

// TestReference holds the committed page to the help of the commands.
func TestReference(t *testing.T) {
	const page = "../../REFERENCE.md"
	var b bytes.Buffer
	if err := Reference(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(page, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("cmd/smr/REFERENCE.md is not the help of the commands; run go generate ./cmd/smr/internal/cli\n-want +got\n%s", d)
	}
}
