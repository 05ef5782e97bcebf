package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unreachable are codes that no user sees: the command line refuses what raises
// them, or they are mistakes of smr.
var unreachable = map[string]bool{"unknown-target": true, "unknown-format": true, "internal-error": true}

// TestEntries: every code that the source raises is explained, once.
func TestEntries(t *testing.T) {
	known := map[string]bool{}
	for _, e := range entries() {
		if known[e.Code] {
			t.Errorf("%s is explained twice", e.Code)
		}
		if strings.TrimSpace(e.Explain) == "" {
			t.Errorf("%s is not explained", e.Code)
		}
		known[e.Code] = true
	}
	raised := regexp.MustCompile(`(?:Errorf|Warnf|Noticef|errorf|warnf|FuncError\{)\(?"([a-z][a-z0-9]*(?:-[a-z0-9]+)+)",`)
	root := os.DirFS("../../../..")
	found := 0
	for _, dir := range []string{"dsl", "compiler"} {
		err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := fs.ReadFile(root, name)
			for _, m := range raised.FindAllStringSubmatch(string(text), -1) {
				found++
				if !known[m[1]] && !unreachable[m[1]] {
					t.Errorf("%s raises %q, which smr explain does not know", name, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 50 {
		t.Errorf("found only %d codes in the source", found)
	}
}
